import type { StateStore, Stored } from '../../backends/state/store.ts';
import { type Delivery, putEntry, WORST } from './delivery.ts';

/** So many seconds' worth of a channel's messages may wait before a storm begins. */
const PATIENCE_S = 10;
/** In a storm this many incidents still get a message of their own; those of the highest severity all do. */
const SINGLE = 3;
/** Incidents in one storm message; more would not fit the platform with the smallest messages. */
const IN_ONE = 25;

/**
 * When more new incidents wait than a channel takes in ten seconds, all but the most severe go into storm messages of
 * up to 25 incidents each. Nothing is dropped: when one of its incidents changes, the storm message changes.
 * @returns the entries that are still to be sent one by one
 */
export async function foldStorm(
  state: StateStore,
  entries: Stored<Delivery>[],
  pace: { perSecond: number },
  now: number,
): Promise<Stored<Delivery>[]> {
  const fresh = entries.filter(
    ({ value }) =>
      value.content.kind === 'incident' &&
      !value.ref &&
      !value.storm &&
      !value.alone &&
      value.sending === undefined,
  );
  if (fresh.length <= Math.max(SINGLE, pace.perSecond * PATIENCE_S)) return entries;
  fresh.sort((a, b) => b.value.severity - a.value.severity || a.value.due - b.value.due);
  const worst = fresh.filter(({ value }) => value.severity >= WORST).length;
  const rest = fresh.slice(Math.max(SINGLE, worst));
  if (rest.length === 0) return entries;
  const folded = new Set<string>();
  // A storm message that has not gone out yet and has room is filled first.
  const open = entries.find(
    ({ value }) =>
      value.content.kind === 'storm' &&
      value.content.incidents.length < IN_ONE &&
      !value.ref &&
      value.sending === undefined,
  );
  const room = open?.value.content.kind === 'storm' ? IN_ONE - open.value.content.incidents.length : 0;
  const parts: { storm?: Stored<Delivery>; part: Stored<Delivery>[] }[] = [];
  if (open) parts.push({ storm: open, part: rest.splice(0, room) });
  while (rest.length > 0) parts.push({ part: rest.splice(0, IN_ONE) });
  for (const { storm, part } of parts) {
    const { chat, channel, incidentId } = part[0]!.value;
    // The version makes the id unique: an incident that was taken out of a storm may begin another one later.
    const id = storm?.id ?? `storm/${chat}/${channel}/${incidentId}/${part[0]!.version}`;
    await state.commit({
      put: [
        putEntry(id, grown(storm?.value, part, now), storm?.version ?? 0),
        ...part.map(({ id: parent, value, version }) =>
          putEntry(parent, { ...value, storm: id, shown: value.wanted }, version),
        ),
      ],
    });
    // If the commit failed because one of them just changed, they wait for the next look at the outbox.
    for (const entry of part) folded.add(entry.id);
    if (storm) folded.add(storm.id);
  }
  return entries.filter((entry) => !folded.has(entry.id));
}

/** A storm message with some more incidents in it. */
function grown(storm: Delivery | undefined, part: Stored<Delivery>[], now: number): Delivery {
  const { chat, channel, via } = part[0]!.value;
  const before = storm?.content.kind === 'storm' ? storm.content.incidents : [];
  return {
    chat,
    channel,
    ...(via ? { via } : {}),
    content: {
      kind: 'storm',
      incidents: [...before, ...part.flatMap(({ value }) => value.incidentId ?? [])],
    },
    severity: Math.max(storm?.severity ?? 1, ...part.map(({ value }) => value.severity)),
    wanted: (storm?.wanted ?? 0) + 1,
    shown: 0,
    due: storm?.due ?? now,
    since: Math.min(storm?.since ?? now, ...part.map(({ value }) => value.since ?? now)),
    attempts: storm?.attempts ?? 0,
    ...(storm?.problem ? { problem: storm.problem } : {}),
  };
}
