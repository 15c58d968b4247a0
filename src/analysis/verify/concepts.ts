import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { Lexicon } from '../lexicon/lexicon.ts';
import { failureKind } from '../logs/failure.ts';

/**
 * What a sentence about an incident can blame: the sections of the lexicon. A sentence may mention one of these only if a line
 * shows it.
 */
export const CONCEPTS = [
  'memory',
  'pool',
  'disk',
  'deadlock',
  'crash',
  'port',
  'config',
  'auth',
  'tls',
  'dns',
  'refused',
  'timeout',
  'reset',
  'limited',
  'collection',
  'processor',
  'network',
  'attack',
  'deploy',
  'restart',
  'power',
  'hardware',
  'clock',
  'replica',
  'migration',
  'query',
  'traffic',
  'cache',
  'corruption',
  'leak',
  'bug',
  'human',
  'vendor',
  'backlog',
  'deletion',
  'maintenance',
] as const;
export type Concept = (typeof CONCEPTS)[number];

const LEXICON = new Lexicon('concepts');
const PATTERNS: ReadonlyMap<string, RegExp> = new Map(CONCEPTS.map((name) => [name, LEXICON.pattern(name)]));
const patternOf = (concept: Concept): RegExp => PATTERNS.get(concept)!;

/** The concepts that a sentence mentions. */
export const conceptsSaid = (text: string): Concept[] =>
  CONCEPTS.filter((concept) => patternOf(concept).test(text));

/** A text without the words that name known services or hosts. */
export const withoutConcepts = (text: string, concepts: readonly Concept[]): string =>
  concepts.reduce((rest, concept) => rest.replace(new RegExp(patternOf(concept), 'gi'), ' '), text);

/** The place where a text first mentions it. */
export const placeOf = (concept: Concept, text: string): number => text.search(patternOf(concept));

/** The concepts that a log line shows: by the same words, and by the kind of failure it reports if that is a concept too. */
export function conceptsShown(line: string, kind: FailureKind | undefined = failureKind(line)): Concept[] {
  const said = conceptsSaid(line);
  const shown = CONCEPTS.find((concept) => concept === kind);
  return shown && !said.includes(shown) ? [...said, shown] : said;
}
