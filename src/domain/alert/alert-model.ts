import type { Anomaly, AnomalyStatus } from './anomaly.ts';
import type { Incident } from './incident.ts';
import { namesKind, patternId, wordingId, wordingOfAnomaly } from './wording.ts';

/** What is known of an alert at the moment somebody would be told of it. */
export interface AlertSignal {
  service: string;
  /** Id of the template that names its kind, `''` where none does. */
  template: string;
  /** Where none does: the name of what its issues and its explanation say; `''` where they say nothing. */
  wording: string;
  /** The names of what each of its issues says, and its template; where no issue says anything, its explanation. */
  issues: readonly string[];
  /** The template's text. */
  pattern: string;
  /** `''` for a producer that names none. */
  detector: string;
  status: AnomalyStatus;
  severity: number;
  confidence: number;
  /** Epoch milliseconds. */
  at: number;
}

/** What people's judgements taught about alerts: the chance that one is real. Made by the nightly training. */
export interface AlertModel {
  /** Weight per feature of `alertFeatures`; features it never saw weigh nothing. */
  weights: Record<string, number>;
  bias: number;
  /** Platt's calibration: chance = logistic(slope × sum + offset). */
  slope: number;
  offset: number;
  /** An alert with a greater chance to be real is told, whatever was said of its like. */
  quietBelow: number;
  /** Names it: when it was trained, epoch milliseconds. */
  trainedAt?: number;
}

const WORDS = 16;

/**
 * Alerts of one template of one service; where there is no template, those of one status that say the same. `''` for one
 * that says nothing: it is like no other.
 */
export function alertFamily({ service, template, wording, status }: AlertSignal): string {
  if (template) return `${service}|${template}`;
  return wording && `${service}|${status}|${wording}`;
}

const hoursOf = ({ at }: AlertSignal): string => `h${Math.floor(new Date(at).getUTCHours() / 4)}`;

/** The binary features of an alert: what it is, how bad, when, and the words of its template. */
export function alertFeatures(signal: AlertSignal): string[] {
  const { service, detector, status, severity, confidence } = signal;
  const family = alertFamily(signal);
  const hours = hoursOf(signal);
  const weekend = new Date(signal.at).getUTCDay() % 6 === 0 ? 'weekend' : 'weekday';
  const words = new Set(signal.pattern.toLowerCase().match(/\p{L}{2,30}/gu) ?? []);
  return [
    `service:${service}`,
    `detector:${detector}`,
    `detector:${service}|${detector}`,
    ...(family ? [`family:${family}`] : []),
    `status:${status}`,
    `severity:${severity}`,
    `confidence:${Math.round(confidence * 10)}`,
    `hours:${hours}`,
    `days:${weekend}`,
    ...(family ? [`family:${family}|${hours}`, `family:${family}|${status}${severity}`] : []),
    ...[...words].slice(0, WORDS).map((word) => `word:${word}`),
  ];
}

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** The sum behind the chance, before calibration. */
export function alertSum(
  { weights, bias }: Pick<AlertModel, 'weights' | 'bias'>,
  features: readonly string[],
): number {
  let sum = bias;
  for (const feature of features) if (Object.hasOwn(weights, feature)) sum += weights[feature]!;
  return sum;
}

/** The calibrated chance (0..1) that the alert is real. */
export const chanceReal = (model: AlertModel, signal: AlertSignal): number =>
  logistic(model.slope * alertSum(model, alertFeatures(signal)) + model.offset);

/** An incident as the model of alerts sees it. */
export function signalOf(incident: Incident): AlertSignal {
  const {
    service,
    identity: { template, detector },
    anomalyStatus,
    severity,
    confidence,
    activity: { firstSeen },
  } = incident;
  const { title, issues, explanation } = incident;
  return {
    service,
    template: namesKind(template) ? template.id : '',
    wording: namesKind(template) ? '' : (incident.identity.wording ?? wordingId([...issues, explanation])),
    issues: saidNames(issues, explanation, template),
    pattern: template?.pattern ?? title,
    detector: detector ?? '',
    status: anomalyStatus,
    severity,
    confidence,
    at: firstSeen,
  };
}

/** One anomaly by itself, whatever incident it joined. */
export function signalOfAnomaly(anomaly: Anomaly): AlertSignal {
  const { service, template, detector, severity, confidence, explanation } = anomaly;
  return {
    service,
    template: namesKind(template) ? template.id : '',
    wording: wordingOfAnomaly(anomaly),
    issues: saidNames(anomaly.detected_issues, explanation, template),
    pattern: template?.pattern ?? anomaly.detected_issues[0] ?? '',
    detector: detector ?? '',
    status: anomaly.anomaly_status,
    severity,
    confidence,
    at: Date.parse(anomaly.window?.from ?? anomaly.detected_at),
  };
}

/** What says nothing says nothing that could be new. A template may be shared by all that its producer has to say. */
function saidNames(
  issues: readonly string[],
  explanation: string,
  template: { pattern: string } | undefined,
): string[] {
  const names = issues.map((issue) => wordingId([issue])).filter((name) => name !== '');
  const explained = names.length === 0 ? wordingId([explanation]) : '';
  const pattern = template ? patternId(template.pattern) : '';
  return [...new Set([...names, explained, pattern])].filter((name) => name !== '');
}
