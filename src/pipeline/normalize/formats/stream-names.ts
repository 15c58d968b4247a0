import { LruMap } from '../../../domain/lru-map.ts';
import { isAt, NAME, runEnd, SPACE } from '../lexicon/characters.ts';

/**
 * Gives the service that a line without a name before it speaks of: what runs the programs says `web-1 exited with code 1` in
 * between their lines, which have `web-1  | ` before them.
 */
export interface StreamNames {
  /** Notes a name that stands before a line of the source. */
  note(source: string, name: string, service: string): void;
  serviceOf(source: string, line: string): string | undefined;
}

/** Sources remembered, and names of each. */
const MAX_SOURCES = 1_000;
const MAX_NAMES = 1_000;

export function createStreamNames(): StreamNames {
  const sources = new LruMap<string, Map<string, string>>(MAX_SOURCES);
  return {
    note(source, name, service) {
      const names = sources.get(source) ?? new Map<string, string>();
      if (names.size === 0) sources.set(source, names);
      if (names.size < MAX_NAMES && !names.has(name)) names.set(name, service);
    },
    serviceOf(source, line) {
      // Hardly a source has names before its lines.
      if (sources.size === 0) return undefined;
      const names = sources.get(source);
      const end = names ? runEnd(line, 0, NAME) : 0;
      return end > 0 && isAt(line, end, SPACE) ? names!.get(line.slice(0, end)) : undefined;
    },
  };
}
