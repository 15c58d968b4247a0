import { Lows, type LowsState } from '../statistics/lows.ts';
import { type Baseline, confidenceOf, Series, type SeriesState, surprise } from '../statistics/series.ts';
import type { Detection, TemplateState } from './detection.ts';

/** Buckets of history before traffic is judged. */
const MIN_BUCKETS = 30;
/** The same before silence says something. */
const MIN_BUSY = 12;
/** A drop: from at least this many usual lines per bucket to less than this fraction, for this many buckets in a row. */
const MIN_DROP = 20;
const DROP = 0.3;
const DROP_BUCKETS = 3;
/** Buckets that are taken together to see a drop of a template, which has fewer lines than a service. */
const SLOW = 12;
const SLOW_DROPS = 2;
/** A drop that lasts for more buckets than this is the usual from then on (for a template: longer buckets). */
const KEPT_LOW = 360;
const KEPT_SLOW = 30;
/** From this many lines on, the traffic of a template is observed. */
const STEADY = 300;

export interface DropsState {
  traffic: SeriesState;
  low: number;
  slowTraffic: SeriesState;
  slowBucket: number;
  slowLines: number;
  /** States of earlier versions lack it. */
  lows?: LowsState;
}

const isLow = (lines: number, usual: Baseline, buckets: number): boolean =>
  usual.buckets >= buckets &&
  usual.median >= MIN_DROP &&
  lines < DROP * usual.median &&
  surprise(lines, usual) < -3;

const detectionOf = (count: number, usual: Baseline): Detection => {
  const score = surprise(count, usual);
  return {
    detector: 'rate-change',
    score,
    confidence: confidenceOf(-score * 1.2),
    count,
    usual: usual.median,
    error: false,
  };
};

/** Traffic of one service that falls far below the usual and stays there: all its lines, or those of one template. */
export class Drops {
  readonly #bucketMs: number;
  #traffic: Series;
  #low = 0;
  #slowTraffic: Series;
  #slowBucket: number;
  #slowLines = 0;
  #lows: Lows;
  readonly #steady = new Set<TemplateState>();
  /** What the last longer bucket showed. */
  #fallen: Detection[] = [];

  constructor(bucket: number, bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.#traffic = new Series(bucket);
    this.#slowBucket = Math.floor(bucket / SLOW);
    this.#slowTraffic = new Series(this.#slowBucket);
    this.#lows = new Lows(bucket * bucketMs);
  }

  /** Counts the lines of one template in the bucket that closes. */
  count(template: TemplateState): void {
    if (template.total >= STEADY && !template.slow) {
      template.slow = { series: new Series(this.#slowBucket), count: 0, low: 0 };
      this.#steady.add(template);
    }
    if (template.slow) template.slow.count += template.count;
  }

  forget(template: TemplateState): void {
    this.#steady.delete(template);
  }

  /** Closes the bucket `closing`, which had `lines`, and opens `bucket`. */
  roll(closing: number, lines: number, bucket: number): void {
    this.#low = isLow(lines, this.#traffic.baseline(closing), MIN_BUCKETS) ? this.#low + 1 : 0;
    // A drop that lasts does not become the usual at once.
    if (this.#low === 0 || this.#low > KEPT_LOW) this.#traffic.push(closing, lines);
    this.#fallen = [];
    this.#slowLines += lines;
    const slow = Math.floor(bucket / SLOW);
    if (slow !== this.#slowBucket) this.#turn(slow);
  }

  /** Closes a longer bucket and finds the templates that came far less often than usual for the second time. */
  #turn(bucket: number): void {
    const start = this.#slowBucket * SLOW * this.#bucketMs;
    const { median } = this.#slowTraffic.baseline(this.#slowBucket);
    const share = this.#slowLines / Math.max(1, median);
    const isSeason = this.#isAsEarlier(start, this.#slowLines, 1);
    const asManyAsEver = this.#slowLines > 0.7 * median;
    for (const template of this.#steady) {
      const slow = template.slow!;
      const usual = slow.series.baseline(this.#slowBucket);
      const { count } = slow;
      slow.low = isLow(count, usual, SLOW) ? slow.low + 1 : 0;
      // At such times the service has less to do, and each of its templates in proportion.
      const less = isSeason && count >= (DROP / 2) * share * usual.median;
      // If the template is gone and the service has as many lines as ever, its text was changed.
      if (slow.low === SLOW_DROPS && !less && (count > 0 || !asManyAsEver))
        // The first of the two longer buckets may have begun with as many as ever: it is low for sure since the second.
        this.#fallen.push({ ...detectionOf(count, usual), template, buckets: SLOW, from: start });
      if (slow.low === 0 || slow.low > KEPT_SLOW) slow.series.push(this.#slowBucket, count);
      slow.count = 0;
    }
    this.#slowTraffic.push(this.#slowBucket, this.#slowLines);
    this.#lows.push(start, this.#slowLines);
    this.#slowLines = 0;
    this.#slowBucket = bucket;
  }

  /** Whether lines come in most buckets. */
  isBusy(bucket: number): boolean {
    const { median, buckets } = this.#traffic.baseline(bucket);
    return buckets >= MIN_BUSY && median >= 1;
  }

  /** Whether so few lines are as usual at this time of the day or the week; `parts` of such buckets are one longer bucket. */
  #isAsEarlier(ms: number, lines: number, parts: number): boolean {
    const low = this.#lows.low(ms);
    return low !== undefined && (low / parts < MIN_DROP || lines >= (DROP * low) / parts);
  }

  /** What the open bucket shows, with `lines` so far. */
  detections(bucket: number, lines: number): Detection[] {
    const usual = this.#traffic.baseline(bucket);
    const lasts = this.#low + 1 >= DROP_BUCKETS && isLow(lines, usual, MIN_BUCKETS);
    if (!lasts || this.#isAsEarlier(bucket * this.#bucketMs, lines, SLOW)) return this.#fallen;
    return [{ ...detectionOf(lines, usual), from: (bucket - this.#low) * this.#bucketMs }, ...this.#fallen];
  }

  save(): DropsState {
    return {
      traffic: this.#traffic.save(),
      low: this.#low,
      slowTraffic: this.#slowTraffic.save(),
      slowBucket: this.#slowBucket,
      slowLines: this.#slowLines,
      lows: this.#lows.save(),
    };
  }

  /** @param templates those of the service; the observed ones among them go on */
  static from(state: DropsState, templates: Iterable<TemplateState>, bucketMs: number): Drops {
    const drops = new Drops(0, bucketMs);
    drops.#traffic = Series.from(state.traffic);
    drops.#low = state.low;
    drops.#slowTraffic = Series.from(state.slowTraffic);
    drops.#slowBucket = state.slowBucket;
    drops.#slowLines = state.slowLines;
    drops.#lows = new Lows(state.slowBucket * SLOW * bucketMs, state.lows);
    for (const template of templates) if (template.slow) drops.#steady.add(template);
    return drops;
  }
}
