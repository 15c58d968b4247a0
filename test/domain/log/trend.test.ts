import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTo, sparkline, together } from '../../../src/domain/log/trend.ts';

test('a trend keeps every count in at most 24 spans, whatever the order and length', () => {
  let trend = addTo(undefined, 1_000_000, 1);
  assert.equal(sparkline(trend), '');
  let sum = 1;
  for (let index = 1; index <= 500; index += 1) {
    trend = addTo(trend, 1_000_000 + ((index * 7_919) % 500) * 60_000, index);
    sum += index;
    assert.ok(trend.counts.length <= 24);
    assert.equal(
      trend.counts.reduce((a, b) => a + b, 0),
      sum,
    );
  }
  trend = addTo(trend, 0, 5);
  assert.ok(trend.counts.length <= 24 && trend.from <= 0);
  const both = together(trend, addTo(undefined, 99_000_000, 2));
  assert.equal(
    both?.counts.reduce((a, b) => a + b, 0),
    sum + 7,
  );
  assert.equal(sparkline({ from: 0, stepMs: 1, counts: [0, 1, 4, 8] }), '▁▂▅█');
});
