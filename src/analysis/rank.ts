import type { LogRecord } from '../domain/record.ts';
import type { Evidence, FailureGroup } from './evidence.ts';
import { type FailureKind, isResolverFailure, isRoot, saying } from './failure.ts';
import { isMisspelt } from './names.ts';

/** A service that may be the cause, with what speaks for it. */
export interface RankedCause {
  service: string;
  /** What is wrong with it, as its own lines or those of its callers say. */
  kind: FailureKind;
  score: number;
  /** 0..1, its share of all blame, tempered by how much evidence there is. */
  confidence: number;
  /** Lines in the window that speak against it: its own and those of others. */
  own: number;
  named: number;
  /** Services whose lines name it as failing. */
  reporters: string[];
  /** It wrote nothing at all in the window. */
  silent: boolean;
  /** No line names it: only addresses nobody else is known by lead to it. */
  inferred: boolean;
  /** The lines that prove it best, its own root cause first. */
  lines: LogRecord[];
}

export interface Ranking {
  causes: RankedCause[];
  /** Services with trouble that another service's failure explains. */
  ruledOut: { service: string; because: string; count: number }[];
  verdict: 'confirmed' | 'likely' | 'inconclusive';
}

const LINES_KEPT = 6;

interface Tally {
  blame: number;
  own: number;
  root: number;
  ownCount: number;
  namedCount: number;
  reporters: Set<string>;
  groups: { group: FailureGroup; weight: number; lines: LogRecord[]; own: boolean }[];
  /** Weight with which this service blames others. */
  blames: Map<string, number>;
}

/**
 * Ranks the services by who is to blame. Every failing template counts by the logarithm of its lines, so that the
 * loudest does not win by volume; less when it was as frequent before the window, or came and went; its weight
 * goes to the services it names, else to its own. Blame is then passed on: a service that is blamed and itself
 * names another hands most of it over.
 */
export function rankCauses(evidence: Evidence): Ranking {
  const tallies = new Map<string, Tally>();
  const tallyOf = (service: string): Tally => {
    let tally = tallies.get(service);
    if (!tally) {
      tally = {
        blame: 0,
        own: 0,
        root: 0,
        ownCount: 0,
        namedCount: 0,
        reporters: new Set(),
        groups: [],
        blames: new Map(),
      };
      tallies.set(service, tally);
    }
    return tally;
  };
  const lastOf = new Map(evidence.services.map((facts) => [facts.service, facts.last]));

  const reportersOf = new Map<string, Map<string, number>>();
  const speakersOf = new Map<string, Set<string>>();
  for (const group of evidence.failures) {
    speakersOf.set(group.pattern, (speakersOf.get(group.pattern) ?? new Set()).add(group.service));
    for (const { service } of group.targets) {
      const by = reportersOf.get(service) ?? new Map<string, number>();
      reportersOf.set(service, by.set(group.service, (by.get(group.service) ?? 0) + group.count));
    }
  }
  /** Who names a service most often: with a wrong address, the one that has it; the others pass its words on. */
  const loudest = (service: string): string | undefined =>
    [...reportersOf.get(service)!].sort((a, b) => b[1] - a[1])[0]?.[0];
  for (const group of evidence.failures) {
    const weight = groupWeight(group, evidence, lastOf);
    const reporter = tallyOf(group.service);
    const own = (lines: LogRecord[], root: boolean): void => {
      if (lines.length === 0) return;
      // What nearly everybody says (start-up noise, a sidecar's chatter) sets nobody apart.
      const speakers = speakersOf.get(group.pattern)!.size;
      const amount = (weight * (lines.length / group.lines.length)) / (speakers > 3 ? speakers : 1);
      reporter.own += amount;
      if (root) reporter.root += amount;
      reporter.ownCount += Math.max(1, Math.round((group.count * lines.length) / group.lines.length));
      reporter.groups.push({ group, weight: amount * (root ? 3 : 1), lines, own: true });
    };
    const aimed = new Set<LogRecord>();
    for (const target of group.targets) {
      for (const record of target.lines) aimed.add(record);
      const alone = reportersOf.get(target.service)!.size === 1;
      // Its resolver fails for nobody else, or it dials a name that only resembles a service: the caller's own fault.
      const first = target.lines[0]!;
      const lost = alone && isResolverFailure(saying(first));
      const caller = isMisspelt(target.service, target.port, evidence.directory)
        ? loudest(target.service)
        : undefined;
      if (lost || caller === group.service) {
        own(target.lines, true);
        continue;
      }
      const blamed = caller ?? target.service;
      const tally = tallyOf(blamed);
      const share = target.lines.length / group.lines.length;
      const certainty = target.how === 'host' ? 1 : target.how === 'port' ? 0.9 : 0.6;
      const amount = (weight * share * certainty) / Math.sqrt(group.targets.length);
      tally.blame += amount;
      tally.namedCount += Math.max(1, Math.round(group.count * share));
      tally.reporters.add(group.service);
      tally.groups.push({ group, weight: amount, lines: target.lines, own: false });
      reporter.blames.set(blamed, (reporter.blames.get(blamed) ?? 0) + amount);
    }
    own(
      group.lines.filter((record) => !aimed.has(record)),
      isRoot(group.kind),
    );
  }

  const silent = new Set(evidence.silences.map(({ service }) => service));
  const talking = new Set(evidence.services.filter((facts) => facts.count > 0).map((facts) => facts.service));
  const scored = [...tallies].map(([service, tally]) => {
    const handedOn = [...tally.blames.values()].reduce((sum, amount) => sum + amount, 0);
    // Blamed and blaming: a link in the chain, unless its own lines show a cause of its own.
    const link = handedOn / (handedOn + tally.blame + 2 * tally.root + 1e-9);
    const breadth = 1 + 0.3 * Math.log2(Math.max(1, tally.reporters.size));
    const own = tally.root * 2 + (tally.own - tally.root) * (handedOn > 0 ? 0.15 : 0.5);
    const quiet = tally.blame > 0 && (silent.has(service) || !talking.has(service)) ? 1.15 : 1;
    const score = (2 * tally.blame * breadth * quiet + own) * (1 - 0.7 * link);
    return { service, tally, score };
  });
  // What a link of the chain was blamed for counts, in part, against the one it names.
  const byName = new Map(scored.map((entry) => [entry.service, entry]));
  const passed = scored.map((entry) => {
    let extra = 0;
    for (const [reporter, other] of byName) {
      const amount = other.tally.blames.get(entry.service) ?? 0;
      const all = [...other.tally.blames.values()].reduce((sum, value) => sum + value, 0);
      if (reporter !== entry.service && all > 0) extra += 0.5 * other.tally.blame * (amount / all);
    }
    return { ...entry, score: entry.score + extra };
  });
  passed.sort((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1));

  const total = passed.reduce((sum, entry) => sum + entry.score, 0);
  const causes = passed
    .filter((entry) => entry.score > 0.05 * (passed[0]?.score ?? 0) && entry.score > 0)
    .slice(0, 10)
    .map(({ service, tally, score }): RankedCause => {
      const amount = tally.ownCount + tally.namedCount;
      return {
        service,
        kind: kindOf(tally),
        score,
        confidence: Number(((score / total) * (1 - 1 / (1 + amount))).toFixed(2)),
        own: tally.ownCount,
        named: tally.namedCount,
        reporters: [...tally.reporters].sort(),
        silent: silent.has(service) || !talking.has(service),
        inferred: tally.groups.every(({ group }) =>
          group.targets.some((target) => target.service === service && target.how === 'absent'),
        ),
        lines: proof(tally),
      };
    });
  return {
    causes,
    ruledOut: ruleOut(passed, causes[0]),
    verdict: verdictOf(causes, evidence.services.length),
  };
}

/** What its own lines give as a root cause goes before what its callers saw of it. */
function kindOf(tally: Tally): FailureKind {
  const weights = new Map<FailureKind, number>();
  const own = tally.groups.filter((entry) => entry.own && isRoot(entry.group.kind));
  for (const { group, weight } of own.length > 0 ? own : tally.groups)
    weights.set(group.kind, (weights.get(group.kind) ?? 0) + weight);
  return [...weights].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'error';
}

/** log2(1 + lines), tempered by novelty and by whether it lasted. */
function groupWeight(group: FailureGroup, evidence: Evidence, lastOf: ReadonlyMap<string, number>): number {
  const { window, baseline } = evidence.span;
  const base = Math.log2(1 + group.count);
  const novelty = !baseline || group.before < 0.5 ? 1 : group.count > 2 * group.before ? 0.8 : 0.15;
  // Lateness is measured against the service's own last line: clocks and time zones of streams differ.
  const end = Math.min(window.to, (lastOf.get(group.service) ?? window.to) + 1);
  const gap = (end - group.last) / Math.max(1, end - window.from);
  const late = gap < 0.1 ? 1 : gap < 0.25 ? 0.6 : gap < 0.5 ? 0.3 : 0.2;
  const vague = group.kind === 'error' && group.targets.length === 0 ? 0.6 : 1;
  return base * novelty * late * vague;
}

/** The best lines, spread over groups: one of each first, then more of the strongest; newest of each group first. */
function proof(tally: Tally): LogRecord[] {
  const groups = tally.groups.toSorted((a, b) => b.weight - a.weight);
  const out = new Map<string, LogRecord>();
  for (let depth = 0; depth < LINES_KEPT && out.size < LINES_KEPT; depth += 1)
    for (const { lines } of groups) {
      const record = lines[depth];
      if (record && out.size < LINES_KEPT) out.set(record.id, record);
    }
  return [...out.values()];
}

function ruleOut(
  scored: { service: string; tally: Tally }[],
  first: RankedCause | undefined,
): Ranking['ruledOut'] {
  if (!first) return [];
  return scored
    .filter(({ service, tally }) => service !== first.service && (tally.blames.get(first.service) ?? 0) > 0)
    .map(({ service, tally }) => ({
      service,
      because: first.service,
      count: tally.groups.reduce((sum, entry) => sum + (entry.own ? entry.group.count : 0), 0),
    }))
    .slice(0, 8);
}

/** Confirmed: its own lines show it and others name it, or several others do, far ahead of the next. */
function verdictOf(causes: RankedCause[], services: number): Ranking['verdict'] {
  const [first, second] = causes;
  // Some unspecific errors of one among several services, which nobody else notices, occur in healthy systems too.
  const vague = first && (first.kind === 'error' || first.kind === 'status') && first.named === 0;
  if (vague && services > 1 && first.score < 3) return 'inconclusive';
  if (!first || first.score < 1) return 'inconclusive';
  const lead = second ? first.score / second.score : Number.POSITIVE_INFINITY;
  const sources = (first.own > 0 ? 1 : 0) + first.reporters.length;
  return sources >= 2 && lead >= 1.5 ? 'confirmed' : 'likely';
}
