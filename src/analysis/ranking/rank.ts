import { isError } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { isGraveKind } from '../logs/failure.ts';
import { type Tally, tallyBlame } from './blame.ts';
import { type Charge, isUnspecific, otherRoot, type Proof, proofOf } from './proof.ts';
import { nameUnresolvedCauses, type ScoredService } from './unresolved-causes.ts';
import { createWeighing, type Weighing } from './weight.ts';

/** The most causes and ruled-out services in an answer. */
const CAUSES = 10;
const RULED_OUT = 8;
/** A service with less than this fraction of the first score is not given as a cause. */
const LEAST_SHARE = 0.05;

/** A service that may be the cause, with its proof. */
export interface RankedCause extends Proof {
  service: string;
  /** The address at which its callers reach it, with the port if they give one: `db:5432`. */
  address: string;
  score: number;
  /** 0..1: its fraction of all blame, lowered if there is little evidence. */
  confidence: number;
  /** It wrote nothing at all in the window. */
  silent: boolean;
  /** No line names it: it is the only service that an unresolved address can be. */
  inferred: boolean;
}

/**
 * A service with failures that is not the cause: its errors name another one (`because`), they are as many as before, or they
 * belong to a start that succeeded. `count` is the number of its own lines, or of those that name it.
 */
export type RuledOut = { service: string; count: number } & (
  | { why: 'caller'; because: string }
  | { why: 'usual' | 'steady' | 'settled' }
  | { why: 'working'; port: string }
);

/** Services of which one is the cause, and nothing shows which. */
export interface Either {
  services: string[];
  /**
   * The port on which all of them are known; absent if they are equal because the same amount of evidence counts against each.
   */
  port?: string;
  /** All of them go on working, so the cause may also be a service that is not known. */
  working?: boolean;
}

export interface Ranking {
  causes: RankedCause[];
  /** The first cause is no more certain than these: an answer must name all of them. */
  either?: Either;
  ruledOut: RuledOut[];
  verdict: 'confirmed' | 'likely' | 'inconclusive';
}

/**
 * Ranks the services by how much they are to blame. Every failing template counts by the logarithm of its lines, so that the
 * service with the most lines does not win by volume; it counts less if it was as frequent before the window, or was over soon.
 * Its weight goes to the services it names, else to its own. Blame is then passed on: a service that is blamed and itself names
 * another one passes most of it to that one.
 */
export function rankCauses(evidence: Evidence): Ranking {
  const weighing = createWeighing(evidence);
  const ranked = scoresOf(evidence, weighing);
  const { scored, callers } = nameUnresolvedCauses(ranked);
  const explained = ruledOut(scored, weighing, evidence.earlier ? 'usual' : 'steady');
  for (const { service, tally } of ranked) {
    const because = callers.get(service);
    if (because) explained.set(service, { service, why: 'caller', because, count: tally.ownCount });
  }
  const causes = causesOf(scored, explained, talkingIn(evidence), weighing);
  const either = eitherOf(causes, scored);
  const verdict = verdictOf(ranked, causes, evidence, weighing);
  return {
    causes,
    ...(either ? { either } : {}),
    ruledOut: [...explained.values(), ...workers(evidence.failures, causes)].slice(0, RULED_OUT),
    verdict: either && verdict === 'confirmed' ? 'likely' : verdict,
  };
}

/** Services that wrote lines in the window. */
const talkingIn = ({ services }: Evidence): Set<string> =>
  new Set(services.filter((facts) => facts.count > 0).map((facts) => facts.service));

/** All services that have something counted against them, the highest score first. */
function scoresOf(evidence: Evidence, weighing: Weighing): ScoredService[] {
  const silent = new Set(evidence.silences.map(({ service }) => service));
  const talking = talkingIn(evidence);
  const scored = [...tallyBlame(evidence, weighing)].map(([service, tally]) => {
    const quiet = tally.blame > 0 && (silent.has(service) || !talking.has(service));
    return { service, tally, score: scoreOf(tally, quiet) };
  });
  const passed = scored.map((entry) => ({ ...entry, score: entry.score + passedTo(entry, scored) }));
  // Of equal scores the one that failed first comes first; `either` says that none of them is more certain.
  return passed.sort((a, b) => b.score - a.score || onset(a) - onset(b) || (a.service < b.service ? -1 : 1));
}

/** @param quiet it is blamed, and wrote nothing or stopped writing */
function scoreOf(tally: Tally, quiet: boolean): number {
  const handedOn = sum(tally.blames.values());
  // It is blamed and blames another one: a link in the chain, unless its own lines show a cause of its own.
  const link = handedOn / (handedOn + tally.blame + 2 * tally.root + 1e-9);
  const breadth = 1 + 0.3 * Math.log2(Math.max(1, tally.reporters.size));
  const own = tally.root * 2 + diminishing(tally.symptoms) * (handedOn > 0 ? 0.15 : 0.5);
  return (2 * tally.blame * breadth * (quiet ? 1.15 : 1) + own) * (1 - 0.7 * link);
}

/** A part of what a link of the chain was blamed for counts against the service that it names. */
function passedTo({ service }: ScoredService, all: readonly ScoredService[]): number {
  let extra = 0;
  for (const { service: reporter, tally } of all) {
    const amount = tally.blames.get(service) ?? 0;
    const handedOn = sum(tally.blames.values());
    if (reporter !== service && handedOn > 0) extra += 0.5 * tally.blame * (amount / handedOn);
  }
  return extra;
}

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, amount) => all + amount, 0);

/** The causes, best first: without those that are ruled out or have very little weight. */
function causesOf(
  scored: readonly ScoredService[],
  explained: ReadonlyMap<string, RuledOut>,
  talking: ReadonlySet<string>,
  weighing: Weighing,
): RankedCause[] {
  const total = sum(scored.map(({ score }) => score));
  // One number for all: if each cause counted its own lines, a later one could look more certain than one before it.
  const lines = sum(scored.map(({ tally }) => tally.ownCount + tally.namedCount));
  const causes = scored
    .filter((entry) => entry.score > LEAST_SHARE * (scored[0]?.score ?? 0) && entry.score > 0)
    .filter((entry) => !explained.has(entry.service))
    .slice(0, CAUSES)
    .map(({ service, tally, score }) => ({
      service,
      address: addressOf(service, tally.charges),
      ...proofOf(telling(tally, weighing)),
      score,
      confidence: Number(((score / total) * (1 - 1 / (1 + lines))).toFixed(2)),
      silent: !talking.has(service),
      inferred: tally.charges.every(({ group }) =>
        group.targets.some((target) => target.service === service && target.how === 'absent'),
      ),
    }));
  const tally = scored.find(({ service }) => service === causes[0]?.service)?.tally;
  return tally ? withOtherRoot(causes, telling(tally, weighing)) : causes;
}

/** The score of a second cause in the same service, beside the first. */
const BESIDE = 0.5;

/** Offers what else is wrong inside the first service as the second cause. */
function withOtherRoot(causes: readonly RankedCause[], charges: readonly Charge[]): RankedCause[] {
  const [first, ...others] = causes;
  const kind = first && otherRoot(charges, first.kind);
  if (!kind) return [...causes];
  const own = charges.filter((charge) => charge.own);
  const score = first.score * BESIDE;
  const confidence = Number((first.confidence * BESIDE).toFixed(2));
  const second: RankedCause = { ...first, ...proofOf(own, kind), score, confidence };
  return [first, second, ...others].toSorted((a, b) => b.score - a.score).slice(0, CAUSES);
}

/** What counts against a service without what is usual, if anything else is left. */
function telling({ charges }: Tally, weighing: Weighing): readonly Charge[] {
  const rare = charges.filter(({ group }) => !weighing.isBackground(group));
  return rare.length > 0 ? rare : charges;
}

const onset = ({ tally }: ScoredService): number =>
  Math.min(...tally.charges.map(({ group }) => group.first));

/** Scores that differ by less are equal: they are the same sums in another order. */
const SAME = 1e-9;

/** Whether the first cause is one of several that may be meant. */
function eitherOf(
  [first, ...others]: readonly RankedCause[],
  scored: readonly ScoredService[],
): Either | undefined {
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

/** Services that are the only known one on a port where calls fail, and that go on working. */
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

/** The cause that an answer may state as a fact; undefined if it is not proven, or another one is as likely. */
export const provenCause = ({ verdict, either, causes }: Ranking): RankedCause | undefined =>
  verdict === 'inconclusive' || either ? undefined : causes[0];

function addressOf(service: string, charges: readonly Charge[]): string {
  const named = charges.flatMap(({ group }) => group.targets).filter((target) => target.service === service);
  const port = named.find((target) => target.how === 'host' && target.port)?.port;
  return port ? `${service}:${port}` : service;
}

/** Many ways to report one failure are not as many reasons: each one after the heaviest counts less. */
const diminishing = (weights: readonly number[]): number =>
  weights.toSorted((a, b) => b - a).reduce((sum, weight, index) => sum + weight * 0.6 ** index, 0);

/** Services whose errors name the first cause and show no cause of their own, and those that fail no more than usual. */
function ruledOut(
  scored: readonly ScoredService[],
  weighing: Weighing,
  ordinary: 'usual' | 'steady',
): Map<string, RuledOut> {
  const [first, ...others] = scored;
  const out = new Map<string, RuledOut>();
  for (const { service, tally } of others) {
    const own = tally.charges.filter((charge) => charge.own);
    const lines = (some: readonly Charge[]): number => sum(some.map(({ count }) => count));
    if (first && tally.blames.get(first.service) && tally.root === 0)
      out.set(service, { service, why: 'caller', because: first.service, count: lines(own) });
    else if (tally.charges.length > 0 && tally.charges.every(({ group }) => weighing.isSettled(group)))
      out.set(service, { service, why: 'settled', count: lines(tally.charges) });
    else if (lines(own) >= WORTH_SAYING && tally.charges.every(({ group }) => weighing.isUsual(group)))
      out.set(service, { service, why: ordinary, count: lines(own) });
  }
  return out;
}

/** Fewer usual errors than this are not worth reporting. */
const WORTH_SAYING = 5;

/** From this fraction of failing lines on, something is certainly wrong. */
const LOUD = 0.2;
/** The fewest failing lines for that where they name no kind of failure: one of one is a share of all. */
const LOUD_LINES = 5;

/** As many lines of one failure are no single event. */
const OFTEN = 10;

/** Whether no line has a time, so that all have the one at which they were read: nobody can know what was usual before. */
const isUntimed = ({ span }: Evidence): boolean => span.ends - span.begins <= 1;

/**
 * Whether a failure is told many times and only by words in lines that are no errors, as people who talk and clients that leave
 * do all day. It says something only by when it comes.
 */
const isOftenCalm = ({ kind, count, lines }: FailureGroup): boolean =>
  count >= OFTEN && !isGraveKind(kind) && lines.every(({ level }) => !isError(level));

/** Confirmed: its own lines show it and others name it, or several others name it; and it is far ahead of the next. */
function verdictOf(
  scored: readonly ScoredService[],
  [first, second]: readonly RankedCause[],
  evidence: Evidence,
  weighing: Weighing,
): Ranking['verdict'] {
  const tally = scored[0]?.tally;
  if (!first || !tally) return 'inconclusive';
  const open = tally.charges.filter(({ group }) => !weighing.isSettled(group));
  const settled = open.length < tally.charges.length;
  // What remains without a start that succeeded must be proof enough by itself.
  if (settled && (open.length === 0 || (isUnspecific(open) && open.every((charge) => charge.own))))
    return 'inconclusive';
  if (tally.charges.every(({ own, group }) => own && group.kind === 'route')) return 'inconclusive';
  // Nobody asked about this time: what came all along, here and elsewhere, is no reason to call anybody.
  const chosen = evidence.span.found === 'burst' || evidence.span.found === 'all';
  if (chosen && tally.charges.every(({ group }) => weighing.isBackground(group))) return 'inconclusive';
  if (chosen && isUntimed(evidence) && tally.charges.every(({ group }) => isOftenCalm(group)))
    return 'inconclusive';
  const failing = evidence.failures.reduce((sum, group) => sum + group.count, 0);
  const vague = isUnspecific(tally.charges) && tally.namedCount === 0;
  const loud = failing >= LOUD * evidence.records && (!vague || failing >= LOUD_LINES);
  if (!loud) {
    // A few unspecific errors of one service that no other one notices occur in healthy systems too.
    if (vague && evidence.services.length > 1 && first.score < 3) return 'inconclusive';
    if (first.score < 1) return 'inconclusive';
  }
  const lead = second ? first.score / second.score : Number.POSITIVE_INFINITY;
  const sources = sourcesOf(tally);
  // It came at the same rate all the time and there is no time before: nobody can know whether it is new.
  const old = tally.charges.every(({ group }) => group.steady);
  return sources >= 2 && lead >= 1.5 && !old ? 'confirmed' : 'likely';
}

/** One line may be a mistake: with fewer lines a service proves nothing, unless it shows a cause of its own. */
const WITNESS_LINES = 2;

/** How many services prove a cause: itself, and those that name it. */
function sourcesOf({ charges, root }: Tally): number {
  const lines = new Map<string, number>();
  for (const { group, count } of charges) lines.set(group.service, (lines.get(group.service) ?? 0) + count);
  const own = root > 0 && charges.some((charge) => charge.own);
  const itself = charges.find((charge) => charge.own)?.group.service;
  return [...lines].filter(([service, count]) => count >= WITNESS_LINES || (own && service === itself))
    .length;
}
