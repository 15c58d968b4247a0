import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { isRoot, recordFailure, saying, uncommonFailure } from '../logs/failure.ts';
import { maskPattern } from '../logs/reader.ts';
import { canonicalName, type Directory, mentions, type NameMention } from '../service-names/names.ts';
import { type UnresolvedTarget, unresolvedTargets } from '../service-names/unresolved-targets.ts';

/** Lines of one template and one service that report a failure. */
export interface FailureGroup {
  templateId: string;
  pattern: string;
  service: string;
  kind: FailureKind;
  /** Lines in the window and, for the same length of time, before it (may be a fraction). */
  count: number;
  before: number;
  /** How often its message comes outside of the window; undefined where lines are no stretch of time. */
  course?: Course;
  /** If there is no time before: whether it came about as often in the first half of the window as in the second. */
  steady: boolean;
  /** Of all these lines, not only of the sampled ones. */
  first: number;
  last: number;
  /** Services named as failing, with the number of sampled lines that name them. */
  targets: Target[];
  /** The known services on the port that these lines name, if the port does not show which of them is meant. */
  shared?: SharedPort;
  /** Targets that its lines could not reach and that are no known service by name, with those lines. */
  unresolved: (UnresolvedTarget & { lines: LogRecord[] })[];
  /** A sample of them, newest first. */
  lines: LogRecord[];
  /** The query to the store: the same query again gives all lines. */
  asked: LogFilter;
  /** These are the last lines of its service, and say that it ends, while others go on. */
  ended?: true;
  /** For the kind `slow`: what takes how long, and how long it usually takes, in milliseconds. */
  slow?: SlowStep;
}

/** How often one message comes in the window, and in every stretch of time outside of it. */
export interface Course {
  /** Logged time outside, as a multiple of the time in which it failed. */
  past: number;
  /** The most lines of it in any stretch outside that is as long as that time. */
  peak: number;
  /** Its lines in the window. */
  lines: number;
}

/** A step, such as requests for an endpoint, that takes longer than is usual. */
export interface SlowStep {
  step?: string;
  nowMs: number;
  usualMs: number;
}

/** A service that failing lines name, and those lines. */
export type Target = NameMention & {
  lines: LogRecord[];
  /** It is dialled at a port on which it does not listen, while others reach it: the caller has the wrong address. */
  wrongPort?: true;
  /**
   * It goes on working at its usual rate in those seconds, so that it can be reached; or only between them and later; or it writes too
   * seldom to tell. Undefined where it has fallen quiet, or tells nothing of its work at all.
   */
  life?: 'through' | 'between' | 'unknown';
};

/** A port that does not show which service is meant: there are several on it, or the only one goes on working. */
interface SharedPort {
  port: string;
  /** Each of them may be meant. */
  either: string[];
  /** They go on working, so the lines mean none of them. */
  working: string[];
}

/**
 * A sample of the lines of one template that may report a failure: of all its lines, of those of some levels, or of those of one
 * endpoint.
 */
export interface Sampled {
  entry: LogCount;
  /** The sample, newest first. Lines without a failure are in it too, so that fractions can be computed. */
  lines: LogRecord[];
  /** The query to the store. */
  asked: LogFilter;
  /** The endpoint, if the lines are requests for one that no service has. */
  unserved?: string;
  /** How many lines there are in the window by service, exact. */
  now: LogCount[];
  /** The same before the window. */
  before: LogCount[];
  /** Counts of the time before are multiplied with this to stand for a time as long as the window. */
  scale: number;
  /** If there is no time before: the same counts for the first half of the part of the window that has logs. */
  firstHalf?: LogCount[];
  /** Whether the time before has so many lines that what it lacks is new. */
  compared: boolean;
}

const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}\b/;

/**
 * Finds the target of lines that have an address whose name is not known: the only known service that wrote nothing, if there is
 * exactly one; else the service that the same message names at other times, for example before the name was resolved.
 */
function inherit(group: FailureGroup, siblings: FailureGroup[], absent?: string): FailureGroup {
  if (group.targets.length > 0 || !group.lines.some((record) => ADDRESS.test(saying(record)))) return group;
  if (absent && !isRoot(group.kind))
    return { ...group, targets: [{ service: absent, how: 'absent', lines: group.lines }] };
  const named = siblings.filter((other) => other.service === group.service).flatMap((other) => other.targets);
  const services = new Set(named.map((target) => target.service));
  const [only] = services;
  // A service that was only guessed by its port is a guess here too.
  const how = named.every((target) => target.how === 'port') ? 'port' : 'sibling';
  return services.size === 1 && only
    ? { ...group, targets: [{ service: only, how, lines: group.lines }] }
    : group;
}

/** The store's counts under the names that the answer uses for services. */
function byName(counts: readonly LogCount[], directory: Directory): Map<string, LogCount> {
  const out = new Map<string, LogCount>();
  for (const entry of counts) {
    const service = canonicalName(entry.key, directory.own);
    const known = out.get(service);
    if (!known) out.set(service, { ...entry });
    else {
      known.count += entry.count;
      known.first = Math.min(known.first, entry.first);
      known.last = Math.max(known.last, entry.last);
    }
  }
  return out;
}

/** With fewer lines in a half nothing is known about the rate. */
const RATE = 5;

/** Whether neither half of a window has more than twice as many lines as the other. */
function isSteady(first: number, all: number): boolean {
  const [less, more] = [first, all - first].sort((a, b) => a - b) as [number, number];
  return less >= RATE && more <= 2 * less;
}

/** Calm lines that speak of a failure have become more if they are this many, and this many times as many as before. */
const ROSE_LINES = 5;
const ROSE_TIMES = 3;
/** Where there is no time before, such lines count if they are at most this many. */
const SELDOM = 5;

/**
 * Splits the failing lines of one template by service, by the kind of failure and by their words. Equal lines of several
 * parts are one group.
 * @param parts of the template, no line in two of them
 * @param absent the only known service that wrote nothing, if there is just one
 */
export function failureGroups(
  parts: readonly Sampled[],
  directory: Directory,
  absent: string | undefined,
): FailureGroup[] {
  const unserved = new Set(parts.flatMap((part) => (part.unserved ? part.lines : [])).map(({ id }) => id));
  const groups = new Map<string, FailureGroup>();
  for (const part of parts)
    for (const group of groupsOf(part, directory, part.unserved ? new Set() : unserved)) {
      const key = [group.service, group.kind, group.pattern].join('\u0000');
      const known = groups.get(key);
      groups.set(key, known ? together(known, group) : group);
    }
  const made = [...groups.values()];
  return made.map((group) => withUnresolved(inherit(group, made, absent), directory));
}

/** Two parts of a template that say the same: an error in one, a warning in the other. */
function together(one: FailureGroup, other: FailureGroup): FailureGroup {
  const targets = new Map(one.targets.map((target) => [target.service, target]));
  for (const target of other.targets) {
    const known = targets.get(target.service);
    targets.set(target.service, known ? { ...known, lines: [...known.lines, ...target.lines] } : target);
  }
  const { levels: _, ...everything } = one.asked;
  const levels = [...new Set([...(one.asked.levels ?? []), ...(other.asked.levels ?? [])])];
  return {
    ...one,
    count: one.count + other.count,
    before: one.before + other.before,
    steady: one.steady && other.steady,
    first: Math.min(one.first, other.first),
    last: Math.max(one.last, other.last),
    targets: [...targets.values()],
    lines: [...one.lines, ...other.lines].sort((a, b) => b.timestamp - a.timestamp),
    asked: one.asked.levels && other.asked.levels ? { ...everything, levels } : everything,
  };
}

/** @param elsewhere ids of lines that belong to another part */
function groupsOf(
  { entry, lines, asked, unserved, now, before, scale, firstHalf, compared }: Sampled,
  directory: Directory,
  elsewhere: ReadonlySet<string>,
): FailureGroup[] {
  const counted = byName(now, directory);
  const earlier = byName(before, directory);
  const begun = byName(firstHalf ?? [], directory);
  const isFresh = (service: string): boolean => {
    const count = counted.get(service)?.count ?? 0;
    const was = earlier.get(service)?.count ?? 0;
    if (compared) return was === 0 || (count >= ROSE_LINES && count >= ROSE_TIMES * was * scale);
    return count <= SELDOM && !isSteady(begun.get(service)?.count ?? 0, count);
  };
  const looked = new Map<string, number>();
  const found = new Map<string, { service: string; kind: FailureKind; reason: string; lines: LogRecord[] }>();
  for (const record of lines) {
    const service = canonicalName(record.service, directory.own);
    looked.set(service, (looked.get(service) ?? 0) + 1);
    const told = unserved ? 'route' : elsewhere.has(record.id) ? undefined : recordFailure(record);
    const kind =
      told ?? (isFresh(service) && !elsewhere.has(record.id) ? uncommonFailure(record, compared) : undefined);
    if (!kind) continue;
    const text = saying(record);
    // Requests of one template may differ only in the endpoint.
    const reason = text !== record.message ? maskPattern(text) : (unserved ?? '');
    const key = [service, kind, reason].join('\u0000');
    const known = found.get(key);
    if (known) known.lines.push(record);
    else found.set(key, { service, kind, reason, lines: [record] });
  }
  return [...found.values()].map(({ service, kind, reason, lines: own }): FailureGroup => {
    const targets = new Map<string, FailureGroup['targets'][number]>();
    for (const record of own)
      for (const mention of mentions(record, directory)) {
        const known = targets.get(mention.service) ?? { ...mention, lines: [] };
        targets.set(mention.service, known);
        known.lines.push(record);
      }
    // Exact if all lines of the service are in this group; otherwise estimated by their fraction of the sample.
    const share = own.length / looked.get(service)!;
    const total = counted.get(service);
    const times = own.map((record) => record.timestamp);
    return {
      templateId: entry.key,
      pattern: reason || entry.label,
      service,
      kind,
      count: Math.max(own.length, Math.round((total?.count ?? 0) * share)),
      before: (earlier.get(service)?.count ?? 0) * scale * share,
      steady: isSteady(begun.get(service)?.count ?? 0, total?.count ?? 0),
      first: Math.min(...times, ...(share === 1 && total ? [total.first] : [])),
      last: Math.max(...times, ...(share === 1 && total ? [total.last] : [])),
      targets: [...targets.values()],
      unresolved: [],
      lines: own,
      asked,
    };
  });
}

/** Looks again for the unresolved targets of the lines that name no known service. */
export function withUnresolved(group: FailureGroup, directory: Directory): FailureGroup {
  const aimed = new Set(group.targets.flatMap((target) => target.lines));
  const found = new Map<string, FailureGroup['unresolved'][number]>();
  for (const record of group.lines) {
    if (aimed.has(record)) continue;
    for (const one of unresolvedTargets(record, directory)) {
      const known = found.get(one.service) ?? { ...one, lines: [] };
      found.set(one.service, known);
      known.lines.push(record);
    }
  }
  return { ...group, unresolved: [...found.values()] };
}
