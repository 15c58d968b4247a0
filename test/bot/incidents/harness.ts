import type { StateStore } from '../../../src/backends/state/store.ts';
import { type Delivery, IDLE, isTask } from '../../../src/bot/delivery/delivery.ts';
import type { Timing } from '../../../src/bot/incidents/escalation.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, incidentsOn, NOW } from '../fixtures.ts';

export const MINUTE = 60_000;

export const DAY = 24 * 60 * MINUTE;

export const CHATS = [
  { name: 'console', alertChannel: 'console' },
  { name: 'slack', alertChannel: 'C1' },
];

export const quietFor = (minutes: number): Timing => ({
  resolveAfterMs: () => minutes * MINUTE,
  escalation: { severity: 4, steps: [] },
});

export type More = Parameters<typeof incidentsOn>[2];

/** The book of incidents over a store, with a clock that stands until it is moved. */
export function incidentsHarness(more: More = {}, chats = CHATS, state: StateStore = memoryState()) {
  const clock = { now: NOW };
  const incidents = incidentsOn(state, chats, { clock, ...more });
  const say = (service: string, fields: Parameters<typeof anomaly>[1] = {}) =>
    incidents.record(
      anomaly(service, { detected_at: new Date(clock.now).toISOString(), ...fields }),
      clock.now,
    );
  return { state, clock, incidents, say };
}

/** Every delivery, as `chat channel kind`, with the name of the reply. */
export const deliveries = async (state: StateStore): Promise<{ id: string; value: Delivery }[]> =>
  (await state.list('outbox', { to: IDLE, limit: 1_000 })).flatMap(({ id, value }) =>
    isTask(value) ? [] : [{ id, value }],
  );

export const parents = async (state: StateStore): Promise<string[]> =>
  (await deliveries(state))
    .filter(({ value }) => value.content.kind === 'incident')
    .map(({ value }) => `${value.chat} ${value.channel}`)
    .sort();
