import type { Scored, Tally } from './rank.ts';

/** So much of what a caller says of itself must be about whom it cannot reach. */
const MOSTLY = 0.5;
/** A service that shows a state of its own goes first unless it weighs less than this share. */
const PROVEN = 0.5;

/** Who takes whose place: the one that could not be reached, and the callers that only say so. */
export interface Unreached {
  scored: Scored[];
  /** Caller → whom it could not reach. */
  callers: ReadonlyMap<string, string>;
}

/**
 * A caller whose own lines say no more than that somebody nobody is known by does not answer hands its place over to that
 * one, under the address or the name it dials. The order of all others stays, and nobody unknown goes before a service that
 * shows a cause of its own.
 */
export function nameUnreached(ranked: readonly Scored[]): Unreached {
  const named = new Map<string, Scored>();
  const callers = new Map<string, string>();
  for (const entry of ranked) {
    const dialled = dialledBy(entry);
    const [most] = dialled;
    if (!most) continue;
    callers.set(entry.service, most.service);
    for (const { service, tally } of dialled) {
      const known = named.get(service);
      const score = entry.score * (tally.blame / most.tally.blame);
      if (known) join(known.tally, tally);
      named.set(service, {
        service,
        tally: known?.tally ?? tally,
        score: Math.max(known?.score ?? 0, score),
      });
    }
  }
  if (named.size === 0) return { scored: [...ranked], callers };
  const others = ranked.filter(({ service }) => !callers.has(service));
  const proven = others.filter(({ tally }) => tally.root > 0);
  for (const entry of named.values())
    for (const { score } of proven)
      if (entry.score >= score && score >= PROVEN * entry.score) entry.score = score * 0.99;
  const scored = [...named.values(), ...others].sort((a, b) => b.score - a.score);
  return { scored, callers };
}

/** What a service says it cannot reach, most weight first; nothing where it says more than that. */
function dialledBy({ service: caller, tally }: Scored): { service: string; tally: Tally }[] {
  if (tally.root > 0) return [];
  const found = new Map<string, Tally>();
  let all = 0;
  let told = 0;
  for (const { group, weight, own, lines } of tally.charges) {
    if (!own) continue;
    all += weight;
    const about = new Set(group.dialled.flatMap((one) => one.lines)).size;
    told += weight * (about / lines.length);
    for (const one of group.dialled) {
      const amount = weight * (one.lines.length / lines.length);
      const count = Math.max(1, Math.round((group.count * one.lines.length) / group.lines.length));
      const address = { service: one.service, how: 'host', ...(one.port ? { port: one.port } : {}) } as const;
      const charged = {
        // The group as it speaks of this one, so that it can be told with its port.
        group: { ...group, targets: [{ ...address, lines: one.lines }] },
        weight: amount,
        count,
        lines: one.lines,
        own: false,
      };
      const held: Tally = {
        blame: amount,
        said: [],
        root: 0,
        ownCount: 0,
        namedCount: count,
        reporters: new Set([caller]),
        charges: [charged],
        blames: new Map(),
      };
      const known = found.get(one.service);
      if (known) join(known, held);
      else found.set(one.service, held);
    }
  }
  if (told < MOSTLY * all) return [];
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
