import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestSpan } from '../../../src/pipeline/foreign/newest-span.ts';
import { fakeIndex } from '../../fakes/foreign-index.ts';

const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);
const MINUTE = 60_000;
const time = { name: '@timestamp', unit: 'date' } as const;
const documents = (times: number[]) =>
  times.map((at, n) => ({ id: `d${n}`, source: { '@timestamp': new Date(at).toISOString() } }));

test('an index within the limit is taken whole; an empty one is none', async () => {
  const index = fakeIndex(documents([T0, T0 + 5, T0 + 90 * MINUTE]));
  assert.deepEqual(await newestSpan(index, time, 3), {
    from: T0,
    to: T0 + 90 * MINUTE + 1,
    records: 3,
    older: 0,
  });
  assert.equal(await newestSpan(fakeIndex(), time, 3), undefined);
});

for (const [name, step] of [
  ['an hour', 20_000],
  ['two months', 25 * 3_600_000],
  ['decades', 700 * 86_400_000],
] as const)
  test(`the newest whole minutes of ${name} that fit, and how many are older`, async () => {
    const times = Array.from({ length: 60 }, (_, n) => [T0 + n * step, T0 + n * step + 7]).flat();
    const index = fakeIndex(documents(times));
    for (const limit of [1, 10, 37, 119]) {
      const span = (await newestSpan(index, time, limit))!;
      const inside = times.filter((at) => at >= span.from && at < span.to).length;
      assert.equal(span.records, inside, `limit ${limit}`);
      assert.equal(span.older, 120 - inside);
      assert.equal(span.to, times.at(-1)! + 1);
      // One more minute would be too many.
      const before = Math.max(...times.filter((at) => at < span.from));
      const more = times.filter((at) => at >= Math.floor(before / MINUTE) * MINUTE).length;
      assert.ok(
        inside <= limit || new Set(times.slice(-inside).map((at) => Math.floor(at / MINUTE))).size === 1,
      );
      assert.ok(more > limit, `limit ${limit}: ${more}`);
    }
  });

test('one date far in the future hides nothing of the others', async () => {
  const times = [...Array.from({ length: 50 }, (_, n) => T0 + n * MINUTE), Date.UTC(2190, 1, 1)];
  const span = (await newestSpan(fakeIndex(documents(times)), time, 20))!;
  assert.equal(span.records, 20);
  assert.equal(span.from, T0 + 31 * MINUTE);
});
