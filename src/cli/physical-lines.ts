import type { SourceLine } from '../domain/log/source-line.ts';
import { readFiles } from '../pipeline/sources/files/files.ts';
import { progressBar } from './progress.ts';

/** Reads lines of files as they are, a stack trace line by line: a score of the output counts lines, not events. */
export function physicalLines(paths: string[]) {
  // On a terminal the bar would mix with the rows.
  const bar = process.stdout.isTTY ? undefined : progressBar('Reading');
  const lines = readFiles(paths, {
    joinTraces: false,
    onProgress: (done, total) => bar?.update(done, total),
  });
  return { lines: numbered(lines), stop: () => bar?.stop() };
}

/** From the second file on numbers the lines in the order they are read, so that no two lines have the same number. */
export async function* numbered(batches: AsyncIterable<SourceLine[]>): AsyncGenerator<SourceLine[]> {
  let source: string | undefined;
  let several = false;
  let last = 0;
  for await (const batch of batches)
    yield batch.map((line) => {
      source ??= line.source;
      several ||= line.source !== source;
      last = several ? last + 1 : Number(line.position);
      return several ? { ...line, position: String(last) } : line;
    });
}
