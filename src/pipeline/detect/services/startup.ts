import type { LogRecord } from '../../../domain/log/record.ts';
import { posterior } from '../statistics/probability.ts';
import { TraceLines } from './traces.ts';

/** How likely something is wrong with a source that writes failures, when nothing else is known about it. */
const PRIOR = 0.6;
/** Share of such sources that never write anything else, as an error log does. */
const ERROR_LOGS = 0.05;
/** The largest share of failures among the lines of a source that works. */
const MAX_WHERE_WELL = 0.5;

/**
 * Confidence of the first fatal line of a service about which nothing is known: the line itself says that the service
 * cannot go on. Where more is known, `new-template` weighs how often such lines come.
 */
export const FIRST_FATAL = 0.9;

/**
 * Confidence that a service is broken if nearly all of its first lines are failures, without a past to compare with. It weighs
 * the chance that a working service, of which at most every second line is a failure, writes as many. Five failures in five lines
 * are enough for a critical alert (four to nine with half or twice of either number above).
 * @param failures among `lines`, which is all the service has written so far; a trace is one failure, and two if nobody caught it
 */
export function brokenFromTheStart(failures: number, lines: number): number {
  if (failures <= lines * MAX_WHERE_WELL) return 0;
  // Chernoff's bound of the binomial tail, which is exact where all lines are failures.
  const share = failures / lines;
  const apart = divergence(share, MAX_WHERE_WELL) + divergence(1 - share, 1 - MAX_WHERE_WELL);
  return posterior(Math.exp(-lines * apart) + ERROR_LOGS, PRIOR);
}

/** How a service began, as it is stored. */
export interface StartupState {
  starts: Starts;
  failures: number;
  lines: number;
  failureLines: number;
  bucket: { failures: number; lines: number };
  failed: boolean;
  /** Time of the first failure; states of earlier versions lack it. */
  from?: number;
}

/** How often a service has started, known by its first message, and how often a failure was its last line before that. */
export interface Starts {
  /** Template of its first message; empty when that is itself a failure, or when nothing came yet. */
  opening: string;
  count: number;
  failed: number;
}

/** What a service has written since it began: failures (a trace is one, whatever its lines) and everything else. */
export class Startup {
  /** Lines that are failures, or parts of one. */
  failureLines = 0;
  /** Time of the first failure. */
  from: number | undefined;
  #starts: Starts = { opening: '', count: 0, failed: 0 };
  #failures = 0;
  #lines = 0;
  /** In the open bucket. */
  #bucket = { failures: 0, lines: 0 };
  /** The latest line is a failure. */
  #failed = true;
  readonly #traces = new TraceLines();

  /** Counts a record with its template; `error` says whether it has the level of a failure. */
  add(record: LogRecord, error: boolean): void {
    const { failures, lines, part } = this.#traces.weigh(record, error);
    this.#failures += failures;
    this.#lines += lines;
    this.#bucket.failures += failures;
    this.#bucket.lines += lines;
    if (error || part) this.failureLines += 1;
    if (error) this.from ??= record.timestamp;
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
   * The confidence that the service is broken, and whether its starts or its lines show it; undefined when neither does.
   * `count` starts, or lines, failed.
   */
  broken(): { confidence: number; count: number; starts?: number } | undefined {
    if (!this.#failed) return undefined;
    const { failures, lines } = this.#bucket;
    const stillFails = failures * 2 > lines || lines === 0;
    const byLines = stillFails ? brokenFromTheStart(this.#failures, this.#lines) : 0;
    const { count: starts } = this.#starts;
    // The latest start has failed as well: nothing came after its failure.
    const failedStarts = starts > 0 ? this.#starts.failed + 1 : 0;
    const byStarts = brokenFromTheStart(failedStarts, starts);
    if (byLines === 0 && byStarts === 0) return undefined;
    return byStarts > byLines
      ? { confidence: byStarts, count: failedStarts, starts }
      : { confidence: byLines, count: this.failureLines };
  }

  save(): StartupState {
    return {
      ...{ starts: this.#starts, bucket: this.#bucket, failed: this.#failed },
      ...{ failures: this.#failures, lines: this.#lines, failureLines: this.failureLines },
      ...(this.from === undefined ? {} : { from: this.from }),
    };
  }

  static from(saved: StartupState): Startup {
    const startup = new Startup();
    startup.#starts = { ...saved.starts };
    startup.from = saved.from;
    startup.#failures = saved.failures;
    startup.#lines = saved.lines;
    startup.failureLines = saved.failureLines;
    startup.#bucket = { ...saved.bucket };
    startup.#failed = saved.failed;
    return startup;
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
