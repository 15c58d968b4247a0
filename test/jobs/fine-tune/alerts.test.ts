import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainAlerts, worthOf } from '../../../src/jobs/fine-tune/alerts.ts';
import { ALERT_REGRESSION } from '../../../src/jobs/fine-tune/regression.ts';
import { month } from './harness.ts';

test('what is never seen before is told, whatever was taught', () => {
  const earlier = month.map(({ incident, signal, real }) => ({ incident: incident.id, signal, real }));
  const model = trainAlerts(earlier);
  const worth = worthOf(model, { earlier, later: ALERT_REGRESSION });
  assert.ok(worth.length > 0 && worth.every((one) => one === 0));
});
