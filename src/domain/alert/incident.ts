import { addTo, type Trend } from '../log/trend.ts';
import type { Anomaly, AnomalyStatus } from './anomaly.ts';
import type { Verdict } from './feedback.ts';
import type { Target } from './route.ts';
import type { QuietReason } from './suppression.ts';
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
  /** `service + template family (or error type)`: a later anomaly with the same key joins while the window is open. */
  key: string;
  service: string;
  title: string;
  issues: string[];
  explanation: string;
  anomalyStatus: AnomalyStatus;
  severity: number;
  confidence: number;
  state: IncidentState;
  owner?: string;
  mutedUntil?: number;
  /** The mute of its template or service that covers it; absent where it was muted by itself. */
  muteId?: string;
  /** Anomalies of its own service, without those of the affected. */
  count: number;
  /** Log lines behind them, where their detector counts lines. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  /** How its anomalies (lines, where they are counted) came over time. */
  trend?: Trend;
  affected: AffectedService[];
  /** Anomalies of further services than are kept in `affected`. */
  unlisted?: number;
  /** The incident this one is a consequence of; everything is then told in that one's thread. */
  cause?: Cause;
  /** A person took it out of another: it is not folded into one again by itself. */
  standsAlone?: true;
  /** Services its anomalies name as failing, where the detector says so. */
  names?: string[];
  sampleLines: string[];
  template?: { id: string; pattern: string };
  /** Where no template names its kind: the name of what its worst anomaly says. */
  wording?: string;
  detector?: string;
  /** A person merged another of its service into it: how grave it is and what it says are of several kinds. */
  mixed?: true;
  /** What its anomalies came from, for judgements on the detectors; bounded. */
  signals?: Signal[];
  /** What people said of it. */
  verdict?: Verdict;
  /** Nobody was told of it: by what people said of its like it is a false alarm. */
  quiet?: true;
  /** Why nobody was told. */
  quietReason?: QuietReason;
  /** Where it is told of, decided by the rules when it opened or got worse; absent: in every chat's alert channel. */
  targets?: Target[];
  /** Wall clock: when it opened (again), when something of it came last, when it was resolved. */
  openedAt?: number;
  quietSince?: number;
  resolvedAt?: number;
  /** How often it came back soon after it was resolved. */
  flaps?: number;
  /** Steps of escalation that were taken. */
  escalated?: number;
  /** 1 for the first time this key was seen; a recurrence after resolution counts on. */
  occurrence: number;
  previousId?: string;
  /** When the earlier incident was seen last. */
  previousAt?: number;
  /** Who did what and when, oldest first. */
  history: HistoryEntry[];
  /** Entries that the history had no room for. */
  forgotten?: number;
}

export interface Cause {
  id: string;
  service: string;
  title: string;
  /** What it brought along when it was folded, so that it can be taken out again. */
  carried?: AffectedService[];
}

/** A template (`''`: none) and the detector (`''`: not named) that reported it. */
export interface Signal {
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
  /** Of what came back: for the how manieth time it is there. */
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
  return {
    id,
    key: incidentKey(anomaly),
    service: anomaly.service,
    title: titleOf(anomaly),
    issues: anomaly.detected_issues.slice(0, ISSUES_KEPT),
    explanation: anomaly.explanation,
    anomalyStatus: anomaly.anomaly_status,
    severity: anomaly.severity,
    confidence: anomaly.confidence,
    state: 'open',
    count: 1,
    lines: linesOf(anomaly),
    firstSeen: from,
    lastSeen: at,
    trend: addTo(undefined, at, linesOf(anomaly) ?? 1),
    affected: [],
    names: namesOf(anomaly),
    sampleLines: (anomaly.sample_lines ?? []).slice(0, SAMPLES_KEPT),
    template: anomaly.template,
    ...(namesKind(anomaly.template) ? {} : { wording: wordingOfAnomaly(anomaly) }),
    detector: anomaly.detector,
    signals: [signalOf(anomaly)],
    occurrence: (previous?.occurrence ?? 0) + 1,
    previousId: previous?.id,
    previousAt: previous?.at,
    history: [{ at, who: 'bongsu', what: 'opened' }],
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

/** The history with one more entry; of very many the oldest but the opening go, and are counted. */
export function noted(incident: Incident, entry: HistoryEntry): Pick<Incident, 'history' | 'forgotten'> {
  const { history, forgotten } = incident;
  if (history.length < HISTORY_KEPT) return { history: [...history, entry], forgotten };
  return { history: [history[0]!, ...history.slice(2), entry], forgotten: (forgotten ?? 0) + 1 };
}

/** The number of the latest entry of all that ever were, from 0. */
export const lastEntry = (incident: Incident): number =>
  incident.history.length - 1 + (incident.forgotten ?? 0);

/** The entry with that number; undefined where it is forgotten. */
export const entryAt = (incident: Incident, number: number): HistoryEntry | undefined =>
  incident.history[number === 0 ? 0 : number - (incident.forgotten ?? 0)];

/** A further anomaly of the incident's own service. */
export function joinOwn(incident: Incident, anomaly: Anomaly): Incident {
  const at = anomalyTime(anomaly);
  const worse = anomaly.severity > incident.severity;
  return {
    ...incident,
    // What it is called follows its worst: a slow pool that runs dry is told as dry.
    title: worse ? titleOf(anomaly) : incident.title,
    explanation: worse ? anomaly.explanation : incident.explanation,
    ...(worse && !namesKind(incident.template) ? { wording: wordingOfAnomaly(anomaly) } : {}),
    count: incident.count + 1,
    lines: plus(incident.lines, linesOf(anomaly)),
    trend: addTo(incident.trend, at, linesOf(anomaly) ?? 1),
    signals: withSignal(incident.signals, signalOf(anomaly)),
    firstSeen: Math.min(incident.firstSeen, anomaly.window ? Date.parse(anomaly.window.from) : at),
    lastSeen: Math.max(incident.lastSeen, at),
    severity: Math.max(incident.severity, anomaly.severity),
    anomalyStatus: worse ? anomaly.anomaly_status : incident.anomalyStatus,
    confidence: Math.max(incident.confidence, anomaly.confidence),
    issues: worse
      ? union(anomaly.detected_issues, incident.issues, ISSUES_KEPT)
      : union(incident.issues, anomaly.detected_issues, ISSUES_KEPT),
    names:
      incident.names || namesOf(anomaly)
        ? union(incident.names ?? [], namesOf(anomaly) ?? [], NAMES_KEPT)
        : undefined,
    sampleLines: worse
      ? union(anomaly.sample_lines ?? [], incident.sampleLines, SAMPLES_KEPT)
      : union(incident.sampleLines, anomaly.sample_lines ?? [], SAMPLES_KEPT),
  };
}

/** Whether people are told in a thread of its own: it is critical, or what it causes is, and no other causes it. */
export const needsThread = (incident: Incident): boolean =>
  !incident.cause &&
  !incident.quiet &&
  (incident.anomalyStatus === 'critical' || incident.affected.some((entry) => entry.critical));
