import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { IDLE, putEntry } from '../../../src/bot/delivery/delivery.ts';
import { forgetting, sweepResolved } from '../../../src/bot/incidents/retention.ts';
import { type IncidentState, openIncident } from '../../../src/domain/alert/incident.ts';
import { changed } from '../../fakes/incident.ts';
import { memoryState } from '../../fakes/state.ts';
import { waiting } from '../delivery/harness.ts';
import { anomaly, incidentsOn, mina, NOW } from '../fixtures.ts';

test('resolved incidents are forgotten; one that comes back while they are looked at is not', async () => {
  const clock = { now: NOW };
  const inner = memoryState({ now: () => clock.now });
  const incidents = incidentsOn(inner, [{ name: 'slack', alertChannel: 'C1' }], { clock, keepMs: 1_000_000 });
  const [open, resolved] = [
    await incidents.record(anomaly('a'), NOW),
    await incidents.record(anomaly('b'), NOW),
  ];
  await incidents.act(resolved!.id, { what: 'resolved' }, mina);
  let reopens = true;
  const state: StateStore = {
    ...inner,
    async commit(changes) {
      if (reopens) await incidents.act(resolved!.id, { what: 'reopened' }, mina);
      return inner.commit(changes);
    },
  };
  const left = async (): Promise<string[]> => (await inner.list('incident')).map(({ id }) => id).sort();
  await sweepResolved(state, NOW + 1_000_000);
  assert.deepEqual(await left(), [open!.id, resolved!.id].sort());
  reopens = false;
  await incidents.act(resolved!.id, { what: 'resolved' }, mina);
  await sweepResolved(state, NOW + 1_000_000);
  assert.deepEqual(await left(), [open!.id]);
});

test('what is over is forgotten: deliveries by their time to live, resolved incidents by the sweep', async () => {
  let now = 0;
  const store = memoryState({ now: () => now });
  const state = forgetting(store, 1_000);
  const incidentIn = (state: IncidentState) =>
    changed(openIncident('i', anomaly('payment')), { lifecycle: { state } });
  const idle = putEntry('done', waiting({ shown: 1 }));
  assert.equal(idle.rank, IDLE);
  await state.commit({
    once: [{ kind: 'seen', id: 'a', ttlMs: 86_400_000 }],
    put: [
      idle,
      { kind: 'incident', id: 'old', value: incidentIn('resolved'), rank: 10 },
      { kind: 'incident', id: 'open', value: incidentIn('open'), rank: 10 },
      { kind: 'incident', id: 'new', value: incidentIn('resolved'), rank: 5_000 },
      { kind: 'asked', id: 'kept', value: { typed: '' }, ttlMs: 86_400_000 },
    ],
  });
  now = 1_001;
  assert.equal(await state.count('seen'), 0);
  assert.equal(await state.count('outbox'), 0);
  assert.equal(await state.count('asked'), 1);
  await sweepResolved(state, 4_000);
  assert.deepEqual((await state.list('incident')).map(({ id }) => id).sort(), ['new', 'open']);
});
