import type { LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../lru-map.ts';
import { against, poissonTail } from '../statistics/odds.ts';

/** Values kept of one place of one template, as a sample spread over its past. */
const SAMPLE = 48;
/** Values before anything is judged. */
const MIN_VALUES = 120;
/** Robust standard deviations (of the logarithm) beyond which a value is an outlier. */
const FAR = 5;
/** Least spread of the logarithm: a fifth more is never far. */
const LEAST_SPREAD = 0.2;
/** A place with so few different values is a code (a status, a size class), not a measure. */
const MAX_CODES = 12;
/** Share below which a code is rare. */
const RARE_CODE = 0.01;
/** Values of a place over which outliers are counted, and how many of them are told. */
const WINDOW = 25;
const MIN_OUTLIERS = 3;
/** Odds that a service is slow or wrong just now. */
const PRIOR = 0.003;
const MAX_TEMPLATES = 4_000;
const MAX_PLACES = 8;

interface Place {
  n: number;
  /** Logarithms. */
  sample: number[];
  median: number;
  spread: number;
  /** The value from which on one is an outlier. */
  limit: number;
  /** Count by value while there are few different ones; undefined for a measure. */
  codes?: Map<number, number>;
  /** Outliers so far, those of the present run not among them. */
  outliers: number;
  /** Ordinals of the latest outliers. */
  recent: number[];
  /** Outliers in the window when it was told last. */
  told: number;
}

/** Values of one place of a template that are far from what is usual there. */
export interface ParameterFinding {
  /** 1-based ordinal of the number in the message. */
  place: number;
  value: number;
  /** Median of the earlier values; for a code, the most frequent one. */
  usual: number;
  /** Whether it is a code that is rarely seen rather than a measure that is large. */
  code: boolean;
  /** Outliers among the latest values. */
  count: number;
  /** Robust standard deviations, or for codes minus the decimal logarithm of the share. */
  score: number;
  confidence: number;
}

export interface ParametersState {
  places: [template: string, place: number, SavedPlace][];
}
type SavedPlace = Omit<Place, 'codes'> & { codes?: [number, number][] };

/**
 * Watches the numbers in messages (latency, sizes, status codes): per template and place a robust sketch of the
 * logarithm (median and MAD of a spread sample). Only several outliers close together are told: single ones are
 * everywhere. Only large values: a small one is rarely a problem.
 */
export function createParameters() {
  const templates = new LruMap<string, Place[]>(MAX_TEMPLATES);

  function placesOf(id: string): Place[] {
    let places = templates.get(id);
    if (!places) {
      places = [];
      templates.set(id, places);
    }
    templates.touch(id);
    return places;
  }

  return {
    add(record: LogRecord, numbers: readonly number[]): ParameterFinding | undefined {
      if (numbers.length === 0) return undefined;
      const places = placesOf(record.template!.id);
      let best: ParameterFinding | undefined;
      for (let i = 0; i < numbers.length && i < MAX_PLACES; i++) {
        places[i] ??= emptyPlace();
        const found = judge(places[i]!, numbers[i]!, i + 1);
        if (found && (!best || found.confidence > best.confidence)) best = found;
      }
      return best;
    },
    save(): ParametersState {
      const saved: ParametersState['places'] = [];
      for (const [id, places] of templates.entries())
        for (const [at, place] of places.entries()) {
          if (place.n < SAMPLE) continue;
          const { codes, ...rest } = place;
          saved.push([
            id,
            at,
            { ...rest, sample: rest.sample.map(short), ...(codes ? { codes: [...codes] } : {}) },
          ]);
        }
      return { places: saved };
    },
    restore(state: ParametersState): void {
      for (const [id, at, { codes, ...rest }] of state.places) {
        const places = placesOf(id);
        while (places.length < at) places.push(emptyPlace());
        places[at] = { ...rest, ...(codes ? { codes: new Map(codes) } : {}) };
      }
    },
  };
}

const short = (value: number): number => Number(value.toFixed(3));

const emptyPlace = (): Place => ({
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

function judge(place: Place, value: number, ordinal: number): ParameterFinding | undefined {
  place.n += 1;
  const { codes } = place;
  let share = 1;
  if (codes) {
    const before = codes.get(value) ?? 0;
    share = (before + 1) / (place.n + 1);
    codes.set(value, before + 1);
    if (codes.size > MAX_CODES) delete place.codes;
  }
  const isCode = place.codes !== undefined;
  const far = place.n > MIN_VALUES && (isCode ? share < RARE_CODE : value > place.limit);
  const units = far ? (Math.log(value + 1) - place.median) / place.spread : 0;
  const found = far ? outlier(place, value, ordinal, units, share) : undefined;
  remember(place, value);
  return found;
}

function outlier(
  place: Place,
  value: number,
  ordinal: number,
  units: number,
  share: number,
): ParameterFinding | undefined {
  const recent = place.recent.filter((at) => at > place.n - WINDOW);
  if (recent.length === 0) place.told = 0;
  place.outliers += 1;
  recent.push(place.n);
  place.recent = recent.slice(-WINDOW);
  const count = recent.length;
  if (count < MIN_OUTLIERS || count < place.told * 2) return undefined;
  const usualRate = (place.outliers - count + 1) / (place.n - WINDOW + 1);
  const confidence = against(poissonTail(count, usualRate * WINDOW), PRIOR);
  if (confidence < 0.3) return undefined;
  place.told = count;
  const code = place.codes !== undefined;
  let usual = Math.exp(place.median) - 1;
  if (place.codes) [usual] = [...place.codes].reduce((most, other) => (other[1] > most[1] ? other : most));
  return {
    place: ordinal,
    value,
    usual: short(usual),
    code,
    count,
    score: short(code ? -Math.log10(share) : units),
    confidence,
  };
}

/** Takes a value into the sample: all at first, then ever fewer, so that the sample reaches far back. */
function remember(place: Place, value: number): void {
  const { sample, n } = place;
  if (sample.length < SAMPLE) sample.push(Math.log(value + 1));
  else {
    const every = n < 8 * SAMPLE ? 2 : 16;
    if (n % every !== 0) return;
    sample[(n / every) % SAMPLE] = Math.log(value + 1);
  }
  // Looked at anew when a half of it may have changed.
  if (n % (n < 8 * SAMPLE ? SAMPLE : 8 * SAMPLE) !== 0) return;
  const sorted = Float64Array.from(sample).sort();
  const median = sorted[SAMPLE >> 1]!;
  const deviations = sorted.map((one) => Math.abs(one - median)).sort();
  place.median = median;
  place.spread = Math.max(LEAST_SPREAD, 1.4826 * deviations[SAMPLE >> 1]!);
  place.limit = Math.exp(median + FAR * place.spread) - 1;
}
