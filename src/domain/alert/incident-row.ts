import { type Incident, isListed } from './incident.ts';
import { isMuted } from './mute.ts';

/** How an incident stands for people: its state, unless it is muted or kept quiet. */
export type Standing = Incident['lifecycle']['state'] | 'muted' | 'suppressed';

/** An incident as lists show it: `bongsu incidents --json` and the console page. Times are ISO 8601 and those of its log. */
export interface IncidentRow {
  id: string;
  title: string;
  /** The ranked cause in words, once it is known. */
  cause?: string;
  severity: number;
  status: Standing;
  service: string;
  since: string;
  lastSeen: string;
  /** Log lines behind it; anomalies where no detector counted lines. */
  lines: number;
  evidence: { line: string }[];
  /** Alerts of other systems about it; those that fire come without `until`. */
  alerts?: { source: string; name: string; since: string; until?: string; url?: string }[];
}

/** @param now epoch ms, for mutes */
export function standingOf(incident: Incident, now: number): Standing {
  if (incident.lifecycle.state === 'resolved') return 'resolved';
  if (incident.suppression) return 'suppressed';
  return isMuted(incident, now) ? 'muted' : incident.lifecycle.state;
}

/** Those that a list shows, the worst first and then the earliest. @param all also those that nobody waits for any more */
export function listedIncidents(incidents: readonly Incident[], all: boolean, now: number): Incident[] {
  const isWaiting = (incident: Incident): boolean =>
    ['open', 'acknowledged'].includes(standingOf(incident, now));
  return incidents.filter((incident) => isListed(incident) && (all || isWaiting(incident))).sort(worstFirst);
}

/** The most severe first; of these the one that began first. */
const worstFirst = (a: Incident, b: Incident): number =>
  b.severity - a.severity || a.activity.firstSeen - b.activity.firstSeen || (a.id < b.id ? -1 : 1);

/** @param cause the words for its `rootCause` in the reader's language */
export function incidentRow(incident: Incident, now: number, cause?: string): IncidentRow {
  const { id, title, severity, service, activity, sampleLines, rootCause, alerts } = incident;
  const lines = [...new Set([...sampleLines, ...(rootCause?.evidence ?? [])])];
  return {
    id,
    title,
    ...(cause ? { cause } : {}),
    severity,
    status: standingOf(incident, now),
    service,
    since: new Date(activity.firstSeen).toISOString(),
    lastSeen: new Date(activity.lastSeen).toISOString(),
    lines: activity.lines ?? activity.count,
    evidence: lines.map((line) => ({ line })),
    ...(alerts
      ? {
          alerts: alerts.list.map(({ source, name, since, until, url }) => ({
            source,
            name,
            since: new Date(since).toISOString(),
            ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
            ...(url ? { url } : {}),
          })),
        }
      : {}),
  };
}
