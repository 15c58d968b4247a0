import type { ServiceFacts } from '../evidence/services.ts';
import { provenCause } from '../ranking/rank.ts';
import type { Claim, ClaimType } from './claim.ts';
import {
  allLines,
  areAllTelling,
  before,
  countLines,
  failingLines,
  isToldOtherwise,
  newestLines,
  occurrences,
  type Scene,
  sinceBegin,
} from './occurrences.ts';
import type { EventSubject, MessageSubject, ServiceSubject, Subject } from './subjects.ts';
import type { Told } from './told.ts';

type Check = (scene: Scene, of: Subject, than: Subject | undefined) => Promise<Told | undefined>;

/**
 * Computes a claim from the log store. Undefined where it is not so, where it cannot be known, or where the claim speaks of nothing
 * in the evidence. Throws what the store throws.
 */
export async function checkClaim(scene: Scene, { type, of, than }: Claim): Promise<Told | undefined> {
  const about = scene.subjects.get(of);
  if (!about) return undefined;
  scene.signal?.throwIfAborted();
  return CHECKS[type](scene, about, scene.subjects.get(than));
}

/** The first ranked cause, where it is proven: a service, or one of the messages that show it. */
const cause: Check = async ({ ranking }, of) => {
  const first = provenCause(ranking);
  if (!first || of.sort === 'requests' || of.sort === 'event' || of.service !== first.service)
    return undefined;
  if (of.sort === 'message' && !of.kinds.includes(first.kind)) return undefined;
  return { finding: { type: 'cause', service: first.service }, lines: first.lines };
};

/** Each line of a message names a service as the one that fails. */
const effect: Check = async (scene, of, than) => {
  if (of.sort !== 'message' || than?.sort !== 'service' || of.service === than.service) return undefined;
  const found = await occurrences(scene, of, scene.evidence.span.window);
  if (!found) return undefined;
  const sampled = of.groups.flatMap(({ lines }) => lines);
  const targets = of.groups.flatMap((group) => group.targets);
  const naming = targets.flatMap(({ service, lines }) => (service === than.service ? lines : []));
  // Lines beyond the sample may name others, unless the name is a part of the message that never changes.
  const isFixed = of.groups.every(({ pattern }) => pattern.toLowerCase().includes(than.service));
  if (naming.length === 0 || naming.length < (isFixed ? sampled.length : found.count)) return undefined;
  return {
    finding: { type: 'effect', of, by: than.service, count: found.count },
    lines: naming.slice(0, 1),
  };
};

/** The first line of one came before the first of the other; both began within the window. */
const order: Check = async (scene, of, than) => {
  if (!than) return undefined;
  const { window } = scene.evidence.span;
  const [one, other] = [
    await occurrences(scene, of, sinceBegin(scene)),
    await occurrences(scene, than, sinceBegin(scene)),
  ];
  if (!one || !other || one.first.timestamp >= other.first.timestamp || one.first.timestamp < window.from)
    return undefined;
  if (await isToldOtherwise(scene, of, before(scene, one.first.timestamp))) return undefined;
  if (await isToldOtherwise(scene, than, before(scene, other.first.timestamp))) return undefined;
  return {
    finding: {
      type: 'order',
      of,
      than,
      first: one.first.timestamp,
      second: other.first.timestamp,
    },
    lines: [one.first, other.first],
  };
};

/** The first of its kind in all that is stored came in the window, after other lines of the same service. */
const since: Check = async (scene, of) => {
  const found = await occurrences(scene, of, sinceBegin(scene));
  if (!found || found.first.timestamp < scene.evidence.span.window.from) return undefined;
  const { timestamp } = found.first;
  if (await isToldOtherwise(scene, of, before(scene, timestamp))) return undefined;
  const isOlder =
    of.sort === 'requests'
      ? (await countLines(scene, allLines(of), { ...sinceBegin(scene), to: timestamp })) > 0
      : factsOf(scene, of).some(({ began }) => began === undefined || began < timestamp);
  if (!isOlder) return undefined;
  return {
    finding: { type: 'since', of, first: timestamp, begins: sinceBegin(scene).from },
    lines: [found.first],
  };
};

const count: Check = async (scene, of) => {
  const found = await occurrences(scene, of, scene.evidence.span.window);
  if (!found) return undefined;
  const { first, last } = found;
  return {
    finding: { type: 'count', of, count: found.count, first: first.timestamp, last: last.timestamp },
    lines: [first],
  };
};

/** Which part of all lines of the service, or of all requests, fails. */
const share: Check = async (scene, of) => {
  const { window } = scene.evidence.span;
  const found = await occurrences(scene, of, window);
  if (!found) return undefined;
  if (of.sort !== 'requests') {
    const all = factsOf(scene, of).reduce((sum, facts) => sum + facts.count, 0);
    return { finding: { type: 'share', of, part: found.count, all, statuses: [] }, lines: [found.first] };
  }
  const { requests, statuses } = await scene.logs.requests({ ...allLines(of)[0], ...window });
  const failed = statuses.map(({ status }) => status).filter((status) => status >= 500);
  return {
    finding: { type: 'share', of, part: found.count, all: requests, statuses: failed },
    lines: [found.first],
  };
};

const comparison: Check = async (scene, of, than) => {
  if (!than || than.id === of.id) return undefined;
  const { window } = scene.evidence.span;
  const [one, other] = [await occurrences(scene, of, window), await occurrences(scene, than, window)];
  if (!one || !other) return undefined;
  return {
    finding: { type: 'comparison', of, than, count: one.count, against: other.count },
    lines: [one.first, other.first],
  };
};

/** Not one line fails, although there are lines. */
const absence: Check = async (scene, of) => {
  if (of.sort === 'service') {
    const facts = factsOf(scene, of);
    const all = facts.reduce((sum, { count: lines }) => sum + lines, 0);
    // Lines of lower levels may tell of a failure as well.
    const told = scene.evidence.failures.some(({ service }) => service === of.service);
    if (all === 0 || told || facts.some(({ errors }) => errors > 0)) return undefined;
    return { finding: { type: 'absence', of, all }, lines: [] };
  }
  if (of.sort !== 'requests') return undefined;
  const { window } = scene.evidence.span;
  if ((await countLines(scene, failingLines(of), window)) > 0) return undefined;
  const all = await countLines(scene, allLines(of), window);
  return all === 0 ? undefined : { finding: { type: 'absence', of, all }, lines: [] };
};

/** More often in the window than in the time right before it, as long where the logs reach so far. */
const rise: Check = async (scene, of) => {
  const { earlier, span } = scene.evidence;
  const found = await occurrences(scene, of, span.window);
  if (!earlier || !found || (await isToldOtherwise(scene, of, earlier.window))) return undefined;
  const past = await countLines(scene, failingLines(of), earlier.window);
  if (!(await areAllTelling(scene, of, earlier.window))) return undefined;
  const nowMs = span.window.to - span.window.from;
  const beforeMs = earlier.window.to - earlier.window.from;
  if (beforeMs <= 0 || found.count * beforeMs <= past * nowMs) return undefined;
  return {
    finding: { type: 'rise', of, now: found.count, before: past, nowMs, beforeMs },
    lines: [found.first],
  };
};

/** A change came before the first line of the first cause. Nothing says that it is the reason. */
const change: Check = async ({ ranking }, of) => {
  const [first] = ranking.causes;
  if (of.sort !== 'event' || !first || of.record.timestamp >= first.first) return undefined;
  return { finding: { type: 'change', of, cause: first.service, first: first.first }, lines: [of.record] };
};

/** It is over when it has stayed away for this many times its longest pause, and others wrote at least so many lines since. */
const PAUSES = 3;
const LINES_SINCE = 5;
const LOOKED_AT = 1_000;

/** The last failing line lies longer ago than any pause between two of them, and the same goes on writing. */
const recovery: Check = async (scene, of) => {
  const { window, ends } = scene.evidence.span;
  const within = { from: window.from, to: Math.max(window.to, ends) };
  const [failing, all] = [failingLines(of), allLines(of)];
  const found = await occurrences(scene, of, within);
  if (!found || found.count < 2) return undefined;
  if (!(await areAllTelling(scene, of, { from: window.to, to: within.to }))) return undefined;
  const times = (await newestLines(scene, failing, within, LOOKED_AT)).map(({ timestamp }) => timestamp);
  const pauses = times.slice(1).map((at, index) => times[index]! - at);
  const last = times[0]!;
  const end = Math.min(ends, within.to);
  if (end - last <= PAUSES * Math.max(...pauses, 1)) return undefined;
  const since = { from: last + 1, to: within.to };
  if (await isToldOtherwise(scene, of, since)) return undefined;
  const after = await countLines(scene, all, since);
  if (after < LINES_SINCE) return undefined;
  return { finding: { type: 'recovery', of, last, since: after }, lines: [found.last] };
};

/** A service goes on as usual within these limits: times as many lines as before. */
const USUAL = { least: 2 / 3, most: 3 / 2 };
const ENOUGH = 10;

/** No failing line, and about as many lines as before. */
const steady: Check = async (scene, of) => {
  if (of.sort !== 'service' || !scene.evidence.span.baseline || !(await absence(scene, of, undefined)))
    return undefined;
  const facts = factsOf(scene, of);
  const now = facts.reduce((sum, { count: lines }) => sum + lines, 0);
  const before = facts.reduce((sum, { before: lines }) => sum + lines, 0);
  if (now < ENOUGH || now < USUAL.least * before || now > USUAL.most * before) return undefined;
  return { finding: { type: 'steady', of, now, before }, lines: [] };
};

const silence: Check = async ({ evidence }, of) => {
  if (of.sort !== 'service') return undefined;
  const found = evidence.silences.find(({ service }) => of.names.includes(service));
  return found && { finding: { type: 'silence', of, last: found.last.timestamp }, lines: [found.last] };
};

const ruledOut: Check = async ({ ranking }, of) => {
  if (of.sort !== 'service') return undefined;
  const entry = ranking.ruledOut.find(({ service }) => service === of.service);
  return entry && { finding: { type: 'ruled_out', entry }, lines: [] };
};

/** What was counted about a service, a row for each name that its lines have. */
const factsOf = (
  { evidence }: Scene,
  { names }: ServiceSubject | MessageSubject | EventSubject,
): ServiceFacts[] => evidence.services.filter(({ service }) => names.includes(service));

const CHECKS: Record<ClaimType, Check> = {
  cause,
  effect,
  order,
  since,
  count,
  share,
  comparison,
  absence,
  rise,
  change,
  recovery,
  steady,
  silence,
  ruled_out: ruledOut,
};
