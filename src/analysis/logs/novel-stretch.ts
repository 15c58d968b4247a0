import type { LogBucket, LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { isGraveKind, isVague, recordFailure, uncommonFailure } from './failure.ts';
import { tellingLines } from './fresh-failures.ts';
import type { LogReader } from './reader.ts';

const TEMPLATES = 3_000;
/** The most templates that are followed. */
const KEPT = 80;
/** Lines of each that are read, to learn what they tell. */
const READ = 20;
/** A stretch is new for a message where it has this many times the lines of any other stretch as long. */
const TIMES_MORE = 3;
/** With fewer lines nothing is a rise, unless they are grave. */
const LINES = 4;
/** A grave line counts as much as this many others. */
const GRAVE_LINES = 8;
/** Lines that name no kind of failure count this much. */
const VAGUE = 0.5;
/** What is new in this fraction of the time or more has no healthy time to be compared with. */
const MOST = 0.7;

/** How long before the heaviest of what is new something else may be its first sign; or this fraction of its length. */
const SIGN_MS = 30_000;
const EARLIER = 0.25;

/** A stretch in which some message of failure is new, with how much it tells. */
interface Novelty extends TimeWindow {
  weight: number;
}

/**
 * The stretch of time in which the most kinds of failing lines are new: there are several times as many of each as in any other
 * stretch that is as long. Volume alone says nothing: what is loud every day is not new. Of equal ones the latest. The store is
 * asked at most twice for each template that is followed, and three times more.
 */
export async function novelStretch(
  logs: LogReader,
  only: Pick<LogFilter, 'services'>,
  span: TimeWindow,
  bucketMs: number,
): Promise<TimeWindow | undefined> {
  const asked = { ...only, ...span };
  const all = await logs.histogram(asked, bucketMs);
  const logged = all.flatMap(({ total }, index) => (total > 0 ? [index] : []));
  const warned = await logs.counts({ ...asked, levels: ['warn'] }, 'template', TEMPLATES);
  const warns = new Set(warned.map(({ key }) => key));
  const telling = await mostTelling(await logs.counts(asked, 'template', TEMPLATES), warns);
  const found: Novelty[] = [];
  for (const entry of telling) {
    const pause = turn();
    if (pause) await pause;
    const buckets = await logs.histogram({ ...asked, templateIds: [entry.key] }, bucketMs);
    const byErrors = tellingLines(entry, warns) < entry.count;
    const told = logged.map((index) => (byErrors ? buckets[index]!.errors : buckets[index]!.total));
    const run = newestRun(told);
    if (!run) continue;
    const from = all[logged[run.from]!]!.at;
    const to = all[logged[run.to]!]!.at + bucketMs;
    const weight = await weightOf(logs, { ...only, from, to, templateIds: [entry.key] }, run.lines);
    if (weight > 0) found.push({ from, to, weight });
  }
  return together(found, all, logged, bucketMs);
}

/** The most frequent templates that tell of failures. */
async function mostTelling(templates: readonly LogCount[], warns: ReadonlySet<string>): Promise<LogCount[]> {
  const out: LogCount[] = [];
  for (const entry of templates) {
    const pause = turn();
    if (pause) await pause;
    if (tellingLines(entry, warns) > 0 && out.push(entry) >= KEPT) break;
  }
  return out;
}

/** How much the lines of a template tell in a stretch; nothing if they are harmless or no grave few. */
async function weightOf(logs: LogReader, asked: LogFilter, lines: number): Promise<number> {
  const { records } = await logs.search(asked, { limit: READ });
  const kinds = records.flatMap((record) => recordFailure(record) ?? uncommonFailure(record, true) ?? []);
  if (kinds.length < records.length / 2 || kinds.every((kind) => kind === 'route')) return 0;
  const grave = kinds.some(isGraveKind) ? GRAVE_LINES : 0;
  if (Math.max(lines, grave) < LINES) return 0;
  return Math.log2(1 + Math.max(lines, grave)) * (kinds.every(isVague) ? VAGUE : 1);
}

/** The stretch with the most lines, in which they are several times as many as in any other as long; the shortest such. */
function newestRun(told: readonly number[]): { from: number; to: number; lines: number } | undefined {
  const sums = [0];
  for (const count of told) sums.push(sums.at(-1)! + count);
  const sum = (from: number, to: number): number =>
    sums[Math.min(to, told.length)]! - sums[Math.max(0, from)]!;
  let best: { from: number; to: number; lines: number } | undefined;
  for (let length = 1; length <= MOST * told.length; length = Math.ceil(length * 1.5)) {
    let at = 0;
    for (let from = 0; from + length <= told.length; from += 1)
      if (sum(from, from + length) >= sum(at, at + length)) at = from;
    const lines = sum(at, at + length);
    let other = 0;
    for (let from = 0; from + length <= told.length; from += 1)
      if (from + length <= at || from >= at + length) other = Math.max(other, sum(from, from + length));
    // Time on both sides that is shorter than the stretch stands for as much time.
    const outside = told.length - length;
    if (outside < 2 * length) other = Math.max(other, (sum(0, told.length) - lines) * (length / outside));
    if (lines >= TIMES_MORE * Math.max(1, other) && lines > (best?.lines ?? 0) * 1.2)
      best = { from: at, to: at + length - 1, lines };
  }
  if (!best) return undefined;
  while (best.from < best.to && !told[best.from]) best.from += 1;
  while (best.to > best.from && !told[best.to]) best.to -= 1;
  return best;
}

/** The stretch where the most is new at the same time, with all that is new in it. */
function together(
  found: readonly Novelty[],
  all: readonly LogBucket[],
  logged: readonly number[],
  bucketMs: number,
): TimeWindow | undefined {
  let peak = 0;
  let at: number | undefined;
  for (const index of logged) {
    const begins = all[index]!.at;
    const weight = found.reduce(
      (sum, one) => sum + (one.from <= begins + bucketMs && one.to >= begins ? one.weight : 0),
      0,
    );
    if (weight < peak) continue;
    peak = weight;
    at = begins;
  }
  if (at === undefined || peak === 0) return undefined;
  const there = found.filter((one) => one.from <= at + bucketMs && one.to >= at);
  const core = there.reduce((best, one) => (one.weight > best.weight ? one : best));
  // The first sign may be told a little before; what began long before is another matter.
  const least = core.from - Math.max(SIGN_MS, EARLIER * (core.to - core.from));
  const near = there.filter(({ from }) => from >= least);
  return {
    from: Math.min(...near.map(({ from }) => from)),
    to: Math.max(...near.map(({ to }) => to)),
  };
}
