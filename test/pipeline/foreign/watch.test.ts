import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../../src/backends/logs/foreign/mirror-cache.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { createIndexReading } from '../../../src/pipeline/foreign/index-lines.ts';
import { watchIndex } from '../../../src/pipeline/foreign/watch.ts';
import { eventually } from '../../acceptance/harness.ts';
import { type FakeIndex, fakeIndex } from '../../fakes/foreign-index.ts';
import { memoryState } from '../../fakes/state.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);
const document = (n: number, at: number) => ({
  id: `d${n}`,
  source: { '@timestamp': new Date(at).toISOString(), message: `pallet ${n} is loaded`, service: 'dock' },
});

/** A watch over the index by a clock of the test; what it takes is in `taken`. */
function watching(index: FakeIndex, state: StateStore, clock: { now: number }) {
  const taken: string[] = [];
  const read: Segment[] = [];
  const trouble: { take?: AppError } = {};
  const watch = watchIndex({
    foreign: index,
    reading: createIndexReading(index, {}),
    state,
    log: createLog('silent'),
    pollMs: 1,
    now: () => clock.now,
    noteRead: async (segments) => void read.push(...segments),
    take: async (lines) => {
      if (trouble.take) throw trouble.take;
      taken.push(...lines.map(({ text }) => text.split(' ')[1]!));
    },
  });
  const has = (count: number) =>
    eventually(`${count} taken`, async () => (taken.length >= count ? true : undefined));
  return { watch, taken, read, trouble, has, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() };
}

/** Gives a watch the time for many looks. */
const looks = async (): Promise<void> => {
  for (let n = 0; n < 40; n++) await new Promise((resolve) => setTimeout(resolve, 1));
};

test('each document is taken once, in order of time: those of the last hour, those that come, those that are late', async () => {
  const index = fakeIndex([
    document(0, T0 - 90 * MINUTE),
    document(1, T0 - 30 * MINUTE),
    document(2, T0 - 1_000),
  ]);
  const clock = { now: T0 };
  await using one = watching(index, memoryState(), clock);
  await one.has(2);
  index.documents.push(document(3, T0 + 500), document(4, T0 + 400));
  await one.has(4);
  clock.now += 4 * MINUTE;
  index.documents.push(document(5, T0 + 4 * MINUTE), document(6, T0 + 410));
  await one.has(6);
  await looks();
  assert.deepEqual(one.taken, ['1', '2', '4', '3', '6', '5']);
  assert.equal(one.watch.health().ok, true);
  assert.match(one.watch.health().detail, /6 new lines taken/);
});

test('a host whose clock is ahead makes no other one late', async () => {
  const index = fakeIndex([document(0, T0 + 40 * MINUTE), document(1, T0 - 1_000)]);
  const clock = { now: T0 };
  await using one = watching(index, memoryState(), clock);
  await one.has(2);
  index.documents.push(document(2, T0 + 100));
  await one.has(3);
  assert.deepEqual(one.taken.sort(), ['0', '1', '2']);
});

test('after a restart it goes on where it was, and nothing is taken twice', async () => {
  const index = fakeIndex(Array.from({ length: 50 }, (_, n) => document(n, T0 - (50 - n) * 1_000)));
  const state = memoryState();
  const clock = { now: T0 };
  {
    await using one = watching(index, state, clock);
    await one.has(50);
  }
  index.documents.push(document(90, T0 - 500), document(91, T0 + 2 * MINUTE));
  clock.now += 3 * MINUTE;
  await using again = watching(index, state, clock);
  await again.has(2);
  await looks();
  assert.deepEqual(again.taken, ['90', '91']);
});

test('away for longer than a day: it looks a day back, and says what it left out', async () => {
  const index = fakeIndex([document(0, T0)]);
  const state = memoryState();
  const clock = { now: T0 + 1_000 };
  {
    await using one = watching(index, state, clock);
    await one.has(1);
  }
  clock.now += 30 * 60 * MINUTE;
  index.documents.push(document(1, T0 + 60 * MINUTE), document(2, T0 + 20 * 60 * MINUTE));
  await using again = watching(index, state, clock);
  await again.has(1);
  await looks();
  assert.deepEqual(again.taken, ['2']);
  assert.match(again.watch.health().detail, /3\d\d min before that were not looked through/);
});

test('minutes of which everything was taken are told, with their number of documents', async () => {
  const index = fakeIndex(Array.from({ length: 1_200 }, (_, n) => document(n, T0 - 20 * MINUTE + n * 1_000)));
  await using one = watching(index, memoryState(), { now: T0 });
  await one.has(1_200);
  await looks();
  const minutes = new Map(one.read);
  assert.ok(minutes.size >= 13, `${minutes.size} minutes`);
  assert.deepEqual(new Set(minutes.values()), new Set([60]));
});

test('a server or a store that is away is said, and nothing is lost', async () => {
  const index = fakeIndex([document(1, T0 - 1_000)]);
  await using one = watching(index, memoryState(), { now: T0 });
  await one.has(1);
  index.fails.counts = new AppError('unavailable', 'search.example cannot be reached');
  await eventually('trouble', async () => (one.watch.health().ok ? undefined : true));
  assert.match(one.watch.health().detail, /cannot be reached/);
  index.documents.push(document(2, T0));
  delete index.fails.counts;
  await one.has(2);
  one.trouble.take = new AppError('storage_full', 'no room');
  index.documents.push(document(3, T0 + 1));
  await eventually('trouble', async () => (one.watch.health().ok ? undefined : true));
  delete one.trouble.take;
  await one.has(3);
  await looks();
  assert.deepEqual(one.taken, ['1', '2', '3']);
});
