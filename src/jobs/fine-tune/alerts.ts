import {
  type AlertModel,
  type AlertSignal,
  alertCells,
  alertFeatures,
  alertSum,
  isQuiet,
} from '../../domain/alert-model.ts';
import { calibrate, fitLogistic } from './logistic.ts';

/** One alert that people judged. */
export interface JudgedAlert {
  incident: string;
  signal: AlertSignal;
  real: boolean;
}

const FOLDS = 5;
/** An alert with a greater chance to be real is told, whatever was said of its like. */
const QUIET_BELOW = 0.35;
/** A real alert that is kept quiet costs as much as this many false ones that are not. */
const LOST = 5;

/**
 * Learns from judged alerts, oldest first, which ones are false. Trained on one core in well under a second per
 * thousand alerts; deterministic.
 *
 * The chances are calibrated on alerts the weights have not seen: the time is cut into folds, each judged by what was
 * learned from the earlier ones.
 */
export function trainAlerts(judged: readonly JudgedAlert[]): AlertModel {
  const examples = judged.map(({ signal, real }) => ({
    features: alertFeatures(signal),
    label: real ? (1 as const) : (0 as const),
  }));
  const unseen: { sum: number; label: 0 | 1 }[] = [];
  const fold = Math.ceil(examples.length / FOLDS);
  for (let from = fold; fold > 0 && from < examples.length; from += fold) {
    const earlier = fitLogistic(examples.slice(0, from));
    for (let at = from; at < Math.min(from + fold, examples.length); at++)
      unseen.push({ sum: alertSum(earlier, examples[at]!.features), label: examples[at]!.label });
  }
  const calibration = calibrate(unseen);
  return {
    ...fitLogistic(examples),
    ...calibration,
    quietBelow: QUIET_BELOW,
    votes: votesOf(judged),
  };
}

function votesOf(judged: readonly JudgedAlert[]): AlertModel['votes'] {
  const votes: AlertModel['votes'] = {};
  for (const { signal, real } of judged)
    for (const cell of alertCells(signal)) {
      if (!Object.hasOwn(votes, cell)) votes[cell] = { rejected: 0, real: 0 };
      votes[cell]![real ? 'real' : 'rejected'] += 1;
    }
  return votes;
}

/** One judgement against so many others of its family is taken for a slip of the finger. */
const SLIP = 9;

/** The alerts without those that nine in ten others of their family contradict: a wrong button says nothing of a model. */
export function withoutSlips(alerts: readonly JudgedAlert[], all: readonly JudgedAlert[]): JudgedAlert[] {
  const votes = votesOf(all);
  return alerts.filter(({ signal, real }) => {
    const said = votes[alertCells(signal)[0]] ?? { rejected: 0, real: 0 };
    return real ? said.rejected < SLIP * said.real : said.real < SLIP * said.rejected;
  });
}

/**
 * What a model is worth on one judged alert: 1 for a false alarm kept quiet, −20 for a real alert kept quiet, 0 for an
 * alert that is told. Without a model everything is told.
 */
export function alertWorth(model: AlertModel | undefined, { signal, real }: JudgedAlert): number {
  if (!model || !isQuiet(model, signal)) return 0;
  return real ? -LOST : 1;
}
