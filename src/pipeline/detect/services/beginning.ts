import type { LogRecord } from '../../../domain/log/record.ts';
import { against } from '../statistics/odds.ts';
import { TraceLines } from './traces.ts';

/** Chance that something is wrong with a source of which nothing is known but that it writes failures. */
const PRIOR = 0.6;
/** Share of such sources that write nothing else by nature, as an error log does. */
const ERROR_LOGS = 0.05;
/** The largest share of failures among the lines of a source that works. */
const MOST_WHERE_WELL = 0.5;

/**
 * How sure the first fatal line of a service makes of which nothing is known: it says itself that it cannot go on. Where
 * more is known, how often such lines come by is weighed (`new-template`).
 */
export const FIRST_FATAL = 0.9;

/**
 * How sure it is that a service is broken whose first lines are nearly all failures, without anything to compare it
 * with: against the chance that one which works, where at most every second line tells of a failure, writes as many.
 * Five of five suffice for a critical alert; half or twice either number above makes it four to nine.
 * @param failures of `lines`, all the service has written so far; a trace is one, and two where nobody caught it
 */
export function brokenFromTheStart(failures: number, lines: number): number {
  if (failures <= lines * MOST_WHERE_WELL) return 0;
  // Chernoff's bound of the binomial tail, which is exact where all lines are failures.
  const share = failures / lines;
  const apart = divergence(share, MOST_WHERE_WELL) + divergence(1 - share, 1 - MOST_WHERE_WELL);
  return against(Math.exp(-lines * apart) + ERROR_LOGS, PRIOR);
}

/** How a service began, as it is kept over a restart. */
export interface BeginningSaved {
  starts: Starts;
  failures: number;
  lines: number;
  failureLines: number;
  bucket: { failures: number; lines: number };
  failed: boolean;
}

/** How often a service has begun anew, as its first message tells, and how often a failure was the last it said before. */
export interface Starts {
  /** Template of its first message; empty where that is a failure itself, or nothing came yet. */
  opening: string;
  count: number;
  failed: number;
}

/** What a service has written since it began: failures, of which a trace is one whatever its lines, and all else. */
export class Beginning {
  /** Lines that are failures or parts of them. */
  failureLines = 0;
  #starts: Starts = { opening: '', count: 0, failed: 0 };
  #failures = 0;
  #lines = 0;
  /** Of the open bucket. */
  #bucket = { failures: 0, lines: 0 };
  /** The latest line is a failure. */
  #failed = true;
  readonly #traces = new TraceLines();

  /** Counts a record with its template; `error` says whether its level is that of a failure. */
  add(record: LogRecord, error: boolean): void {
    const { failures, lines, part } = this.#traces.weigh(record, error);
    this.#failures += failures;
    this.#lines += lines;
    this.#bucket.failures += failures;
    this.#bucket.lines += lines;
    if (error || part) this.failureLines += 1;
    if (part) {
      this.#failed ||= failures > 0;
      return;
    }
    const { id } = record.template!;
    if (this.#lines === lines && !error) this.#starts.opening = id;
    this.#countStart(id);
    this.#failed = error;
  }

  /** Begins another bucket. */
  roll(): void {
    this.#bucket = { failures: 0, lines: 0 };
  }

  /**
   * How sure it is that the service is broken, and why: by so many of its starts, or of its lines; undefined where
   * nothing says so.
   */
  broken(): { confidence: number; count: number; starts?: number } | undefined {
    if (!this.#failed) return undefined;
    const { failures, lines } = this.#bucket;
    const stillFails = failures * 2 > lines || lines === 0;
    const byLines = stillFails ? brokenFromTheStart(this.#failures, this.#lines) : 0;
    const { count: starts } = this.#starts;
    // The latest start has failed as well: nothing came behind its failure.
    const failedStarts = starts > 0 ? this.#starts.failed + 1 : 0;
    const byStarts = brokenFromTheStart(failedStarts, starts);
    if (byLines === 0 && byStarts === 0) return undefined;
    return byStarts > byLines
      ? { confidence: byStarts, count: failedStarts, starts }
      : { confidence: byLines, count: this.failureLines };
  }

  save(): BeginningSaved {
    return {
      ...{ starts: this.#starts, bucket: this.#bucket, failed: this.#failed },
      ...{ failures: this.#failures, lines: this.#lines, failureLines: this.failureLines },
    };
  }

  static from(saved: BeginningSaved): Beginning {
    const beginning = new Beginning();
    beginning.#starts = { ...saved.starts };
    beginning.#failures = saved.failures;
    beginning.#lines = saved.lines;
    beginning.failureLines = saved.failureLines;
    beginning.#bucket = { ...saved.bucket };
    beginning.#failed = saved.failed;
    return beginning;
  }

  #countStart(template: string): void {
    const starts = this.#starts;
    if (template !== starts.opening) return;
    if (starts.count > 0 && this.#failed) starts.failed += 1;
    starts.count += 1;
  }
}

/** One term of the relative entropy of two distributions. */
const divergence = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));
