import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, gate } from '../../../src/jobs/fine-tune/gate.ts';

/** 100 examples of which every n-th is answered right. */
const right = (share: number): number[] =>
  Array.from({ length: 100 }, (_, at) => Number((at * 37) % 100 < share * 100));
const same = { candidate: right(0.8), serving: right(0.8) };

test('a candidate that is better on the unseen and no worse on the fixed set takes over', () => {
  const verdict = gate({ candidate: right(0.8), serving: right(0.6) }, same, []);
  assert.equal(verdict.promoted, true);
  assert.equal(verdict.reason, 'better');
  assert.ok(verdict.unseen!.low > 0 && verdict.unseen!.high <= 0.4, JSON.stringify(verdict.unseen));
});

test('an equal one, a worse one, and one that is better by luck do not', () => {
  assert.equal(gate(same, same, []).reason, 'not_better');
  assert.equal(gate({ candidate: right(0.5), serving: right(0.8) }, same, []).reason, 'worse');
  assert.equal(gate({ candidate: right(0.61), serving: right(0.6) }, same, []).reason, 'not_better');
});

test('better on its task but worse on the fixed set does not', () => {
  const unseen = { candidate: right(0.9), serving: right(0.5) };
  const verdict = gate(unseen, { candidate: right(0.6), serving: right(0.8) }, []);
  assert.deepEqual([verdict.promoted, verdict.reason], [false, 'worse']);
});

test('how much may be lost on the fixed set, and how many unseen examples are needed, are settings', () => {
  const unseen = { candidate: right(0.9), serving: right(0.5) };
  const slightly = { candidate: right(0.78), serving: right(0.8) };
  const limits = { testAtLeast: 20, tolerance: 0.05 };
  assert.equal(gate(unseen, slightly, []).reason, gate(unseen, slightly, [], limits).reason);
  assert.equal(gate(unseen, slightly, [], limits).promoted, true);
  assert.equal(gate(unseen, slightly, [], { ...limits, tolerance: 0.01 }).reason, 'worse');
  assert.equal(gate(unseen, slightly, [], { ...limits, testAtLeast: 101 }).reason, 'too_few');
});

test('a leak and a handful of examples decide nothing', () => {
  const unseen = { candidate: right(0.9), serving: right(0.5) };
  assert.deepEqual(gate(unseen, same, ['i-7']), { promoted: false, reason: 'leak', leaked: 'i-7' });
  const few = { candidate: right(1).slice(0, 19), serving: right(0).slice(0, 19) };
  assert.equal(gate(few, same, []).reason, 'too_few');
});

test('the same figures give the same interval, and it holds the mean', () => {
  const compared = { candidate: right(0.7), serving: right(0.6) };
  const interval = differenceOf(compared);
  assert.deepEqual(differenceOf(compared), interval);
  assert.ok(interval.low <= interval.mean && interval.mean <= interval.high);
});
