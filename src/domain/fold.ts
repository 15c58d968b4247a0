import { asAffected, joinLists } from './affected.ts';
import { type AffectedService, type Incident, plus, union } from './incident.ts';
import { together } from './trend.ts';

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

/** Takes an incident out of the one it joined; the counts go with it. The trend of the other stays as it was. */
export function splitFrom(cause: Incident, part: Incident): { cause: Incident; part: Incident } {
  const carried = part.cause?.carried ?? [];
  const leaving = new Map<string, AffectedService>();
  for (const entry of [asAffected(part), ...carried]) leaving.set(entry.service, entry);
  const affected = cause.affected.flatMap((entry) => {
    const gone = leaving.get(entry.service);
    if (!gone) return [entry];
    const count = entry.count - gone.count;
    if (count <= 0) return [];
    const lines = entry.lines === undefined ? undefined : Math.max(0, entry.lines - (gone.lines ?? 0));
    return [{ ...entry, count, ...(lines === undefined ? {} : { lines }) }];
  });
  const same = part.service === cause.service;
  const { cause: _joined, ...rest } = part;
  return {
    cause: {
      ...cause,
      affected,
      ...(same ? { count: Math.max(1, cause.count - part.count) } : {}),
      ...(same && cause.lines !== undefined ? { lines: Math.max(0, cause.lines - (part.lines ?? 0)) } : {}),
    },
    part: { ...rest, affected: carried, standsAlone: true },
  };
}
