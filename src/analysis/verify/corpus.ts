import type { LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { HOUR } from '../../domain/time/units.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Ranking } from '../ranking/rank.ts';
import { type Concept, conceptsShown } from './concepts.ts';
import { isInstruction } from './injection.ts';

/** A log line or a line of a text made from query results, as quotes are looked for in it. */
interface Statement {
  text: string;
  /** Who wrote it and whom it names; empty for texts made from queries. */
  services: readonly string[];
}

/** All that a true statement may be made of. */
export interface Corpus {
  statements: readonly Statement[];
  /** All of them, a line each. */
  text: string;
  /** Every number of the evidence and of the queries, normalised. */
  numbers: ReadonlySet<string>;
  /** Durations in milliseconds. */
  durations: ReadonlySet<number>;
  /** Results of counting queries: all, and those about one service. */
  counts: ReadonlySet<string>;
  countsOf(service: string): ReadonlySet<string>;
  /** Those and the counts of lines by others that name it. */
  namedCountsOf(service: string): ReadonlySet<string>;
  /** Services known from lines or from what lines name, in lower case. */
  services: ReadonlySet<string>;
  /** Services that wrote lines themselves. */
  own: ReadonlySet<string>;
  /** Names of services in a text, in lower case. */
  servicesIn(text: string): string[];
  /** What the lines show, all and by the service that writes or is named. */
  concepts: ReadonlySet<Concept>;
  conceptsOf(service: string): ReadonlySet<Concept>;
  /** Services that fail, or are named as failing. */
  troubled: ReadonlySet<string>;
  /** Whether lines tell of a failure. */
  failing: boolean;
  /** What the first cause's own lines say. */
  proof: string;
}

/** As statements are compared: white space single, lower case, compatible characters the same. */
export const flat = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

/** Times and addresses are one thing each: their digits are no numbers of their own. */
export const TIME =
  /\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?|(?<![\d:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\d:])/gi;
export const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g;
/** A number that stands for itself in a log line, not a part of an id: `retry 3`, `took=250ms`, `5 %`. */
const FREE_NUMBER =
  /(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?=(?:ms|us|ns|s|m|h|d|k|kb|mb|gb|kib|mib|gib|%|xx|건|줄|초|분|회|개|번|시간)?(?![\w]))/gi;
export const plainNumber = (text: string): string => String(Number(text.replaceAll(',', '')));

const UNITS: [RegExp, number][] = [
  [/^(?:ms|milli|밀리초)/i, 1],
  [/^(?:s|초)/i, 1_000],
  [/^(?:m|분)/i, 60_000],
  [/^(?:h|시간)/i, HOUR],
];
/** A duration with its unit: groups number and unit. */
export const DURATION =
  /(?<![\w.])(\d+(?:,\d{3}){0,6}(?:\.\d+)?)\s?(ms|milliseconds?|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|밀리초|시간|초|분)(?![a-z\d])/gi;

/** Milliseconds of a match of DURATION. */
export const durationMs = (number: string, unit: string): number =>
  Number(number.replaceAll(',', '')) * UNITS.find(([pattern]) => pattern.test(unit))![1];

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** More names than this make no pattern; the longest are kept, which are the most particular. */
const NAMES = 2_000;

/**
 * @param shown texts made from query results (draft, pack): what they say is true as well
 * @param more lines that were looked up besides the evidence
 */
export async function buildCorpus(
  evidence: Evidence,
  ranking: Ranking,
  shown: readonly string[],
  more: readonly LogRecord[] = [],
): Promise<Corpus> {
  const own = new Set([
    ...[...evidence.directory.own].map((name) => name.toLowerCase()),
    ...evidence.services.map((facts) => facts.service.toLowerCase()),
  ]);
  const services = new Set([
    ...[...evidence.directory.known, ...ranking.causes.map((cause) => cause.service)].map((name) =>
      name.toLowerCase(),
    ),
    ...own,
  ]);
  const names = [...services].filter((name) => name.length > 1).sort((a, b) => b.length - a.length);
  const pattern =
    names.length > 0
      ? new RegExp(`(?<![\\w-])(?:${names.slice(0, NAMES).map(literal).join('|')})(?![\\w-])`, 'g')
      : /(?!)/g;
  const servicesIn = (text: string): string[] => [...new Set(flat(text).match(pattern) ?? [])];

  const lines = new Map<string, LogRecord>();
  for (const record of [
    ...ranking.causes.flatMap((cause) => cause.lines),
    ...evidence.failures.flatMap((group) => group.lines),
    ...evidence.changes.flatMap((change) => change.lines),
    ...evidence.silences.map((silence) => silence.last),
    ...evidence.events,
    ...more,
  ])
    lines.set(record.id, record);

  const concepts = new Set<Concept>();
  const byService = new Map<string, Set<Concept>>();
  const showsFor = (service: string, shows: readonly Concept[]): void => {
    const known = byService.get(service) ?? new Set();
    for (const concept of shows) known.add(concept);
    byService.set(service, known);
    for (const concept of shows) concepts.add(concept);
  };
  const statements: Statement[] = [];
  const shownConcepts = new Map<string, Concept[]>();
  for (const record of lines.values()) {
    const pause = turn();
    if (pause) await pause;
    // What tries to instruct whoever reads it proves nothing; words copied from it are not borne out by it.
    if (isInstruction(record.line)) continue;
    const service = record.service.toLowerCase();
    const about = [...new Set([service, ...servicesIn(record.line)])];
    statements.push({ text: flat(record.line), services: about });
    const key = record.template?.id ?? record.message;
    const shows = shownConcepts.get(key) ?? conceptsShown(record.line);
    shownConcepts.set(key, shows);
    for (const one of about) showsFor(one, shows);
  }
  for (const group of evidence.failures) {
    const shows = conceptsShown(group.pattern, group.kind);
    for (const service of [group.service, ...group.targets.map((target) => target.service)])
      showsFor(service.toLowerCase(), shows);
  }
  for (const text of shown)
    for (const line of text.split('\n'))
      if (line.trim() && !isInstruction(line)) statements.push({ text: flat(line), services: [] });

  await turn();
  const text = [...statements.map((statement) => statement.text), ...services].join('\n');
  const bare = text.replace(TIME, ' ').replace(ADDRESS, ' ');
  await turn();
  const { all: counts, of, named } = countsIn(evidence, ranking);
  const numbers = new Set([
    ...[...bare.matchAll(FREE_NUMBER)].map(([number]) => plainNumber(number)),
    ...counts,
  ]);
  await turn();
  const durations = new Set(
    [...bare.matchAll(DURATION)].map(([, number, unit]) => durationMs(number!, unit!)),
  );
  const first = ranking.causes[0];
  const none: ReadonlySet<never> = new Set();
  return {
    statements,
    text,
    numbers,
    durations,
    counts,
    countsOf: (service) => of.get(service) ?? none,
    namedCountsOf: (service) => named.get(service) ?? none,
    services,
    own,
    servicesIn,
    concepts,
    conceptsOf: (service) => byService.get(service) ?? none,
    troubled: new Set(
      [
        ...evidence.services.filter((facts) => facts.errors > 0).map((facts) => facts.service),
        ...evidence.failures.flatMap((group) => [group.service, ...group.targets.map((one) => one.service)]),
        ...evidence.silences.map((silence) => silence.service),
        ...ranking.causes.map((cause) => cause.service),
      ].map((service) => service.toLowerCase()),
    ),
    failing: evidence.errors > 0 || evidence.failures.length > 0,
    proof: flat((first?.lines ?? []).map((record) => record.message).join(' ')),
  };
}

/** Results of counting queries as normalised numbers, by the service they are about. */
function countsIn(
  evidence: Evidence,
  ranking: Ranking,
): { all: Set<string>; of: Map<string, Set<string>>; named: Map<string, Set<string>> } {
  const all = new Set<string>();
  const of = new Map<string, Set<string>>();
  const named = new Map<string, Set<string>>();
  const put = (counts: Map<string, Set<string>>, service: string, number: string): void => {
    const known = counts.get(service.toLowerCase()) ?? new Set<string>();
    counts.set(service.toLowerCase(), known.add(number));
  };
  /** `own` says whether the service wrote the counted lines itself. */
  const add = (service: string | undefined, values: number[], own = true): void => {
    for (const value of values) {
      const number = String(Math.round(value));
      all.add(number);
      if (service === undefined) continue;
      put(named, service, number);
      if (own) put(of, service, number);
    }
  };
  const sums = new Map<string, number>();
  const sum = (service: string, kind: string, own: boolean, count: number): void => {
    const key = `${service}\n${kind}\n${own}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  };
  add(undefined, [evidence.records, evidence.errors, evidence.services.length, ranking.causes.length]);
  if (evidence.earlier) add(undefined, [evidence.earlier.records, evidence.earlier.errors]);
  for (const facts of evidence.services) add(facts.service, [facts.count, facts.errors, facts.before]);
  for (const group of evidence.failures) {
    add(group.service, [group.count, group.before]);
    sum(group.service, group.kind, true, group.count);
    for (const target of group.targets) {
      add(target.service, [group.count], false);
      sum(target.service, group.kind, false, group.count);
      sum(target.service, '', false, group.count);
    }
  }
  for (const [key, count] of sums) {
    const [service, , own] = key.split('\n');
    add(service, [count], own === 'true');
  }
  for (const cause of ranking.causes) {
    add(cause.service, [cause.own]);
    add(cause.service, [cause.named, cause.own + cause.named, cause.reporters.length], false);
  }
  for (const change of evidence.changes) add(change.lines[0]?.service, [change.count, change.before]);
  for (const entry of [...evidence.templates, ...evidence.errorCodes])
    add(undefined, [entry.count, entry.errors]);
  const { requests } = evidence;
  add(undefined, [requests.requests]);
  for (const entry of [...requests.endpoints, ...requests.statuses]) add(undefined, [entry.count]);
  return { all, of, named };
}
