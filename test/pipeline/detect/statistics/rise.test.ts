import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bursts } from '../../../../src/pipeline/detect/statistics/bursts.ts';
import { Rise } from '../../../../src/pipeline/detect/statistics/rise.ts';

const SINCE = { at: 0, lines: 0 };
/** One line a second, and failures at these seconds. */
function riseOf(seconds: number[]): Rise {
  const rise = new Rise();
  for (const [i, second] of seconds.entries()) rise.add({ at: second * 1_000, lines: second - i });
  return rise;
}
const confidence = (seconds: number[], now: number): number =>
  riseOf(seconds).rising(SINCE, { at: now * 1_000, lines: now }, 1e-3)?.confidence ?? 0;

test('new failures after some hundred quiet lines are a rise, from the first of them', () => {
  const seconds = [400, 403, 407, 410];
  assert.ok(confidence(seconds, 410) > 0.85);
  assert.equal(riseOf(seconds).rising(SINCE, { at: 410_000, lines: 406 }, 1e-3)?.from, 400_000);
});

test('the same failures at a start are none', () => assert.ok(confidence([4, 7, 11, 14], 20) < 0.3));

test('a steady failure is none, however long it lasts', () => {
  const seconds = Array.from({ length: 60 }, (_, i) => i * 30);
  for (const now of [300, 900, 1_800])
    assert.ok(
      confidence(
        seconds.filter((second) => second < now),
        now,
      ) < 0.3,
      String(now),
    );
});

test('a steady failure that becomes ten times as frequent is one, from where it does', () => {
  const before = Array.from({ length: 20 }, (_, i) => i * 60);
  const after = Array.from({ length: 12 }, (_, i) => 1_200 + i * 6);
  const rising = riseOf([...before, ...after]).rising(SINCE, { at: 1_266_000, lines: 1_234 }, 1e-3);
  assert.ok(rising!.confidence > 0.85);
  assert.ok(rising!.from >= 1_140_000 && rising!.from <= 1_206_000, String(rising!.from));
});

test('twice as many where there is twice the traffic are none', () => {
  const rise = new Rise();
  let lines = 0;
  // Every twentieth line fails; in the last minutes there are ten times as many lines.
  for (let second = 0; second < 2_000; second += second < 1_800 ? 20 : 2) {
    lines += 20;
    rise.add({ at: second * 1_000, lines });
  }
  assert.ok((rise.rising(SINCE, { at: 2_000_000, lines }, 1e-3)?.confidence ?? 0) < 0.3);
});

test('many lines within a second are one event', () => {
  const rise = new Rise();
  for (let i = 0; i < 50; i++) rise.add({ at: 400_000 + i * 10, lines: 400 });
  assert.equal(rise.events, 1);
  assert.equal(rise.rising(SINCE, { at: 401_000, lines: 401 }, 1e-3), undefined);
});

test('a burst is usual when two as large have come and passed', () => {
  const bursts = new Bursts();
  bursts.push(10, 20);
  assert.ok(!bursts.isUsual(11, 20));
  assert.ok(!bursts.isUsual(100, 20));
  bursts.push(100, 22);
  assert.ok(bursts.isUsual(200, 25));
  assert.ok(!bursts.isUsual(200, 60));
  const restored = Bursts.from(JSON.parse(JSON.stringify(bursts.save())));
  assert.ok(restored.isUsual(200, 25));
});
