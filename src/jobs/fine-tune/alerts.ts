import {
  type AlertModel,
  type AlertSignal,
  alertFamily,
  alertFeatures,
  alertSum,
} from '../../domain/alert/alert-model.ts';
import { suppressionReason, type Vote, voteOf } from '../../domain/alert/suppression.ts';
import { calibrate, fitLogistic } from './logistic.ts';

/** One alert that people judged. */
export interface JudgedAlert {
  incident: string;
  signal: AlertSignal;
  real: boolean;
  /**
   * It was suppressed and nobody objected. It tests whether a model suppresses it too, but is no judgement of a
   * person.
   */
  agreed?: true;
}

const FOLDS = 5;
/** An alert with a greater chance to be real is never suppressed, whatever people said about similar ones. */
const QUIET_BELOW = 0.5;
/** Suppressing a real alert costs as much as not suppressing this many false ones. */
const LOST = 5;

/**
 * Learns from judged alerts, oldest first, how likely an alert is real. Takes well under a second per thousand alerts
 * on one core. Deterministic.
 *
 * The chances are calibrated on alerts that the weights have not seen: time is cut into folds, and each fold is
 * judged by what was learned from the earlier ones.
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
  return { ...fitLogistic(examples), ...calibration, quietBelow: QUIET_BELOW };
}

/** The family of an alert; one without any feature is a family of its own. */
const familyOf = (incident: string, signal: AlertSignal): string =>
  alertFamily(signal) || `incident ${incident}`;

/** One judgement against this many others of its family counts as a mistake. */
const SLIP = 9;

/**
 * The alerts without those that nine in ten others of their family contradict: a wrong click says nothing about a
 * model.
 */
export function withoutSlips(alerts: readonly JudgedAlert[], all: readonly JudgedAlert[]): JudgedAlert[] {
  const said = new Map<string, { real: number; rejected: number }>();
  const of = (family: string) => said.get(family) ?? { real: 0, rejected: 0 };
  for (const { incident, signal, real } of all) {
    const family = familyOf(incident, signal);
    const before = of(family);
    said.set(
      family,
      real ? { ...before, real: before.real + 1 } : { ...before, rejected: before.rejected + 1 },
    );
  }
  return alerts.filter(({ incident, signal, real }) => {
    const { real: yes, rejected: no } = of(familyOf(incident, signal));
    return real ? no < SLIP * yes : yes < SLIP * no;
  });
}

/**
 * The value of a model on each of the later alerts. As when it serves, it may use what people said before the alert
 * came. 1 for a false alarm that is suppressed, −5 for a real alert that is suppressed, 0 for an alert that people
 * are told of. Without a model people are told of all.
 */
export function worthOf(
  model: AlertModel | undefined,
  { earlier, later }: { earlier: readonly JudgedAlert[]; later: readonly JudgedAlert[] },
): number[] {
  const votes = new Map<string, Vote[]>();
  const hear = ({ incident, signal, real, agreed }: JudgedAlert): void => {
    if (agreed) return;
    const family = familyOf(incident, signal);
    votes.set(family, [...(votes.get(family) ?? []), voteOf(incident, signal, real)]);
  };
  earlier.forEach(hear);
  return later.map((alert) => {
    const said = votes.get(familyOf(alert.incident, alert.signal)) ?? [];
    const isQuiet = model !== undefined && suppressionReason(model, said, alert.signal) !== undefined;
    hear(alert);
    return isQuiet ? (alert.real ? -LOST : 1) : 0;
  });
}
