import { HOUR } from '../../../domain/time/units.ts';

const HOURS = 168;
const DAY_HOURS = 24;
const WEEK_DAYS = 7;
/** Share of a day's highest count that still counts one day later; a week later it counts in full again. */
const FADE = 0.7;

/** Closed buckets that a count is compared with. */
const KEPT = 30;
/** Fewer closed buckets than this say nothing. */
export const MIN_BUCKETS = 3;

/** The usual count of something per bucket, from its own past. Robust, because the past has outliers too. */
export interface Baseline {
  /** Median count of the past buckets. */
  median: number;
  /** One unit of usual spread, at least that of a Poisson process. */
  scale: number;
  /** Buckets known. */
  buckets: number;
}

/**
 * Counts per bucket of one thing. Buckets in which it did not occur are zeros and cost nothing. A count far above the
 * usual is cut when it is stored, so that an incident becomes the new usual only slowly.
 */
export class Series {
  readonly #counts: number[] = [];
  #next: number;
  /** The baseline of the present counts: it is needed several times in a bucket. */
  #known: Baseline | undefined;

  /** @param first index of the first bucket that is known */
  constructor(first: number) {
    this.#next = first;
  }

  /** What was usual before the bucket `index`. */
  baseline(index: number): Baseline {
    this.#fill(index);
    if (this.#known) return this.#known;
    const sorted = Float64Array.from(this.#counts).sort();
    const median = middle(sorted);
    const deviations = sorted.map((count) => Math.abs(count - median)).sort();
    const buckets = sorted.length;
    // 1.4826: the MAD of a normal distribution in standard deviations. Little history widens the spread.
    const spread = Math.max(1.4826 * middle(deviations), Math.sqrt(Math.max(median, mean(sorted))), 1);
    this.#known = { median, scale: spread * (1 + 3 / Math.max(1, buckets)), buckets };
    return this.#known;
  }

  /** Adds the count of the bucket `index`, which is closed. */
  push(index: number, count: number): void {
    if (index < this.#next) return;
    const { median, scale } = this.baseline(index);
    const usual = this.#counts.length < MIN_BUCKETS ? count : Math.min(count, median + scale);
    this.#add(usual);
    this.#next = index + 1;
  }

  save(): SeriesState {
    return { counts: this.#counts, next: this.#next };
  }

  static from({ counts, next }: SeriesState): Series {
    const series = new Series(next);
    series.#counts.push(...counts);
    series.#known = undefined;
    return series;
  }

  #fill(index: number): void {
    const missing = Math.min(index - this.#next, KEPT);
    for (let i = 0; i < missing; i++) this.#add(0);
    this.#next = Math.max(this.#next, index);
  }

  #add(count: number): void {
    this.#known = undefined;
    this.#counts.push(count);
    if (this.#counts.length > KEPT) this.#counts.shift();
  }
}

export interface SeriesState {
  counts: number[];
  next: number;
}

export interface SeasonState {
  highs: number[];
  hour: number;
  high: number;
  since: number;
}

/**
 * The highest count per bucket in each hour of the week, so that what comes every morning, every Sunday, or on every hour, is no news.
 * On the first day the hours before stand for the others.
 */
export class Season {
  readonly #highs: number[];
  #hour: number;
  #high: number;
  readonly #since: number;

  /** @param ms time of the first bucket */
  constructor(ms: number, state?: SeasonState) {
    // States of earlier versions have one day.
    this.#highs = Array.from({ length: HOURS }, (_, hour) => state?.highs[hour % state.highs.length] ?? -1);
    this.#hour = state?.hour ?? Math.floor(ms / HOUR);
    this.#high = state?.high ?? 0;
    this.#since = state?.since ?? ms;
  }

  /** Takes the count of a closed bucket that began at `ms`. */
  push(ms: number, count: number): void {
    const hour = Math.floor(ms / HOUR);
    if (hour > this.#hour) {
      const slot = this.#hour % HOURS;
      this.#highs[slot] = Math.max(this.#high, FADE * this.#highs[slot]!);
      // In the hours between, it did not occur.
      for (let missed = this.#hour + 1; missed < Math.min(hour, this.#hour + HOURS); missed++)
        this.#highs[missed % HOURS] = Math.max(0, FADE * this.#highs[missed % HOURS]!);
      this.#hour = hour;
      this.#high = 0;
    }
    this.#high = Math.max(this.#high, count);
  }

  /** The highest count at this time of day so far: in the hours around it, or on the first day in the hours before. */
  high(ms: number): number {
    const hour = Math.floor(ms / HOUR);
    let high = 0;
    if (ms - this.#since < DAY_HOURS * HOUR) {
      for (const offset of [-3, -2, -1]) high = Math.max(high, this.#at(hour + offset));
      return high;
    }
    for (const offset of [-1, 0, 1])
      for (let days = 1; days <= WEEK_DAYS; days++) {
        const share = days === WEEK_DAYS ? 1 : FADE ** (days - 1);
        high = Math.max(high, share * this.#at(hour - days * DAY_HOURS + offset));
      }
    return Math.max(high, this.#at(hour - 1));
  }

  #at(hour: number): number {
    return this.#highs[((hour % HOURS) + HOURS) % HOURS]!;
  }

  save(): SeasonState {
    return { highs: this.#highs, hour: this.#hour, high: this.#high, since: this.#since };
  }
}

const middle = (sorted: ArrayLike<number>): number => {
  if (sorted.length === 0) return 0;
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};
const mean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** By how many units of usual spread a count exceeds the usual. */
export const surprise = (count: number, { median, scale }: Baseline): number => (count - median) / scale;

/** Confidence that a surprise is no chance: 0.63 at 5 units, 0.85 at 6.9, 0.98 at 10. */
export const confidenceOf = (units: number): number => (units <= 0 ? 0 : 1 - Math.exp(-((units / 5) ** 2)));

/** The count from which a surprise reaches a confidence. */
export const countFor = (confidence: number, { median, scale }: Baseline): number =>
  median + scale * 5 * Math.sqrt(-Math.log(1 - confidence));
