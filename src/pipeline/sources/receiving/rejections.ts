import { LruMap } from '../../../domain/lru-map.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import type { Phrase } from '../../../i18n/health.ts';
import type { Log } from '../../../log.ts';
import type { Metrics } from '../../../metrics.ts';

/** Why a collector did not take something. */
export type RejectionReason = 'overflow' | 'too_large' | 'rate' | 'connections' | 'malformed';

const LOG_EVERY_MS = MINUTE;
const SENDERS = 10_000;
/** How far ahead of its rate a sender may be before it is slowed down, in milliseconds: a burst is let through. */
const BURST_MS = 1_000;

/** Counts what one listener rejects, and limits the rate of its senders. */
export class Rejections {
  readonly #listener: string;
  readonly #linesPerSecond: number;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #counts = new Map<RejectionReason, number>();
  /** When each sender and reason was logged last, and how many were rejected since. */
  readonly #logged = new LruMap<string, { at: number; since: number }>(SENDERS);
  /** Up to when each sender has used its rate, epoch milliseconds. */
  readonly #usedUntil = new LruMap<string, number>(SENDERS);

  constructor(options: {
    listener: string;
    linesPerSecond: number;
    metrics: Metrics;
    log: Log;
    now?: () => number;
  }) {
    this.#listener = options.listener;
    this.#linesPerSecond = options.linesPerSecond;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  get counts(): ReadonlyMap<RejectionReason, number> {
    return this.#counts;
  }

  /** Counts `count` rejected pieces; the log has one line a minute for each sender and reason. */
  add(reason: RejectionReason, sender: string, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    this.#metrics.collectRefused.inc({ listener: this.#listener, reason }, count);
    const key = `${reason} ${sender}`;
    const last = this.#logged.get(key);
    const at = this.#now();
    if (last && at - last.at < LOG_EVERY_MS) {
      last.since += count;
      return;
    }
    this.#log.warn(
      { listener: this.#listener, reason, sender, count: count + (last?.since ?? 0) },
      'collector: refused',
    );
    this.#logged.set(key, { at, since: 0 });
  }

  /**
   * Counts `lines` against the rate of the sender, also when that takes it above its rate.
   * @returns milliseconds until the sender is within its rate again; 0 if it is now
   */
  spend(sender: string, lines: number): number {
    const at = this.#now();
    const until = Math.max(this.#usedUntil.get(sender) ?? 0, at) + (lines / this.#linesPerSecond) * 1_000;
    this.#usedUntil.set(sender, until);
    return Math.max(0, Math.ceil(until - at - BURST_MS));
  }

  /** Milliseconds until the sender is within its rate again, without counting anything; 0 if it is now. */
  owed(sender: string): number {
    return Math.max(0, Math.ceil((this.#usedUntil.get(sender) ?? 0) - this.#now() - BURST_MS));
  }

  /** Says `refused 12 (overflow 10, rate 2)`; empty if nothing was rejected. */
  describe(): Phrase[] {
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const parts = [...this.#counts].map(([reason, count]) => `${reason} ${count}`);
    return total > 0 ? [['refused', { count: total, reasons: parts.join(', ') }]] : [];
  }
}
