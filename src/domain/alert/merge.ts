import { apart, together } from '../log/trend.ts';
import { asAffected, joinLists } from './affected-services.ts';
import { type AffectedService, type Incident, plus, union } from './incident.ts';

/** Joins an incident to the one that causes it: it is told in that one's thread. Returns both as they are afterwards. */
export function joinCause(
  cause: Incident,
  consequence: Incident,
): { cause: Incident; consequence: Incident } {
  // A service cannot be hurt by itself: what the consequence had joined of the cause's own service is dropped.
  const arrivals = [asAffected(consequence), ...consequence.correlation.affected].filter(
    ({ service }) => service !== cause.service,
  );
  const { affected, unlisted } = joinLists(cause.correlation.affected, arrivals);
  const more = (cause.correlation.unlisted ?? 0) + unlisted + (consequence.correlation.unlisted ?? 0);
  const reference = { id: cause.id, service: cause.service, title: cause.title };
  return {
    cause: {
      ...cause,
      correlation: { ...cause.correlation, affected, ...(more > 0 ? { unlisted: more } : {}) },
      activity: {
        ...cause.activity,
        trend: together(cause.activity.trend, consequence.activity.trend),
        lastSeen: Math.max(cause.activity.lastSeen, consequence.activity.lastSeen),
      },
    },
    consequence: {
      ...consequence,
      correlation: {
        ...consequence.correlation,
        affected: [],
        cause: { ...reference, carried: consequence.correlation.affected },
      },
    },
  };
}

/** What a person merges: as `joinCause`, but of one service the counts add up. */
export function mergeInto(target: Incident, source: Incident): { target: Incident; source: Incident } {
  const joined = joinCause(target, source);
  if (source.service !== target.service) return { target: joined.cause, source: joined.consequence };
  return {
    target: {
      ...joined.cause,
      mixed: true,
      activity: {
        ...joined.cause.activity,
        count: target.activity.count + source.activity.count,
        lines: plus(target.activity.lines, source.activity.lines),
        firstSeen: Math.min(target.activity.firstSeen, source.activity.firstSeen),
      },
      severity: Math.max(target.severity, source.severity),
      anomalyStatus: source.severity > target.severity ? source.anomalyStatus : target.anomalyStatus,
      issues: union(target.issues, source.issues, 12),
      sampleLines: union(target.sampleLines, source.sampleLines, 8),
    },
    source: joined.consequence,
  };
}

/** Takes an incident out of the one in whose thread it is told; its counts and its trend go with it. */
export function splitFrom(whole: Incident, part: Incident): { whole: Incident; part: Incident } {
  const same = part.service === whole.service;
  const { activity } = whole;
  const lines =
    activity.lines === undefined ? undefined : Math.max(0, activity.lines - (part.activity.lines ?? 0));
  const { cause, ...correlation } = part.correlation;
  return {
    whole: {
      ...whole,
      correlation: { ...whole.correlation, affected: without(whole.correlation.affected, part) },
      activity: {
        ...activity,
        trend: apart(activity.trend, part.activity.trend),
        ...(same ? { count: Math.max(1, activity.count - part.activity.count), lines } : {}),
      },
    },
    part: { ...part, correlation: { ...correlation, affected: cause?.carried ?? [], standsAlone: true } },
  };
}

/** An incident between the two, which joined a further one itself: it does not bring the part along any more. */
export function splitBetween(between: Incident, part: Incident): Incident {
  const { cause } = between.correlation;
  if (!cause) return between;
  const carried = without(cause.carried ?? [], part);
  return {
    ...between,
    activity: { ...between.activity, trend: apart(between.activity.trend, part.activity.trend) },
    correlation: { ...between.correlation, cause: { ...cause, carried } },
  };
}

/** Affected services less what an incident, and what that one carries, counts in them. */
function without(affected: readonly AffectedService[], part: Incident): AffectedService[] {
  const leaving = new Map<string, AffectedService>();
  for (const entry of [asAffected(part), ...(part.correlation.cause?.carried ?? [])])
    leaving.set(entry.service, entry);
  return affected.flatMap((entry) => {
    const gone = leaving.get(entry.service);
    if (!gone) return [entry];
    const count = entry.count - gone.count;
    if (count <= 0) return [];
    const lines = entry.lines === undefined ? undefined : Math.max(0, entry.lines - (gone.lines ?? 0));
    return [{ ...entry, count, ...(lines === undefined ? {} : { lines }) }];
  });
}
