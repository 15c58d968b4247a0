import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { framesOf } from '../../../src/backends/bus/kafka-frames.ts';
import { partsOf, type ReadPart } from '../../../src/backends/bus/kafka-records.ts';
import {
  type BatchOptions,
  batch,
  int32,
  type Made,
  oldMessage,
  PACK,
  record,
  spoiled,
  varint,
  xerial,
} from './fixtures.ts';

async function read(set: Buffer, from = 0, end = 1_000_000): Promise<ReadPart[]> {
  const parts: ReadPart[] = [];
  const place = { topic: 't', partition: 3, from: BigInt(from), end: BigInt(end) };
  for await (const part of partsOf(framesOf(set), place)) parts.push(part);
  return parts;
}
const values = (parts: ReadPart[]): string[] =>
  parts.flatMap(({ messages }) => messages.map(({ offset, value }) => `${offset} ${value}`));
/** What is unread as `first-last why`; without a last offset where none can be believed. */
const unread = (parts: ReadPart[]): string[] =>
  parts.flatMap(({ unread: it }) => {
    if (!it) return [];
    assert.equal(it.error.code, 'undecodable');
    return [`${it.first}-${it.last ?? ''} ${it.error.message}`];
  });
const last = (parts: ReadPart[]): bigint | undefined => parts.at(-1)?.last;

const THREE = ['a', 'b', 'c'];

test('the same messages from every codec and framing', async () => {
  const framings: BatchOptions[] = [
    ...[0, 1, 2, 3, 4].map((codec) => ({ codec })),
    { codec: 2, pack: (bytes) => xerial(bytes, 10) },
  ];
  for (const framing of framings) {
    const parts = await read(batch(THREE, { base: 7, ...framing }), 7);
    assert.deepEqual([values(parts), unread(parts), last(parts)], [['7 a', '8 b', '9 c'], [], 9n]);
  }
});

for (const producer of ['kcat', 'java'])
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'])
    test(`a batch recorded from ${producer} with ${codec}: 40 records of 2 KB in several blocks`, async () => {
      const parts = await read(
        readFileSync(join(import.meta.dirname, 'recorded', `${producer}-${codec}.bin`)),
      );
      assert.deepEqual(unread(parts), []);
      const messages = parts.flatMap((part) => part.messages);
      assert.equal(messages.length, 40);
      const words = 'payment-api upstream timed out while connecting to db-7; '.repeat(40);
      for (const [i, message] of messages.entries()) {
        assert.equal(message.value.toString(), `line ${i} ${words}`);
        assert.equal(message.offset, String(i));
        // kcat sends the header twice, Java sends one without a value.
        assert.deepEqual(message.headers, producer === 'kcat' ? { trace: 't2' } : {});
        assert.ok(message.timestamp > Date.UTC(2026, 0));
      }
    });

test('keys, values and headers that are missing, empty, twice or oddly named', async () => {
  const made: Made[] = [
    { key: null, value: null, headers: [['traceparent', null]] },
    { key: '', value: '', headers: [] },
    {
      key: 'k',
      value: 'v',
      headers: [
        ['a', '1'],
        ['a', null],
        ['b', '1'],
        ['b', '2'],
        ['', 'nameless'],
        ['__proto__', 'p'],
        ['constructor', 'c'],
        ['toString', null],
      ],
    },
  ];
  const parts = await read(batch(made));
  assert.deepEqual(unread(parts), []);
  const [tombstone, empty, full] = parts[0]!.messages;
  assert.deepEqual([tombstone!.key, tombstone!.value.length, tombstone!.headers], [undefined, 0, {}]);
  assert.deepEqual([empty!.key, empty!.value.length], ['', 0]);
  assert.deepEqual(Object.entries(full!.headers), [
    ['a', '1'],
    ['b', '2'],
    ['', 'nameless'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ]);
});

test('ten thousand headers, and a batch of two hundred thousand small records', async () => {
  const headers = Array.from({ length: 10_000 }, (_, i): [string, string] => [`h${i}`, String(i)]);
  const [only] = await read(batch([{ value: 'v', headers }]));
  assert.equal(only!.messages[0]!.headers.h9999, '9999');
  const parts = await read(
    batch(
      Array.from({ length: 200_000 }, () => 'x'),
      { codec: 4 },
    ),
  );
  assert.ok(parts.every(({ messages }) => messages.length <= 2_000));
  assert.equal(
    parts.reduce((sum, { messages }) => sum + messages.length, 0),
    200_000,
  );
});

test('the old message formats, packed and not', async () => {
  const inner = (magic: 0 | 1, from: number): Buffer =>
    Buffer.concat(THREE.map((value, i) => oldMessage(from + i, value, { magic })));
  // In format 1 offsets inside are relative, in format 0 they are not.
  for (const [magic, codec, from] of [
    [1, 1, 0],
    [1, 2, 0],
    [1, 3, 0],
    [0, 1, 7],
    [0, 2, 7],
  ] as const) {
    const parts = await read(oldMessage(9, PACK[codec]!(inner(magic, from)), { magic, codec }), 7);
    assert.deepEqual([values(parts), unread(parts), last(parts)], [['7 a', '8 b', '9 c'], [], 9n]);
  }
  const mixed = Buffer.concat([
    oldMessage(0, 'old', { magic: 0 }),
    oldMessage(1, null),
    batch(['new'], { base: 2 }),
  ]);
  assert.deepEqual(values(await read(mixed)), ['0 old', '1 ', '2 new']);
});

test('reading begins where it is wanted, inside a packed batch too, and ends behind what was removed', async () => {
  const set = batch(
    [
      { value: 'b', delta: 1 },
      { value: 'd', delta: 3 },
    ],
    { base: 10, codec: 4, lastDelta: 5 },
  );
  const parts = await read(set, 12);
  assert.deepEqual([values(parts), last(parts)], [['13 d'], 15n]);
  // Compaction left nothing of it but its place.
  assert.deepEqual(await read(batch([], { base: 20, lastDelta: 4 }), 20), [{ messages: [], last: 24n }]);
  // A control batch of a transaction holds no message.
  assert.deepEqual(await read(batch(['x'], { base: 3, flags: 0x20 }), 3), [{ messages: [], last: 3n }]);
});

test('a batch that is cut off at the end is left for the next fetch', async () => {
  const whole = batch(['next'], { base: 3 });
  for (const keep of [1, 11, 16, 40, whole.length - 1]) {
    const parts = await read(Buffer.concat([batch(THREE), whole.subarray(0, keep)]));
    assert.deepEqual([values(parts), unread(parts), last(parts)], [['0 a', '1 b', '2 c'], [], 2n]);
  }
});

/** Batches at offsets 5 to 7 with something wrong, and what is said of each. */
const WRONG: Record<string, [Buffer, RegExp]> = {
  'a wrong checksum': [spoiled(batch(THREE, { base: 5 }), 70), /^5-7 its checksum is wrong$/],
  'a wrong checksum, packed': [
    spoiled(batch(THREE, { base: 5, codec: 4 }), 65),
    /^5-7 its checksum is wrong$/,
  ],
  'a codec nobody knows': [batch(THREE, { base: 5, codec: 6 }), /^5-7 compression codec 6 is not known$/],
  'snappy that is none': [
    batch(THREE, { base: 5, codec: 2, pack: () => Buffer.from('????') }),
    /^5-7 snappy /,
  ],
  'lz4 cut off': [batch(THREE, { base: 5, codec: 3, pack: (b) => PACK[3]!(b).subarray(0, -4) }), /^5-7 lz4 /],
  'another format': [batch(THREE, { base: 5, magic: 3 }), /^5-7 message format 3 is not known$/],
  'more records said than there are': [
    batch(THREE, { base: 5, count: 2 ** 31 - 1, body: Buffer.alloc(0) }),
    /^5-7 /,
  ],
  'fewer than none said': [batch(THREE, { base: 5, count: -7 }), /^5-7 says it holds -7 records$/],
  'a place outside': [batch([{ value: 'a', delta: 9 }, 'b', 'c'], { base: 5 }), /^5-7 a record says/],
  'records that are none': [batch(THREE, { base: 5, body: Buffer.from('no records at all') }), /^5-7 /],
  'a number without an end': [batch(THREE, { base: 5, body: Buffer.alloc(64, 0xff) }), /^5-7 /],
};
for (const [what, [wrong, why]] of Object.entries(WRONG))
  test(`${what}: named with its offsets and bytes, and what stands around it is read`, async () => {
    const set = Buffer.concat([batch(['x'], { base: 4 }), wrong, batch(['y', 'z'], { base: 8, codec: 2 })]);
    const parts = await read(set, 4);
    assert.deepEqual([values(parts), last(parts)], [['4 x', '8 y', '9 z'], 9n]);
    const [said, ...more] = unread(parts);
    assert.match(said!, why);
    assert.deepEqual(more, []);
    assert.ok(parts.find((part) => part.unread)!.unread!.bytes.equals(wrong));
    // Alone, and wherever reading stands in it, it is passed.
    for (const from of [5, 6, 7]) {
      const alone = await read(wrong, from);
      assert.equal(unread(alone).length, 1);
      assert.ok(last(alone)! >= BigInt(from));
    }
  });

test('records before the broken one are read, those behind it are unread', async () => {
  const good = THREE.map((value, i) => record({ value }, i));
  const body = Buffer.concat([...good.slice(0, 2), varint(500), Buffer.from('cut')]);
  const parts = await read(Buffer.concat([batch(THREE, { codec: 1, body }), batch(['d'], { base: 3 })]));
  assert.deepEqual(values(parts), ['0 a', '1 b', '3 d']);
  assert.match(unread(parts)[0]!, /^2-2 /);
});

test('one that does not say where it ends is passed by one offset, or up to the sound one behind it', async () => {
  const cut = batch(THREE, { base: 5, codec: 4 }).subarray(0, 40);
  assert.deepEqual(
    [unread(await read(cut, 5)), last(await read(cut, 5))],
    [[`5- cut off: 40 of ${batch(THREE, { codec: 4 }).length} bytes`], 5n],
  );
  for (const length of [0, -1, 3, 40]) {
    const garbled = Buffer.concat([
      batch(THREE, { base: 5 }).subarray(0, 8),
      int32(length),
      Buffer.alloc(60, 0xee),
    ]);
    const parts = await read(garbled, 5);
    assert.equal(last(parts), 5n);
    assert.match(unread(parts)[0]!, /^5- /);
  }
  // Its own words are at odds with one another: the sound batch behind it counts.
  const odd = spoiled(batch(THREE, { base: 5 }), 26);
  const parts = await read(Buffer.concat([odd, batch(['y'], { base: 8 })]), 5);
  assert.match(unread(parts)[0]!, /^5-7 /);
  assert.deepEqual(values(parts), ['8 y']);
});

test('behind a broken one nothing is believed that is not sound itself', async () => {
  const broken = spoiled(batch(THREE, { base: 5 }), 70);
  const parts = await read(Buffer.concat([broken, broken, batch(['y'], { base: 8 })]), 5);
  assert.equal(unread(parts).length, 1);
  assert.deepEqual(values(parts), []);
  assert.equal(last(parts), 7n);
  // The end it says lies behind the end of the partition: reading would begin anew from the start.
  const far = batch(THREE, { base: 5, codec: 7, count: 2_000_000, lastDelta: 1_999_999 });
  assert.equal(last(await read(far, 5, 8)), 5n);
});

test('any bytes at all are passed', async () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    let set: Buffer = Buffer.concat([batch(THREE, { codec: random(5), base: 5 }), batch(['d'], { base: 8 })]);
    for (let i = random(4); i >= 0; i -= 1) set = spoiled(set, random(set.length));
    if (random(2)) set = set.subarray(0, 1 + random(set.length));
    const parts = await read(set, 5);
    assert.ok(parts.length > 0 && last(parts)! >= 5n, `seed ${seed} stands still`);
    for (const [i, part] of parts.entries())
      assert.ok(i === 0 || part.last > parts[i - 1]!.last, `seed ${seed}`);
  }
});
