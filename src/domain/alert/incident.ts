import { addTo, type Trend } from '../log/trend.ts';
import type { Anomaly, AnomalyStatus } from './anomaly.ts';
import type { Verdict } from './feedback.ts';
import type { Target } from './route.ts';
import { namesKind, wordingId, wordingOfAnomaly } from './wording.ts';

export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** A service whose trouble joined the thread of its cause. */
export interface AffectedService {
  service: string;
  count: number;
  /** As of the incident itself. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  issues: string[];
  /** Whether any of its anomalies was critical. */
  critical?: boolean;
}

/** One living problem: everything the parent message of its thread shows. Times are epoch milliseconds. */
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
  /** A person merged another of its service into it: its severity and its issues are of several kinds. */
  mixed?: true;
  identity: Identity;
  activity: Activity;
  lifecycle: Lifecycle;
  correlation: Correlation;
  feedback: IncidentFeedback;
  /** Absent: told in every chat's alert channel. */
  routing?: Routing;
  /** Absent: not muted. */
  mute?: IncidentMute;
  /** Absent: people are told. Present: it is kept quiet, because people called alerts like it false alarms. */
  suppression?: Suppression;
  /** Absent: no step was taken. */
  escalation?: { steps: number };
}

/** Which problem it is: what makes a later anomaly join it, and which earlier incidents were the same problem. */
interface Identity {
  /** `service + template family (or error type)`: a later anomaly with the same key joins while the window is open. */
  key: string;
  template?: { id: string; pattern: string };
  /** The name of what its worst anomaly says, where no template names its kind. */
  wording?: string;
  detector?: string;
  /** 1 for the first time this key was seen; a recurrence after resolution counts on. */
  occurrence: number;
  /** The incident before this one, and when it was seen last. */
  previous?: { id: string; at?: number };
}

/** How much of it there was, and when. */
interface Activity {
  /** Anomalies of its own service, without those of the affected services. */
  count: number;
  /** Log lines behind them, where their detector counts lines. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  /** Its anomalies (or lines, where lines are counted) over time. */
  trend?: Trend;
}

/** What people and time did with it. */
export interface Lifecycle {
  state: IncidentState;
  owner?: string;
  /** By the wall clock: when it opened (again), when its latest anomaly came, when it was resolved. */
  openedAt?: number;
  quietSince?: number;
  resolvedAt?: number;
  /** How often it came back soon after it was resolved. */
  flaps?: number;
  /** Who did what and when, oldest first. */
  history: HistoryEntry[];
  /** Entries that the history had no room for. */
  forgotten?: number;
}

/** How it hangs together with the troubles of other services. */
interface Correlation {
  /** Services whose trouble this incident explains. */
  affected: AffectedService[];
  /** Anomalies of more services than `affected` has room for. */
  unlisted?: number;
  /** The incident that explains this one; everything is then told in that one's thread. */
  cause?: Cause;
  /** A person took it out of another incident: it does not join one again by itself. */
  standsAlone?: true;
  /** Services that its anomalies name as failing, where the detector says so. */
  names?: string[];
}

/** What people said of it, and about which templates and detectors they said it. */
interface IncidentFeedback {
  verdict?: Verdict;
  /** Where its anomalies came from; bounded. */
  signals?: Signal[];
}

/** Where it is told, by the rules at the time when it opened or got worse. */
interface Routing {
  targets: Target[];
}

interface IncidentMute {
  until: number;
  /** The mute of its template or service that covers it; absent where it was muted by itself. */
  id?: string;
}

/** Which alerts of its family one is judged by: all, those that speak for its severity, of these those at its time of day. */
export const LIKENESSES = ['family', 'severity', 'hours'] as const;
export type Likeness = (typeof LIKENESSES)[number];

/** Why an alert is kept quiet, in numbers that a person can check. */
export interface QuietReason {
  likeness: Likeness;
  /** So many of its like in a row, the latest, were called false alarms; so many were needed. */
  rejected: number;
  needed: number;
  /** So many of its like were called real before those. */
  real: number;
  /** The calibrated chance (0..1) that it is real. */
  chance: number;
  /** The model that says so, by when it was trained (epoch ms). */
  model?: number;
}

interface Suppression {
  /** The numbers it was decided by; absent in incidents of earlier versions. */
  reason?: QuietReason;
}

interface Cause {
  id: string;
  service: string;
  title: string;
  /** The affected services that it brought along when it joined, so that it can be taken out again with them. */
  carried?: AffectedService[];
}

/** A template (`''`: none) and the detector (`''`: not named) that reported it. */
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
  /** `bongsu` for what happened by itself. */
  who: string;
  what: IncidentAction;
  note?: string;
  /** Of a mute. */
  until?: number;
  /** Of an assignment: to whom. Of a merge and a split: the other incident. */
  to?: string;
  /** Whom to call, e.g. `user:U1`, and the chat that knows them. */
  mention?: string[];
  chat?: string;
  /** Of what happened by itself: the quiet before a recovery, the time nobody acknowledged. */
  waitedMs?: number;
  /** Of what came back: 2 when it is there for the second time, and so on. */
  times?: number;
}

const ISSUES_KEPT = 12;
const SAMPLES_KEPT = 8;
const NAMES_KEPT = 20;
const SIGNALS_KEPT = 12;
const HISTORY_KEPT = 200;

/** The identity of the problem an anomaly belongs to. */
export function incidentKey(anomaly: Anomaly): string {
  const { service, template, detected_issues, explanation, detector } = anomaly;
  // Without an issue: what it explains, so that two problems of one service do not become one.
  const family = template?.id ?? detected_issues[0] ?? (wordingId([explanation]) || (detector ?? 'general'));
  return `${service}\u0000${family}`;
}

/** Services a detector says the anomaly names as failing (wire field `names`); undefined when it does not say. */
export function namesOf(anomaly: Anomaly): string[] | undefined {
  const { names } = anomaly as { names?: unknown };
  if (!Array.isArray(names)) return undefined;
  return names.filter((name): name is string => typeof name === 'string').slice(0, NAMES_KEPT);
}

/** How many log lines a detector says are behind the anomaly (wire field `count`); undefined when it does not say. */
export function linesOf(anomaly: Anomaly): number | undefined {
  const { count } = anomaly as { count?: unknown };
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

/** The sum of what is known. */
export const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

/** The time an anomaly speaks of: the end of its window, else when it was detected. */
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
    correlation: { affected: [], names: namesOf(anomaly) },
    feedback: { signals: [signalOf(anomaly)] },
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

/** The life so far with one more entry in its history; of very many the oldest but the opening go, and are counted. */
export function noted(lifecycle: Lifecycle, entry: HistoryEntry): Lifecycle {
  const { history, forgotten } = lifecycle;
  if (history.length < HISTORY_KEPT) return { ...lifecycle, history: [...history, entry] };
  const kept = [history[0]!, ...history.slice(2), entry];
  return { ...lifecycle, history: kept, forgotten: (forgotten ?? 0) + 1 };
}

/** The number of the latest entry of all that ever were, from 0. */
export const lastEntry = ({ lifecycle: { history, forgotten } }: Incident): number =>
  history.length - 1 + (forgotten ?? 0);

/** The entry with that number; undefined where it is forgotten. */
export const entryAt = (
  { lifecycle: { history, forgotten } }: Incident,
  number: number,
): HistoryEntry | undefined => history[number === 0 ? 0 : number - (forgotten ?? 0)];

/** A further anomaly of the incident's own service. */
export function joinOwn(incident: Incident, anomaly: Anomaly): Incident {
  const worse = anomaly.severity > incident.severity;
  const { identity, feedback } = incident;
  const named = worse && !namesKind(identity.template);
  return {
    ...incident,
    // What it is called follows its worst: a slow pool that runs dry is told as dry.
    title: worse ? titleOf(anomaly) : incident.title,
    explanation: worse ? anomaly.explanation : incident.explanation,
    severity: Math.max(incident.severity, anomaly.severity),
    anomalyStatus: worse ? anomaly.anomaly_status : incident.anomalyStatus,
    confidence: Math.max(incident.confidence, anomaly.confidence),
    issues: worse
      ? union(anomaly.detected_issues, incident.issues, ISSUES_KEPT)
      : union(incident.issues, anomaly.detected_issues, ISSUES_KEPT),
    sampleLines: worse
      ? union(anomaly.sample_lines ?? [], incident.sampleLines, SAMPLES_KEPT)
      : union(incident.sampleLines, anomaly.sample_lines ?? [], SAMPLES_KEPT),
    identity: named ? { ...identity, wording: wordingOfAnomaly(anomaly) } : identity,
    activity: oneMore(incident.activity, anomaly),
    correlation: { ...incident.correlation, names: moreNames(incident.correlation.names, anomaly) },
    feedback: { ...feedback, signals: withSignal(feedback.signals, signalOf(anomaly)) },
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
  const names = namesOf(anomaly);
  return known || names ? union(known ?? [], names ?? [], NAMES_KEPT) : undefined;
}

/** Whether people are told in a thread of its own: it is critical, or what it causes is, and no other causes it. */
export const needsThread = ({ correlation, suppression, anomalyStatus }: Incident): boolean =>
  !correlation.cause &&
  !suppression &&
  (anomalyStatus === 'critical' || correlation.affected.some((entry) => entry.critical));
