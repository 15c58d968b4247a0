import type { Anomaly, AnomalyStatus } from './anomaly.ts';
import type { Incident } from './incident.ts';
import { namesKind, patternId, wordingId, wordingOfAnomaly } from './wording.ts';

/** What is known of an alert at the moment when it is decided whether people are notified of it. */
export interface AlertSignal {
  service: string;
  /** Id of the template that names its kind; `''` if there is none. */
  template: string;
  /** For an alert without such a template: a name made from its issues and its explanation; `''` if these have no words. */
  wording: string;
  /** The names of its issues, and its template; if it has no issues, the name of its explanation. */
  issues: readonly string[];
  /** The template's text. */
  pattern: string;
  /** `''` if the producer names no detector. */
  detector: string;
  status: AnomalyStatus;
  severity: number;
  confidence: number;
  /** Epoch milliseconds. */
  at: number;
}

/** What people's judgements taught about alerts: the chance that one is real. The nightly training makes it. */
export interface AlertModel {
  /** Weight per feature of `alertFeatures`; a feature without a weight counts nothing. */
  weights: Record<string, number>;
  bias: number;
  /** Platt's calibration: chance = logistic(slope × sum + offset). */
  slope: number;
  offset: number;
  /** People are notified of an alert with a greater chance than this to be real, whatever was said about similar alerts. */
  quietBelow: number;
  /** When it was trained (epoch milliseconds), which is also its name. */
  trainedAt?: number;
}

const WORDS = 16;

/**
 * The alerts of one template of one service; without a template, those of one status whose texts have the same name. `''` for an
 * alert without any words: no other alert is similar to it.
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

/** One anomaly by itself, without the rest of its incident. */
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

/** The names of the texts that have words. One template may stand for everything that its producer reports. */
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
