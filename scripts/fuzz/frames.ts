import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import type { StateStore } from '../../src/backends/state/store.ts';
import { parseConfig } from '../../src/config.ts';
import { AppError } from '../../src/domain/errors.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createNormalizer } from '../../src/pipeline/normalize.ts';
import { EXPORT, type LogsRequest } from '../../src/pipeline/otlp/protocol.ts';
import type { SourceLine } from '../../src/pipeline/source-line.ts';
import { beatsLine } from '../../src/pipeline/sources/beats/event.ts';
import { createLumberjackReader } from '../../src/pipeline/sources/beats/frames.ts';
import { openCollectors } from '../../src/pipeline/sources/collectors.ts';
import { otlpLines } from '../../src/pipeline/sources/otlp/lines.ts';
import { createSyslogFramer } from '../../src/pipeline/sources/syslog/frames.ts';
import { syslogLine } from '../../src/pipeline/sources/syslog/message.ts';

/** Of the frames of a protocol this share also goes over a real socket; the others straight into its reader. */
const OVER_SOCKET = 0.02;
const LIMIT = 65_536;
/** A frame that takes longer is a hang. */
const SLOW_MS = 2_000;
const ORIGIN = { sender: '192.0.2.1', position: '1', receivedAt: 1_767_225_600_000 };

type Random = (below: number) => number;
function dice(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Bytes flipped, cut out, doubled, overwritten by extreme numbers, or joined with another valid frame. */
function mutated(bases: readonly Buffer[], random: Random): Buffer {
  let bytes = Buffer.from(bases[random(bases.length)]!);
  for (let n = 1 + random(4); n > 0; n -= 1) {
    const at = random(bytes.length + 1);
    const kind = random(6);
    if (kind === 0 && at < bytes.length) bytes[at] = random(256);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(40))]);
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random(40)))]);
    else if (kind === 3) {
      const extreme = [0, 1, 127, 128, 255, 0x7fffffff, 0x80000000, 0xffffffff][random(8)]!;
      if (at + 4 <= bytes.length) bytes.writeUInt32BE(extreme, at);
    } else if (kind === 4) bytes = bytes.subarray(0, at);
    else bytes = Buffer.concat([bytes.subarray(0, at), bases[random(bases.length)]!]);
  }
  return bytes.length > LIMIT ? bytes.subarray(0, LIMIT) : bytes;
}

const SYSLOG = [
  '<165>1 2026-10-11T22:14:15.003Z web-1 order 812 ID47 [meta@32473 user="kim \\"k\\"" path="a\\\\b"][flag] 주문 실패',
  '<34>Oct 11 22:14:15 mymachine su[12]: failed for kim',
  '<34>1 - - - - - - \ufeffhello',
  '<13>{"time":"2026-01-01T00:00:00Z","level":"error","msg":"x"}',
  '<0>1 2026-10-11T22:14:15Z a b c d [x@1 a="]\\]"] y',
].flatMap((text) => [
  Buffer.from(text),
  Buffer.from(`${Buffer.byteLength(text)} ${text}`),
  Buffer.from(`${text}\n${text}\r\n`),
]);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const event = (object: object, sequence = 1): Buffer => {
  const json = Buffer.from(JSON.stringify(object));
  return Buffer.concat([Buffer.from('2J'), u32(sequence), u32(json.length), json]);
};
const EVENTS = [
  {
    '@timestamp': '2026-01-01T00:00:00Z',
    message: 'hi',
    host: { name: 'a' },
    log: { offset: 1, file: { path: '/a.log' } },
  },
  { message: '오류', host: 'x', agent: { name: 'b' }, nested: { a: [1, { b: null }] } },
  { '@timestamp': 5, log: 'text', fields: { level: 'fatal' } },
].map((object) => event(object));
const BEATS = EVENTS.flatMap((bytes) => {
  const zip = deflateSync(Buffer.concat([bytes, bytes]));
  const window = Buffer.concat([Buffer.from('2W'), u32(2)]);
  return [
    Buffer.concat([window, bytes, bytes]),
    Buffer.concat([window, Buffer.from('2C'), u32(zip.length), zip]),
    bytes,
  ];
});

const OTLP: LogsRequest = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeLogs: [
        {
          scope: { name: 's' },
          logRecords: [
            { timeUnixNano: '1767225600000000000', severityNumber: 17, body: { stringValue: '실패' } },
            {
              observedTimeUnixNano: '1767225600000000001',
              severityText: 'warn',
              body: {
                kvlistValue: {
                  values: [
                    { key: 'a', value: { arrayValue: { values: [{ intValue: '5' }, { boolValue: true }] } } },
                  ],
                },
              },
              attributes: [{ key: 'k', value: { doubleValue: 1.5 } }],
              eventName: 'e',
            },
          ],
        },
      ],
    },
  ],
};
const PROTO = [
  Buffer.from(EXPORT.requestSerialize(OTLP)),
  Buffer.from(EXPORT.requestSerialize({ resourceLogs: [] })),
];
const JSONS = [
  Buffer.from(JSON.stringify(OTLP)),
  Buffer.from('{"resourceLogs":[{"scopeLogs":null},7,{"resource":{"attributes":{}}}]}'),
];

const STRANGE: unknown[] = [
  null,
  '',
  '\ud800',
  -1,
  1e300,
  [],
  [null],
  {},
  { values: 7 },
  true,
  '18446744073709551616',
];

/** JSON with some of its values replaced by others of any type; it stays JSON. */
function twisted(value: unknown, random: Random): unknown {
  if (random(12) === 0) return STRANGE[random(STRANGE.length)];
  if (Array.isArray(value)) return value.map((inner: unknown) => twisted(inner, random));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, twisted(inner, random)]));
}

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
    const framer = createSyslogFramer(LIMIT);
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
    // Sending alone would never let the receiver have its turn, and the kernel would drop what is not read.
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
    const reader = createLumberjackReader(LIMIT);
    const lines: SourceLine[] = [];
    const cut = frame.length >> 1;
    for (const part of [frame.subarray(0, cut), frame.subarray(cut)])
      for await (const read of reader.push(part)) {
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
