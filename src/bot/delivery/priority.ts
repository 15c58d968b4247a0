import type { StateStore, Stored } from '../../backends/state/store.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import { type Delivery, type Entry, IDLE, isAlert, isTask, putEntry, routeOf, WORST } from './delivery.ts';

const PAGE = 1_000;
const PAGES = 20;
/** No delivery waits longer than this. One that seems to was written before a clock was set back. */
const LONGEST_WAIT_MS = 15 * MINUTE;
/** An edit that waits longer than this is as urgent as a reply. */
const OLD_MS = 10_000;
/** Entries of a chat that is not configured (any more) are looked at this often. */
const UNKNOWN_CHAT_MS = HOUR;

/**
 * The order of sending, lowest first: what costs nothing, then alerts that nobody has seen yet, then replies in threads,
 * then edits; within these the more severe first.
 */
export function urgency(delivery: Delivery, now: number): number {
  const isOld = now - delivery.due > OLD_MS;
  const turn = delivery.storm ? 0 : !delivery.ref && isAlert(delivery) ? 1 : !delivery.ref || isOld ? 2 : 3;
  return turn * 10 - delivery.severity;
}

/** Whether it cannot wait at all: an alert of the highest severity that nobody has seen. */
export const isUrgent = (delivery: Delivery): boolean =>
  !delivery.ref && !delivery.storm && isAlert(delivery) && delivery.severity >= WORST;

/** Messages with the same key are sent one after the other: all messages of an incident. */
export const sequenceKey = ({ id, value }: Stored<Delivery>): string => value.incidentId ?? id;

/** Everything that is due at `now`, and when (epoch ms) the next entry will be due. */
export async function dueEntries(
  state: StateStore,
  now: number,
): Promise<{ due: Stored<Entry>[]; next: number }> {
  const found = new Map<string, Stored<Entry>>();
  for (let page = 0, from = -Infinity; page < PAGES; page += 1) {
    const before = found.size;
    const entries = await state.list('outbox', { from, to: now, limit: PAGE });
    for (const entry of entries) found.set(entry.id, entry);
    if (entries.length < PAGE || found.size === before) break;
    from = entries.at(-1)!.rank;
  }
  const [soonest] = await state.list('outbox', { from: now + 1, to: IDLE - 1, limit: 1 });
  return { due: [...found.values()], next: soonest?.value.due ?? Infinity };
}

/** Makes entries due now that would wait until a clock that was set back reaches their time again. */
export async function reclaim(
  state: StateStore,
  now: number,
  isKnown: (chat: string) => boolean,
): Promise<void> {
  const late = { from: now + LONGEST_WAIT_MS, to: IDLE - 1, limit: PAGE };
  for (const { id, value, version } of await state.list('outbox', late))
    if (!isTask(value) && isKnown(routeOf(value).chat))
      await state.commit({ put: [putEntry(id, { ...value, due: now }, version)] });
}

/** Puts off entries of a chat that is not configured, so that they do not come before entries that can be sent. */
export async function postpone(state: StateStore, entries: Stored<Delivery>[], now: number): Promise<void> {
  for (const { id, value, version } of entries)
    await state.commit({ put: [putEntry(id, { ...value, due: now + UNKNOWN_CHAT_MS }, version)] });
}
