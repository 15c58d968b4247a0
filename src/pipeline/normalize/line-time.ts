import type { PipelineStage, SourceLine } from '../../domain/log/source-line.ts';
import { createNormalizer } from './normalize.ts';

/** Reads the time in a line, epoch milliseconds; undefined when the line has none. */
export function createTimeReader(timeZone: string): (line: SourceLine) => number | undefined {
  const normalize = createNormalizer({ timeZone });
  /** This time means "the line has no time". */
  const none = Date.now();
  return (line) => {
    const { timestamp } = normalize({ ...line, hint: { timestamp: none } });
    return timestamp === none ? undefined : timestamp;
  };
}

/** The first line that has a time, and that time; undefined when no line has one. */
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
 * Lines before the first time of a source (a banner, the rest of a cut event) get that time as a hint, instead of the
 * present. Only lines of the same batch are considered.
 */
export function datedByNext(timeZone: string): PipelineStage<SourceLine[], SourceLine[]> {
  const timeOf = createTimeReader(timeZone);
  return async function* (batches) {
    const timed = new Set<string>();
    for await (const batch of batches) {
      const first = new Map<string, { index: number; ms: number }>();
      for (const [index, line] of batch.entries()) {
        // A line that the source has dated itself is not read.
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
