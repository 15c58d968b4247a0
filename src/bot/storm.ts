import type { StateStore, Stored } from '../backends/state/store.ts';
import { type Delivery, IDLE, putEntry } from './delivery.ts';

/** Seconds of a channel's pace that may wait in single messages. */
const PATIENCE_S = 10;
/** The worst are still told one by one. */
const SINGLE = 3;
/** Incidents in one storm message: more would not fit the smallest platform. */
const IN_ONE = 25;

/**
 * When more new incidents wait than a channel carries in ten seconds, all but the worst three are told of in storm
 * messages of up to 25 incidents each. Nothing is dropped: the storm message changes when one of them does.
 * @returns the entries that remain to be sent one by one
 */
export async function foldStorm(
  state: StateStore,
  entries: Stored<Delivery>[],
  pace: { perSecond: number },
  now: number,
): Promise<Stored<Delivery>[]> {
  const fresh = entries.filter(
    ({ value }) =>
      value.content.kind === 'incident' && !value.ref && !value.storm && value.sending === undefined,
  );
  if (fresh.length <= Math.max(SINGLE, pace.perSecond * PATIENCE_S)) return entries;
  fresh.sort((a, b) => b.value.severity - a.value.severity || a.value.due - b.value.due);
  const folded = new Set<string>();
  for (let start = SINGLE; start < fresh.length; start += IN_ONE) {
    const part = fresh.slice(start, start + IN_ONE);
    const first = part[0]!.value;
    const id = `storm/${first.chat}/${first.incidentId}`;
    const storm: Delivery = {
      chat: first.chat,
      channel: first.channel,
      content: { kind: 'storm', incidents: part.flatMap(({ value }) => value.incidentId ?? []) },
      severity: Math.max(...part.map(({ value }) => value.severity)),
      wanted: 1,
      shown: 0,
      due: now,
      since: Math.min(...part.map(({ value }) => value.since ?? now)),
      attempts: 0,
    };
    const result = await state.commit({
      put: [
        putEntry(id, storm, 0),
        ...part.map(({ id: parent, value, version }) => ({
          ...putEntry(parent, { ...value, storm: id, shown: value.wanted }, version),
          rank: IDLE,
        })),
      ],
    });
    // On a conflict one of them just changed: the next look at the outbox tries again.
    for (const entry of part) folded.add(entry.id);
    if (result !== 'done') continue;
  }
  return entries.filter((entry) => !folded.has(entry.id));
}
