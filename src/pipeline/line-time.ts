import { createNormalizer } from './normalize.ts';
import type { SourceLine } from './source-line.ts';

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
