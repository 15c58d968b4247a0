import type { ForeignDocument, ForeignIndex } from '../../backends/logs/foreign/foreign-index.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { createDocumentLines } from './document-line.ts';
import { type FieldChoices, type FieldMap, findFields } from './fields.ts';

/** Documents from which the fields are learned: some of any time, and the newest. */
const SAMPLE = 50;
/** How long a map of the fields is used: an index may get new ones. */
const LEARNED_MS = 10 * MINUTE;

/** How the documents of an index are read as lines. */
export interface IndexReading {
  map: FieldMap;
  /** The concrete indices. */
  indices: number;
  lineOf(document: ForeignDocument): SourceLine;
}

/**
 * Learns how the documents of an index are read, and again after a while.
 * @param choices fields that a person has named
 * @param now epoch milliseconds; for tests
 * @returns gives undefined while there is no document. Throws AppError of the index, and `config_invalid` where no time or no
 *   text is found
 */
export function createIndexReading(
  foreign: ForeignIndex,
  choices: FieldChoices,
  now: () => number = Date.now,
): () => Promise<IndexReading | undefined> {
  let learned: IndexReading | undefined;
  let at = 0;
  let learning: Promise<IndexReading | undefined> | undefined;
  const learn = async (): Promise<IndexReading | undefined> => {
    const { indices, types } = await foreign.fields();
    if (indices.length === 0) return undefined;
    const any = sources(await foreign.sample(SAMPLE));
    if (any.length === 0) return undefined;
    const { time } = findFields(types, any, choices);
    const map = findFields(types, [...any, ...sources(await foreign.sample(SAMPLE, time))], choices);
    learned = { map, indices: indices.length, lineOf: createDocumentLines(foreign, map) };
    at = now();
    return learned;
  };
  return async () => {
    if (learned && now() - at < LEARNED_MS) return learned;
    learning ??= learn().finally(() => {
      learning = undefined;
    });
    return learning;
  };
}

const sources = (documents: readonly ForeignDocument[]): Record<string, unknown>[] =>
  documents.map(({ source }) => source);
