import type { LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { poissonTail, posterior } from '../statistics/probability.ts';

/** Values kept of one position in one template, as a sample spread over its past. */
const SAMPLE = 48;
/** Values before anything is judged. */
const MIN_VALUES = 120;
/** Robust standard deviations (of the logarithm) beyond which a value is an outlier. */
const FAR = 5;
/** Least spread of the logarithm: a fifth more is never far. */
const LEAST_SPREAD = 0.2;
/** A position with at most this many different values holds a code (a status, a size class), not a measure. */
const MAX_CODES = 12;
/** A larger number is no code, but an id or an amount. */
const LARGEST_CODE = 9_999;
/** Share below which a code is rare. */
const RARE_CODE = 0.01;
/** Values of a position over which outliers are counted, and how many of them are reported. */
const WINDOW = 25;
const MIN_OUTLIERS = 3;
/**
 * A measure that has become larger as a whole: of its latest values so many are above what nine of ten were before, and above
 * this many times their median. By chance that comes about once in ten thousand million values.
 */
const SHIFT_OF = 24;
const SHIFTED = 16;
const TIMES = 2;
const HIGH_SHARE = 0.9;
const SHIFT_CONFIDENCE = 0.95;
/** Values before a shift is judged: what swings has to be seen to swing. */
const MIN_SHIFT_VALUES = 160;
/** The level is the mean logarithm of about so many values; it must rise above its highest so far by this factor. */
const LEVEL_OF = 16;
const ABOVE_EVER = Math.log(1.5);
/** How likely a service is slow or wrong at this moment. */
const PRIOR = 0.003;
const MAX_TEMPLATES = 4_000;
const MAX_POSITIONS = 8;

/** What is known of the values at one position. The names of the fields are stored. */
interface ParameterStats {
  /** Values so far. */
  n: number;
  /** Logarithms of values. */
  sample: number[];
  median: number;
  spread: number;
  /** A value above this is an outlier. */
  limit: number;
  /** Counts by value while there are few different ones; undefined for a measure. */
  codes?: Map<number, number>;
  /** Outliers so far. */
  outliers: number;
  /** Ordinals of the latest outliers. */
  recent: number[];
  /** Outliers in the window at the last report. */
  told: number;
  /** The latest values, a bit each, the newest last: whether it is above `high`. States of earlier versions lack these. */
  bits?: number;
  high?: number;
  /** Time of the first of the high values among them, epoch milliseconds. */
  since?: number;
  /** Values until a shift is told again. */
  wait?: number;
  /** The largest value before the present shift; whether `since` is where it was passed. */
  top?: number;
  passed?: boolean;
  /** The level now, and the highest before the present shift. */
  level?: number;
  highest?: number;
}

/** Values at one position of a template that are far from the usual there. */
export interface ParameterFinding {
  /** 1-based ordinal of the number in the message. */
  place: number;
  value: number;
  /** Median of the earlier values; for a code the most frequent one. */
  usual: number;
  /** Whether it is a rare code, and not a large measure. */
  code: boolean;
  /** Outliers among the latest values. */
  count: number;
  /** Robust standard deviations, or for codes minus the decimal logarithm of the share. */
  score: number;
  confidence: number;
  /** Epoch milliseconds of the first of them. */
  from: number;
}

export interface ParametersState {
  places: [template: string, place: number, SavedStats][];
}
type SavedStats = Omit<ParameterStats, 'codes'> & { codes?: [number, number][] };

/**
 * Watches the numbers in messages (latency, sizes, status codes): per template and position a robust summary of the
 * logarithm (median and MAD of a sample spread over the past). Only several outliers close together are reported, since
 * single ones are everywhere; and only large values, since a small one is rarely a problem.
 */
export class Parameters {
  readonly #templates = new LruMap<string, ParameterStats[]>(MAX_TEMPLATES);
  #lastKey = { service: '', name: '', key: '\u0000' };

  /**
   * @param measured bit n: number n is a measure, and not only perhaps a code
   * @param named a measure that is also followed by its name, over all templates of the service
   */
  add(
    record: LogRecord,
    numbers: readonly number[],
    measured = -1,
    named?: { name: string; value: number },
  ): ParameterFinding | undefined {
    if (numbers.length === 0) return undefined;
    const positions = this.#positionsOf(record.template!.id);
    let best: ParameterFinding | undefined;
    for (let i = 0; i < numbers.length && i < MAX_POSITIONS; i++) {
      positions[i] ??= emptyStats();
      const isMeasure = ((measured >> i) & 1) === 1;
      // Once it has too many values for a code, a number without a unit is only an id or an amount.
      if (!isMeasure && positions[i]!.codes === undefined) continue;
      const found = judge(positions[i]!, numbers[i]!, { ordinal: i + 1, at: record.timestamp, isMeasure });
      if (found && (!best || found.confidence > best.confidence)) best = found;
    }
    if (named && !best) {
      const all = this.#positionsOf(this.#keyOf(record.service, named.name));
      all[0] ??= emptyStats();
      best = judgeLevel(all[0], named.value, record.timestamp, numbers.indexOf(named.value) + 1);
    }
    return best;
  }

  save(): ParametersState {
    const saved: ParametersState['places'] = [];
    for (const [id, positions] of this.#templates.entries())
      for (const [at, stats] of positions.entries()) {
        if (stats.n < SAMPLE) continue;
        const { codes, ...rest } = stats;
        saved.push([
          id,
          at,
          { ...rest, sample: rest.sample.map(short), ...(codes ? { codes: [...codes] } : {}) },
        ]);
      }
    return { places: saved };
  }

  restore(state: ParametersState): void {
    for (const [id, at, { codes, ...rest }] of state.places) {
      const positions = this.#positionsOf(id);
      while (positions.length < at) positions.push(emptyStats());
      positions[at] = { ...rest, ...(codes ? { codes: new Map(codes) } : {}) };
    }
  }

  /** Its key in the map, made once for lines that follow each other. */
  #keyOf(service: string, name: string): string {
    const last = this.#lastKey;
    if (last.service !== service || last.name !== name)
      this.#lastKey = { service, name, key: `${service}\u0000${name}` };
    return this.#lastKey.key;
  }

  #positionsOf(id: string): ParameterStats[] {
    let positions = this.#templates.get(id);
    if (!positions) {
      positions = [];
      this.#templates.set(id, positions);
    }
    this.#templates.touch(id);
    return positions;
  }
}

const short = (value: number): number => Number(value.toFixed(3));

const emptyStats = (): ParameterStats => ({
  n: 0,
  sample: [],
  median: 0,
  spread: LEAST_SPREAD,
  limit: Number.MAX_VALUE,
  codes: new Map(),
  outliers: 0,
  recent: [],
  told: 0,
});

/** Where a value stands and when it came. */
interface Place {
  ordinal: number;
  at: number;
  isMeasure: boolean;
}

function judge(stats: ParameterStats, value: number, place: Place): ParameterFinding | undefined {
  stats.n += 1;
  const { codes } = stats;
  let share = 1;
  if (codes) {
    const before = codes.get(value) ?? 0;
    share = (before + 1) / (stats.n + 1);
    codes.set(value, before + 1);
    if (codes.size > MAX_CODES) stats.codes = undefined;
  }
  const isCode = stats.codes !== undefined;
  // The next value of a counter (an hour, a version) is no code that tells of something.
  const isOther = isCode && value <= LARGEST_CODE && value >= TIMES * (Math.exp(stats.median) - 1);
  const far = stats.n > MIN_VALUES && (isCode ? isOther && share < RARE_CODE : value > stats.limit);
  const units = far ? (Math.log(value + 1) - stats.median) / stats.spread : 0;
  // A measure that has few values so far is not judged as a code.
  const isRare = far && !(isCode && place.isMeasure && stats.n < 4 * MIN_VALUES);
  const found = isRare ? outlier(stats, value, place, units, share) : undefined;
  const moved = place.isMeasure ? shift(stats, value, place) : undefined;
  addToSample(stats, value);
  return moved ?? found;
}

/** Of a measure over many templates only its level is judged: single large values belong to some of them. */
function judgeLevel(
  stats: ParameterStats,
  value: number,
  at: number,
  ordinal: number,
): ParameterFinding | undefined {
  stats.n += 1;
  stats.codes = undefined;
  const moved = shift(stats, value, { ordinal, at, isMeasure: true });
  addToSample(stats, value);
  return moved;
}

/** Whether most of the latest values are high. */
function shift(stats: ParameterStats, value: number, { ordinal, at }: Place): ParameterFinding | undefined {
  const before = stats.bits ?? 0;
  const isHigh = value > (stats.high ?? Number.MAX_VALUE);
  const log = Math.log(value + 1);
  stats.level =
    stats.n === 1 ? log : (stats.level ?? log) + (log - (stats.level ?? log)) / Math.min(stats.n, LEVEL_OF);
  if (stats.n < MIN_SHIFT_VALUES || bitsIn(before) < SHIFTED / 2)
    stats.highest = Math.max(stats.n < LEVEL_OF ? 0 : (stats.highest ?? 0), stats.level);
  if (!isHigh && before === 0) {
    stats.top = Math.max(stats.top ?? 0, value);
    return undefined;
  }
  if (bitsIn(before) <= 2) {
    stats.passed = false;
    if (isHigh) stats.since = at;
    else stats.top = Math.max(stats.top ?? 0, value);
  }
  // It began where it left what was ever seen: before that it may have swung as usual.
  if (!stats.passed && log > Math.log((stats.top ?? 0) + 1) + ABOVE_EVER) {
    stats.passed = true;
    stats.since = at;
  }
  stats.bits = ((before << 1) | (isHigh ? 1 : 0)) & ((1 << SHIFT_OF) - 1);
  stats.wait = Math.max(0, (stats.wait ?? 0) - 1);
  const count = bitsIn(stats.bits);
  if (!isHigh || count < SHIFTED || stats.wait > 0 || stats.n < MIN_SHIFT_VALUES) return undefined;
  if (stats.level < (stats.highest ?? 0) + ABOVE_EVER) return undefined;
  stats.wait = SHIFT_OF;
  const usual = Math.exp(stats.median) - 1;
  return {
    ...{ place: ordinal, value, usual: short(usual), code: false, count, from: stats.since ?? at },
    score: short((Math.log(value + 1) - stats.median) / stats.spread),
    confidence: SHIFT_CONFIDENCE,
  };
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function outlier(
  stats: ParameterStats,
  value: number,
  { ordinal, at }: Place,
  units: number,
  share: number,
): ParameterFinding | undefined {
  const recent = stats.recent.filter((at) => at > stats.n - WINDOW);
  if (recent.length === 0) {
    stats.told = 0;
    stats.since = at;
  }
  stats.outliers += 1;
  recent.push(stats.n);
  stats.recent = recent.slice(-WINDOW);
  const count = recent.length;
  if (count < MIN_OUTLIERS || count < stats.told * 2) return undefined;
  const usualRate = (stats.outliers - count + 1) / (stats.n - WINDOW + 1);
  const confidence = posterior(poissonTail(count, usualRate * WINDOW), PRIOR);
  if (confidence < 0.3) return undefined;
  stats.told = count;
  const code = stats.codes !== undefined;
  let usual = Math.exp(stats.median) - 1;
  if (stats.codes) [usual] = [...stats.codes].reduce((most, other) => (other[1] > most[1] ? other : most));
  return {
    place: ordinal,
    value,
    usual: short(usual),
    code,
    count,
    score: short(code ? -Math.log10(share) : units),
    confidence,
    from: stats.since ?? at,
  };
}

/** Adds a value to the sample: every value at first, later ever fewer, so that the sample reaches far back. */
function addToSample(stats: ParameterStats, value: number): void {
  const { sample, n } = stats;
  if (sample.length < SAMPLE) sample.push(Math.log(value + 1));
  else {
    const every = n < 8 * SAMPLE ? 2 : 16;
    if (n % every !== 0) return;
    sample[(n / every) % SAMPLE] = Math.log(value + 1);
  }
  // Computed again when half of the sample may have changed.
  if (n % (n < 8 * SAMPLE ? SAMPLE : 8 * SAMPLE) !== 0) return;
  const sorted = Float64Array.from(sample).sort();
  const median = sorted[SAMPLE >> 1]!;
  const deviations = sorted.map((one) => Math.abs(one - median)).sort();
  stats.median = median;
  stats.spread = Math.max(LEAST_SPREAD, 1.4826 * deviations[SAMPLE >> 1]!);
  stats.limit = Math.exp(median + FAR * stats.spread) - 1;
  const high = sorted[Math.floor(HIGH_SHARE * SAMPLE)]!;
  stats.high = Math.max(Math.exp(high) - 1, TIMES * (Math.exp(median) - 1));
}
