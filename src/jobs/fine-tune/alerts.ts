import {
  type AlertModel,
  type AlertSignal,
  alertFamily,
  alertFeatures,
  alertSum,
  isQuiet,
  logistic,
} from '../../domain/alert-model.ts';
import { calibrate, fitLogistic } from './logistic.ts';

/** One alert that people judged. */
export interface JudgedAlert {
  incident: string;
  signal: AlertSignal;
  real: boolean;
}

const FOLDS = 5;
/** Never quieter than this: an alert with a chance of a fifth is worth a look at night. */
const QUIET_AT_MOST = 0.2;
/** The quiet threshold stays this far under the least likely real alert that was seen. */
const MARGIN = 0.8;
/** One judgement against so many of the same kind is taken for a slip of the finger. */
const DISSENT = 9;
/** A real alert that is kept quiet costs as much as this many false ones that are not. */
const LOST = 20;

/**
 * Learns from judged alerts, oldest first, which ones are false. Trained on one core in well under a second per
 * thousand alerts; deterministic.
 *
 * The threshold is set on alerts the weights have not seen: the time is cut into folds, each judged by what was learned
 * from the earlier ones.
 */
export function trainAlerts(judged: readonly JudgedAlert[]): AlertModel {
  const examples = judged.map(({ signal, real }) => ({
    features: alertFeatures(signal),
    label: real ? (1 as const) : (0 as const),
  }));
  const unseen: { sum: number; label: 0 | 1; at: number }[] = [];
  const fold = Math.ceil(examples.length / FOLDS);
  for (let from = fold; fold > 0 && from < examples.length; from += fold) {
    const earlier = fitLogistic(examples.slice(0, from));
    for (let at = from; at < Math.min(from + fold, examples.length); at++)
      unseen.push({ sum: alertSum(earlier, examples[at]!.features), label: examples[at]!.label, at });
  }
  const calibration = calibrate(unseen);
  const chance = (sum: number): number => logistic(calibration.slope * sum + calibration.offset);
  const votes = new Map<string, { real: number; rejected: number }>();
  for (const { signal, real } of judged) {
    const family = votes.get(alertFamily(signal)) ?? { real: 0, rejected: 0 };
    if (real) family.real += 1;
    else family.rejected += 1;
    votes.set(alertFamily(signal), family);
  }
  const isSlip = (at: number): boolean => {
    const { real, rejected } = votes.get(alertFamily(judged[at]!.signal))!;
    return rejected >= DISSENT * real;
  };
  const least = unseen
    .filter(({ label, at }) => label === 1 && !isSlip(at))
    .reduce((min, { sum }) => Math.min(min, chance(sum)), 1);
  return {
    ...fitLogistic(examples),
    ...calibration,
    quietBelow: Math.min(QUIET_AT_MOST, least * MARGIN),
    rejected: Object.fromEntries(
      [...votes]
        .filter(([, { rejected }]) => rejected > 0)
        .map(([family, { rejected }]) => [family, rejected]),
    ),
  };
}

/**
 * What a model is worth on one judged alert: 1 for a false alarm kept quiet, −20 for a real alert kept quiet, 0 for an
 * alert that is told. Without a model everything is told.
 */
export function alertWorth(model: AlertModel | undefined, { signal, real }: JudgedAlert): number {
  if (!model || !isQuiet(model, signal)) return 0;
  return real ? -LOST : 1;
}
