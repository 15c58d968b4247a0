import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBudget } from '../../../../src/pipeline/sources/receiving/budget.ts';
import { unlessStalled } from '../../../../src/pipeline/sources/receiving/stalled.ts';

test('room that is held for what does not come is given up when others wait for it, and not before', async () => {
  const share = createBudget(100).share();
  const never = new Promise<never>(() => {});
  const held = await share.take(50);
  const begun = Date.now();
  assert.equal(await unlessStalled(Promise.resolve('here'), begun, share, 1), 'here');
  const patient = unlessStalled(never, begun, share, 1);
  patient.catch(() => {});
  const other = share.take(50);
  await assert.rejects(patient, { code: 'timeout' });
  await assert.rejects(unlessStalled(Promise.resolve('a trickle'), begun - 10, share, 1), {
    code: 'timeout',
  });
  held.release();
  assert.equal((await other).bytes, 50);
});
