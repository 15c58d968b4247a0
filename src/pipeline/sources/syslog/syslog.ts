import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../../../domain/errors.ts';
import type { Health } from '../../../domain/health.ts';
import type { SourceLine } from '../../../domain/log/source-line.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import type { Log } from '../../../log.ts';
import { createLineDecoder } from '../files/encoding.ts';
import { Binding } from '../receiving/binding.ts';
import { type Reservation, weightOf } from '../receiving/budget.ts';
import { chunksUntilIdle } from '../receiving/idle-timeout.ts';
import { type Listener, type ListenerDeps, listenerHealth } from '../receiving/listener.ts';
import type { RejectionReason } from '../receiving/rejections.ts';
import { unlessStalled } from '../receiving/stalled.ts';
import { listenTcp, type TcpAddress } from '../receiving/tcp.ts';
import { type Framed, SyslogFramer } from './frames.ts';
import { syslogLine } from './message.ts';

/** What the kernel keeps for a UDP socket while this process is busy, in bytes. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** How often it is looked whether the kernel dropped datagrams, in milliseconds. */
const COUNT_DROPS_MS = 10_000;
/** At most this many bytes of a message that has begun are held without a reservation: no more than a socket holds anyway. */
const SMALL = 64 * 1024;
/** Senders whose encoding is remembered. */
const SENDERS = 10_000;

/** How the text of each sender is decoded; the log says once which sender does not write UTF-8. */
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
export function listenSyslogTcp(address: TcpAddress, deps: ListenerDeps): Promise<Listener> {
  const name = address.tls ? 'syslog tls' : 'syslog tcp';
  const decoderOf = decodersOf(name, deps.log);
  return listenTcp({ ...address, name, kind: 'syslog' }, deps, (socket, sender, stopping) =>
    new SyslogConnection(sender, decoderOf(sender), deps).serve(socket, stopping),
  );
}

class SyslogConnection {
  readonly #sender: string;
  readonly #deps: ListenerDeps;
  readonly #framer: SyslogFramer;
  readonly #id = randomUUID();
  #messages = 0;
  /** Room for the largest size that the message may reach. While waiting for it no other room is held. */
  #coming: Reservation | undefined;

  constructor(sender: string, decode: (bytes: Uint8Array) => string, deps: ListenerDeps) {
    this.#sender = sender;
    this.#deps = deps;
    this.#framer = new SyslogFramer(deps.limits.messageBytes, decode);
  }

  /** Reads messages until the connection ends, or until `stopping`. */
  async serve(socket: Socket, stopping: () => boolean): Promise<void> {
    const { share, rejections, idle } = this.#deps;
    const framer = this.#framer;
    const chunks = chunksUntilIdle(socket, idle);
    /** When the room for the message that is coming was reserved, epoch milliseconds. */
    let since = 0;
    try {
      while (!stopping()) {
        const next = chunks.next();
        const chunk = this.#coming ? await unlessStalled(next, since, share) : await next;
        if (chunk.done) break;
        const framed = framer.push(chunk.value);
        if (framed.messages.length > 0 || framer.held <= SMALL) this.#release();
        await this.#take(framed);
        if (this.#coming || framer.held <= SMALL) continue;
        this.#coming = await share.take(framer.expected);
        since = Date.now();
      }
      this.#release();
      await this.#take(framer.end());
    } catch (error) {
      if (toAppError(error).code === 'timeout') rejections.add('overflow', this.#sender);
      throw error;
    } finally {
      this.#release();
    }
  }

  #release(): void {
    this.#coming?.release();
    this.#coming = undefined;
  }

  /** Gives messages to the intake; waits while there is no room, or while the sender is faster than its rate. */
  async #take({ messages, tooLarge, malformed }: Framed): Promise<void> {
    const { intake, share, rejections, log } = this.#deps;
    const sender = this.#sender;
    if (tooLarge > 0) rejections.add('too_large', sender, tooLarge);
    if (malformed > 0) rejections.add('malformed', sender, malformed);
    if (messages.length === 0) return;
    const receivedAt = Date.now();
    const before = this.#messages;
    this.#messages += messages.length;
    const read = (): SourceLine[] =>
      messages.map((text, index) =>
        syslogLine(text, { sender, position: `${this.#id}/${before + index + 1}`, receivedAt }),
      );
    const weight = messages.reduce((sum, text) => sum + weightOf(text.length), 0);
    // Also when the sender is gone: it will not send this again.
    const reservation = await share.take(weight);
    // The sender does not hear when a line is stored, so nothing waits for it. The store logs its own failures.
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
  }
}

/** Syslog over UDP, one message in a datagram. A sender cannot be held up: what does not fit is counted and dropped. */
export async function listenSyslogUdp(
  options: { host: string; port: number },
  deps: ListenerDeps,
): Promise<Listener> {
  const listener = new SyslogUdpListener(options, deps);
  await listener.bind();
  return listener;
}

class SyslogUdpListener implements Listener {
  readonly name = 'syslog udp';
  readonly #options: { host: string; port: number };
  readonly #deps: ListenerDeps;
  readonly #decoderOf: ReturnType<typeof decodersOf>;
  readonly #socket: ReturnType<typeof createSocket>;
  readonly #binding: Binding;
  readonly #dropsTimer: NodeJS.Timeout;
  /** Part of the positions of its messages. */
  readonly #id = randomUUID();
  #messages = 0;
  #kernelDrops = 0;

  constructor(options: { host: string; port: number }, deps: ListenerDeps) {
    const { host, port } = options;
    this.#options = options;
    this.#deps = deps;
    this.#decoderOf = decodersOf(this.name, deps.log);
    this.#socket = createSocket({
      type: host.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER,
    });
    this.#socket.on('message', (bytes, { address }) => {
      const rejected = this.#take(bytes, address);
      if (rejected) deps.rejections.add(rejected, address);
    });
    this.#binding = new Binding(this.#socket, () => this.#socket.bind(port, host), deps.log, this.name);
    this.#dropsTimer = setInterval(() => this.#countDrops(), COUNT_DROPS_MS);
    this.#dropsTimer.unref();
  }

  bind(): Promise<void> {
    return this.#binding.try();
  }

  get port(): number {
    return this.#binding.trouble ? 0 : this.#socket.address().port;
  }

  health(): Health {
    this.#countDrops();
    const { host, port } = this.#options;
    return listenerHealth({
      kind: 'syslog',
      address: `${host}:${this.port || port}/udp`,
      trouble: this.#binding.trouble,
      deps: this.#deps,
    });
  }

  quiesce(): void {
    this.#binding.stop();
    this.#socket.removeAllListeners('message');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#dropsTimer);
    this.#binding.stop();
    await new Promise<void>((resolve) => {
      try {
        this.#socket.close(() => resolve());
      } catch {
        resolve();
      }
    });
  }

  /** Gives the message of a datagram to the intake. If it does not, says why. */
  #take(bytes: Buffer, address: string): RejectionReason | undefined {
    const { intake, share, rejections, limits, log } = this.#deps;
    if (intake.full()) return 'overflow';
    if (bytes.length > limits.messageBytes) return 'too_large';
    if (rejections.owed(address) > 0) return 'rate';
    rejections.spend(address, 1);
    const text = this.#textOf(bytes, address);
    if (text.trim() === '') return 'malformed';
    const reservation = share.tryTake(weightOf(text.length));
    if (!reservation) return 'overflow';
    this.#messages += 1;
    const position = `${this.#id}/${this.#messages}`;
    const line = syslogLine(text, { sender: address, position, receivedAt: Date.now() });
    intake.add([line], reservation).catch((error: unknown) => {
      rejections.add('overflow', address);
      log.debug({ err: error }, 'collector: line not stored');
    });
    return undefined;
  }

  #textOf(bytes: Buffer, sender: string): string {
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13 || bytes[end - 1] === 0)) end -= 1;
    return this.#decoderOf(sender)(bytes.subarray(0, end));
  }

  #countDrops(): void {
    const drops = this.#binding.trouble ? 0 : kernelDrops(this.port);
    if (drops > this.#kernelDrops) this.#deps.rejections.add('overflow', 'kernel', drops - this.#kernelDrops);
    this.#kernelDrops = Math.max(this.#kernelDrops, drops);
  }
}

/** Datagrams that the kernel dropped because they were not read in time; Linux only, 0 elsewhere. */
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
