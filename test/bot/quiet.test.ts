import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertModel } from '../../src/domain/alert-model.ts';
import { needsThread } from '../../src/domain/incident.ts';
import { memoryState } from '../fakes/state.ts';
import { anomaly, incidentsOn, mina, NOW } from './fixtures.ts';

/** People called alerts of the template `t1` of `mail` false, thrice nine times. */
const model: AlertModel = {
  weights: {},
  bias: -3,
  slope: 1,
  offset: 0,
  quietBelow: 0.35,
  votes: { 'mail|t1': { rejected: 27, real: 0 } },
};
const CHAT = { name: 'slack', alertChannel: 'C1' };
const template = { id: 't1', pattern: 'backup skipped <*>' };

test('what people keep calling a false alarm is recorded and not told; what suffers with it is', async () => {
  const state = memoryState();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const hushed = await incidents.record(anomaly('mail', { template }), NOW);
  assert.equal(hushed?.quiet, true);
  assert.equal(needsThread(hushed!), false);
  assert.equal((await incidents.open()).length, 0);
  const other = await incidents.record(anomaly('cart', { template }), NOW);
  assert.equal(other?.quiet, undefined);
  assert.equal(
    (await state.list('outbox')).some(({ id }) => id.includes(hushed!.id)),
    false,
  );
});

test('without a model, and for what was told before, nothing is kept quiet', async () => {
  const state = memoryState();
  let serving: AlertModel | undefined;
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => serving });
  const told = await incidents.record(anomaly('mail', { template }), NOW);
  assert.equal(told?.quiet, undefined);
  serving = model;
  const again = await incidents.record(anomaly('mail', { template }), NOW + 1_000);
  assert.deepEqual([again?.id, again?.quiet], [told?.id, undefined]);
});

test('somebody calls it real after all: it is told', async () => {
  const state = memoryState();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const hushed = await incidents.record(anomaly('mail', { template }), NOW);
  const { incident } = await incidents.act(hushed!.id, { what: 'real' }, mina);
  assert.equal(incident.quiet, undefined);
  assert.equal(needsThread(incident), true);
  assert.ok((await state.list('outbox', { limit: 1_000 })).some(({ id }) => id.includes(hushed!.id)));
});

test('what people merge into it is told: somebody says that they are one problem', async () => {
  const state = memoryState();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const hushed = await incidents.record(anomaly('mail', { template }), NOW);
  const other = await incidents.record(anomaly('mail', { template: { id: 't2', pattern: 'disk' } }), NOW);
  assert.deepEqual([hushed?.quiet, other?.quiet], [true, undefined]);
  assert.equal(await incidents.merge(other!.id, hushed!.id, mina), true);
  assert.deepEqual(
    (await incidents.open()).map(({ id }) => id),
    [hushed!.id],
  );
  await incidents.split(other!.id, mina);
  assert.equal((await incidents.open()).length, 2);
});
