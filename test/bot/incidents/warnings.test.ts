import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../../src/domain/alert/route.ts';
import { mina } from '../fixtures.ts';
import { deliveries, incidentsHarness, parents } from './harness.ts';

const route = (fields: Partial<Route>): Route => ({
  match: {},
  mention: [],
  shadow: false,
  stop: true,
  ...fields,
});
const warning = { anomaly_status: 'warning' as const, severity: 2 };
const quietChannel = route({ match: { status: ['warning'] }, platform: 'slack', channel: 'CWARN' });

test('a rule for warnings opens their threads in its channel, and only there', async () => {
  const { say, state } = incidentsHarness({ routes: [quietChannel] });
  await say('cart', warning);
  assert.deepEqual(await parents(state), ['slack CWARN']);
});

test('a rule that does not name warnings, or is only tried out, opens none', async () => {
  for (const routes of [
    [route({ platform: 'slack', channel: 'CALL' })],
    [route({ match: { status: ['critical'] }, platform: 'slack', channel: 'CALL' })],
    [{ ...quietChannel, shadow: true }],
    [],
  ]) {
    const { say, state } = incidentsHarness({ routes });
    await say('cart', warning);
    assert.deepEqual(await parents(state), []);
  }
});

test('a warning that gets worse goes where alerts go as well', async () => {
  const { say, state } = incidentsHarness({ routes: [quietChannel] });
  const template = { id: 't1', pattern: 'slow' };
  await say('cart', { ...warning, template });
  await say('cart', { template });
  assert.deepEqual(await parents(state), ['console console', 'slack C1', 'slack CWARN']);
});

test('what is done with a warning without a thread posts nothing by itself', async () => {
  const { say, state, incidents } = incidentsHarness();
  const found = await say('cart', warning);
  await incidents.act(found!.id, { what: 'resolved' }, mina);
  const sent = await deliveries(state);
  assert.ok(
    sent.every(({ value }) => value.content.kind === 'action'),
    'replies only, and they find no thread',
  );
  assert.equal((await incidents.open()).length, 0);
});
