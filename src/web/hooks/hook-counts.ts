import type { Health } from '../../domain/health.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';

/** Why a hook did not take something. */
export type HookRefusal = 'malformed' | 'too_large' | 'secret' | 'rate' | 'unavailable';

const LOG_EVERY_MS = MINUTE;
const BURST_S = 2;

/** What one hook took and refused since the start, and how much it still takes now. */
export class HookCounts {
  readonly #hook: string;
  readonly #perSecond: number;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #refused = new Map<HookRefusal, number>();
  readonly #logged = new Map<HookRefusal, number>();
  #taken = 0;
  /** Requests it may still take now, and when that was so (epoch ms). */
  #room: number;
  #at = 0;

  constructor(options: { hook: string; perSecond: number; metrics: Metrics; log: Log }) {
    this.#hook = options.hook;
    this.#perSecond = options.perSecond;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#room = options.perSecond * BURST_S;
  }

  /** Counts a request against the rate; false where that is used up. @param now epoch ms */
  spend(now: number): boolean {
    const most = this.#perSecond * BURST_S;
    // A clock that was set back gives nothing and takes nothing.
    const gained = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#room = Math.min(most, this.#room + gained);
    this.#at = now;
    if (this.#room < 1) return false;
    this.#room -= 1;
    return true;
  }

  took(status: string, count: number): void {
    this.#taken += count;
    this.#metrics.hookAlerts.inc({ hook: this.#hook, status }, count);
  }

  /** @param why what the log says, at most once a minute for each reason */
  refused(reason: HookRefusal, why: object = {}, count = 1): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
    this.#metrics.hookRefused.inc({ hook: this.#hook, reason }, count);
    const now = Date.now();
    const last = this.#logged.get(reason);
    if (last !== undefined && now - last < LOG_EVERY_MS) return;
    this.#logged.set(reason, now);
    this.#log.warn({ hook: this.#hook, reason, ...why }, 'hook: refused');
  }

  /** Undefined as long as nothing came. */
  health(): Health | undefined {
    const total = [...this.#refused.values()].reduce((sum, count) => sum + count, 0);
    if (this.#taken + total === 0) return undefined;
    const reasons = [...this.#refused].map(([reason, count]) => `${reason} ${count}`).join(', ');
    return healthOf(true, 'hook', [
      ['alertsTaken', { count: this.#taken }],
      ...(total > 0
        ? [['refused', { count: total, reasons }] as ['refused', { count: number; reasons: string }]]
        : []),
    ]);
  }
}
