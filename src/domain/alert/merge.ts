import { apart, together } from '../log/trend.ts';
import { asAffected, joinLists } from './affected-services.ts';
import { type AffectedService, type Incident, plus, union } from './incident.ts';

/** Folds a whole incident into the one that causes it: returns both as they are afterwards. */
export function foldInto(cause: Incident, victim: Incident): { cause: Incident; victim: Incident } {
  // A service cannot be hurt by itself: what the victim had folded of the cause's own service is dropped.
  const arrivals = [asAffected(victim), ...victim.affected].filter(
    ({ service }) => service !== cause.service,
  );
  const { affected, unlisted } = joinLists(cause.affected, arrivals);
  const more = (cause.unlisted ?? 0) + unlisted + (victim.unlisted ?? 0);
  return {
    cause: {
      ...cause,
      affected,
      ...(more > 0 ? { unlisted: more } : {}),
      trend: together(cause.trend, victim.trend),
      lastSeen: Math.max(cause.lastSeen, victim.lastSeen),
    },
    victim: {
      ...victim,
      affected: [],
      cause: { id: cause.id, service: cause.service, title: cause.title, carried: victim.affected },
    },
  };
}

/** What a person merges: as `foldInto`, but of one service the counts add up. */
export function mergeInto(target: Incident, source: Incident): { target: Incident; source: Incident } {
  const folded = foldInto(target, source);
  if (source.service !== target.service) return { target: folded.cause, source: folded.victim };
  return {
    target: {
      ...folded.cause,
      mixed: true,
      count: target.count + source.count,
      lines: plus(target.lines, source.lines),
      firstSeen: Math.min(target.firstSeen, source.firstSeen),
      severity: Math.max(target.severity, source.severity),
      anomalyStatus: source.severity > target.severity ? source.anomalyStatus : target.anomalyStatus,
      issues: union(target.issues, source.issues, 12),
      sampleLines: union(target.sampleLines, source.sampleLines, 8),
    },
    source: folded.victim,
  };
}

/** Takes an incident out of the one in whose thread it is told; its counts and its trend go with it. */
export function splitFrom(told: Incident, part: Incident): { told: Incident; part: Incident } {
  const carried = part.cause?.carried ?? [];
  const same = part.service === told.service;
  const trend = apart(told.trend, part.trend);
  const { cause: _joined, ...rest } = part;
  return {
    told: {
      ...told,
      affected: without(told.affected, part),
      trend,
      ...(same ? { count: Math.max(1, told.count - part.count) } : {}),
      ...(same && told.lines !== undefined ? { lines: Math.max(0, told.lines - (part.lines ?? 0)) } : {}),
    },
    part: { ...rest, affected: carried, standsAlone: true },
  };
}

/** An incident between the two, which joined a further one itself: it does not bring the part along any more. */
export function splitBetween(between: Incident, part: Incident): Incident {
  const { cause } = between;
  if (!cause) return between;
  const carried = without(cause.carried ?? [], part);
  return { ...between, trend: apart(between.trend, part.trend), cause: { ...cause, carried } };
}

/** Affected services less what an incident, and what that one carries, counts in them. */
function without(affected: readonly AffectedService[], part: Incident): AffectedService[] {
  const leaving = new Map<string, AffectedService>();
  for (const entry of [asAffected(part), ...(part.cause?.carried ?? [])]) leaving.set(entry.service, entry);
  return affected.flatMap((entry) => {
    const gone = leaving.get(entry.service);
    if (!gone) return [entry];
    const count = entry.count - gone.count;
    if (count <= 0) return [];
    const lines = entry.lines === undefined ? undefined : Math.max(0, entry.lines - (gone.lines ?? 0));
    return [{ ...entry, count, ...(lines === undefined ? {} : { lines }) }];
  });
}
