import type { TimeWindow } from '../../domain/log/record.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { LogReader } from './reader.ts';

/** More lines than this cannot be a mistake of a clock. */
const FEW = 10;
/** There must be this many other lines for each line that is set aside. */
const OTHERS = 10;
/** A gap is usual if another one of half its length lies within this many times its length. */
const USUAL = 60;
/** If at least this fraction of the lines before now is also found after now, the clocks of all sources are ahead. */
const AS_EVER = 0.75;
/** Clocks of hosts differ by this much anyway: lines that are only this far ahead are not reported. */
const SKEW = MINUTE;

type Extent = TimeWindow & { records: number };

/** How many lines are set aside because of their dates. They stay stored and are found by asking for that time. */
export interface Strays {
  /** Dated later than now. */
  later: number;
  /** Not later than now, and far after all others. */
  after: number;
  /** Far before all others. */
  before: number;
  /** Older than what the store reads unless it is asked for their time. */
  unread?: number;
}

/** The stretch of time of the lines in a store, and how many lines are outside of it. */
export interface Bulk {
  /** `to` is one past its last line, and not later than now unless the whole stretch is in the future. */
  extent: Extent;
  strays: Strays;
}

/**
 * Finds the stretch of time in which the bulk of the lines lies. A few lines dated later than now, or farther from the
 * others than any pause between them, are no part of it: a line of the year 2190 would otherwise be the newest for ever.
 * The bulk itself may lie in the past (recorded logs) or in the future (all clocks are wrong).
 * @param now epoch milliseconds
 * @returns undefined when no log is stored
 */
export async function findBulk(logs: LogReader, now: number): Promise<Bulk | undefined> {
  const all = await logs.extent();
  if (!all) return undefined;
  const strays: Strays = { later: 0, after: 0, before: 0, ...(all.older ? { unread: all.older } : {}) };
  let extent = all;
  if (all.to > now && all.from <= now && !(await isAheadAsAWhole(logs, all, now))) {
    const newest = (await logs.search({ to: now }, { limit: 1 })).records[0];
    if (newest) {
      const inside = (await logs.search({ to: now }, { limit: 0 })).total;
      strays.later = (await logs.search({ from: now + SKEW }, { limit: 0 })).total;
      extent = { from: all.from, to: newest.timestamp + 1, records: inside };
    }
  }
  // Lines of the last moments are the present, however long the gap before them is.
  const present = extent.to <= now && extent.to > now - HOUR;
  const end = present ? undefined : await edgeOf(logs, extent, 'newest');
  if (end) strays.after = end.lines;
  extent = end ? { ...extent, to: end.at + 1, records: extent.records - end.lines } : extent;
  const begin = await edgeOf(logs, extent, 'oldest');
  if (begin) strays.before = begin.lines;
  extent = begin ? { ...extent, from: begin.at, records: extent.records - begin.lines } : extent;
  return { extent, strays };
}

/** Whether there are as many lines after now as in the same time before it: then it is not a mistake of a few lines. */
async function isAheadAsAWhole(logs: LogReader, { to }: Extent, now: number): Promise<boolean> {
  const later = (await logs.search({ from: now, to }, { limit: 0 })).total;
  const before = (await logs.search({ from: now - (to - now), to: now }, { limit: 0 })).total;
  return later >= AS_EVER * before;
}

/**
 * The last line of the bulk at one of its ends, where a few lines lie far beyond it: at least an hour away for each of
 * them, with no gap of that size near.
 */
async function edgeOf(
  logs: LogReader,
  extent: Extent,
  order: 'newest' | 'oldest',
): Promise<{ at: number; lines: number } | undefined> {
  const range = { from: extent.from, to: extent.to };
  const { records } = await logs.search(range, { limit: FEW + 1, order });
  const times = records.map(({ timestamp }) => timestamp);
  // The innermost gap first: all lines beyond it are outside then.
  for (let lines = times.length - 1; lines > 0; lines -= 1) {
    const gap = Math.abs(times[lines]! - times[lines - 1]!);
    if (gap < lines * HOUR || extent.records - lines < OTHERS * lines) continue;
    if (!(await isUsualGap(logs, times[lines]!, gap, order, extent))) return { at: times[lines]!, lines };
  }
  return undefined;
}

/** Whether there is another gap like this one near, on the inner side. */
async function isUsualGap(
  logs: LogReader,
  at: number,
  gap: number,
  order: 'newest' | 'oldest',
  extent: Extent,
): Promise<boolean> {
  const range =
    order === 'newest'
      ? { from: Math.max(extent.from, at - USUAL * gap), to: at + 1 }
      : { from: at, to: Math.min(extent.to, at + USUAL * gap) };
  const bucketMs = Math.max(MINUTE, Math.floor(gap / 4 / MINUTE) * MINUTE);
  const buckets = await logs.histogram(range, bucketMs);
  let empty = 0;
  return buckets.some(({ total }) => {
    empty = total > 0 ? 0 : empty + 1;
    return empty >= 2;
  });
}
