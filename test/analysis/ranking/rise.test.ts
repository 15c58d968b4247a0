import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course, FailureGroup } from '../../../src/analysis/evidence/failure-groups.ts';
import { confidenceOf } from '../../../src/analysis/ranking/confidence.ts';
import { chanceOf, hasPast, isAsBefore } from '../../../src/analysis/ranking/rise.ts';

const group = (course?: Course): FailureGroup => ({ ...(course ? { course } : {}) }) as FailureGroup;

test('the chance of so many lines falls with the rise above the busiest stretch, and with the time looked at', () => {
  const chance = (lines: number, peak: number, past = 1) => chanceOf([group({ lines, peak, past })]);
  assert.equal(chance(4, 8), 1);
  assert.equal(chance(40, 4), 0.1);
  assert.ok(chance(40, 4, 0.5) > chance(40, 4, 1));
  assert.ok(chance(80, 4) < chance(40, 4));
  // With nothing outside, nothing is unlikely.
  assert.equal(chance(1_000, 0, 0), 1);
  assert.equal(chanceOf([group()]), 1);
});

test('messages of one service are one matter', () => {
  const one = group({ lines: 10, peak: 1, past: 1 });
  assert.equal(chanceOf([one, group({ lines: 10, peak: 9, past: 1 })]), 0.5);
  assert.equal(chanceOf([one, one]), 0.1);
});

test('healthy hours say what is usual only where there are enough of them', () => {
  assert.ok(
    hasPast(group({ lines: 1, peak: 0, past: 0.3 })) && !hasPast(group({ lines: 1, peak: 0, past: 0.2 })),
  );
  assert.equal(isAsBefore(group({ lines: 9, peak: 5, past: 1 })), true);
  assert.equal(isAsBefore(group({ lines: 11, peak: 5, past: 1 })), false);
  assert.equal(isAsBefore(group({ lines: 9, peak: 0, past: 1 })), false);
  assert.equal(isAsBefore(group({ lines: 9, peak: 5, past: 0.1 })), undefined);
  assert.equal(isAsBefore(group()), undefined);
});

test('a confidence follows the verdict first, then what speaks for it', () => {
  assert.ok(confidenceOf('confirmed', 0.6, 1) > confidenceOf('likely', 0.9, 9));
  assert.ok(confidenceOf('likely', 0.9, 0) > confidenceOf('likely', 0.3, 0));
  assert.ok(confidenceOf('inconclusive', 1, 2) > confidenceOf('inconclusive', 1, 0));
  assert.equal(confidenceOf('inconclusive', 1, 50), confidenceOf('inconclusive', 1, 2));
  assert.ok(confidenceOf('inconclusive', 1, 50) < 0.3);
});
