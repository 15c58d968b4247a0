import type { LogRecord } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { isResolverFailure, saying } from '../evidence/failure.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { isMisspelt } from '../service-names/names.ts';
import { type Charge, isUnspecific, type Proof, proofOf } from './proof.ts';
import { nameUnreached } from './unreached.ts';
import { createWeighing, limitedServer, showsRoot, type Weighing } from './weight.ts';

/** A service that may be the cause, with what speaks for it. */
export interface RankedCause extends Proof {
  service: string;
  /** Where its callers dial it, with the port where they name one: `db:5432`. */
  address: string;
  score: number;
  /** 0..1, its share of all blame, tempered by how much evidence there is. */
  confidence: number;
  /** It wrote nothing at all in the window. */
  silent: boolean;
  /** No line names it: only addresses nobody else is known by lead to it. */
  inferred: boolean;
}

/** A service with what is held against it. */
export interface Scored {
  service: string;
  tally: Tally;
  score: number;
}

/**
 * A service with trouble that is not the cause: its errors name another (`because`), they are as many as before, or they
 * belong to a start that succeeded. `count` is its own lines, or those that name it.
 */
export type RuledOut = { service: string; count: number } & (
  | { why: 'caller'; because: string }
  | { why: 'usual' | 'steady' | 'settled' }
  | { why: 'working'; port: string }
);

/** Services of which one is meant, and nothing tells which. */
export interface Either {
  services: string[];
  /** The port by which all of them are known; absent where as much speaks against each of them. */
  port?: string;
  /** All of them go on working, so what cannot be reached may as well be somebody else. */
  working?: boolean;
}

export interface Ranking {
  causes: RankedCause[];
  /** The first cause is no more to blame than another one: what is told must name all of them. */
  either?: Either;
  ruledOut: RuledOut[];
  verdict: 'confirmed' | 'likely' | 'inconclusive';
}

/** What speaks against one service. */
export interface Tally {
  blame: number;
  /** Weights of its own failing groups that show no cause, and the sum of those that do. */
  said: number[];
  root: number;
  ownCount: number;
  namedCount: number;
  reporters: Set<string>;
  charges: Charge[];
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
        said: [],
        root: 0,
        ownCount: 0,
        namedCount: 0,
        reporters: new Set(),
        charges: [],
        blames: new Map(),
      };
      tallies.set(service, tally);
    }
    return tally;
  };
  const weighing = createWeighing(evidence);
  const limited = limitedServer(evidence.failures);

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
  const loudest = (service: string): string[] => {
    const by = [...reportersOf.get(service)!];
    const most = Math.max(...by.map(([, count]) => count));
    return by.flatMap(([reporter, count]) => (count === most ? [reporter] : []));
  };
  const blame = (
    blamed: string,
    group: FailureGroup,
    amount: number,
    count: number,
    lines: LogRecord[],
  ): void => {
    const tally = tallyOf(blamed);
    tally.blame += amount;
    tally.namedCount += count;
    tally.reporters.add(group.service);
    tally.charges.push({ group, weight: amount, count, lines, own: false });
    const { blames } = tallyOf(group.service);
    blames.set(blamed, (blames.get(blamed) ?? 0) + amount);
  };
  for (const group of evidence.failures) {
    const weight = weighing.weightOf(group);
    const reporter = tallyOf(group.service);
    const own = (lines: LogRecord[], root: boolean): void => {
      if (lines.length === 0) return;
      // What nearly everybody says (start-up noise, a sidecar's chatter) sets nobody apart.
      const speakers = speakersOf.get(group.pattern)!.size;
      const amount = (weight * (lines.length / group.lines.length)) / (speakers > 3 ? speakers : 1);
      if (root) reporter.root += amount;
      else reporter.said.push(amount);
      const count = Math.max(1, Math.round((group.count * lines.length) / group.lines.length));
      reporter.ownCount += count;
      reporter.charges.push({ group, weight: amount * (root ? 3 : 1), count, lines, own: true });
    };
    if (limited && group.kind === 'pool' && limited !== group.service && group.targets.length === 0) {
      blame(limited, group, weight, group.count, group.lines);
      continue;
    }
    const aimed = new Set<LogRecord>();
    for (const target of group.targets) {
      for (const record of target.lines) aimed.add(record);
      const alone = reportersOf.get(target.service)!.size === 1;
      // Its resolver fails for nobody else, or it dials a name that only resembles a service: the caller's own fault.
      const first = target.lines[0]!;
      const lost = alone && isResolverFailure(saying(first));
      const callers = isMisspelt(target.service, target.port, evidence.directory)
        ? loudest(target.service)
        : [];
      if (lost || callers.includes(group.service)) {
        own(target.lines, true);
        continue;
      }
      const meant = callers.length > 0 ? callers : [target.service];
      const share = target.lines.length / group.lines.length;
      // A path says what was asked for, not who failed: it is no surer than a name anywhere in the text.
      const certainty =
        target.how === 'host' ? 1 : target.how === 'word' || target.how === 'path' ? 0.6 : 0.9;
      const amount = (weight * share * certainty) / Math.sqrt(group.targets.length * meant.length);
      const count = Math.max(1, Math.round(group.count * share));
      for (const blamed of meant) blame(blamed, group, amount, count, target.lines);
    }
    own(
      group.lines.filter((record) => !aimed.has(record)),
      showsRoot(group),
    );
  }

  const silent = new Set(evidence.silences.map(({ service }) => service));
  const talking = new Set(evidence.services.filter((facts) => facts.count > 0).map((facts) => facts.service));
  const scored = [...tallies].map(([service, tally]) => {
    const handedOn = [...tally.blames.values()].reduce((sum, amount) => sum + amount, 0);
    // Blamed and blaming: a link in the chain, unless its own lines show a cause of its own.
    const link = handedOn / (handedOn + tally.blame + 2 * tally.root + 1e-9);
    const breadth = 1 + 0.3 * Math.log2(Math.max(1, tally.reporters.size));
    const own = tally.root * 2 + diminishing(tally.said) * (handedOn > 0 ? 0.15 : 0.5);
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
  // Of those that weigh the same the one that failed first comes first; that none of them is surer is told (`either`).
  passed.sort((a, b) => b.score - a.score || onset(a) - onset(b) || (a.service < b.service ? -1 : 1));

  const { scored: named, callers } = nameUnreached(passed);
  const total = named.reduce((sum, entry) => sum + entry.score, 0);
  const [first] = named;
  const explained = ruledOut(named, weighing, evidence.earlier ? 'usual' : 'steady');
  for (const { service, tally } of passed) {
    const because = callers.get(service);
    if (because) explained.set(service, { service, why: 'caller', because, count: tally.ownCount });
  }
  // The same for all: with a temper of each its own, a later cause could show more than one before it.
  const lines = named.reduce((sum, { tally }) => sum + tally.ownCount + tally.namedCount, 0);
  const causes = named
    .filter((entry) => entry.score > 0.05 * (first?.score ?? 0) && entry.score > 0)
    .filter((entry) => !explained.has(entry.service))
    .slice(0, 10)
    .map(({ service, tally, score }): RankedCause => {
      return {
        service,
        address: addressOf(service, tally.charges),
        ...proofOf(tally.charges),
        score,
        confidence: Number(((score / total) * (1 - 1 / (1 + lines))).toFixed(2)),
        silent: !talking.has(service),
        inferred: tally.charges.every(({ group }) =>
          group.targets.some((target) => target.service === service && target.how === 'absent'),
        ),
      };
    });
  const either = eitherOf(causes, named);
  const verdict = verdictOf(passed, causes, evidence, weighing);
  return {
    causes,
    ...(either ? { either } : {}),
    ruledOut: [...explained.values(), ...workers(evidence.failures, causes)].slice(0, 8),
    verdict: either && verdict === 'confirmed' ? 'likely' : verdict,
  };
}

const onset = ({ tally }: Scored): number => Math.min(...tally.charges.map(({ group }) => group.first));

/** Scores that differ by less are the same: they are sums in another order. */
const SAME = 1e-9;

/** Whether the first cause is one of several that may be meant. */
function eitherOf([first, ...others]: readonly RankedCause[], scored: readonly Scored[]): Either | undefined {
  if (!first) return undefined;
  const charges = scored.find(({ service }) => service === first.service)?.tally.charges ?? [];
  const shared = charges.every(({ own, group }) => !own && group.shared)
    ? charges.flatMap(({ group }) => group.shared ?? [])
    : [];
  const [one] = shared;
  const services = [...new Set(shared.flatMap(({ either }) => either))];
  if (one && services.length > 1) {
    const working = shared.every(({ either, working }) => either.every((name) => working.includes(name)));
    return { services, port: one.port, ...(working ? { working } : {}) };
  }
  const equal = others.filter(({ score }) => score >= first.score * (1 - SAME));
  return equal.length > 0 ? { services: [first, ...equal].map(({ service }) => service) } : undefined;
}

/** Who is alone known by a port that is dialled in vain, and goes on working. */
function workers(failures: readonly FailureGroup[], causes: readonly RankedCause[]): RuledOut[] {
  const found = new Map<string, RuledOut & { why: 'working' }>();
  for (const { shared, count } of failures) {
    const [service] = shared?.working ?? [];
    if (!shared || !service || shared.either.length > 1) continue;
    if (causes.some((cause) => cause.service === service)) continue;
    const known = found.get(service);
    found.set(service, { service, why: 'working', port: shared.port, count: (known?.count ?? 0) + count });
  }
  return [...found.values()];
}

/** The cause that may be told as the one there is; undefined where it is not proven, or another is as likely. */
export const provenCause = ({ verdict, either, causes }: Ranking): RankedCause | undefined =>
  verdict === 'inconclusive' || either ? undefined : causes[0];

function addressOf(service: string, charges: readonly Charge[]): string {
  const named = charges.flatMap(({ group }) => group.targets).filter((target) => target.service === service);
  const port = named.find((target) => target.how === 'host' && target.port)?.port;
  return port ? `${service}:${port}` : service;
}

/** Many ways to say that something failed are not as many reasons: each further one counts less. */
const diminishing = (weights: readonly number[]): number =>
  weights.toSorted((a, b) => b - a).reduce((sum, weight, index) => sum + weight * 0.6 ** index, 0);

/** Whose errors name the first cause and show nothing of its own; and who is in no more trouble than usual. */
function ruledOut(
  scored: readonly Scored[],
  weighing: Weighing,
  ordinary: 'usual' | 'steady',
): Map<string, RuledOut> {
  const [first, ...others] = scored;
  const out = new Map<string, RuledOut>();
  for (const { service, tally } of others) {
    const own = tally.charges.filter((charge) => charge.own);
    const sum = (some: readonly Charge[]): number => some.reduce((all, charge) => all + charge.count, 0);
    if (first && tally.blames.get(first.service) && tally.root === 0)
      out.set(service, { service, why: 'caller', because: first.service, count: sum(own) });
    else if (tally.charges.length > 0 && tally.charges.every(({ group }) => weighing.isSettled(group)))
      out.set(service, { service, why: 'settled', count: sum(tally.charges) });
    else if (sum(own) >= WORTH_SAYING && tally.charges.every(({ group }) => weighing.isUsual(group)))
      out.set(service, { service, why: ordinary, count: sum(own) });
  }
  return out;
}

/** Fewer usual errors than this are no news. */
const WORTH_SAYING = 5;

/** Lines that fail, of all lines, from which on it is no question that something is wrong. */
const LOUD = 0.2;
/** Lines that name no kind of failure are loud from so many on: one of one is all of them. */
const LOUD_LINES = 5;

/** Confirmed: its own lines show it and others name it, or several others do, far ahead of the next. */
function verdictOf(
  scored: readonly Scored[],
  [first, second]: readonly RankedCause[],
  evidence: Evidence,
  weighing: Weighing,
): Ranking['verdict'] {
  const tally = scored[0]?.tally;
  if (!first || !tally) return 'inconclusive';
  const open = tally.charges.filter(({ group }) => !weighing.isSettled(group));
  const settled = open.length < tally.charges.length;
  // What is left beside a start that succeeded must say something by itself.
  if (settled && (open.length === 0 || (isUnspecific(open) && open.every((charge) => charge.own))))
    return 'inconclusive';
  const failing = evidence.failures.reduce((sum, group) => sum + group.count, 0);
  const vague = isUnspecific(tally.charges) && tally.namedCount === 0;
  const loud = failing >= LOUD * evidence.records && (!vague || failing >= LOUD_LINES);
  if (!loud) {
    // Some unspecific errors of one among several services, which nobody else notices, occur in healthy systems too.
    if (vague && evidence.services.length > 1 && first.score < 3) return 'inconclusive';
    if (first.score < 1) return 'inconclusive';
  }
  const lead = second ? first.score / second.score : Number.POSITIVE_INFINITY;
  const sources = (tally.ownCount > 0 ? 1 : 0) + tally.reporters.size;
  // It came all the time and nothing lies before: whether it is news cannot be known.
  const old = tally.charges.every(({ group }) => group.steady);
  return sources >= 2 && lead >= 1.5 && !old ? 'confirmed' : 'likely';
}
