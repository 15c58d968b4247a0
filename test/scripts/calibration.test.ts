import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, HEALTHY } from '../../scripts/eval/calibration/faults.ts';
import { askNoisy, reliability } from '../../scripts/eval/calibration.ts';

test('the error of a calibration is the mean gap between what is said and what is right', () => {
  const all = [
    ...Array.from({ length: 10 }, (_, i) => ({ confidence: 0.9, right: i < 9 })),
    ...Array.from({ length: 10 }, (_, i) => ({ confidence: 0.1, right: i < 5 })),
  ];
  const { bins, error } = reliability(all);
  assert.equal(bins.length, 5);
  assert.deepEqual(
    bins.map(({ count }) => count),
    [10, 0, 0, 0, 10],
  );
  assert.ok(Math.abs(error - 0.2) < 1e-9);
  assert.equal(reliability([]).error, 0);
});

test('one made fault and one made healthy day of each kind: no healthy one is confirmed, no confirmed one is wrong', async () => {
  for (const fault of [...FAULTS, ...HEALTHY]) {
    const told = await askNoisy(fault, 4_242);
    if (told.verdict === 'confirmed') assert.ok(told.right, `${told.name}: ${told.said}`);
  }
});
