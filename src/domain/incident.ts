import type { Anomaly, AnomalyStatus } from './anomaly.ts';

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
  /** Anomalies of its own service, without those of the affected. */
  count: number;
  /** Log lines behind them, where their detector counts lines. */
  lines?: number;
  firstSeen: number;
  lastSeen: number;
  affected: AffectedService[];
  /** The incident this one is a consequence of; everything is then told in that one's thread. */
  cause?: { id: string; service: string; title: string };
  /** Services its anomalies name as failing, where the detector says so. */
  names?: string[];
  sampleLines: string[];
  template?: { id: string; pattern: string };
  detector?: string;
  /** 1 for the first time this key was seen; a recurrence after resolution counts on. */
  occurrence: number;
  previousId?: string;
  /** When the earlier incident was seen last. */
  previousAt?: number;
  /** Who did what and when, oldest first. */
  history: { at: number; who: string; what: IncidentAction; note?: string; until?: number }[];
}

export const INCIDENT_ACTIONS = ['opened', 'acknowledged', 'resolved', 'muted', 'unmuted'] as const;
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];

const ISSUES_KEPT = 12;
const SAMPLES_KEPT = 8;
const NAMES_KEPT = 20;

/** The identity of the problem an anomaly belongs to. */
export function incidentKey(anomaly: Anomaly): string {
  const family = anomaly.template?.id ?? anomaly.detected_issues[0] ?? anomaly.detector ?? 'general';
  return `${anomaly.service}\u0000${family}`;
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
const plus = (a: number | undefined, b: number | undefined): number | undefined =>
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
    affected: [],
    names: namesOf(anomaly),
    sampleLines: (anomaly.sample_lines ?? []).slice(0, SAMPLES_KEPT),
    template: anomaly.template,
    detector: anomaly.detector,
    occurrence: (previous?.occurrence ?? 0) + 1,
    previousId: previous?.id,
    previousAt: previous?.at,
    history: [{ at, who: 'bongsu', what: 'opened' }],
  };
}

const union = (a: string[], b: string[], limit: number): string[] =>
  [...new Set([...a, ...b])].slice(0, limit);

/** A further anomaly of the incident's own service. */
export function joinOwn(incident: Incident, anomaly: Anomaly): Incident {
  const at = anomalyTime(anomaly);
  const worse = anomaly.severity > incident.severity;
  return {
    ...incident,
    // What it is called follows its worst: a slow pool that runs dry is told as dry.
    title: worse ? titleOf(anomaly) : incident.title,
    explanation: worse ? anomaly.explanation : incident.explanation,
    count: incident.count + 1,
    lines: plus(incident.lines, linesOf(anomaly)),
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

/** Trouble of another service that this incident causes. */
export function joinAffected(incident: Incident, anomaly: Anomaly): Incident {
  const at = anomalyTime(anomaly);
  const known = incident.affected.find((entry) => entry.service === anomaly.service);
  const entry: AffectedService = {
    service: anomaly.service,
    count: (known?.count ?? 0) + 1,
    lines: plus(known?.lines, linesOf(anomaly)),
    firstSeen: Math.min(known?.firstSeen ?? at, at),
    lastSeen: Math.max(known?.lastSeen ?? at, at),
    issues: union(known?.issues ?? [], anomaly.detected_issues, ISSUES_KEPT),
    critical: known?.critical || anomaly.anomaly_status === 'critical',
  };
  return {
    ...incident,
    lastSeen: Math.max(incident.lastSeen, at),
    affected: [...incident.affected.filter((other) => other !== known), entry],
  };
}

/** Folds a whole incident into the one that causes it: returns both as they are afterwards. */
export function foldInto(cause: Incident, victim: Incident): { cause: Incident; victim: Incident } {
  const arrivals: AffectedService[] = [
    {
      service: victim.service,
      count: victim.count,
      lines: victim.lines,
      firstSeen: victim.firstSeen,
      lastSeen: victim.lastSeen,
      issues: victim.issues,
      critical: victim.anomalyStatus === 'critical',
    },
    ...victim.affected,
  ];
  let { affected } = cause;
  for (const arrival of arrivals) {
    // A service cannot be hurt by itself: what the victim had folded of the cause's own service is dropped.
    if (arrival.service === cause.service) continue;
    const known = affected.find((entry) => entry.service === arrival.service);
    const merged: AffectedService = known
      ? {
          service: known.service,
          count: known.count + arrival.count,
          lines: plus(known.lines, arrival.lines),
          firstSeen: Math.min(known.firstSeen, arrival.firstSeen),
          lastSeen: Math.max(known.lastSeen, arrival.lastSeen),
          issues: union(known.issues, arrival.issues, ISSUES_KEPT),
          critical: known.critical || arrival.critical,
        }
      : arrival;
    affected = [...affected.filter((entry) => entry !== known), merged];
  }
  return {
    cause: { ...cause, affected, lastSeen: Math.max(cause.lastSeen, victim.lastSeen) },
    victim: { ...victim, affected: [], cause: { id: cause.id, service: cause.service, title: cause.title } },
  };
}

/** Whether people are told in a thread of its own: it is critical, or what it causes is, and no other causes it. */
export const needsThread = (incident: Incident): boolean =>
  !incident.cause &&
  (incident.anomalyStatus === 'critical' || incident.affected.some((entry) => entry.critical));

/** Applies a person's action. Resolving clears a mute; of what is resolved nothing else can be changed. */
export function actOn(
  incident: Incident,
  action: { what: Exclude<IncidentAction, 'opened'>; who: string; at: number; note?: string; until?: number },
): Incident {
  const history = [
    ...incident.history,
    {
      at: action.at,
      who: action.who,
      what: action.what,
      ...(action.note ? { note: action.note } : {}),
      ...(action.until ? { until: action.until } : {}),
    },
  ];
  if (incident.state === 'resolved' && action.what !== 'resolved') return incident;
  switch (action.what) {
    case 'acknowledged':
      return { ...incident, state: 'acknowledged', owner: action.who, history };
    case 'resolved':
      return { ...incident, state: 'resolved', mutedUntil: undefined, history };
    case 'muted':
      return { ...incident, mutedUntil: action.until, history };
    case 'unmuted':
      return { ...incident, mutedUntil: undefined, history };
  }
}
