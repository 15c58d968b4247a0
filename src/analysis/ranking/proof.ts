import { FAILURE_KINDS, type FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { FailureGroup, SlowStep } from '../evidence/failure-groups.ts';
import { tellingWords } from '../logs/clause.ts';
import { isRoot, isVague } from '../logs/failure.ts';
import { showsRoot } from './weight.ts';

/** Lines that count against a service: its own, or those of others that name it. */
export interface Charge {
  group: FailureGroup;
  weight: number;
  /** How many lines of the window these represent. */
  count: number;
  lines: LogRecord[];
  own: boolean;
}

/** What is wrong with a service, and the lines that show it. */
export interface Proof {
  kind: FailureKind;
  /** What its first line says, in its own words; undefined if nothing readable is left of it. */
  words?: string;
  /** For the kind `slow`: what takes how long, and how long it usually takes. */
  slow?: SlowStep;
  own: number;
  named: number;
  reporters: string[];
  /** When the first and the last of the counted lines were written. */
  first: number;
  last: number;
  /** One line of each template, the decisive one first. */
  lines: LogRecord[];
}

const LINES_KEPT = 6;

/** Sums up the charges of one service. Only those of the kind that is shown are counted. */
export function proofOf(charges: readonly Charge[], kind: FailureKind = kindOf(charges)): Proof {
  // If no line is specific, all its own lines count: a process that ends gives the reason close to its last line.
  const tells = (other: FailureKind): boolean => other === kind || (VAGUE.has(kind) && VAGUE.has(other));
  const own = charges.filter((charge) => charge.own && tells(charge.group.kind));
  // Its own lines say what is wrong; its callers may see the same failure as another kind.
  const named = charges.filter((charge) => !charge.own && (own.length > 0 || charge.group.kind === kind));
  const counted = [...own, ...named];
  const sum = (some: readonly Charge[]): number => some.reduce((all, charge) => all + charge.count, 0);
  const lines = quotes(counted, kind);
  const slow = counted.find(({ group, lines: own }) => group.slow && own[0] === lines[0])?.group.slow;
  const words = lines[0] && tellingWords(lines[0], kind);
  return {
    kind,
    ...(words ? { words } : {}),
    ...(slow ? { slow } : {}),
    own: sum(own),
    named: sum(named),
    reporters: [...new Set(named.map((charge) => charge.group.service))].sort(),
    first: Math.min(...counted.map((charge) => charge.group.first)),
    last: Math.max(...counted.map((charge) => charge.group.last)),
    lines,
  };
}

/** These kinds show that something failed, not what. */
const VAGUE: ReadonlySet<FailureKind> = new Set<FailureKind>(['crash', 'status', 'error']);
/** A specific kind is named if it weighs at least this fraction of the vague ones. */
const WORTH = 0.2;
/** Of a service's own kinds, a more specific one is named if it weighs at least this fraction of the heaviest one. */
const COMPARABLE = 0.5;

const rank = (kind: FailureKind): number => FAILURE_KINDS.indexOf(kind);
const weighed = (charges: readonly Charge[]): [FailureKind, number][] => {
  const weights = new Map<FailureKind, number>();
  for (const { group, weight } of charges) weights.set(group.kind, (weights.get(group.kind) ?? 0) + weight);
  return [...weights].sort((a, b) => b[1] - a[1] || rank(a[0]) - rank(b[0]));
};

/**
 * The kind to show. A root cause in its own lines goes before what its callers saw, and a specific kind before one that
 * only says that something failed.
 */
function kindOf(charges: readonly Charge[]): FailureKind {
  const own = charges.filter((charge) => charge.own);
  const roots = own.filter(({ group }) => showsRoot(group));
  // The end of a process says less than its lines before.
  const ended = roots.length > 0 && roots.every(({ group }) => group.kind === 'crash');
  // A line about memory or disk is about the named service itself, even if another one wrote it, such as the kernel.
  const known = charges.filter(
    ({ own, group }) => !own && (group.kind === 'memory' || group.kind === 'disk'),
  );
  const meant = ended ? own : roots.length > 0 ? roots : known.length > 0 ? known : charges;
  const kinds = weighed(meant);
  const [first] = kinds;
  if (!first) return 'error';
  const specific = kinds.filter(([kind]) => !VAGUE.has(kind));
  const [heaviest] = specific;
  if (!heaviest || (VAGUE.has(first[0]) && heaviest[1] < WORTH * first[1])) return first[0];
  if (!meant.every((charge) => charge.own)) return heaviest[0];
  const { from, to } = timesOf(meant, heaviest[0]);
  // What began when the heaviest was over is not why it came.
  const before = specific.filter(([kind]) => timesOf(meant, kind).from <= to);
  const lost = before.find(([kind]) => isLoss(kind) && isNewBy(meant, kind, from));
  if (lost) return lost[0];
  return before
    .filter(([, weight]) => weight >= COMPARABLE * heaviest[1])
    .reduce((best, [kind]) => (rank(kind) < rank(best) ? kind : best), heaviest[0]);
}

const isLoss = (kind: FailureKind): boolean => kind === 'memory' || kind === 'disk';

/** When the first and the last line of a kind were written. */
function timesOf(charges: readonly Charge[], kind: FailureKind): { from: number; to: number } {
  const groups = charges.flatMap(({ group }) => (group.kind === kind ? [group] : []));
  return {
    from: Math.min(...groups.map((group) => group.first)),
    to: Math.max(...groups.map((group) => group.last)),
  };
}

/** With more lines than this before, for as long a time, a failure is none of this incident. */
const NEW = 0.5;

/** Whether a kind of failure is new, and began by a time. */
const isNewBy = (charges: readonly Charge[], kind: FailureKind, by: number): boolean =>
  timesOf(charges, kind).from <= by &&
  charges.every(({ group }) => group.kind !== kind || group.before < NEW);

/**
 * What else is wrong inside a service, beside the failure that is shown: another new one that began before that was over, the
 * earliest of them. It may be what made the service fail, however seldom it is told.
 */
export function otherRoot(charges: readonly Charge[], shown: FailureKind): FailureKind | undefined {
  const roots = charges.filter(({ own, group }) => own && showsRoot(group) && !isVague(group.kind));
  if (!roots.some(({ group }) => group.kind === shown)) return undefined;
  const { to } = timesOf(roots, shown);
  const kinds = [...new Set(roots.map(({ group }) => group.kind))].filter(
    (kind) => kind !== shown && isNewBy(roots, kind, to),
  );
  return kinds.toSorted((a, b) => timesOf(roots, a).from - timesOf(roots, b).from)[0];
}

/** Whether most of the charges have no kind of failure. Such lines occur in healthy systems too. */
export function isUnspecific(charges: readonly Charge[]): boolean {
  const roots = charges.filter((charge) => charge.own && isRoot(charge.group.kind));
  const kind = weighed(roots.length > 0 ? roots : charges)[0]?.[0];
  return kind !== undefined && isVague(kind);
}

/** Groups with the same key say the same: only one of their lines is quoted. */
export const sayingKey = (group: FailureGroup): string => `${group.templateId}\u0000${group.pattern}`;

/** The line of a group to quote: one with an error code if there is one, else the newest. */
export const quoteOf = (lines: readonly LogRecord[]): LogRecord | undefined =>
  lines.find((record) => record.errorCode) ?? lines[0];

/** By which signal a process was ended: that says more than the code with which whoever started it ends. */
const SIGNAL = /\bsig(?:kill|segv|abrt|bus|ill|fpe)\b|\bsignal:? ?(?:4|6|7|8|9|11)\b/i;

/** One line of each saying; those of the kind that is named come first, the heaviest before the others. */
function quotes(charges: readonly Charge[], kind: FailureKind): LogRecord[] {
  const tells = ({ group }: Charge): number => Number(group.kind === kind);
  const coded = ({ lines }: Charge): number => (lines.some((record) => record.errorCode) ? 1 : 0);
  const signalled = ({ lines }: Charge): number =>
    Number(kind === 'crash' && lines.some(({ message }) => SIGNAL.test(message)));
  const ordered = charges.toSorted(
    (a, b) =>
      tells(b) - tells(a) ||
      signalled(b) - signalled(a) ||
      Number(b.own) - Number(a.own) ||
      coded(b) - coded(a) ||
      b.weight - a.weight,
  );
  const out = new Map<string, LogRecord>();
  for (const { group, lines } of ordered) {
    const record = quoteOf(lines);
    if (record && !out.has(sayingKey(group)) && out.size < LINES_KEPT) out.set(sayingKey(group), record);
  }
  return [...out.values()];
}
