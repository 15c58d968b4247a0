import { addTo } from '../log/trend.ts';
import type { Anomaly } from './anomaly.ts';
import { type AffectedService, anomalyTime, type Incident, linesOf, plus, union } from './incident.ts';

/** How many affected services are kept one by one, and how much of each. */
const AFFECTED_KEPT = 200;
const AFFECTED_ISSUES = 3;
const AFFECTED_ISSUE = 300;

/** Adds an anomaly of another service whose failure this incident causes. */
export function joinAffected(incident: Incident, anomaly: Anomaly): Incident {
  const at = anomalyTime(anomaly);
  const { correlation } = incident;
  const activity = {
    ...incident.activity,
    lastSeen: Math.max(incident.activity.lastSeen, at),
    trend: addTo(incident.activity.trend, at, linesOf(anomaly) ?? 1),
  };
  const known = correlation.affected.find((entry) => entry.service === anomaly.service);
  if (!known && correlation.affected.length >= AFFECTED_KEPT)
    return {
      ...incident,
      activity,
      correlation: { ...correlation, unlisted: (correlation.unlisted ?? 0) + 1 },
    };
  const entry: AffectedService = {
    service: anomaly.service,
    count: (known?.count ?? 0) + 1,
    lines: plus(known?.lines, linesOf(anomaly)),
    firstSeen: Math.min(known?.firstSeen ?? at, at),
    lastSeen: Math.max(known?.lastSeen ?? at, at),
    issues: shortIssues(union(known?.issues ?? [], anomaly.detected_issues, AFFECTED_ISSUES)),
    critical: known?.critical || anomaly.anomaly_status === 'critical',
  };
  const affected = [...correlation.affected.filter((other) => other !== known), entry];
  return { ...incident, activity, correlation: { ...correlation, affected } };
}

const shortIssues = (issues: string[]): string[] =>
  issues.slice(0, AFFECTED_ISSUES).map((issue) => issue.slice(0, AFFECTED_ISSUE).toWellFormed());

/** The affected services of both lists, each once. Those that do not fit are only counted. */
export function joinLists(
  known: AffectedService[],
  arrivals: AffectedService[],
): { affected: AffectedService[]; unlisted: number } {
  const all = new Map(known.map((entry) => [entry.service, entry]));
  let unlisted = 0;
  for (const arrival of arrivals) {
    const before = all.get(arrival.service);
    // The one that changed last is the last in the list.
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

/** An incident as an entry in another incident's list of affected services. */
export const asAffected = (incident: Incident): AffectedService => ({
  service: incident.service,
  count: incident.activity.count,
  lines: incident.activity.lines,
  firstSeen: incident.activity.firstSeen,
  lastSeen: incident.activity.lastSeen,
  issues: incident.issues,
  critical: incident.anomalyStatus === 'critical',
});
