import type { Certainty, FailureKind } from '../log/failure-kind.ts';
import { addTo, type Trend } from '../log/trend.ts';
import type { Anomaly, AnomalyStatus } from './anomaly.ts';
import type { Verdict } from './feedback.ts';
import { alertsWith, type OutsideAlerts } from './outside-alert.ts';
import type { Target } from './route.ts';
import { namesKind, wordingId, wordingOfAnomaly } from './wording.ts';

export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** A service whose failure was joined to the thread of its cause. */
export interface AffectedService {
  service: string;
  count: number;
  /** The same fields as in the incident itself. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  issues: string[];
  /** Whether any of its anomalies was critical. */
  critical?: boolean;
}

/** One problem while it lasts, with everything that the first message of its thread shows. Times are epoch milliseconds. */
export interface Incident {
  id: string;
  service: string;
  title: string;
  issues: string[];
  explanation: string;
  anomalyStatus: AnomalyStatus;
  severity: number;
  confidence: number;
  sampleLines: string[];
  /** A person merged another incident of the same service into it, so its severity and issues belong to several problems. */
  mixed?: true;
  identity: Identity;
  activity: Activity;
  lifecycle: Lifecycle;
  correlation: Correlation;
  feedback: IncidentFeedback;
  /** Absent: its service writes no lines about requests, or they were not counted yet. */
  requests?: IncidentRequests;
  /** Absent: it is posted in the alert channel of every chat. */
  routing?: Routing;
  /** Absent: it is not muted. */
  mute?: IncidentMute;
  /** Absent: people are notified. Present: they are not, because people called similar alerts false alarms. */
  suppression?: Suppression;
  /** Absent: no step of escalation was taken. */
  escalation?: { steps: number };
  /**
   * A file was read that holds it, and nothing live has added to it: it is told on the console page only, is never escalated, and
   * is not over by quiet, because its log ended and not the trouble.
   */
  fromFile?: true;
  /** The first of the ranked causes, once they are known. */
  rootCause?: RootCause;
  /** Absent: no other system alerts about it. */
  alerts?: OutsideAlerts;
}

/** What is to blame for an incident, as data: words are made of it in the reader's language. */
export interface RootCause {
  service: string;
  /** What kind of failure it is; absent where only the lines say it. */
  kind?: FailureKind;
  /** The message's own words, where there is no kind that says more. */
  text?: string;
  verdict: Certainty;
  /** 0..1 */
  confidence: number;
  /** Lines that prove it, verbatim, most telling first. */
  evidence: string[];
}

/** How many requests its service answered while it lasted, and how many of them with a server error. */
interface IncidentRequests {
  total: number;
  failed: number;
}

/** Which problem it is. This decides which later anomalies join it, and which earlier incidents were the same problem. */
interface Identity {
  /** `service + template family (or error type)`: a later anomaly with the same key joins while the window is open. */
  key: string;
  template?: { id: string; pattern: string };
  /** The name made from the texts of its most severe anomaly, if no template names its kind. */
  wording?: string;
  detector?: string;
  /** 1 if this key was never seen before; each new incident of the same key after a resolution has the next number. */
  occurrence: number;
  /** The incident of this key before this one, and when it was seen last. */
  previous?: { id: string; at?: number };
}

/** How many anomalies and log lines it has, and when they came. */
interface Activity {
  /** Anomalies of its own service; those of affected services are not counted here. */
  count: number;
  /** Log lines behind these anomalies, if their detector counts lines. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  /** Its anomalies (or log lines, if lines are counted) over time. */
  trend?: Trend;
}

/** What people did with it, and what happened to it with time. */
export interface Lifecycle {
  state: IncidentState;
  owner?: string;
  /** By the wall clock: when it was opened (or opened again), when its latest anomaly came, when it was resolved. */
  openedAt?: number;
  quietSince?: number;
  resolvedAt?: number;
  /** How often it came back soon after it was resolved. */
  flaps?: number;
  /** Who did what and when, oldest first. */
  history: HistoryEntry[];
  /** How many entries were removed because the history was full. */
  forgotten?: number;
}

/** How it is connected with the incidents of other services. */
interface Correlation {
  /** Services that fail because of this incident. */
  affected: AffectedService[];
  /** Anomalies of services that `affected` has no room for. */
  unlisted?: number;
  /** The incident that is the cause of this one; all news about this one is then posted in the thread of the cause. */
  cause?: Cause;
  /** A person split it off from another incident: it does not join one again automatically. */
  standsAlone?: true;
  /** The services that its anomalies name as failing, if the detector gives names. */
  names?: string[];
}

/** What people said about it, and about which templates and detectors they said it. */
interface IncidentFeedback {
  verdict?: Verdict;
  /** Where its anomalies came from; at most a fixed number. */
  signals?: Signal[];
}

/** Where it is posted: the result of the rules when it was opened or became more severe. */
interface Routing {
  targets: Target[];
}

interface IncidentMute {
  until: number;
  /** The mute of its template or its service that covers it; absent if the incident itself was muted. */
  id?: string;
}

/**
 * The votes that an alert is judged by: all of its family, only those that count for its severity, or of these only the ones near
 * its time of day.
 */
export const LIKENESSES = ['family', 'severity', 'hours'] as const;
export type Likeness = (typeof LIKENESSES)[number];

/** Why people are not notified of an alert, in numbers that a person can check. */
export interface SuppressionReason {
  likeness: Likeness;
  /** How many of the latest votes in a row called similar alerts false alarms, and how many were needed. */
  rejected: number;
  needed: number;
  /** How many similar alerts were called real before those. */
  real: number;
  /** The calibrated chance (0..1) that the alert is real. */
  chance: number;
  /** The model that computed it, by the time of its training (epoch ms). */
  model?: number;
}

interface Suppression {
  /** The numbers behind the decision; absent in incidents of earlier versions. */
  reason?: SuppressionReason;
}

interface Cause {
  id: string;
  service: string;
  title: string;
  /**
   * The affected services that it brought into the cause when it joined. With this list it can be split off again together with
   * them.
   */
  carried?: AffectedService[];
}

/** A template (`''` if none) and the detector that reported it (`''` if it has no name). */
interface Signal {
  template: string;
  detector: string;
}

export const INCIDENT_ACTIONS = [
  'opened',
  'acknowledged',
  'assigned',
  'resolved',
  'recovered',
  'reopened',
  'muted',
  'unmuted',
  'escalated',
  'merged',
  'split',
  'false_alarm',
  'real',
  'disclosed',
] as const;
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];

export interface HistoryEntry {
  at: number;
  /** `bongsu` for what happened automatically. */
  who: string;
  what: IncidentAction;
  note?: string;
  /** Of a mute. */
  until?: number;
  /** For an assignment: the new owner. For a merge or a split: the other incident. */
  to?: string;
  /** Whom to call, for example `user:U1`, and the chat where this id is known. */
  mention?: string[];
  chat?: string;
  /** For what happened automatically: how long it was quiet before the recovery, or how long nobody acknowledged. */
  waitedMs?: number;
  /** For a problem that came back: 2 if it is here for the second time, and so on. */
  times?: number;
}

const ISSUES_KEPT = 12;
const SAMPLES_KEPT = 8;
const NAMES_KEPT = 20;
const SIGNALS_KEPT = 12;
const HISTORY_KEPT = 200;

/** The key of the problem that an anomaly belongs to. */
export function incidentKey(anomaly: Anomaly): string {
  const { service, template, detected_issues, explanation, detector } = anomaly;
  const [issue] = detected_issues;
  // The words of an issue without its numbers: each new count is no new problem.
  const named = issue === undefined ? undefined : wordingId([issue]) || issue;
  // Without an issue, the name of the explanation is used, so that two problems of one service stay apart.
  const family = template?.id ?? named ?? (wordingId([explanation]) || (detector ?? 'general'));
  return `${service}\u0000${family}`;
}

/** The key that version 0.1 made of it, with the numbers of the issue; undefined where it is the same. */
export function formerKey({ service, template, detected_issues: [issue] }: Anomaly): string | undefined {
  return template || issue === undefined ? undefined : `${service}\u0000${issue}`;
}

/** The services that the anomaly names as failing (wire field `names`); undefined if the detector gives none. */
export function namedServices(anomaly: Anomaly): string[] | undefined {
  const { names } = anomaly as { names?: unknown };
  if (!Array.isArray(names)) return undefined;
  return names.filter((name): name is string => typeof name === 'string').slice(0, NAMES_KEPT);
}

/** How many log lines are behind the anomaly (wire field `count`); undefined if the detector does not say it. */
export function linesOf(anomaly: Anomaly): number | undefined {
  const { count } = anomaly as { count?: unknown };
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

/** The sum of the values that are known. */
export const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

/** The time that an anomaly is about: the end of its window, else when it was detected. */
export const anomalyTime = (anomaly: Anomaly): number =>
  Date.parse(anomaly.window?.to ?? anomaly.detected_at);

const titleOf = (anomaly: Anomaly): string =>
  anomaly.detected_issues[0] ?? anomaly.explanation.split('\n')[0] ?? anomaly.anomaly_status;

export function openIncident(
  id: string,
  anomaly: Anomaly,
  previous?: { id: string; occurrence: number; at?: number },
): Incident {
  const at = anomalyTime(anomaly);
  const from = anomaly.window ? Date.parse(anomaly.window.from) : at;
  const lines = linesOf(anomaly);
  const alerts = alertsWith(undefined, anomaly, at);
  return {
    id,
    service: anomaly.service,
    title: titleOf(anomaly),
    issues: anomaly.detected_issues.slice(0, ISSUES_KEPT),
    explanation: anomaly.explanation,
    anomalyStatus: anomaly.anomaly_status,
    severity: anomaly.severity,
    confidence: anomaly.confidence,
    sampleLines: (anomaly.sample_lines ?? []).slice(0, SAMPLES_KEPT),
    identity: {
      key: incidentKey(anomaly),
      template: anomaly.template,
      ...(namesKind(anomaly.template) ? {} : { wording: wordingOfAnomaly(anomaly) }),
      detector: anomaly.detector,
      occurrence: (previous?.occurrence ?? 0) + 1,
      ...(previous ? { previous: { id: previous.id, at: previous.at } } : {}),
    },
    activity: { count: 1, lines, firstSeen: from, lastSeen: at, trend: addTo(undefined, at, lines ?? 1) },
    lifecycle: { state: 'open', history: [{ at, who: 'bongsu', what: 'opened' }] },
    correlation: { affected: [], names: namedServices(anomaly) },
    feedback: { signals: [signalOf(anomaly)] },
    ...(alerts ? { alerts } : {}),
  };
}

export const union = (a: string[], b: string[], limit: number): string[] =>
  [...new Set([...a, ...b])].slice(0, limit);

const signalOf = (anomaly: Anomaly): Signal => ({
  template: anomaly.template?.id ?? '',
  detector: anomaly.detector ?? '',
});
function withSignal(known: Signal[] = [], signal: Signal): Signal[] {
  const same = (other: Signal) => other.template === signal.template && other.detector === signal.detector;
  return known.some(same) || known.length >= SIGNALS_KEPT ? known : [...known, signal];
}

/**
 * The lifecycle with one more entry in its history. When the history is full, the oldest entries are removed and counted, but the
 * first one stays.
 */
export function noted(lifecycle: Lifecycle, entry: HistoryEntry): Lifecycle {
  const { history, forgotten } = lifecycle;
  if (history.length < HISTORY_KEPT) return { ...lifecycle, history: [...history, entry] };
  const kept = [history[0]!, ...history.slice(2), entry];
  return { ...lifecycle, history: kept, forgotten: (forgotten ?? 0) + 1 };
}

/** The number of the latest entry, counted from 0 over all entries that there ever were. */
export const lastEntry = ({ lifecycle: { history, forgotten } }: Incident): number =>
  history.length - 1 + (forgotten ?? 0);

/** The entry with this number; undefined if it was removed. */
export const entryAt = (
  { lifecycle: { history, forgotten } }: Incident,
  number: number,
): HistoryEntry | undefined => history[number === 0 ? 0 : number - (forgotten ?? 0)];

/** A further anomaly of the incident's own service. */
export function joinOwn(incident: Incident, anomaly: Anomaly): Incident {
  const worse = anomaly.severity > incident.severity;
  const alerts = alertsWith(incident.alerts, anomaly, anomalyTime(anomaly), incident.activity);
  // What the logs say tells more than the name of an alert about them.
  const telling = worse && !(anomaly.alert && alerts?.logs);
  const { identity, feedback } = incident;
  const named = telling && !namesKind(identity.template);
  return {
    ...incident,
    // The title is that of the most severe anomaly: when a slow pool runs out of connections, the title says so.
    title: telling ? titleOf(anomaly) : incident.title,
    explanation: telling ? anomaly.explanation : incident.explanation,
    severity: Math.max(incident.severity, anomaly.severity),
    anomalyStatus: worse ? anomaly.anomaly_status : incident.anomalyStatus,
    confidence: Math.max(incident.confidence, anomaly.confidence),
    issues: telling
      ? union(anomaly.detected_issues, incident.issues, ISSUES_KEPT)
      : union(incident.issues, anomaly.detected_issues, ISSUES_KEPT),
    sampleLines: telling
      ? union(anomaly.sample_lines ?? [], incident.sampleLines, SAMPLES_KEPT)
      : union(incident.sampleLines, anomaly.sample_lines ?? [], SAMPLES_KEPT),
    identity: named ? { ...identity, wording: wordingOfAnomaly(anomaly) } : identity,
    activity: oneMore(incident.activity, anomaly),
    correlation: { ...incident.correlation, names: moreNames(incident.correlation.names, anomaly) },
    feedback: { ...feedback, signals: withSignal(feedback.signals, signalOf(anomaly)) },
    ...(alerts ? { alerts } : {}),
  };
}

function oneMore(activity: Activity, anomaly: Anomaly): Activity {
  const at = anomalyTime(anomaly);
  const lines = linesOf(anomaly);
  return {
    count: activity.count + 1,
    lines: plus(activity.lines, lines),
    firstSeen: Math.min(activity.firstSeen, anomaly.window ? Date.parse(anomaly.window.from) : at),
    lastSeen: Math.max(activity.lastSeen, at),
    trend: addTo(activity.trend, at, lines ?? 1),
  };
}

function moreNames(known: string[] | undefined, anomaly: Anomaly): string[] | undefined {
  const names = namedServices(anomaly);
  return known || names ? union(known ?? [], names ?? [], NAMES_KEPT) : undefined;
}

/**
 * Whether people are notified in a thread of its own: it or an affected service is critical, and no other incident is its cause.
 */
export const needsThread = ({ correlation, suppression, anomalyStatus }: Incident): boolean =>
  !correlation.cause &&
  !suppression &&
  (anomalyStatus === 'critical' || correlation.affected.some((entry) => entry.critical));

/** Whether it stands for itself in lists: it is no part of the thread of its cause. */
export const isListed = ({ correlation }: Pick<Incident, 'correlation'>): boolean => !correlation.cause;

/** Whether it goes on and people want to know: it stands for itself, is not resolved and is not kept quiet. */
export const isOpen = (incident: Incident): boolean =>
  isListed(incident) && incident.lifecycle.state !== 'resolved' && !incident.suppression;
