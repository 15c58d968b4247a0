import { GATE_LIMITS, type GateLimits } from '../../domain/job/job.ts';
import { seededRandom } from '../../domain/seeded-random.ts';

/** Scores of a candidate and of the model that serves, on the same examples. */
export interface Compared {
  /** The score of each example, the higher the better; the same order in both. */
  candidate: readonly number[];
  serving: readonly number[];
}

export interface Interval {
  mean: number;
  low: number;
  high: number;
}

export interface GateVerdict {
  promoted: boolean;
  /** `leak`: a test example was in the training, see `leaked`. */
  reason: 'better' | 'not_better' | 'worse' | 'too_few' | 'leak';
  /** The difference on the unseen examples and on the fixed set. */
  unseen?: Interval;
  regression?: Interval;
  leaked?: string;
}

const RESAMPLES = 2_000;
/**
 * Whether a candidate takes over: it must be better on examples it has not seen (the whole 95 % interval of the
 * paired difference is above zero), and not worse on the fixed set (its mean is not below, or the interval reaches
 * zero). Percentile bootstrap over examples (Efron and Tibshirani, 1993), with a fixed seed, so that the same figures
 * give the same verdict.
 * @param leaked ids of test examples that were found in the training
 */
export function gate(
  unseen: Compared,
  regression: Compared,
  leaked: readonly string[],
  { testAtLeast, tolerance }: Pick<GateLimits, 'testAtLeast' | 'tolerance'> = GATE_LIMITS,
): GateVerdict {
  if (leaked.length > 0) return { promoted: false, reason: 'leak', leaked: leaked[0]! };
  if (unseen.candidate.length < testAtLeast) return { promoted: false, reason: 'too_few' };
  const figures = {
    unseen: differenceOf(unseen),
    ...(regression.candidate.length > 0 ? { regression: differenceOf(regression) } : {}),
  };
  if (figures.regression && figures.regression.high < 0)
    return { promoted: false, reason: 'worse', ...figures };
  // On a small fixed set intervals are wide: losing more than a little of the mean is worse, whatever the interval
  // is.
  if (figures.regression && figures.regression.mean < -tolerance)
    return { promoted: false, reason: 'worse', ...figures };
  if (figures.unseen.low > 0) return { promoted: true, reason: 'better', ...figures };
  return { promoted: false, reason: figures.unseen.high < 0 ? 'worse' : 'not_better', ...figures };
}

/** The mean of the paired differences and its 95 % interval. */
export function differenceOf({ candidate, serving }: Compared): Interval {
  const differences = candidate.map((score, at) => score - serving[at]!);
  const count = differences.length;
  const sum = differences.reduce((total, difference) => total + difference, 0);
  const random = seededRandom(count);
  const means = Array.from({ length: RESAMPLES }, () => {
    let total = 0;
    for (let drawn = 0; drawn < count; drawn++) total += differences[Math.floor(random() * count)]!;
    return total / count;
  }).sort((a, b) => a - b);
  return {
    mean: sum / count,
    low: means[Math.floor(RESAMPLES * 0.025)]!,
    high: means[Math.ceil(RESAMPLES * 0.975) - 1]!,
  };
}
