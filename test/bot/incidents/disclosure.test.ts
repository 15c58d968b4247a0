import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry, servingReader } from '../../../src/backends/state/registry.ts';
import { createDisclosure } from '../../../src/bot/incidents/disclosure.ts';
import { createIncidentRepository } from '../../../src/bot/incidents/incident-repository.ts';
import { type AlertModel, signalOfAnomaly } from '../../../src/domain/alert/alert-model.ts';
import { type Vote, voteOf } from '../../../src/domain/alert/suppression.ts';
import type { TuningRecord } from '../../../src/domain/job/job.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly as anyAnomaly, incidentsOn, NOW } from '../fixtures.ts';

const CHAT = { name: 'slack', alertChannel: 'C1' };
const KEEP_MS = 90 * 86_400_000;
const HOUR = 3_600_000;
const template = { id: 't1', pattern: 'backup skipped <*>' };
const anomaly = (service: string) => anyAnomaly(service, { severity: 4, template });
/** As an earlier version trained it: without its name. */
const model: AlertModel = { weights: {}, bias: -3, slope: 1, offset: 0, quietBelow: 0.35 };

test('an alert that a process hides by a model it does not know to be rolled back yet is told all the same', async () => {
  const state = memoryState();
  const feedback = (service: string): Vote[] =>
    Array.from({ length: 27 }, (_, index) => ({
      ...voteOf(`earlier-${index}`, signalOfAnomaly(anomaly(service)), false),
      at: NOW - (27 - index) * 5 * HOUR,
    }));
  const put = ['mail', 'cart', 'late'].map((service) => ({
    kind: 'votes' as const,
    id: `votes/${service}|t1`,
    value: feedback(service),
  }));
  await state.commit({ put });
  const registry = openRegistry(state);
  const record: TuningRecord = {
    target: 'alerts',
    trainer: 'embedded',
    at: NOW - HOUR,
    night: 'n',
    promoted: true,
    reason: 'better',
    card: {} as TuningRecord['card'],
    tuned: { kind: 'alerts', model },
  };
  await registry.add(record, undefined);
  const clock = { now: NOW };
  const serving = servingReader(registry, () => clock.now);
  const alertModel = async () => {
    const tuned = await serving('alerts');
    return tuned?.kind === 'alerts' ? tuned.model : undefined;
  };
  const incidents = incidentsOn(state, [CHAT], { clock, alertModel });
  const repository = createIncidentRepository({
    state,
    chats: [CHAT],
    debounceMs: 0,
    timing: { resolveAfterMs: () => 0, escalation: { severity: 4, steps: [] } },
    notBefore: 0,
    now: () => clock.now,
    wake: () => {},
  });
  const disclosure = createDisclosure({ state, repository, keepMs: KEEP_MS, now: () => clock.now });
  const isQuiet = async (id: string) => (await incidents.get(id))?.suppression ?? false;

  const first = (await incidents.record(anomaly('mail'), clock.now))!;
  assert.equal(first.suppression?.reason?.model, record.at, 'who hid it is known');
  // Another process rolls it back; this one has asked just now what serves.
  await registry.rollBack('alerts');
  clock.now += 1_000;
  await disclosure.look();
  assert.equal(await isQuiet(first.id), false);
  clock.now += 15_000;
  const second = (await incidents.record(anomaly('cart'), clock.now))!;
  assert.ok(second.suppression, 'it still goes by the model');
  for (let seconds = 0; seconds < 40; seconds += 1) {
    clock.now += 1_000;
    await disclosure.look();
  }
  assert.equal(await isQuiet(second.id), false);
  const third = (await incidents.record(anomaly('late'), clock.now))!;
  assert.equal(third.suppression, undefined, 'by now it knows');
});
