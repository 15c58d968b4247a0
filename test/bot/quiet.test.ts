import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../src/backends/state/store.ts';
import { speech } from '../../src/bot/i18n/speech.ts';
import { incidentView } from '../../src/bot/views/incident.ts';
import type { AlertModel } from '../../src/domain/alert-model.ts';
import { needsThread } from '../../src/domain/incident.ts';
import type { Vote } from '../../src/domain/quiet.ts';
import { memoryState } from '../fakes/state.ts';
import { anomaly, incidentsOn, mina, NOW } from './fixtures.ts';

const model: AlertModel = { weights: {}, bias: -3, slope: 1, offset: 0, quietBelow: 0.35 };
const HOUR = 3_600_000;
/** People called alerts of the template `t1` of `mail` false, thrice nine times, around the clock. */
const VOTES: Vote[] = Array.from({ length: 27 }, (_, index) => ({
  incident: `earlier-${index}`,
  at: NOW - (27 - index) * 5 * HOUR,
  critical: true,
  real: false,
}));
async function taught(): Promise<StateStore> {
  const state = memoryState();
  await state.commit({ put: [{ kind: 'fact', id: 'votes/mail|t1', value: VOTES }] });
  return state;
}
const CHAT = { name: 'slack', alertChannel: 'C1' };
const template = { id: 't1', pattern: 'backup skipped <*>' };

test('what people keep calling a false alarm is recorded and not told; what suffers with it is', async () => {
  const state = await taught();
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
  const state = await taught();
  let serving: AlertModel | undefined;
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => serving });
  const told = await incidents.record(anomaly('mail', { template }), NOW);
  assert.equal(told?.quiet, undefined);
  serving = model;
  const again = await incidents.record(anomaly('mail', { template }), NOW + 1_000);
  assert.deepEqual([again?.id, again?.quiet], [told?.id, undefined]);
});

test('somebody calls it real after all: it is told', async () => {
  const state = await taught();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const hushed = await incidents.record(anomaly('mail', { template }), NOW);
  const { incident } = await incidents.act(hushed!.id, { what: 'real' }, mina);
  assert.equal(incident.quiet, undefined);
  assert.equal(needsThread(incident), true);
  assert.ok((await state.list('outbox', { limit: 1_000 })).some(({ id }) => id.includes(hushed!.id)));
});

test('what people merge into it is told: somebody says that they are one problem', async () => {
  const state = await taught();
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

test('what people press counts from the next alert on: eight false alarms silence a kind, one real ends that', async () => {
  const state = memoryState();
  const clock = { now: NOW };
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model, clock });
  const alert = async () => {
    clock.now += 5 * HOUR;
    const detected_at = new Date(clock.now).toISOString();
    return (await incidents.record(anomaly('mail', { template, detected_at }), clock.now))!;
  };
  for (let times = 0; times < 8; times += 1) {
    const { id, quiet } = await alert();
    assert.equal(quiet, undefined, `after ${times}`);
    await incidents.act(id, { what: 'false_alarm' }, mina);
  }
  const hushed = await alert();
  assert.equal(hushed.quiet, true);
  const { chance, ...counted } = hushed.quietReason!;
  assert.deepEqual(counted, { likeness: 'family', rejected: 8, needed: 8, real: 0 });
  assert.ok(chance > 0.04 && chance < 0.05);
  for (const [language, words] of [
    ['en', /last 8 alerts of its kind .*\(8 were needed\).* 5 %/],
    ['ko', /최근에 판단한 8건.*기준 8건.*5%/],
  ] as const) {
    const card = incidentView(hushed, speech(language, 'UTC'), clock.now);
    assert.match(JSON.stringify(card.blocks), words);
    assert.ok(JSON.stringify(card.blocks).includes('"name":"real"'));
  }
  const { incident } = await incidents.act(hushed.id, { what: 'real' }, mina);
  assert.equal(incident.quietReason, undefined);
  await incidents.act(hushed.id, { what: 'resolved' }, mina);
  assert.equal((await alert()).quiet, undefined);
});

test('who takes a verdict back takes the vote back', async () => {
  const state = memoryState();
  const incidents = incidentsOn(state, [CHAT], {});
  const { id } = (await incidents.record(anomaly('mail', { template }), NOW))!;
  const votes = async () => (await state.get<Vote[]>('fact', 'votes/mail|t1'))?.value ?? [];
  await incidents.act(id, { what: 'false_alarm' }, mina);
  assert.deepEqual(
    (await votes()).map(({ incident, real }) => [incident, real]),
    [[id, false]],
  );
  await incidents.act(id, { what: 'real' }, mina);
  assert.deepEqual(
    (await votes()).map(({ real }) => real),
    [true],
  );
  await incidents.act(id, { what: 'reopened' }, mina);
  assert.deepEqual(await votes(), []);
  await incidents.act(id, { what: 'resolved', note: 'the mail server had no disk left' }, mina);
  assert.deepEqual(
    (await votes()).map(({ real }) => real),
    [true],
    'a note of what mended it says it was real',
  );
});
