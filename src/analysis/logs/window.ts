import type { LogBucket } from '../../backends/logs/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import { freshFailures } from './fresh-failures.ts';
import { type Bulk, findBulk, type Strays } from './log-extent.ts';
import { novelStretch } from './novel-stretch.ts';
import type { LogReader } from './reader.ts';
import { slowStretch } from './slow-stretch.ts';

/** How far back a burst of errors is searched if the question gives no time. */
const HORIZON = 24 * HOUR;
const BUCKETS = 240;
const TAIL = 10 * MINUTE;
/** The part of a burst's length before it that is added to the window; a minute at most. */
const LEAD = 0.1;
/** The latest burst is used unless another one is five times as large. */
const COMPARABLE = 0.2;

export interface Span {
  /** The window of the question. */
  window: TimeWindow;
  /** The window for comparison: the time right before; undefined if the logs begin with the window. */
  baseline?: TimeWindow;
  /** How the window was found. */
  found: 'asked' | 'incident' | 'burst' | 'all' | 'chosen';
  /** Records in the whole store: shows which searches are affordable. */
  stored: number;
  /** When the bulk of the store's records begins, and its end. */
  begins: number;
  ends: number;
  /** Lines dated outside of the bulk, if the window reaches its end, so that a reader would expect them in it. */
  strays?: Strays;
}

/** The window of an incident: from shortly before its first anomaly to shortly after its last. */
const aroundIncident = (incident: Incident): TimeWindow => ({
  from: incident.activity.firstSeen - 2 * MINUTE,
  to: incident.activity.lastSeen + MINUTE,
});

/** What a question says about the time. */
interface WindowHints {
  window?: TimeWindow;
  incident?: Incident;
  services?: string[];
  /** Uses all lines: somebody selected them by hand. */
  whole?: boolean;
}

/**
 * Finds the span a question is about: the asker's, else the incident's, else the most recent burst of
 * errors that stands out from the time before it, else everything (at most the last hour of it). Lines whose dates lie
 * outside of the bulk of all lines, or later than now, move none of it.
 * @param now epoch milliseconds
 * @returns undefined when no log is stored.
 */
export async function findWindow(
  logs: LogReader,
  hints: WindowHints,
  now = Date.now(),
): Promise<Span | undefined> {
  const bulk = await findBulk(logs, now);
  if (!bulk) return undefined;
  const span = await spanIn(logs, bulk.extent, hints);
  const strays = straysAround(span, bulk);
  return { ...span, ...(strays ? { strays } : {}) };
}

/** Lines dated beyond the ends of the window, if it reaches the end of the bulk on that side. */
function straysAround({ window }: Span, { extent, strays }: Bulk): Strays | undefined {
  const late = window.to >= extent.to;
  const around = {
    later: late ? strays.later : 0,
    after: late ? strays.after : 0,
    before: window.from <= extent.from ? strays.before : 0,
    ...(strays.unread ? { unread: strays.unread } : {}),
  };
  return Object.values(around).some((count) => count > 0) ? around : undefined;
}

async function spanIn(
  logs: LogReader,
  extent: TimeWindow & { records: number },
  hints: WindowHints,
): Promise<Span> {
  if (hints.whole) return withBaseline({ from: extent.from, to: extent.to }, extent, 'chosen');
  if (hints.window) return withBaseline(hints.window, extent, 'asked');
  if (hints.incident) return withBaseline(aroundIncident(hints.incident), extent, 'incident');

  const filter = hints.services ? { services: hints.services } : {};
  const all: TimeWindow = { from: Math.max(extent.from, extent.to - HORIZON), to: extent.to };
  const loud = await burstIn(all, extent, (part, bucketMs) =>
    logs.histogram({ ...filter, ...part }, bucketMs),
  );
  const fresh = await freshBurst(logs, filter, all, extent);
  const usual = fresh && loud && touches(fresh, loud) ? joined(fresh, loud) : (fresh ?? loud);
  // A burst that is most of the log leaves no healthy time to compare it with.
  const wide = !fresh || !usual || usual.to - usual.from > WIDE * (all.to - all.from);
  const burst = (wide ? await novelBurst(logs, filter, all, extent) : undefined) ?? usual;
  // A few single failures occur beside everything.
  const slow = !burst || burst.errors < FEW ? await slowStretch(logs, filter, all) : undefined;
  const window = slow ?? burst;
  if (window) return withBaseline({ from: window.from, to: window.to }, extent, 'burst');
  const recent = { from: Math.max(extent.from, extent.to - HOUR), to: extent.to };
  return withBaseline(recent, extent, 'all');
}

/** A burst that takes more than this fraction of the logs is looked at again. */
const WIDE = 0.5;
/** A burst of fewer lines is none beside a stretch of time in which all is slow. */
const FEW = 10;
/** A grave line counts as much as this many others. */
const GRAVE_LINES = 5;

/** The last burst of those failures that are new or have risen. */
async function freshBurst(
  logs: LogReader,
  filter: { services?: string[] },
  span: TimeWindow,
  extent: TimeWindow,
): Promise<Burst | undefined> {
  const { templateIds, moments } = await freshFailures(logs, filter, span);
  if (templateIds.length + moments.length === 0) return undefined;
  return burstIn(span, extent, async (part, bucketMs) => {
    const many =
      templateIds.length > 0 ? await logs.histogram({ ...filter, ...part, templateIds }, bucketMs) : [];
    const start = Math.floor(part.from / bucketMs) * bucketMs;
    const buckets = Array.from({ length: Math.ceil((part.to - start) / bucketMs) }, (_, i) => {
      const total = many[i]?.total ?? 0;
      // A bucket without such lines is a quiet one, not one without a log.
      return { at: start + i * bucketMs, total: Math.max(1, total), errors: total };
    });
    for (const { at, grave } of moments) {
      const bucket = at >= part.from && at < part.to && buckets[Math.floor((at - start) / bucketMs)];
      if (bucket) bucket.errors += grave ? GRAVE_LINES : 1;
    }
    return buckets;
  });
}

/** The stretch in which kinds of failing lines are new. */
async function novelBurst(
  logs: LogReader,
  filter: { services?: string[] },
  span: TimeWindow,
  extent: TimeWindow,
): Promise<Burst | undefined> {
  const bucketMs = bucketFor(span.to - span.from);
  const found = await novelStretch(logs, filter, span, bucketMs);
  if (!found) return undefined;
  const lead = Math.max(bucketMs, Math.min(MINUTE, LEAD * (found.to - found.from)));
  const burst = { from: found.from - lead, to: found.to };
  return { ...clip(untilNow(burst, extent), extent), errors: FEW };
}

const touches = (one: TimeWindow, other: TimeWindow): boolean =>
  one.from <= other.to + TAIL && other.from <= one.to + TAIL;
const joined = (one: Burst, other: Burst): Burst => ({
  errors: one.errors + other.errors,
  from: Math.min(one.from, other.from),
  to: Math.max(one.to, other.to),
});

/** The last burst within a span, in buckets finer than a minute: a store may hold days, a burst lasts minutes. */
async function burstIn(
  all: TimeWindow,
  extent: TimeWindow,
  bucketsOf: (span: TimeWindow, bucketMs: number) => Promise<LogBucket[]>,
): Promise<Burst | undefined> {
  for (let span = all; ; ) {
    const bucketMs = bucketFor(span.to - span.from);
    const burst = lastBurst(await bucketsOf(span, bucketMs), bucketMs);
    if (!burst) return undefined;
    const window = { ...clip(untilNow(burst, extent), extent), errors: burst.errors };
    if (bucketMs <= MINUTE) return window;
    const closer = clip(
      // The window keeps more quiet time than failures, since the usual rate is computed from it.
      { from: burst.from - 20 * bucketMs - 2 * (burst.to - burst.from), to: burst.to + 2 * bucketMs },
      extent,
    );
    if (closer.to - closer.from >= 0.9 * (span.to - span.from)) return window;
    span = closer;
  }
}

/** If a burst ended just now, the time after it belongs to it: the failure may go on in other lines. */
const untilNow = (burst: TimeWindow, extent: TimeWindow): TimeWindow =>
  extent.to - burst.to <= TAIL ? { from: burst.from, to: extent.to } : burst;

/** At least a second; from half a minute on whole minutes, for which stores keep counts. */
function bucketFor(length: number): number {
  const exact = Math.max(1_000, Math.ceil(length / BUCKETS));
  return exact <= MINUTE / 2 ? exact : Math.ceil(exact / MINUTE) * MINUTE;
}

const clip = (window: TimeWindow, extent: TimeWindow): TimeWindow => ({
  from: Math.max(window.from, extent.from),
  to: Math.min(Math.max(window.to, window.from + 1), extent.to),
});

/** Up to four times as much time before the window, at least ten minutes where the logs reach so far. */
function withBaseline(
  window: TimeWindow,
  extent: TimeWindow & { records: number },
  found: Span['found'],
): Span {
  const length = Math.max(10 * MINUTE, Math.min(4 * (window.to - window.from), 6 * HOUR));
  const baseline = { from: Math.max(extent.from, window.from - length), to: window.from };
  // A few seconds of lines say nothing about the normal rate.
  const enough = baseline.to - baseline.from >= Math.min(30_000, (window.to - window.from) / 2);
  return {
    window,
    ...(enough && baseline.to > baseline.from ? { baseline } : {}),
    found,
    stored: extent.records,
    begins: extent.from,
    ends: extent.to,
  };
}

const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** A stretch of time with the number of failing lines in it. */
type Burst = TimeWindow & { errors: number };

/**
 * The most recent run of buckets with clearly more errors than is usual (median plus four robust deviations), extended to the end
 * of the failure: less frequent errors after the peak belong to it.
 */
function lastBurst(buckets: readonly LogBucket[], bucketMs: number): Burst | undefined {
  const active = buckets.filter((bucket) => bucket.total > 0);
  const usual = median(active.map((bucket) => bucket.errors));
  const spread = median(active.map((bucket) => Math.abs(bucket.errors - usual)));
  const limit = Math.max(2, usual + 4 * 1.4826 * spread);
  const gap = Math.max(3, Math.ceil((2 * MINUTE) / bucketMs));
  const bursts: { first: number; last: number; errors: number }[] = [];
  buckets.forEach((bucket, index) => {
    const current = bursts.at(-1);
    const joins = current !== undefined && index - current.last <= gap;
    if (bucket.errors >= limit && bucket.errors > usual) {
      if (joins) {
        current.last = index;
        current.errors += bucket.errors;
      } else bursts.push({ first: index, last: index, errors: bucket.errors });
    } else if (joins && bucket.errors > usual) {
      current.last = index;
      current.errors += bucket.errors;
    }
  });
  const largest = Math.max(0, ...bursts.map((burst) => burst.errors));
  const burst = bursts.findLast((candidate) => candidate.errors >= COMPARABLE * largest);
  if (!burst) return undefined;
  // Some lead: the first sign is often a warning, or one line of another service, just before the errors pile up.
  const length = (burst.last - burst.first) * bucketMs;
  const lead = Math.max(1, Math.ceil(Math.min(MINUTE, LEAD * length) / bucketMs));
  const { errors } = burst;
  return {
    from: buckets[Math.max(0, burst.first - lead)]!.at,
    to: buckets[burst.last]!.at + bucketMs,
    errors,
  };
}
