import { apart, together } from '../log/trend.ts';
import { asAffected, joinLists } from './affected-services.ts';
import { type AffectedService, type Incident, plus, union } from './incident.ts';

/**
 * Joins an incident to the incident that causes it; its news is then posted in the thread of the cause. Returns both after the
 * change.
 */
export function joinCause(
  cause: Incident,
  consequence: Incident,
): { cause: Incident; consequence: Incident } {
  // A service cannot be affected by itself: if the consequence lists the cause's own service as affected, that entry is left out.
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

/** A merge by a person: as `joinCause`, but if both are of one service their counts are added. */
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

/** Takes an incident out of the one in whose thread it is posted; its counts and its trend go with it. */
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

/**
 * Changes an incident between the two, which had joined a further one itself: it no longer counts `part` among what it brought
 * there.
 */
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

/** The affected services without what an incident, and those it brought with it, added to them. */
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
