import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceLine } from '../../../src/domain/log/source-line.ts';
import { datedByNext } from '../../../src/pipeline/normalize/line-time.ts';

test('lines above the first time of their source get it; later ones and other sources do not', async () => {
  const line = (source: string, text: string, index: number): SourceLine => ({
    source,
    text,
    position: String(index),
  });
  const batches = [
    [
      line('a', 'banner of a', 1),
      line('b', 'b has no time yet', 1),
      line('a', '2026-03-01T10:00:00Z INFO up', 2),
      line('a', 'continued', 3),
    ],
    [line('b', '2026-03-01T11:00:00Z INFO up', 2), line('a', 'more', 4)],
  ];
  const out: (number | undefined)[] = [];
  const source = async function* () {
    yield* batches;
  };
  for await (const batch of datedByNext('UTC')(source()))
    out.push(...batch.map(({ hint }) => hint?.timestamp));
  assert.deepEqual(out, [Date.UTC(2026, 2, 1, 10), undefined, undefined, undefined, undefined, undefined]);
});

test('lines by which the place of the time was learned get their own times', async () => {
  const source = async function* () {
    yield Array.from({ length: 60 }, (_, second) => ({
      source: 'a',
      text: `tray ${second % 7} moved @ 30.11.2026 10:00:${String(second).padStart(2, '0')}`,
      position: String(second),
    }));
  };
  for await (const batch of datedByNext('UTC')(source()))
    for (const [second, { hint }] of batch.entries())
      if (hint?.timestamp !== undefined) assert.equal(hint.timestamp, Date.UTC(2026, 10, 30, 10, 0, second));
      else assert.ok(second >= 7);
});

test('sources in which no line has a time are told at the end', async () => {
  const line = (source: string, text: string): SourceLine => ({ source, text, position: '1' });
  const told: unknown[] = [];
  const source = async function* () {
    yield [line('a', 'one'), line('b', 'two'), { ...line('c', 'three'), hint: { timestamp: 1_000 } }];
    yield [line('a', 'four 1.2.3'), line('b', '10:00:00 INFO five')];
  };
  for await (const _ of datedByNext('UTC', (undated) => told.push(undated))(source()));
  assert.deepEqual(told, [{ source: 'a', lines: 2 }]);
});
