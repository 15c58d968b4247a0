import { MINUTE } from '../../../domain/time/units.ts';
import type { Phrase } from '../../../i18n/health.ts';
import type { Log } from '../../../log.ts';
import type { Metrics } from '../../../metrics.ts';
import { LruMap } from '../../lru-map.ts';

/** Why a collector did not take something. */
export type RejectionReason = 'overflow' | 'too_large' | 'rate' | 'connections' | 'malformed';

const LOG_EVERY_MS = MINUTE;
const SENDERS = 10_000;

/** Counts what one listener refuses, and limits the rate of its senders. */
export interface Rejections {
  /** Counts `count` refused pieces; the log has one line a minute for a sender and reason. */
  add(reason: RejectionReason, sender: string, count?: number): void;
  /**
   * Takes `lines` from the sender's allowance, which may be overdrawn.
   * @returns milliseconds after which the sender is within its rate again; 0 when it is now
   */
  spend(sender: string, lines: number): number;
  /** Milliseconds until the sender is within its rate again, without taking anything; 0 when it is now. */
  owed(sender: string): number;
  /** What says `refused 12 (overflow 10, rate 2)`, or nothing. */
  describe(): Phrase[];
  readonly counts: ReadonlyMap<RejectionReason, number>;
}

export function createRejections(options: {
  listener: string;
  linesPerSecond: number;
  metrics: Metrics;
  log: Log;
  now?: () => number;
}): Rejections {
  const { listener, linesPerSecond, metrics, log, now = Date.now } = options;
  const counts = new Map<RejectionReason, number>();
  const logged = new LruMap<string, { at: number; since: number }>(SENDERS);
  /** Until when each sender has spent its allowance; a second ahead is a burst that is let through. */
  const spent = new LruMap<string, number>(SENDERS);

  return {
    counts,
    add(reason, sender, count = 1) {
      counts.set(reason, (counts.get(reason) ?? 0) + count);
      metrics.collectRefused.inc({ listener, reason }, count);
      const key = `${reason} ${sender}`;
      const last = logged.get(key);
      if (last && now() - last.at < LOG_EVERY_MS) {
        last.since += count;
        return;
      }
      log.warn({ listener, reason, sender, count: count + (last?.since ?? 0) }, 'collector: refused');
      logged.set(key, { at: now(), since: 0 });
    },
    spend(sender, lines) {
      const at = now();
      const until = Math.max(spent.get(sender) ?? 0, at) + (lines / linesPerSecond) * 1_000;
      spent.set(sender, until);
      return Math.max(0, Math.ceil(until - at - 1_000));
    },
    owed: (sender) => Math.max(0, Math.ceil((spent.get(sender) ?? 0) - now() - 1_000)),
    describe() {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const parts = [...counts].map(([reason, count]) => `${reason} ${count}`);
      return total > 0 ? [['refused', { count: total, reasons: parts.join(', ') }]] : [];
    },
  };
}
