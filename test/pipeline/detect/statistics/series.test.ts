import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Series, surprise } from '../../../../src/pipeline/detect/statistics/series.ts';

test('series: the usual is robust against what was unusual', () => {
  const series = new Series(0);
  for (let i = 0; i < 30; i++) series.push(i, 10 + (i % 3));
  const before = series.baseline(30);
  series.push(30, 500);
  const after = series.baseline(31);
  assert.ok(Math.abs(after.median - before.median) <= 1);
  assert.ok(surprise(12, after) < 2);
  assert.ok(surprise(60, after) > 7);
  // Buckets in which nothing happened are zeros, however many.
  assert.equal(series.baseline(10_000).median, 0);
});
