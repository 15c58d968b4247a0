import type { LogBucket, LogFilter } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { DAY, MINUTE, SECOND } from '../../domain/time/units.ts';
import { recordFailure, saying, uncommonFailure } from '../logs/failure.ts';
import { type LogReader, maskPattern } from '../logs/reader.ts';
import type { Span } from '../logs/window.ts';
import type { Course, FailureGroup } from './failure-groups.ts';

/** Slots of time: at least this long, so that a burst is one slot or a few. */
const LEAST_SLOT = 5 * SECOND;
/** The window is at least this many slots, unless they would be too many in all. */
const IN_WINDOW = 24;
const MOST_SLOTS = 4_000;
/** This fraction of the window's length on both sides is its edge. */
const EDGE = 0.1;
/** How far around the window is looked. */
const REACH = DAY;

/**
 * Adds to every failing group how often its message comes outside of the window: before it and after it, from the same service
 * or from any other one, whichever is more. Errors of a healthy system come in bursts, so the busiest stretch is what is usual.
 * The store is asked for one histogram of each message and for the lines of each of its busiest stretches, however many groups
 * its lines make.
 */
export async function withCourses(
  groups: readonly FailureGroup[],
  logs: LogReader,
  span: Span,
  signal?: AbortSignal,
): Promise<FailureGroup[]> {
  const timeline = await timelineOf(logs, span);
  // Lines that somebody selected by hand, or that have no time, are no stretch of time.
  if (!timeline) return [...groups];
  const everywhere = new Map<string, Promise<LogBucket[]>>();
  const stretches = new Map<string, Promise<Said[]>>();
  const out: FailureGroup[] = [];
  for (const group of groups) {
    const pause = turn();
    if (pause) await pause;
    signal?.throwIfAborted();
    const { services: _, from: __, to: ___, ...message } = group.asked;
    const key = JSON.stringify(message);
    const all = everywhere.get(key) ?? logs.histogram({ ...message, ...timeline.extent }, timeline.slotMs);
    everywhere.set(key, all);
    const { busiest, ...course } = courseOf(group, await all, timeline, span);
    let same = 1;
    if (busiest) {
      const stretch = `${key} ${busiest.from} ${busiest.to}`;
      const said = stretches.get(stretch) ?? saidIn(logs, { ...message, ...busiest }, signal);
      stretches.set(stretch, said);
      same = shareOf(group, await said);
    }
    out.push({ ...group, course: { ...course, peak: course.peak * same } });
  }
  return out;
}

/** Lines of the busiest stretch that are read: those of one template may differ in what they tell. */
const READ = 40;

/** What a line of a busiest stretch tells. */
interface Said {
  kind: FailureKind | undefined;
  pattern: string;
}

async function saidIn(logs: LogReader, asked: LogFilter, signal: AbortSignal | undefined): Promise<Said[]> {
  const { records } = await logs.search(asked, { limit: READ, signal });
  return records.map((record) => ({
    kind: recordFailure(record) ?? uncommonFailure(record, true),
    pattern: maskPattern(saying(record)),
  }));
}

/** The fraction of the lines of a template in a stretch that tell the same as a group. */
function shareOf({ kind, lines, pattern }: FailureGroup, said: readonly Said[]): number {
  const structured = lines[0] && saying(lines[0]) !== lines[0].message;
  const same = said.filter((one) => one.kind === kind && (!structured || one.pattern === pattern));
  return said.length === 0 ? 0 : same.length / said.length;
}

interface Timeline {
  extent: TimeWindow;
  slotMs: number;
  /** Which slots have lines of anybody: in the others nothing was recorded. */
  logged: boolean[];
}

async function timelineOf(logs: LogReader, span: Span): Promise<Timeline | undefined> {
  const { window, begins, ends } = span;
  if (span.found === 'chosen') return undefined;
  const extent = { from: Math.max(begins, window.from - REACH), to: Math.min(ends, window.to + REACH) };
  const length = extent.to - extent.from;
  if (length < 2 * LEAST_SLOT) return undefined;
  const inside = Math.min(window.to, ends) - Math.max(window.from, begins);
  const exact = Math.max(LEAST_SLOT, inside / IN_WINDOW, length / MOST_SLOTS);
  // Stores keep counts for whole minutes.
  const unit = exact > MINUTE / 2 ? MINUTE : SECOND;
  const slotMs = Math.ceil(exact / unit) * unit;
  const all = await logs.histogram(extent, slotMs);
  return { extent, slotMs, logged: all.map(({ total }) => total > 0) };
}

/** @param told how often the message comes in each slot, from any service */
function courseOf(
  group: FailureGroup,
  told: readonly LogBucket[],
  { slotMs, logged }: Timeline,
  { window, baseline }: Span,
): Course & { busiest?: TimeWindow } {
  // Where the window is all there is, the time before its first line is what it is compared with.
  const from = baseline ? window.from : Math.max(window.from, group.first);
  // The edge of a window is never exact: what lies close to it belongs to neither side.
  const edge = EDGE * (window.to - from);
  const outside: LogBucket[] = [];
  let slots = 0;
  let lines = 0;
  for (const [index, slot] of told.entries()) {
    if (!logged[index]) continue;
    if (slot.at + slotMs > from && slot.at < window.to) {
      slots += 1;
      lines += slot.total;
    } else if (slot.at + slotMs <= from - edge || slot.at >= window.to + edge) outside.push(slot);
  }
  const most = busiest(outside, Math.min(slots, outside.length));
  const past = outside.length / Math.max(1, slots);
  return {
    past,
    // Less time outside than inside: as much again may be in the rest of it.
    peak: (most?.lines ?? 0) / Math.min(1, past || 1),
    lines,
    ...(most ? { busiest: { from: most.from, to: most.to + slotMs } } : {}),
  };
}

/** The stretch of so many slots in a row with the most lines; undefined if there are none. */
function busiest(
  slots: readonly LogBucket[],
  length: number,
): { lines: number; from: number; to: number } | undefined {
  let sum = 0;
  let most: { lines: number; from: number; to: number } | undefined;
  for (const [index, { at, total }] of slots.entries()) {
    sum += total - (index >= length ? slots[index - length]!.total : 0);
    if (sum > (most?.lines ?? 0))
      most = { lines: sum, from: slots[Math.max(0, index - length + 1)]!.at, to: at };
  }
  return most;
}
