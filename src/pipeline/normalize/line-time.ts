import type { SourceLine, Stage } from '../source-line.ts';
import { createNormalizer } from './normalize.ts';

/** Reads the time a line names itself, in epoch milliseconds; undefined when it names none. */
export function createTimeReader(timeZone: string): (line: SourceLine) => number | undefined {
  const normalize = createNormalizer({ timeZone });
  /** Stands for "the line names no time". */
  const none = Date.now();
  return (line) => {
    const { timestamp } = normalize({ ...line, hint: { timestamp: none } });
    return timestamp === none ? undefined : timestamp;
  };
}

/** The first line that names a time, and that time; undefined when no line does. */
export function firstTime(
  lines: readonly SourceLine[],
  timeOf: (line: SourceLine) => number | undefined,
): { index: number; ms: number } | undefined {
  for (const [index, line] of lines.entries()) {
    const ms = timeOf(line);
    if (ms !== undefined) return { index, ms };
  }
  return undefined;
}

/**
 * Lines above a source's first time (a banner, the rest of a cut event) get that time as a hint instead of the
 * present. Looks no further than the batch.
 */
export function datedByNext(timeZone: string): Stage<SourceLine[], SourceLine[]> {
  const timeOf = createTimeReader(timeZone);
  return async function* (batches) {
    const timed = new Set<string>();
    for await (const batch of batches) {
      const first = new Map<string, { index: number; ms: number }>();
      for (const [index, line] of batch.entries()) {
        // What a source has dated itself needs no look.
        if (timed.has(line.source) || line.hint?.timestamp !== undefined) continue;
        const ms = timeOf(line);
        if (ms === undefined) continue;
        timed.add(line.source);
        first.set(line.source, { index, ms });
      }
      if (first.size === 0) yield batch;
      else
        yield batch.map((line, index) => {
          const next = first.get(line.source);
          if (!next || index >= next.index || line.hint?.timestamp !== undefined) return line;
          return { ...line, hint: { ...line.hint, timestamp: next.ms } };
        });
    }
  };
}
