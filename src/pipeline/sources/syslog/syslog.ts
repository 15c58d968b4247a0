import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../../../domain/errors.ts';
import type { Log } from '../../../log.ts';
import { LruMap } from '../../lru-map.ts';
import type { SourceLine } from '../../source-line.ts';
import { createLineDecoder } from '../files/encoding.ts';
import { type Reservation, weightOf } from '../receiving/budget.ts';
import { chunksUntilIdle } from '../receiving/idle-timeout.ts';
import {
  binding,
  type Listener,
  type ListenerDeps,
  listenerHealth,
  listenTcp,
  type Tls,
} from '../receiving/listener.ts';
import { inTime } from '../receiving/stalled.ts';
import { createSyslogFramer, type Framed } from './frames.ts';
import { syslogLine } from './message.ts';

/** What the kernel keeps for a socket while this process is busy. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Of a message that has begun so much is held without asking: no more than a socket holds anyway. */
const SMALL = 64 * 1024;

/** Senders whose encoding is remembered. */
const SENDERS = 10_000;

/** How the text of each sender is read; the log says once which sender writes no UTF-8. */
function decodersOf(listener: string, log: Log): (sender: string) => (bytes: Uint8Array) => string {
  const known = new LruMap<string, (bytes: Uint8Array) => string>(SENDERS);
  return (sender) => {
    const decode =
      known.get(sender) ??
      createLineDecoder((encoding) => log.info({ listener, sender, encoding }, 'text is not UTF-8'));
    if (known.has(sender)) known.touch(sender);
    else known.set(sender, decode);
    return decode;
  };
}

/**
 * Syslog over TCP or TLS. The protocol has no acknowledgement: while the store is slow the socket is not read, so that
 * TCP holds up the sender. Positions are new for each connection, since nothing is ever sent again.
 */
export function listenSyslogTcp(
  options: { host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
): Promise<Listener> {
  const name = options.tls ? 'syslog tls' : 'syslog tcp';
  const { intake, share, rejections, limits, idle, log } = deps;
  const decoderOf = decodersOf(name, log);
  async function serve(socket: Socket, sender: string, stopping: () => boolean): Promise<void> {
    const framer = createSyslogFramer(limits.messageBytes, decoderOf(sender));
    const connection = randomUUID();
    let count = 0;
    const take = async (framed: Framed): Promise<void> => {
      if (framed.tooLarge > 0) rejections.add('too_large', sender, framed.tooLarge);
      if (framed.malformed > 0) rejections.add('malformed', sender, framed.malformed);
      if (framed.messages.length === 0) return;
      const { messages } = framed;
      const receivedAt = Date.now();
      const before = count;
      count += messages.length;
      const read = (): SourceLine[] =>
        messages.map((text, index) =>
          syslogLine(text, { sender, position: `${connection}/${before + index + 1}`, receivedAt }),
        );
      const weight = messages.reduce((sum, text) => sum + weightOf(text.length), 0);
      // Also when the sender has gone: it will not send this again.
      const reservation = await share.take(weight);
      // Nobody is told when a line is safe, so nobody waits; a failure is the store's and is logged there.
      intake.add({ count: messages.length, read }, reservation).catch((error: unknown) => {
        rejections.add('overflow', sender, messages.length);
        log.debug({ err: error }, 'collector: lines not stored');
      });
      const pause = rejections.spend(sender, messages.length);
      if (pause > 0) {
        rejections.add('rate', sender);
        await sleep(pause);
      }
      await intake.room();
    };
    /** Room for all that the message that has begun may become: who waits for it holds no other. */
    let coming: Reservation | undefined;
    let since = 0;
    const giveBack = (): void => {
      coming?.release();
      coming = undefined;
    };
    const source = chunksUntilIdle(socket, idle);
    try {
      while (!stopping()) {
        const next = source.next();
        const chunk = coming ? await inTime(next, since, share) : await next;
        if (chunk.done) break;
        const framed = framer.push(chunk.value);
        if (framed.messages.length > 0 || framer.held <= SMALL) giveBack();
        await take(framed);
        if (coming || framer.held <= SMALL) continue;
        coming = await share.take(framer.expected);
        since = Date.now();
      }
      giveBack();
      await take(framer.end());
    } catch (error) {
      if (toAppError(error).code === 'timeout') rejections.add('overflow', sender);
      throw error;
    } finally {
      giveBack();
    }
  }
  return listenTcp({ ...options, name, kind: 'syslog' }, deps, serve);
}

/** Datagrams the kernel dropped because nobody read them in time; Linux only, 0 elsewhere. */
function kernelDrops(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    try {
      for (const row of readFileSync(file, 'utf8').split('\n')) {
        const cells = row.trim().split(/\s+/);
        if (cells[1]?.endsWith(local)) drops += Number(cells.at(-1)) || 0;
      }
    } catch {
      // Another system: only what this process drops itself is known.
    }
  }
  return drops;
}

/** Syslog over UDP, one message in a datagram. A sender cannot be held up: what does not fit is counted and dropped. */
export async function listenSyslogUdp(
  options: { host: string; port: number },
  deps: ListenerDeps,
): Promise<Listener> {
  const name = 'syslog udp';
  const { intake, share, rejections, limits, log } = deps;
  const decoderOf = decodersOf(name, log);
  const start = randomUUID();
  let count = 0;
  let seenDrops = 0;
  const type = options.host.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER });
  const textOf = (bytes: Buffer, sender: string): string => {
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13 || bytes[end - 1] === 0)) end -= 1;
    return decoderOf(sender)(bytes.subarray(0, end));
  };
  socket.on('message', (bytes, { address }) => {
    if (intake.full()) return rejections.add('overflow', address);
    if (bytes.length > limits.messageBytes) return rejections.add('too_large', address);
    if (rejections.owed(address) > 0) return rejections.add('rate', address);
    rejections.spend(address, 1);
    const text = textOf(bytes, address);
    if (text.trim() === '') return rejections.add('malformed', address);
    const reservation = share.tryTake(weightOf(text.length));
    if (!reservation) return rejections.add('overflow', address);
    count += 1;
    const line = syslogLine(text, { sender: address, position: `${start}/${count}`, receivedAt: Date.now() });
    intake.add([line], reservation).catch((error: unknown) => {
      rejections.add('overflow', address);
      log.debug({ err: error }, 'collector: line not stored');
    });
  });
  const bound = binding(socket, () => socket.bind(options.port, options.host), log, name);
  await bound.first;
  const port = (): number => (bound.trouble ? 0 : socket.address().port);
  const countDrops = (): void => {
    const drops = bound.trouble ? 0 : kernelDrops(port());
    if (drops > seenDrops) rejections.add('overflow', 'kernel', drops - seenDrops);
    seenDrops = Math.max(seenDrops, drops);
  };
  const timer = setInterval(countDrops, 10_000);
  timer.unref();
  return {
    name,
    quiesce() {
      bound.stop();
      socket.removeAllListeners('message');
    },
    get port() {
      return port();
    },
    health() {
      countDrops();
      return listenerHealth({
        kind: 'syslog',
        place: `${options.host}:${port() || options.port}/udp`,
        trouble: bound.trouble,
        deps,
      });
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      bound.stop();
      await new Promise<void>((resolve) => {
        try {
          socket.close(() => resolve());
        } catch {
          resolve();
        }
      });
    },
  };
}
