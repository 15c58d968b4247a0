import assert from 'node:assert/strict';
import { test } from 'node:test';
import { novelStretch } from '../../../src/analysis/logs/novel-stretch.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { mined } from '../harness.ts';

const every = (
  step: number,
  from: number,
  to: number,
  of: (at: number, i: number) => LogRecord,
): LogRecord[] => {
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step) out.push(of(NOON + second * 1_000, out.length));
  return out;
};
const span = { from: NOON, to: NOON + 3_600_000 };
const found = async (records: LogRecord[]) => {
  const sorted = mined(records).toSorted((a, b) => a.timestamp - b.timestamp);
  const stretch = await novelStretch(readerOver(sorted), {}, span, 15_000);
  return stretch && { from: (stretch.from - NOON) / 1_000, to: (stretch.to - NOON) / 1_000 };
};
/** Always loud: more errors than anything that is new. */
const complaining = every(3, 0, 3_600, (at, i) =>
  record(at, 'kiosk', 'error', `ticket ${i} could not be printed`),
);
const calm = every(5, 0, 3_600, (at, i) => record(at, 'gate', 'info', `guest ${i} let in`));

test('what is new is found beside what is louder every hour', async () => {
  const fresh = every(6, 2_000, 2_300, (at, i) => record(at, 'gate', 'error', `guest ${i}: lock timed out`));
  const stretch = await found([...complaining, ...calm, ...fresh]);
  assert.ok(stretch);
  assert.ok(
    Math.abs(stretch.from - 2_000) <= 30 && Math.abs(stretch.to - 2_300) <= 30,
    JSON.stringify(stretch),
  );
});

test('of what comes all along nothing is new', async () => {
  assert.equal(await found([...complaining, ...calm]), undefined);
  assert.equal(await found(calm), undefined);
  assert.equal(await found([]), undefined);
});

test('three grave lines are enough, a few others are not', async () => {
  const grave = [1_500, 1_504, 1_509].map((second) =>
    record(NOON + second * 1_000, 'gate', 'error', 'out of memory: cannot allocate 64 pages'),
  );
  const stretch = await found([...complaining, ...calm, ...grave]);
  assert.ok(stretch && Math.abs(stretch.from - 1_500) <= 30);
  const few = [1_500, 1_510, 1_520].map((second) =>
    record(NOON + second * 1_000, 'gate', 'warn', 'guest list looks odd'),
  );
  assert.equal(await found([...complaining, ...calm, ...few]), undefined);
});
