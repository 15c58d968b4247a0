import { addTo } from '../log/trend.ts';
import type { Anomaly } from './anomaly.ts';
import { anomalyTime, type Incident, linesOf } from './incident.ts';

/**
 * An incident with lines of it that came after its last anomaly: it has more of them, and a later end. Nothing else changes. Where
 * they are of a service that fails because of the incident, they are added to that one.
 */
export function withLines(incident: Incident, tally: Anomaly): Incident {
  const more = linesOf(tally) ?? 0;
  const at = anomalyTime(tally);
  const { activity, correlation } = incident;
  const lastSeen = Math.max(activity.lastSeen, at);
  const trend = addTo(activity.trend, at, more);
  if (tally.service === incident.service)
    return { ...incident, activity: { ...activity, lines: (activity.lines ?? 0) + more, lastSeen, trend } };
  const affected = correlation.affected.map((entry) =>
    entry.service === tally.service
      ? { ...entry, lines: (entry.lines ?? 0) + more, lastSeen: Math.max(entry.lastSeen, at) }
      : entry,
  );
  return {
    ...incident,
    activity: { ...activity, lastSeen, trend },
    correlation: { ...correlation, affected },
  };
}
