import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { sweepResolved } from '../../../src/bot/delivery/retention.ts';
import { memoryState } from '../../fakes/state.ts';
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
