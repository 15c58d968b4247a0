import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { StateStore } from '../../src/backends/state/store.ts';
import { parseConfig } from '../../src/config/config.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';
import { EXPORT, type LogsRequest } from '../../src/pipeline/otlp/protocol.ts';
import { beatsLine } from '../../src/pipeline/sources/beats/event.ts';
import { readLumberjack } from '../../src/pipeline/sources/beats/frames.ts';
import { openCollectors } from '../../src/pipeline/sources/collectors.ts';
import { otlpLines } from '../../src/pipeline/sources/otlp/lines.ts';
import { SyslogFramer } from '../../src/pipeline/sources/syslog/frames.ts';
import { syslogLine } from '../../src/pipeline/sources/syslog/message.ts';
import { BEATS, dice, JSONS, LIMIT, mutated, OTLP, PROTO, SYSLOG, twisted } from './mutate.ts';

/** Of the frames of a protocol this share also goes over a real socket; the others straight into its reader. */
const OVER_SOCKET = 0.02;
/** A frame that takes longer is a hang. */
const SLOW_MS = 2_000;
const ORIGIN = { sender: '192.0.2.1', position: '1', receivedAt: 1_767_225_600_000 };

/** Runs `take` on `count` mutated frames; an error that is none of ours, a slow frame or a bad record ends it. */
async function intoReader(
  bases: readonly Buffer[],
  count: number,
  seed: number,
  take: (frame: Buffer) => Promise<SourceLine[]> | SourceLine[],
): Promise<string> {
  const random = dice(seed);
  const normalize = createNormalizer({ timeZone: 'UTC' });
  let read = 0;
  let refused = 0;
  for (let n = 0; n < count; n += 1) {
    const frame = mutated(bases, random);
    const started = performance.now();
    try {
      for (const line of await take(frame)) {
        const record = normalize(line);
        assert.ok(record.id && Number.isSafeInteger(record.timestamp));
        read += 1;
      }
    } catch (cause) {
      if (!(cause instanceof AppError) || cause.code === 'internal')
        throw new Error(`frame ${n} of seed ${seed}: ${frame.toString('base64')}`, { cause });
      refused += 1;
    }
    assert.ok(performance.now() - started < SLOW_MS, `frame ${n} of seed ${seed} takes too long`);
  }
  return `${count} frames into the reader, ${read} lines, ${refused} refused`;
}

/** The real listeners on free ports; `alive` is asked at the end. */
async function listening(collect: object) {
  let lines = 0;
  const collectors = await openCollectors(
    parseConfig({ collect: { ...collect, limits: { messageBytes: LIMIT, linesPerSecond: 10_000_000 } } })
      .collect,
    {
      take: async (taken) => {
        lines += taken.length;
      },
      state: {} as StateStore,
      metrics: createMetrics(),
      log: createLog('silent'),
    },
  );
  return {
    port: collectors.listeners[0]!.port,
    /** Resolves when more lines than `before` have come; fails when the listener does not answer any more. */
    async answers(before: number): Promise<void> {
      for (const start = Date.now(); lines <= before; await new Promise((resolve) => setTimeout(resolve, 5)))
        if (Date.now() - start > 30_000) throw new Error('the listener does not answer any more');
    },
    lines: () => lines,
    [Symbol.asyncDispose]: () => collectors[Symbol.asyncDispose](),
  };
}

/** Each frame over a connection of its own, cut in two; the listener must still take a good one afterwards. */
async function overTcp(
  collect: object,
  bases: readonly Buffer[],
  count: number,
  seed: number,
): Promise<string> {
  await using app = await listening(collect);
  const random = dice(seed + 1);
  const send = async (bytes: Buffer): Promise<void> => {
    const socket = connect(app.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.resume();
    const closed = once(socket, 'close').catch(() => undefined);
    const cut = random(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    socket.end(bytes.subarray(cut));
    await closed;
  };
  for (let n = 0; n < count; n += 20)
    await Promise.all(Array.from({ length: 20 }, () => send(mutated(bases, random))));
  const before = app.lines();
  await send(bases[0]!);
  await app.answers(before);
  return `${count} over TCP`;
}

export async function fuzzSyslogTcp(count: number, seed: number): Promise<string> {
  const told = await intoReader(SYSLOG, count, seed, (frame) => {
    const framer = new SyslogFramer(LIMIT);
    const cut = frame.length >> 1;
    return [framer.push(frame.subarray(0, cut)), framer.push(frame.subarray(cut)), framer.end()]
      .flatMap(({ messages }) => messages)
      .map((text) => syslogLine(text, ORIGIN));
  });
  return `${told}; ${await overTcp({ syslog: { tcp: { port: 0 } } }, SYSLOG, Math.ceil(count * OVER_SOCKET), seed)}`;
}

export async function fuzzSyslogUdp(count: number, seed: number): Promise<string> {
  await using app = await listening({ syslog: { udp: { port: 0 } } });
  const random = dice(seed);
  const socket = createSocket('udp4');
  const send = (bytes: Buffer) =>
    new Promise<void>((resolve) =>
      socket.send(bytes.subarray(0, 60_000), app.port, '127.0.0.1', () => resolve()),
    );
  for (let n = 0; n < count; n += 1) {
    await send(mutated(SYSLOG, random));
    // Sending without a pause would never let the receiver run, and the kernel would drop what is not read.
    if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const before = app.lines();
  await send(SYSLOG[0]!);
  await app.answers(before);
  socket.close();
  return `${count} datagrams, ${app.lines()} lines`;
}

export async function fuzzBeats(count: number, seed: number): Promise<string> {
  const told = await intoReader(BEATS, count, seed, async (frame) => {
    const lines: SourceLine[] = [];
    const cut = frame.length >> 1;
    const parts = async function* (): AsyncGenerator<Buffer> {
      yield frame.subarray(0, cut);
      yield frame.subarray(cut);
    };
    for await (const read of readLumberjack(parts(), LIMIT)) {
      const line =
        read.kind === 'event' ? beatsLine(read.json, { ...ORIGIN, position: () => '1' }) : undefined;
      if (line) lines.push(line);
    }
    return lines;
  });
  return `${told}; ${await overTcp({ beats: { port: 0 } }, BEATS, Math.ceil(count * OVER_SOCKET), seed)}`;
}

const linesOf = (message: LogsRequest): SourceLine[] =>
  otlpLines(message, { sender: ORIGIN.sender, receivedAt: ORIGIN.receivedAt, limit: LIMIT }).lines;
/** The listener answers 400 to what cannot be decoded, whatever the decoder throws. */
const decoded = (decode: () => LogsRequest): LogsRequest => {
  try {
    return decode();
  } catch (cause) {
    throw new AppError('malformed', 'not decodable', { cause });
  }
};

export const fuzzOtlpProto = (count: number, seed: number): Promise<string> =>
  intoReader(PROTO, count, seed, (frame) => linesOf(decoded(() => EXPORT.requestDeserialize(frame))));

export const fuzzOtlpJson = (count: number, seed: number): Promise<string> => {
  const random = dice(seed + 1);
  return intoReader(JSONS, count, seed, (frame) => {
    if (random(2) === 0) return linesOf({ resourceLogs: twisted(OTLP.resourceLogs, random) } as LogsRequest);
    const value: unknown = decoded(() => JSON.parse(frame.toString('utf8')) as LogsRequest);
    return typeof value === 'object' && value !== null ? linesOf(value) : [];
  });
};

/** Whole HTTP requests: mutated bodies, plain and compressed, under right and wrong headers. */
export async function fuzzOtlpHttp(count: number, seed: number): Promise<string> {
  await using app = await listening({ otlp: { http: { port: 0 } } });
  const random = dice(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const statuses = new Map<number, number>();
  const send = (body: Buffer, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const sending = request(
        {
          host: '127.0.0.1',
          port: app.port,
          path: '/v1/logs',
          method: 'POST',
          agent,
          headers,
          timeout: 30_000,
        },
        (response) => {
          response.resume();
          response.once('close', () => resolve(response.statusCode ?? 0));
        },
      );
      sending.once('timeout', () => sending.destroy(new Error('no answer')));
      // A connection that the server has just closed: not an answer, and no crash.
      sending.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(0) : reject(error),
      );
      sending.end(body);
    });
  const types = [
    'application/json',
    'application/x-protobuf',
    'text/plain',
    'application/json; charset=utf-8',
  ];
  for (let n = 0; n < count; n += 16) {
    const sent = Array.from({ length: Math.min(16, count - n) }, () => {
      const plain = mutated(random(2) === 0 ? PROTO : JSONS, random);
      const zipped = random(4) === 0;
      const body = zipped && random(8) > 0 ? gzipSync(plain) : plain;
      return send(body, {
        'content-type': types[random(4)]!,
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      });
    });
    for (const status of await Promise.all(sent)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.equal(statuses.get(500), undefined, 'no request may fail inside');
  assert.equal(await send(JSONS[0]!, { 'content-type': types[0]! }), 200);
  agent.destroy();
  return `${count} requests, answers ${[...statuses]
    .sort()
    .map(([status, n]) => `${status}: ${n}`)
    .join(', ')}`;
}
