import { deflateSync } from 'node:zlib';
import { EXPORT, type LogsRequest } from '../../src/pipeline/otlp/protocol.ts';

/** No frame is longer. */
export const LIMIT = 65_536;

/** Below `below`, from 0. */
export type Random = (below: number) => number;
export function dice(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Bytes flipped, cut out, doubled, overwritten by extreme numbers, or joined with another valid frame. */
export function mutated(bases: readonly Buffer[], random: Random): Buffer {
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

export const SYSLOG = [
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
export const BEATS = EVENTS.flatMap((bytes) => {
  const zip = deflateSync(Buffer.concat([bytes, bytes]));
  const window = Buffer.concat([Buffer.from('2W'), u32(2)]);
  return [
    Buffer.concat([window, bytes, bytes]),
    Buffer.concat([window, Buffer.from('2C'), u32(zip.length), zip]),
    bytes,
  ];
});

export const OTLP: LogsRequest = {
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
export const PROTO = [
  Buffer.from(EXPORT.requestSerialize(OTLP)),
  Buffer.from(EXPORT.requestSerialize({ resourceLogs: [] })),
];
export const JSONS = [
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
export function twisted(value: unknown, random: Random): unknown {
  if (random(12) === 0) return STRANGE[random(STRANGE.length)];
  if (Array.isArray(value)) return value.map((inner: unknown) => twisted(inner, random));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, twisted(inner, random)]));
}
