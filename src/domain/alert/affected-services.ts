import { addTo } from '../log/trend.ts';
import type { Anomaly } from './anomaly.ts';
import { type AffectedService, anomalyTime, type Incident, linesOf, plus, union } from './incident.ts';

/** Affected services that are kept one by one, and how much of each. */
const AFFECTED_KEPT = 200;
const AFFECTED_ISSUES = 3;
const AFFECTED_ISSUE = 300;

/** Trouble of another service that this incident causes. */
export function joinAffected(incident: Incident, anomaly: Anomaly): Incident {
  const at = anomalyTime(anomaly);
  const known = incident.affected.find((entry) => entry.service === anomaly.service);
  const trend = addTo(incident.trend, at, linesOf(anomaly) ?? 1);
  const lastSeen = Math.max(incident.lastSeen, at);
  if (!known && incident.affected.length >= AFFECTED_KEPT)
    return { ...incident, lastSeen, trend, unlisted: (incident.unlisted ?? 0) + 1 };
  const entry: AffectedService = {
    service: anomaly.service,
    count: (known?.count ?? 0) + 1,
    lines: plus(known?.lines, linesOf(anomaly)),
    firstSeen: Math.min(known?.firstSeen ?? at, at),
    lastSeen: Math.max(known?.lastSeen ?? at, at),
    issues: shortIssues(union(known?.issues ?? [], anomaly.detected_issues, AFFECTED_ISSUES)),
    critical: known?.critical || anomaly.anomaly_status === 'critical',
  };
  return {
    ...incident,
    lastSeen,
    trend,
    affected: [...incident.affected.filter((other) => other !== known), entry],
  };
}

const shortIssues = (issues: string[]): string[] =>
  issues.slice(0, AFFECTED_ISSUES).map((issue) => issue.slice(0, AFFECTED_ISSUE).toWellFormed());

/** Affected services of both lists, each once. What does not fit any more is only counted. */
export function joinLists(
  known: AffectedService[],
  arrivals: AffectedService[],
): { affected: AffectedService[]; unlisted: number } {
  const all = new Map(known.map((entry) => [entry.service, entry]));
  let unlisted = 0;
  for (const arrival of arrivals) {
    const before = all.get(arrival.service);
    // What changed last stands last.
    all.delete(arrival.service);
    if (!before && all.size >= AFFECTED_KEPT) {
      unlisted += arrival.count;
      continue;
    }
    all.set(arrival.service, {
      service: arrival.service,
      count: (before?.count ?? 0) + arrival.count,
      lines: plus(before?.lines, arrival.lines),
      firstSeen: Math.min(before?.firstSeen ?? arrival.firstSeen, arrival.firstSeen),
      lastSeen: Math.max(before?.lastSeen ?? arrival.lastSeen, arrival.lastSeen),
      issues: shortIssues(union(before?.issues ?? [], arrival.issues, AFFECTED_ISSUES)),
      critical: before?.critical || arrival.critical,
    });
  }
  return { affected: [...all.values()], unlisted };
}

/** An incident as one line of another's list. */
export const asAffected = (incident: Incident): AffectedService => ({
  service: incident.service,
  count: incident.count,
  lines: incident.lines,
  firstSeen: incident.firstSeen,
  lastSeen: incident.lastSeen,
  issues: incident.issues,
  critical: incident.anomalyStatus === 'critical',
});
