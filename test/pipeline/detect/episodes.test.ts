import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { detector, record, START, traffic } from './harness.ts';

const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
const FAILURE = 'kiln 4 lost its flame';
const failures = (from: number, to: number, step: number): LogRecord[] => {
  const found: LogRecord[] = [];
  for (let second = from; second < to; second += step) found.push(record(second + 0.25, 'error', FAILURE));
  return found;
};
const inOrder = (...lists: LogRecord[][]): LogRecord[] =>
  lists.flat().sort((a, b) => a.timestamp - b.timestamp);
const countOf = (found: readonly Anomaly[]): number =>
  found.reduce((sum, { count }) => sum + Number(count ?? 0), 0);

test('all reports of a problem together have each of its lines once, and the last of them names the last line', () => {
  for (const [step, until] of [
    [1, 1_013],
    [2, 1_100],
    [7, 1_345],
    [0.1, 1_250],
  ] as const) {
    const lines = failures(1_000, until, step);
    const found = [detector()].flatMap((one) => [
      ...one.add(inOrder(traffic(0, until + 1), lines)),
      ...one.flush(),
    ]);
    assert.equal(countOf(found), lines.length, `a line each ${step} s`);
    const last = lines.at(-1)!.timestamp;
    assert.equal(found.at(-1)?.window?.to, new Date(last).toISOString(), `a line each ${step} s`);
    assert.equal(new Set(found.map(({ template }) => template?.id)).size, 1);
  }
});

test('the lines after the last report are told once nothing more comes, not only at the end', () => {
  const one = detector();
  const lines = failures(1_000, 1_093, 3);
  const found = one.add(inOrder(traffic(0, 1_300), lines));
  const tally = found.filter(({ detector }) => detector === 'tally');
  assert.equal(tally.length, 1);
  assert.deepEqual(
    [tally[0]!.anomaly_status, tally[0]!.severity, tally[0]!.window?.from, tally[0]!.window?.to],
    ['normal', 1, at(1_000.25), at(1_090.25)],
  );
  assert.equal(countOf(found), lines.length);
  assert.match(tally[0]!.explanation, /^\d+ more lines? since the last report; the last at 00:18:10\.$/);
  assert.ok(
    one.flush().every(({ detector }) => detector !== 'tally'),
    'told once',
  );
});

test('a problem whose reports have all its lines needs none, nor does a service without a problem', () => {
  const one = detector();
  const found = [...one.add(inOrder(traffic(0, 1_010), failures(1_000, 1_009, 0.5))), ...one.flush()];
  assert.equal(countOf(found), 18);
  assert.ok(found.every(({ detector }) => detector !== 'tally'));
  const calm = detector();
  assert.deepEqual([...calm.add(traffic(0, 2_000)), ...calm.flush()], []);
});

test('a problem that goes on for hours is told now and then, less often with time', () => {
  const one = detector();
  const lines = failures(1_000, 9_000, 30);
  const found = one.add(inOrder(traffic(0, 9_000), lines));
  const told = countOf(found);
  assert.ok(told > 0.8 * lines.length && told <= lines.length, String(told));
  assert.ok(found.length < 40, String(found.length));
  assert.equal(countOf([...found, ...one.flush()]), lines.length);
});

test('a line that waited for the rest of its event is counted, however late', () => {
  const one = detector();
  const [late, ...lines] = failures(1_000, 1_060, 2).reverse();
  const found = one.add(inOrder(traffic(0, 1_100), lines));
  found.push(...one.add([late!]), ...one.flush());
  assert.equal(countOf(found), lines.length + 1);
  assert.equal(found.at(-1)?.window?.to, at(1_058.25));
});

test('a process that begins anew tells what the one before it did not', () => {
  const lines = failures(1_000, 1_055, 5);
  const first = detector();
  const found = first.add(inOrder(traffic(0, 1_060), lines));
  const second = detector();
  second.restore(JSON.parse(JSON.stringify(first.save())));
  assert.equal(countOf([...found, ...second.flush()]), lines.length);
});
