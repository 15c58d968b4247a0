import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { type Tally, tallyBlame } from './blame.ts';
import { confidenceOf } from './confidence.ts';
import { type Charge, otherRoot, proofOf } from './proof.ts';
import type { Either, RankedCause, Ranking, RuledOut } from './ranking.ts';
import { nameUnresolvedCauses, type ScoredService } from './unresolved-causes.ts';
import { judge } from './verdict.ts';
import { createWeighing, type Weighing } from './weight.ts';

/** The most causes and ruled-out services in an answer. */
const CAUSES = 10;
const RULED_OUT = 8;
/** A service with less than this fraction of the first score is not given as a cause. */
const LEAST_SHARE = 0.05;

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
  const [first, second] = causes;
  const tally = scored.find(({ service }) => service === first?.service)?.tally;
  const judged = first && tally && judge({ first, second, tally, evidence, weighing });
  const proven = judged?.verdict ?? 'inconclusive';
  const verdict = either && proven === 'confirmed' ? 'likely' : proven;
  const strength = judged?.strength ?? 0;
  return {
    causes: withConfidence(causes, (share) => confidenceOf(verdict, share, strength)),
    ...(judged?.noPast ? { noPast: true } : {}),
    ...(either ? { either } : {}),
    ruledOut: [...explained.values(), ...workers(evidence.failures, causes)].slice(0, RULED_OUT),
    verdict,
  };
}

/** The first cause with the confidence of its verdict, the others with as much less as less counts against them. */
function withConfidence(
  causes: readonly RankedCause[],
  confidenceAt: (share: number) => number,
): RankedCause[] {
  const [first] = causes;
  if (!first) return [];
  const most = confidenceAt(first.confidence);
  return causes.map((cause) => ({
    ...cause,
    confidence: Number((most * (cause.score / first.score)).toFixed(2)),
  }));
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
