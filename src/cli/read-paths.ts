import { resolve } from 'node:path';
import type { FileNote, ReadReport } from '../domain/log/read-report.ts';
import type { SourceLine } from '../domain/log/source-line.ts';
import type { RunTotals } from '../pipeline/run.ts';
import type { CsvColumns } from '../pipeline/sources/files/csv-columns.ts';
import { findFiles, readFiles } from '../pipeline/sources/files/files.ts';
import { isLogStreams, readLogStreams } from './log-streams.ts';

/** Files that are read, whatever command asks for it: all commands read the same file in the same way. */
export interface Reading {
  /** To be read once. @throws AppError as `readFiles` and `readLogStreams` do */
  lines: AsyncGenerator<SourceLine[]>;
  /** The columns of each CSV file, as far as it has been read. */
  columns: readonly { path: string; found: CsvColumns }[];
  /** What was read, after the last line. */
  report(totals: Pick<RunTotals, 'lines' | 'extent' | 'services' | 'undated' | 'errors'>): ReadReport;
}

/**
 * Log files, folders, globs and collections of streams, in the order of their times.
 * @param options.timeZone IANA zone of times that name none
 * @param options.onProgress bytes as they are on disk
 */
export function openReading(
  paths: readonly string[],
  options: { timeZone: string; onProgress?: (bytesDone: number, bytesTotal: number) => void },
): Reading {
  const { timeZone, onProgress } = options;
  const columns: { path: string; found: CsvColumns }[] = [];
  const encodings: FileNote[] = [];
  const binaries: FileNote[] = [];
  const counts = new Map<string, number>();
  let found: string[] = [];
  const collections = paths.filter(isLogStreams);
  const files = paths.filter((path) => !collections.includes(path));

  async function* all(): AsyncGenerator<SourceLine[]> {
    found = (await findFiles(files)).map(({ path }) => path);
    if (files.length > 0)
      yield* readFiles(files, {
        timeZone,
        ...(onProgress ? { onProgress } : {}),
        onColumns: (path, named) => columns.push({ path, found: named }),
        onEncoding: (path, detail) => {
          const known = encodings.find((one) => one.path === path);
          if (!known) encodings.push({ path, what: 'encoding', detail });
          else if (!known.detail!.split(', ').includes(detail)) known.detail += `, ${detail}`;
        },
        onBinary: (path, detail) => binaries.push({ path, what: 'binary', detail }),
      });
    for (const path of collections) yield* readLogStreams(path, timeZone);
  }
  async function* counted(): AsyncGenerator<SourceLine[]> {
    for await (const batch of all()) {
      for (const { source } of batch) counts.set(source, (counts.get(source) ?? 0) + 1);
      yield batch;
    }
  }

  return {
    lines: counted(),
    columns,
    report({ lines, extent, services = [], undated = [], errors = 0 }) {
      const nameOf = (source: string): string => found.find((path) => resolve(path) === source) ?? source;
      const isLeftOut = new Set(binaries.map(({ path }) => path));
      const empty = found.filter(
        (path) => !counts.has(path === '-' ? path : resolve(path)) && !isLeftOut.has(path),
      );
      const isDated = undated.reduce((sum, one) => sum + one.lines, 0) < lines;
      return {
        files: found.length + collections.length,
        lines,
        ...(extent && isDated ? { extent } : {}),
        services,
        errors,
        notes: [
          ...empty.map((path): FileNote => ({ path, what: 'empty' })),
          ...undated.map(
            ({ source, lines: count }): FileNote => ({ path: nameOf(source), what: 'undated', lines: count }),
          ),
          ...binaries,
          ...encodings,
        ],
      };
    },
  };
}
