import type { LogCount, LogFilter } from '../backends/logs/store.ts';
import type { LogRecord } from '../domain/record.ts';
import { type Dialled, dialled } from './dialled.ts';
import { type FailureKind, isRoot, recordFailure, saying } from './failure.ts';
import { canonicalName, type Directory, type Mention, mentions } from './names.ts';
import { maskPattern } from './reader.ts';

/** Lines of one template by one service that tell of a failure. */
export interface FailureGroup {
  templateId: string;
  pattern: string;
  service: string;
  kind: FailureKind;
  /** Lines in the window and, for the same length of time, before it (may be a fraction). */
  count: number;
  before: number;
  /** Where there is no time before: it came about as often in the first half of the window as in the second. */
  steady: boolean;
  /** Of all these lines, not only of the sampled ones. */
  first: number;
  last: number;
  /** Services named as failing, with the number of sampled lines that do. */
  targets: (Mention & { lines: LogRecord[] })[];
  /** Those of its lines that name nobody known, by what they say could not be reached. */
  dialled: (Dialled & { lines: LogRecord[] })[];
  /** A sample of them, newest first. */
  lines: LogRecord[];
  /** What the store was asked: the same again gives all of them. */
  asked: LogFilter;
}

/** A template that may tell of a failure, with a sample of its lines and what the store counts. */
export interface Sampled {
  entry: LogCount;
  /** The sample, newest first: what tells of no failure is in it too, so that shares can be taken. */
  lines: LogRecord[];
  /** What the store was asked for them. */
  asked: LogFilter;
  /** Its lines in the window by service (its errors only, where it is calm at times), exact. */
  now: LogCount[];
  /** The same before the window. */
  before: LogCount[];
  /** What a count of the time before is multiplied with to stand for a time as long as the window. */
  scale: number;
  /** Where there is no time before: the same in the first half of what the logs hold of the window. */
  firstHalf?: LogCount[];
}

const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}\b/;

/**
 * An address nobody has a name for: the one known service that wrote nothing is meant, if there is one; else the same
 * message of the same service, where it names exactly one service at other times (before the name resolved, say),
 * speaks of that one.
 */
function inherit(group: FailureGroup, siblings: FailureGroup[], absent?: string): FailureGroup {
  if (group.targets.length > 0 || !group.lines.some((record) => ADDRESS.test(saying(record)))) return group;
  if (absent && !isRoot(group.kind))
    return { ...group, targets: [{ service: absent, how: 'absent', lines: group.lines }] };
  const named = siblings.filter((other) => other.service === group.service).flatMap((other) => other.targets);
  const services = new Set(named.map((target) => target.service));
  const [only] = services;
  return services.size === 1 && only
    ? { ...group, targets: [{ service: only, how: 'port', lines: group.lines }] }
    : group;
}

/** Store counts under the names services go by. */
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

/** Nobody serves it: not found, not allowed, gone. */
export const UNSERVED: ReadonlySet<number> = new Set([404, 405, 410]);
/** Requests from which on an endpoint that never answers is no mistyped address. */
export const ASKED = 5;

/** Fewer lines in a half say nothing about a rate. */
const RATE = 5;

/** Whether neither half of a window has more than twice as many lines as the other. */
function isSteady(first: number, all: number): boolean {
  const [less, more] = [first, all - first].sort((a, b) => a - b) as [number, number];
  return less >= RATE && more <= 2 * less;
}

/** Endpoints that are asked for again and again and are never there. */
function unservedEndpoints(lines: readonly LogRecord[]): Set<string> {
  const asked = new Map<string, { all: number; unserved: number }>();
  for (const { request } of lines) {
    if (request?.status === undefined) continue;
    const entry = asked.get(request.endpoint) ?? { all: 0, unserved: 0 };
    asked.set(request.endpoint, entry);
    entry.all += 1;
    if (UNSERVED.has(request.status)) entry.unserved += 1;
  }
  return new Set(
    [...asked].flatMap(([endpoint, { all, unserved }]) =>
      unserved === all && all >= ASKED ? [endpoint] : [],
    ),
  );
}

/**
 * Several services share the port that an address names: those who go on working are reached by their callers, so the
 * one that has fallen quiet is meant.
 * @param facts lines in the window by service: when the last was written
 */
export function withoutTheBusy(
  group: FailureGroup,
  facts: ReadonlyMap<string, { last: number }>,
): FailureGroup {
  if (group.targets.length < 2 || group.targets.some((target) => target.how !== 'port')) return group;
  const quiet = group.targets.filter(({ service }) => (facts.get(service)?.last ?? 0) < group.first);
  return quiet.length > 0 ? { ...group, targets: quiet } : group;
}

/**
 * Splits a template's failing lines by service, by the kind of failure and by what exactly they say.
 * @param absent the only known service that wrote nothing, if there is just one
 */
export function failureGroups(
  { entry, lines, asked, now, before, scale, firstHalf }: Sampled,
  directory: Directory,
  absent: string | undefined,
): FailureGroup[] {
  const counted = byName(now, directory);
  const earlier = byName(before, directory);
  const begun = byName(firstHalf ?? [], directory);
  const unserved = unservedEndpoints(lines);
  const looked = new Map<string, number>();
  const found = new Map<string, { service: string; kind: FailureKind; reason: string; lines: LogRecord[] }>();
  for (const record of lines) {
    const service = canonicalName(record.service, directory.own);
    looked.set(service, (looked.get(service) ?? 0) + 1);
    const route = record.request && unserved.has(record.request.endpoint);
    const kind = route ? 'route' : recordFailure(record);
    if (!kind) continue;
    const said = saying(record);
    // Requests of one template may differ in nothing but the endpoint.
    const reason = said !== record.message ? maskPattern(said) : route ? record.request!.endpoint : '';
    const key = [service, kind, reason].join('\u0000');
    const known = found.get(key);
    if (known) known.lines.push(record);
    else found.set(key, { service, kind, reason, lines: [record] });
  }
  const made = [...found.values()].map(({ service, kind, reason, lines: own }): FailureGroup => {
    const targets = new Map<string, FailureGroup['targets'][number]>();
    for (const record of own)
      for (const mention of mentions(record, directory)) {
        const known = targets.get(mention.service) ?? { ...mention, lines: [] };
        targets.set(mention.service, known);
        known.lines.push(record);
      }
    // Exact when the service says one thing with this template; otherwise shared out as in the sample.
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
      dialled: [],
      lines: own,
      asked,
    };
  });
  return made.map((group) => withDialled(inherit(group, made, absent), directory));
}

/** What the lines without a target dialled. */
function withDialled(group: FailureGroup, directory: Directory): FailureGroup {
  const aimed = new Set(group.targets.flatMap((target) => target.lines));
  const found = new Map<string, FailureGroup['dialled'][number]>();
  for (const record of group.lines) {
    if (aimed.has(record)) continue;
    for (const one of dialled(record, directory)) {
      const known = found.get(one.service) ?? { ...one, lines: [] };
      found.set(one.service, known);
      known.lines.push(record);
    }
  }
  return { ...group, dialled: [...found.values()] };
}
