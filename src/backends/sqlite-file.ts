import { statSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type ErrorCode } from '../domain/errors.ts';

/** How long a writer waits for another process that holds the file. */
const LOCK_WAIT_MS = 5_000;
const BUSY = 5;

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const RESULT: Record<number, [ErrorCode, string]> = {
  3: ['storage_full', 'no permission to use it'],
  [BUSY]: ['unavailable', 'another process holds it'],
  6: ['unavailable', 'another connection holds it'],
  8: ['storage_full', 'it cannot be written'],
  10: ['unavailable', 'the disk reported an error'],
  11: ['malformed', 'the file is damaged'],
  13: ['storage_full', 'the disk is full'],
  14: ['storage_full', 'it cannot be opened or created'],
  26: ['malformed', 'it is not a database'],
};
/** Errors of the system when a folder cannot be made or written. */
const FOLDER_ERRORS: ReadonlySet<string> = new Set(['EACCES', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST']);

/** The purpose of an SQLite file, as its errors name it. */
export interface SqliteFile {
  file: string;
  /** `log store` or `state store`. */
  name: string;
}

const resultOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;

/** An error of node:sqlite, or of a call to the system, as an AppError. */
export function sqliteError(error: unknown, { file, name }: SqliteFile): AppError {
  if (error instanceof AppError) return error;
  const { code, syscall } = error as { code?: string; syscall?: string };
  const base = basename(file);
  if (code === 'ERR_INVALID_STATE') return new AppError('stopped', `${base} is closed`, { cause: error });
  if (syscall) {
    const kind = code === 'ENOSPC' ? 'storage_full' : 'unavailable';
    return new AppError(kind, `${base}: ${code}`, { cause: error });
  }
  const [kind, reason] = RESULT[resultOf(error)] ?? ['internal', 'unexpected error'];
  return new AppError(kind, `${name} ${base}: ${reason}`, { cause: error });
}

/** Begins a write transaction. While another process writes it waits, without stopping the event loop. */
export async function beginWrite(database: DatabaseSync, about: SqliteFile): Promise<void> {
  for (const start = Date.now(); ; ) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (resultOf(error) !== BUSY || Date.now() - start > LOCK_WAIT_MS) throw sqliteError(error, about);
      await sleep(10 + Math.random() * 40);
    }
  }
}

/**
 * Opens the file; makes it and its folder where they are missing, and brings it to the current layout.
 * @param pragmas run before anything else
 * @param migrations SQL for each step of the layout; `PRAGMA user_version` counts the steps that a file has seen
 * @throws AppError `storage_full` when the folder or the file cannot be written; `malformed` when the file is damaged, is
 *   not ours or was made by a newer version; `unavailable` when another process holds it
 */
export async function openSqlite(
  about: SqliteFile,
  pragmas: string,
  migrations: readonly string[],
): Promise<DatabaseSync> {
  const { file, name } = about;
  let database: DatabaseSync | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    // To wait inside SQLite would stop the event loop: it waits for a moment only, the rest is up to `beginWrite`.
    database = new DatabaseSync(file, { timeout: 20 });
    database.exec(pragmas);
    if (versionOf(database) > migrations.length)
      throw new AppError('malformed', `${name} ${basename(file)} was made by a newer version of Bongsu`);
    if (versionOf(database) < migrations.length) {
      await beginWrite(database, about);
      // Another process may have done it while this one waited.
      for (const sql of migrations.slice(versionOf(database))) database.exec(sql);
      database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
    }
    return database;
  } catch (error) {
    database?.close();
    const { code = '' } = error as NodeJS.ErrnoException;
    if (FOLDER_ERRORS.has(code))
      throw new AppError('storage_full', `the folder of ${basename(file)} cannot be written (${code})`, {
        cause: error,
      });
    throw sqliteError(error, about);
  }
}

const versionOf = (database: DatabaseSync): number =>
  (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

/** Bytes of the file and its write-ahead log, and bytes that its disk has left. */
export async function sizeOnDisk(file: string): Promise<{ used: number; free: number }> {
  const { bavail, bsize } = await statfs(dirname(file));
  // The latest writes are in the log until SQLite moves them into the file.
  const used = statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  return { used, free: bavail * bsize };
}
