import { HOUR } from '../../../domain/time/units.ts';

const DAY_HOURS = 24;
const WEEK_HOURS = 168;
/** Not known yet. */
const UNKNOWN = -1;

export interface LowsState {
  lows: number[];
  hour: number;
  counts: number[];
}

/**
 * The middle count per bucket in each hour of the week, so that evenings, nights, weekends and holes between batches are
 * learned: by the day before and by the same day of the week before.
 */
export class Lows {
  readonly #lows: number[];
  #hour: number;
  #counts: number[];

  /** @param ms time of the first bucket, epoch milliseconds */
  constructor(ms: number, state?: LowsState) {
    this.#lows = state ? [...state.lows] : new Array<number>(WEEK_HOURS).fill(UNKNOWN);
    this.#hour = state?.hour ?? Math.floor(ms / HOUR);
    this.#counts = state ? [...state.counts] : [];
  }

  /** Takes the count of a closed bucket that began at `ms`. */
  push(ms: number, count: number): void {
    const hour = Math.floor(ms / HOUR);
    if (hour > this.#hour) {
      const sorted = this.#counts.sort((a, b) => a - b);
      this.#lows[this.#hour % WEEK_HOURS] = sorted[sorted.length >> 1] ?? 0;
      // In the hours between nothing came.
      for (let missed = this.#hour + 1; missed < Math.min(hour, this.#hour + DAY_HOURS); missed++)
        this.#lows[missed % WEEK_HOURS] = 0;
      this.#hour = hour;
      this.#counts = [];
    }
    this.#counts.push(count);
  }

  /** The lowest that is known for this time of day, an hour more or less; undefined on the first day. */
  low(ms: number): number | undefined {
    const hour = Math.floor(ms / HOUR);
    let low: number | undefined;
    // A week ago, the hour before is written over by that of today.
    for (const [before, offsets] of [
      [DAY_HOURS, [-1, 0, 1]],
      [WEEK_HOURS, [0, 1]],
    ] as const)
      for (const offset of offsets) {
        const known = this.#lows[(hour - before + offset + 2 * WEEK_HOURS) % WEEK_HOURS]!;
        if (known !== UNKNOWN) low = Math.min(low ?? known, known);
      }
    return low;
  }

  save(): LowsState {
    return { lows: this.#lows, hour: this.#hour, counts: this.#counts };
  }
}
