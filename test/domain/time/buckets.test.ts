import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_WIDTHS, narrowest } from '../../../src/domain/time/buckets.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/units.ts';

test('the narrowest width that gives few enough buckets', () => {
  assert.equal(narrowest(BUCKET_WIDTHS.thread, HOUR, 60), MINUTE);
  assert.equal(narrowest(BUCKET_WIDTHS.thread, HOUR + 1, 60), 5 * MINUTE);
  assert.equal(narrowest(BUCKET_WIDTHS.report, 365 * DAY, 60), undefined);
  for (const widths of Object.values(BUCKET_WIDTHS))
    assert.deepEqual(
      widths,
      [...widths].sort((a, b) => a - b),
    );
});
