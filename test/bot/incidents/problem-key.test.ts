import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentsHarness, MINUTE } from './harness.ts';

test('without a template, an issue with another count is the same problem; one in other words is not', async () => {
  const { clock, say } = incidentsHarness();
  const first = await say('orders', { template: undefined, detected_issues: ['8 errors in 10 s'] });
  clock.now += MINUTE;
  const second = await say('orders', { template: undefined, detected_issues: ['1,204 errors in 10 s'] });
  assert.equal(second?.id, first?.id);
  const other = await say('orders', { template: undefined, detected_issues: ['8 retries in 10 s'] });
  assert.notEqual(other?.id, first?.id);
});
