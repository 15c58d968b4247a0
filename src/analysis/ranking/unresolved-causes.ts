import { emptyTally, type Tally } from './blame.ts';

/** This fraction of a caller's own failures must be about targets that it cannot reach. */
const MOSTLY = 0.5;
/** A service that shows a cause of its own comes first unless it weighs less than this fraction. */
const PROVEN = 0.5;

/** A service with everything that counts against it. */
export interface ScoredService {
  service: string;
  tally: Tally;
  score: number;
}

/** The ranking, with unresolved targets in place of the callers that only report that these do not answer. */
interface WithUnresolved {
  scored: ScoredService[];
  /** Caller → the target it could not reach. */
  callers: ReadonlyMap<string, string>;
}

/**
 * Some callers only report that a target does not answer, and no known service has its name or address. Such a caller gives its
 * place to that target, under the address or name that it calls. All others keep their order, and no unresolved target comes
 * before a service that shows a cause of its own.
 */
export function nameUnresolvedCauses(ranked: readonly ScoredService[]): WithUnresolved {
  const unresolved = new Map<string, ScoredService>();
  const callers = new Map<string, string>();
  for (const entry of ranked) {
    const targets = unresolvedOf(entry);
    const [most] = targets;
    if (!most) continue;
    callers.set(entry.service, most.service);
    for (const { service, tally } of targets) {
      const known = unresolved.get(service);
      const score = entry.score * (tally.blame / most.tally.blame);
      if (known) join(known.tally, tally);
      unresolved.set(service, {
        service,
        tally: known?.tally ?? tally,
        score: Math.max(known?.score ?? 0, score),
      });
    }
  }
  if (unresolved.size === 0) return { scored: [...ranked], callers };
  const others = ranked.filter(({ service }) => !callers.has(service));
  const proven = others.filter(({ tally }) => tally.root > 0);
  for (const entry of unresolved.values())
    for (const { score } of proven)
      if (entry.score >= score && score >= PROVEN * entry.score) entry.score = score * 0.99;
  const scored = [...unresolved.values(), ...others].sort((a, b) => b.score - a.score);
  return { scored, callers };
}

/** The targets that a service reports as unreachable, most weight first; none if it reports other failures too. */
function unresolvedOf({ service: caller, tally }: ScoredService): { service: string; tally: Tally }[] {
  if (tally.root > 0) return [];
  const found = new Map<string, Tally>();
  let all = 0;
  let about = 0;
  for (const { group, weight, own, lines } of tally.charges) {
    if (!own) continue;
    all += weight;
    const naming = new Set(group.unresolved.flatMap((target) => target.lines)).size;
    about += weight * (naming / lines.length);
    for (const target of group.unresolved) {
      const amount = weight * (target.lines.length / lines.length);
      const count = Math.max(1, Math.round((group.count * target.lines.length) / group.lines.length));
      const { service, port } = target;
      // The group reduced to this target, so that the answer can give the target's port.
      const mention = { service, how: 'host', ...(port ? { port } : {}), lines: target.lines } as const;
      const charged = { ...group, targets: [mention] };
      const blamed: Tally = {
        ...emptyTally(),
        blame: amount,
        namedCount: count,
        reporters: new Set([caller]),
        charges: [{ group: charged, weight: amount, count, lines: target.lines, own: false }],
      };
      const known = found.get(service);
      if (known) join(known, blamed);
      else found.set(service, blamed);
    }
  }
  if (about < MOSTLY * all) return [];
  return [...found]
    .map(([service, tally]) => ({ service, tally }))
    .sort((a, b) => b.tally.blame - a.tally.blame);
}

function join(into: Tally, more: Tally): void {
  into.blame += more.blame;
  into.namedCount += more.namedCount;
  into.charges.push(...more.charges);
  for (const reporter of more.reporters) into.reporters.add(reporter);
}
