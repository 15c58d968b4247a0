import type { PipelineStage, SourceLine } from '../../domain/log/source-line.ts';
import { createTimeReader } from './normalize.ts';

/** A source in which no line has a time, and how many lines it has. */
export interface UndatedSource {
  source: string;
  lines: number;
}

/**
 * Lines before the first time of a source (a banner, the rest of a cut event, those by which the place of the time was
 * learned) get their own time or that one as a hint, instead of the present. Only lines of the same batch are considered.
 * @param onUndated called at the end for each source in which no line has a time; sources that date their lines themselves
 *   do not count
 */
export function datedByNext(
  timeZone: string,
  onUndated?: (undated: UndatedSource) => void,
): PipelineStage<SourceLine[], SourceLine[]> {
  const timeOf = createTimeReader(timeZone);
  return async function* (batches) {
    const timed = new Set<string>();
    const undated = new Map<string, number>();
    for await (const batch of batches) {
      const first = new Map<string, { index: number; ms: number }>();
      for (const [index, line] of batch.entries()) {
        // A line that the source has dated itself is not read.
        if (timed.has(line.source) || line.hint?.timestamp !== undefined) continue;
        const found = timeOf(line);
        if (!found) {
          undated.set(line.source, (undated.get(line.source) ?? 0) + 1);
          continue;
        }
        timed.add(line.source);
        undated.delete(line.source);
        first.set(line.source, { index, ms: found.ms });
      }
      if (first.size === 0) yield batch;
      else
        yield batch.map((line, index) => {
          const next = first.get(line.source);
          if (!next || index >= next.index || line.hint?.timestamp !== undefined) return line;
          // By now it may be known where its time is.
          const timestamp = timeOf(line)?.ms ?? next.ms;
          return { ...line, hint: { ...line.hint, timestamp } };
        });
    }
    for (const [source, lines] of undated) onUndated?.({ source, lines });
  };
}
