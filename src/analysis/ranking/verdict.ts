import { isError } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup, Target } from '../evidence/failure-groups.ts';
import { isGraveKind, isUnanswered, isVague } from '../logs/failure.ts';
import type { Tally } from './blame.ts';
import { type Charge, isUnspecific } from './proof.ts';
import type { RankedCause, Ranking } from './ranking.ts';
import { chanceOf, hasPast } from './rise.ts';
import { showsRoot, type Weighing } from './weight.ts';

/** How sure the first cause is, and what that stands on. */
export interface Judgement {
  verdict: Ranking['verdict'];
  /** There is no healthy time to compare its lines with. */
  noPast: boolean;
  /** 0 upwards: how much stands against chance. */
  strength: number;
}

/** From this fraction of failing lines on, something is certainly wrong. */
const LOUD = 0.2;
/** The fewest failing lines for that where they name no kind of failure: one of one is a share of all. */
const LOUD_LINES = 5;
/** As many lines of one failure are no single event. */
const OFTEN = 10;
/** What a healthy system writes as seldom as this is new; what only its own vague words tell must be this new to count. */
const NEW = 0.1;
/** What one alone says against the life of the accused must be this new. */
const ALONE = 0.02;
/** The first cause must have this many times the weight of the next. */
const LEAD = 1.5;
/** One line may be a mistake: with fewer lines a service proves nothing, unless it shows a cause of its own. */
const WITNESS_LINES = 2;
/** Clocks differ, and a cause may be told a moment after its first symptom. */
const MOMENT_MS = 10_000;

/** Everything that a judgement looks at. */
interface Matter {
  first: RankedCause;
  second: RankedCause | undefined;
  tally: Tally;
  evidence: Evidence;
  weighing: Weighing;
}

/** Judges the first cause: whether it is proven, likely, or only the one with the most against it. */
export function judge(matter: Matter): Judgement {
  const { tally, weighing } = matter;
  const told = tally.charges.filter(
    ({ group }) => !weighing.isUsual(group) && !weighing.isSettled(group) && !isRefused(group),
  );
  const noPast = !tally.charges.some(({ group }) => hasPast(group));
  const strength = strengthOf(told);
  if (isNothing(matter) || !isLikely(matter, told)) return { verdict: 'inconclusive', noPast, strength };
  return { verdict: isProven(matter, told) ? 'confirmed' : 'likely', noPast, strength };
}

/** Surprise of its own lines and of what others say, in decades each. */
const strengthOf = (told: readonly Charge[]): number =>
  [told.filter(({ own }) => own), told.filter(({ own }) => !own)].reduce(
    (sum, some) => sum - Math.log10(leastChance(some)),
    0,
  );

/** The least chance of what any one service writes. */
const leastChance = (charges: readonly Charge[]): number =>
  Math.min(
    1,
    ...[...Map.groupBy(charges, ({ group }) => group.service).values()].map((some) =>
      chanceOf(some.map(({ group }) => group)),
    ),
  );

/** Whether these are requests that were answered with a fault of the asker, and no word says more. */
const isRefused = ({ kind, lines }: FailureGroup): boolean =>
  isVague(kind) &&
  lines.every(
    ({ request }) => request?.status !== undefined && request.status >= 400 && request.status < 500,
  );

/** Whether no line has a time, so that all have the one at which they were read: nobody can know what was usual before. */
const isUntimed = ({ span }: Evidence): boolean => span.ends - span.begins <= 1;

/**
 * Whether a failure is told many times and only by words in lines that are no errors, as people who talk and clients that leave
 * do all day. It says something only by when it comes.
 */
const isOftenCalm = ({ kind, count, lines }: FailureGroup): boolean =>
  count >= OFTEN && !isGraveKind(kind) && lines.every(({ level }) => !isError(level));

/** Whether nothing but what comes every day, or what is over, counts against it. */
function isNothing({ first, tally, evidence, weighing }: Matter): boolean {
  const open = tally.charges.filter(({ group }) => !weighing.isSettled(group));
  const settled = open.length < tally.charges.length;
  // What remains without a start that succeeded must be proof enough by itself.
  if (settled && (open.length === 0 || (isUnspecific(open) && open.every((charge) => charge.own))))
    return true;
  if (tally.charges.every(({ own, group }) => own && group.kind === 'route')) return true;
  // Nobody asked about this time: what came all along, here and elsewhere, is no reason to call anybody.
  const chosen = evidence.span.found === 'burst' || evidence.span.found === 'all';
  if (chosen && tally.charges.every(({ group }) => weighing.isBackground(group))) return true;
  if (chosen && isUntimed(evidence) && tally.charges.every(({ group }) => isOftenCalm(group))) return true;
  const failing = evidence.failures.reduce((sum, group) => sum + group.count, 0);
  const vague = isUnspecific(tally.charges) && tally.namedCount === 0;
  const loud = failing >= LOUD * evidence.records && (!vague || failing >= LOUD_LINES);
  if (loud) return false;
  // A few unspecific errors of one service that no other one notices occur in healthy systems too.
  const rare = leastChance(tally.charges) > NEW;
  if (vague && rare && evidence.services.length > 1 && first.score < 3) return true;
  return first.score < 1;
}

/** Whether what is told is worth calling somebody: not what healthy hours have too, nor what the accused contradicts. */
function isLikely({ first, evidence }: Matter, told: readonly Charge[]): boolean {
  if (told.length === 0) return false;
  const own = told.filter((charge) => charge.own);
  if (own.some(({ group }) => showsRoot(group))) return true;
  const heard = told.filter((charge) => !charge.own);
  const enough = first.silent || heard.reduce((sum, { count }) => sum + count, 0) >= WITNESS_LINES;
  if (enough && heard.some((charge) => lifeOf(charge) === undefined)) return true;
  if (heard.some((charge) => !isDenied(charge) && isNew(charge))) return true;
  // It works while others say that it does not: a rise above all that is usual, seen by several, may still mean it.
  const reporters = new Set(heard.map(({ group }) => group.service));
  if (leastChance(heard) <= (reporters.size >= 2 ? NEW : ALONE)) return true;
  // That others do not answer it is a symptom of its own, or always so.
  if (own.some(({ group }) => !isVague(group.kind) && !isUnanswered(group.kind))) return true;
  if (own.some(({ group }) => !group.course)) return true;
  const errors = own.filter(
    ({ group }) => group.kind !== 'status' && group.lines.some(({ level }) => isError(level)),
  );
  return leastChance(errors) <= NEW || own.some(({ group }) => !hasPast(group) && isLoud(group, evidence));
}

const isLoud = ({ count }: FailureGroup, { records }: Evidence): boolean =>
  count >= LOUD * records && count >= LOUD_LINES;

/** How the accused goes on working while these lines say that it cannot be reached. */
function lifeOf({ group, lines }: Charge): Target['life'] {
  return group.targets.find((target) => target.lines === lines)?.life;
}

/** Whether the accused goes on working in those seconds, so that what is said of it is contradicted. */
const isDenied = (charge: Charge): boolean => lifeOf(charge) === 'through' && isUnanswered(charge.group.kind);

/** Proven: a line of its own shows it, or it is silent; others suffer from it, later; and nothing else is as well proven. */
function isProven(matter: Matter, told: readonly Charge[]): boolean {
  const { first, second, evidence } = matter;
  if (second && first.score < LEAD * second.score) return false;
  const own = told.filter((charge) => charge.own);
  const heard = told.filter((charge) => !charge.own && isNewOrUnknown(charge));
  const past = told.some(({ group }) => hasPast(group));
  if (past && leastChance(told) > NEW) return false;
  const root = own.filter(({ group }) => showsRoot(group) && isNewOrUnknown({ group }));
  const witnesses = witnessesOf(heard.filter((charge) => !isDenied(charge) || isNew(charge)));
  if (root.length > 0) return witnesses.length > 0 && isInOrder(root, heard);
  const kinds = new Set(own.map(({ group }) => group.kind));
  const same = own.filter(({ group }) => isUnanswered(group.kind) && isNewOrUnknown({ group }));
  const agreeing = heard.filter(({ group }) => kinds.has(group.kind));
  if (same.length > 0 && witnessesOf(agreeing).length > 0) return isInOrder(same, agreeing);
  if (!isSilent(first, evidence)) return false;
  const open = heard.filter((charge) => !isDenied(charge));
  // A target that nobody knows may be a wrong address: its caller alone is no proof.
  const known = evidence.directory.known.has(first.service);
  return [...Map.groupBy(open, ({ group }) => group.kind).values()].some(
    (some) =>
      witnessesOf(some).length >= 2 ||
      (known && past && witnessesOf(some).length > 0 && leastChance(some) <= NEW),
  );
}

const isNew = ({ group }: { group: FailureGroup }): boolean => hasPast(group) && chanceOf([group]) <= NEW;
const isNewOrUnknown = ({ group }: { group: FailureGroup }): boolean =>
  !hasPast(group) || chanceOf([group]) <= NEW;

/** The services that say so with enough lines. */
function witnessesOf(charges: readonly Charge[]): string[] {
  const lines = new Map<string, number>();
  for (const { group, count } of charges) lines.set(group.service, (lines.get(group.service) ?? 0) + count);
  return [...lines].flatMap(([service, count]) => (count >= WITNESS_LINES ? [service] : []));
}

/** Whether a cause is told no later than its symptoms. */
function isInOrder(cause: readonly Charge[], symptoms: readonly Charge[]): boolean {
  const first = (some: readonly Charge[]): number => Math.min(...some.map(({ group }) => group.first));
  return first(cause) <= first(symptoms) + MOMENT_MS;
}

/** Whether it wrote nothing, or stopped writing. */
const isSilent = ({ service, silent }: RankedCause, { silences }: Evidence): boolean =>
  silent || silences.some((one) => one.service === service);
