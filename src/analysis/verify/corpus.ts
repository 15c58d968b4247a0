import type { LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Ranking } from '../ranking/rank.ts';
import { type Concept, conceptsShown } from './concepts.ts';
import { isInstruction } from './injection.ts';
import { queryCounts } from './query-counts.ts';
import {
  ADDRESS,
  DURATION,
  durationMs,
  FREE_NUMBER,
  flat,
  literal,
  plainNumber,
  TIME,
} from './text-forms.ts';

/** A log line, or a line of a text made from query results, in the form in which quotes are searched in it. */
interface Statement {
  text: string;
  /** The service that wrote it and those it names; empty for texts made from queries. */
  services: readonly string[];
}

/** Everything that is known to be true, in the forms that sentences are checked against. */
export interface Corpus {
  statements: readonly Statement[];
  /** All of them, one per line. */
  text: string;
  /** Every number of the evidence and of the queries, normalised. */
  numbers: ReadonlySet<string>;
  /** Durations in milliseconds. */
  durations: ReadonlySet<number>;
  /** Results of counting queries: all of them, and those about one service. */
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
  /** The concepts that the lines show: all, and by the service that wrote or is named in them. */
  concepts: ReadonlySet<Concept>;
  conceptsOf(service: string): ReadonlySet<Concept>;
  /** Services that fail, or are named as failing. */
  troubled: ReadonlySet<string>;
  /** Whether lines report a failure. */
  failing: boolean;
  /** What the first cause's own lines say. */
  proof: string;
}

/** More names than this are not searched; the longest are kept, because they are the most specific. */
const NAMES = 2_000;

/**
 * @param shown texts made from query results (draft, pack): their contents are true as well
 * @param more lines that were looked up in addition to the evidence
 */
export async function buildCorpus(
  evidence: Evidence,
  ranking: Ranking,
  shown: readonly string[],
  more: readonly LogRecord[] = [],
): Promise<Corpus> {
  const { own, services } = serviceNames(evidence, ranking);
  const servicesIn = nameFinder(services);
  const lines = await readLines(linesOf(evidence, ranking, more), servicesIn);
  addGroups(lines.concepts, evidence);
  const texts = shown
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() && !isInstruction(line));
  const statements = [...lines.statements, ...texts.map((line) => ({ text: flat(line), services: [] }))];

  // Each of these steps may take long, so other work may run before it.
  await turn();
  const text = [...statements.map((statement) => statement.text), ...services].join('\n');
  const bare = text.replace(TIME, ' ').replace(ADDRESS, ' ');
  await turn();
  const counts = queryCounts(evidence, ranking);
  const free = [...bare.matchAll(FREE_NUMBER)].map(([number]) => plainNumber(number));
  await turn();
  const durations = [...bare.matchAll(DURATION)].map(([, number, unit]) => durationMs(number!, unit!));
  const first = ranking.causes[0];
  return {
    statements,
    text,
    numbers: new Set([...free, ...counts.all]),
    durations: new Set(durations),
    counts: counts.all,
    countsOf: (service) => counts.own.get(service) ?? NONE,
    namedCountsOf: (service) => counts.named.get(service) ?? NONE,
    services,
    own,
    servicesIn,
    concepts: lines.concepts.all,
    conceptsOf: (service) => lines.concepts.of.get(service) ?? NONE,
    troubled: troubledServices(evidence, ranking),
    failing: evidence.errors > 0 || evidence.failures.length > 0,
    proof: flat((first?.lines ?? []).map((record) => record.message).join(' ')),
  };
}

const NONE: ReadonlySet<never> = new Set();

/** Names in lower case: of services that wrote lines, and of all that are known. */
function serviceNames(evidence: Evidence, ranking: Ranking): { own: Set<string>; services: Set<string> } {
  const lower = (names: Iterable<string>): string[] => [...names].map((name) => name.toLowerCase());
  const own = new Set([
    ...lower(evidence.directory.own),
    ...lower(evidence.services.map(({ service }) => service)),
  ]);
  const causes = ranking.causes.map(({ service }) => service);
  return { own, services: new Set([...lower(evidence.directory.known), ...lower(causes), ...own]) };
}

/** Finds the names of services in a text. */
function nameFinder(services: ReadonlySet<string>): (text: string) => string[] {
  const names = [...services].filter((name) => name.length > 1).sort((a, b) => b.length - a.length);
  const pattern =
    names.length > 0
      ? new RegExp(`(?<![\\w-])(?:${names.slice(0, NAMES).map(literal).join('|')})(?![\\w-])`, 'g')
      : /(?!)/g;
  return (text) => [...new Set(flat(text).match(pattern) ?? [])];
}

/** The lines that are evidence, each once. */
function linesOf(
  { failures, changes, silences, events }: Evidence,
  { causes }: Ranking,
  more: readonly LogRecord[],
): Iterable<LogRecord> {
  const records = [
    ...causes.flatMap((cause) => cause.lines),
    ...failures.flatMap((group) => group.lines),
    ...changes.flatMap((change) => change.lines),
    ...silences.map((silence) => silence.last),
    ...events,
    ...more,
  ];
  return new Map(records.map((record) => [record.id, record])).values();
}

/** The concepts that lines show: all, and by the service that wrote or is named in them. */
class ShownConcepts {
  readonly all = new Set<Concept>();
  readonly of = new Map<string, Set<Concept>>();

  add(service: string, concepts: readonly Concept[]): void {
    const known = this.of.get(service) ?? new Set();
    this.of.set(service, known);
    for (const concept of concepts) {
      known.add(concept);
      this.all.add(concept);
    }
  }
}

async function readLines(
  lines: Iterable<LogRecord>,
  servicesIn: Corpus['servicesIn'],
): Promise<{ statements: Statement[]; concepts: ShownConcepts }> {
  const statements: Statement[] = [];
  const concepts = new ShownConcepts();
  const byTemplate = new Map<string, Concept[]>();
  for (const record of lines) {
    const pause = turn();
    if (pause) await pause;
    // A line that tries to give instructions to its reader proves nothing, so words copied from it do not count as true.
    if (isInstruction(record.line)) continue;
    const services = [...new Set([record.service.toLowerCase(), ...servicesIn(record.line)])];
    statements.push({ text: flat(record.line), services });
    const key = record.template?.id ?? record.message;
    const shown = byTemplate.get(key) ?? conceptsShown(record.line);
    byTemplate.set(key, shown);
    for (const service of services) concepts.add(service, shown);
  }
  return { statements, concepts };
}

/** The concepts that the failing groups show about the services that wrote them and those they name. */
function addGroups(concepts: ShownConcepts, { failures }: Evidence): void {
  for (const { pattern, kind, service, targets } of failures) {
    const shown = conceptsShown(pattern, kind);
    for (const name of [service, ...targets.map((target) => target.service)])
      concepts.add(name.toLowerCase(), shown);
  }
}

/** Services that fail, are named as failing, became silent, or are ranked as a cause. */
function troubledServices({ services, failures, silences }: Evidence, { causes }: Ranking): Set<string> {
  const names = [
    ...services.filter((facts) => facts.errors > 0).map(({ service }) => service),
    ...failures.flatMap((group) => [group.service, ...group.targets.map(({ service }) => service)]),
    ...silences.map(({ service }) => service),
    ...causes.map(({ service }) => service),
  ];
  return new Set(names.map((name) => name.toLowerCase()));
}
