import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { shortJson } from '../../domain/log/short-json.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';

/** A line that the log store refuses, and why. */
export interface RefusedLine {
  line: SourceLine;
  reason: AppError;
}

/** A file for lines that the log store refuses and that come from no topic. */
export interface RefusedFile {
  readonly path: string;
  /**
   * Resolves when they are on disk, with how many had no room there. Never rejects: a full disk must not stop the
   * rest.
   */
  add(refused: readonly RefusedLine[]): Promise<number>;
  /** What is in the file now, whoever wrote it; undefined if it is empty. */
  health(): Promise<Health | undefined>;
}

/**
 * Largest size of the file. It is for a person to look into, and a store that refuses everything must not fill the
 * disk.
 */
const MAX_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
/** Characters that are kept of fields that are nested too deep to be written. */
const MAX_CUT = 4_000;

/**
 * The file is beside the store, in JSON Lines: `{"at", "reason", "source", "position", "text", "fields"?}`. It is
 * made when it is needed, readable only by its owner. The person who has solved the problem removes it.
 * @param options.maxBytes 64 MiB when absent
 */
export function openRefusedFile(options: { path: string; maxBytes?: number; log: Log }): RefusedFile {
  const { path, maxBytes = MAX_BYTES, log } = options;
  let lost = 0;
  let counted: { size: number; lines: number } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const sizeNow = (): Promise<number> =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );

  async function append(refused: readonly RefusedLine[]): Promise<number> {
    let room = maxBytes - (await sizeNow());
    const rows: string[] = [];
    for (const one of refused) {
      const row = rowOf(one);
      const size = Buffer.byteLength(row);
      if (size > room) break;
      rows.push(row);
      room -= size;
    }
    if (rows.length === 0) return refused.length;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await using file = await open(path, 'a', 0o600);
    await file.appendFile(rows.join(''));
    await file.datasync();
    // The file may have existed before, with wider rights.
    await chmod(path, 0o600);
    return refused.length - rows.length;
  }

  async function put(refused: readonly RefusedLine[]): Promise<number> {
    const left = await append(refused).catch((cause) => {
      log.error({ err: toAppError(cause), path }, 'refused lines cannot be kept');
      return refused.length;
    });
    if (left > 0) {
      lost += left;
      log.error({ path, left }, 'there is no room for refused lines: they are gone');
    }
    return left;
  }

  /**
   * Counts the lines. Only what was added since the last time is read; all of it if a smaller file has replaced the
   * old one.
   */
  async function lines(size: number): Promise<number> {
    const known = counted && counted.size <= size ? counted : { size: 0, lines: 0 };
    if (known.size === size) return known.lines;
    const found = await newlinesIn(path, known.size, size).catch(() => undefined);
    if (found === undefined) return known.lines;
    counted = { size, lines: known.lines + found };
    return counted.lines;
  }

  return {
    path,
    add(refused) {
      // One after the other, so that each sees how much room the one before has left.
      const done = last.then(() => put(refused));
      last = done;
      return done;
    },
    async health() {
      const size = await sizeNow();
      if (size === 0 && lost === 0) return undefined;
      const file = basename(path);
      const detail: Phrase[] = [['refusedKept', { count: size === 0 ? 0 : await lines(size), file }]];
      if (lost > 0) detail.push(['refusedLost', { count: lost }]);
      return healthOf(false, 'log store', detail, ['mend.refused', { file: path }]);
    },
  };
}

/** @param end exclusive */
async function newlinesIn(path: string, start: number, end: number): Promise<number> {
  let found = 0;
  for await (const chunk of createReadStream(path, { start, end: end - 1 }))
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) found += 1;
  return found;
}

function rowOf({ line, reason }: RefusedLine): string {
  const { text, source, position, fields } = line;
  const row = { at: new Date().toISOString(), reason: reason.message, source, position, text };
  try {
    return `${JSON.stringify({ ...row, fields })}\n`;
  } catch {
    // Nested too deep to be written whole; the other lines must not be lost because of it.
    return `${JSON.stringify({ ...row, fieldsCut: shortJson(fields, MAX_CUT) })}\n`;
  }
}
