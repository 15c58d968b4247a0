import { FAILURE_KINDS, type FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { isRoot, isVague } from '../logs/failure.ts';

/** Lines that count against a service: its own, or those of others that name it. */
export interface Charge {
  group: FailureGroup;
  weight: number;
  /** How many lines of the window these stand for. */
  count: number;
  lines: LogRecord[];
  own: boolean;
}

/** What is wrong with a service, and exactly the lines that say so. */
export interface Proof {
  kind: FailureKind;
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
export function proofOf(charges: readonly Charge[]): Proof {
  const kind = kindOf(charges);
  // Where no line is specific, all its own lines count: a process that ends says why around its last line.
  const tells = (other: FailureKind): boolean => other === kind || (VAGUE.has(kind) && VAGUE.has(other));
  const own = charges.filter((charge) => charge.own && tells(charge.group.kind));
  // Its own lines say what is wrong; its callers may see the same failure as another kind.
  const named = charges.filter((charge) => !charge.own && (own.length > 0 || charge.group.kind === kind));
  const counted = [...own, ...named];
  const sum = (some: readonly Charge[]): number => some.reduce((all, charge) => all + charge.count, 0);
  return {
    kind,
    own: sum(own),
    named: sum(named),
    reporters: [...new Set(named.map((charge) => charge.group.service))].sort(),
    first: Math.min(...counted.map((charge) => charge.group.first)),
    last: Math.max(...counted.map((charge) => charge.group.last)),
    lines: quotes(counted),
  };
}

/** These kinds say that something failed, not what. */
const VAGUE: ReadonlySet<FailureKind> = new Set<FailureKind>(['crash', 'status', 'error']);
/** A specific kind is named when it weighs at least this share of the vague ones. */
const WORTH = 0.2;
/** Of a service's own kinds, a more specific one is named when it weighs at least this share of the heaviest. */
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
  const roots = own.filter(({ group }) => isRoot(group.kind));
  // That a process ended says less than its lines before that.
  const ended = roots.length > 0 && roots.every(({ group }) => group.kind === 'crash');
  // A line about memory or disk means the named service's own, even if another wrote it, such as the kernel.
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
  return specific
    .filter(([, weight]) => weight >= COMPARABLE * heaviest[1])
    .reduce((best, [kind]) => (rank(kind) < rank(best) ? kind : best), heaviest[0]);
}

/** Whether most of the charges name no kind of failure. Such lines occur in healthy systems too. */
export function isUnspecific(charges: readonly Charge[]): boolean {
  const roots = charges.filter((charge) => charge.own && isRoot(charge.group.kind));
  const kind = weighed(roots.length > 0 ? roots : charges)[0]?.[0];
  return kind !== undefined && isVague(kind);
}

/** Groups with the same key say the same: only one of their lines is quoted. */
export const sayingKey = (group: FailureGroup): string => `${group.templateId}\u0000${group.pattern}`;

/** The line of a group to quote: with an error code where one has it, else the newest. */
export const quoteOf = (lines: readonly LogRecord[]): LogRecord | undefined =>
  lines.find((record) => record.errorCode) ?? lines[0];

function quotes(charges: readonly Charge[]): LogRecord[] {
  const coded = ({ lines }: Charge): number => (lines.some((record) => record.errorCode) ? 1 : 0);
  const ordered = charges.toSorted(
    (a, b) => Number(b.own) - Number(a.own) || coded(b) - coded(a) || b.weight - a.weight,
  );
  const out = new Map<string, LogRecord>();
  for (const { group, lines } of ordered) {
    const record = quoteOf(lines);
    if (record && !out.has(sayingKey(group)) && out.size < LINES_KEPT) out.set(sayingKey(group), record);
  }
  return [...out.values()];
}
