import { statSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';

/** Records of one trace are looked for in stretches of 2^22 ms (70 minutes), one after the other. */
export const TRACE_SHIFT = 22;

/**
 * Steps that bring a file to the current layout; `PRAGMA user_version` counts those it has seen.
 *
 * `records` is in order of arrival (`n`). Services, hosts and error codes are numbers in `names`, templates (an id with
 * one of its patterns) numbers in `templates`. `folded` is set only where `LIKE` on the line itself would not give the
 * search's meaning. `message` is empty where it is the end of the line from `cut` on, which is nearly always.
 * `minutes` counts records per minute, service, level, template and error code (0 = none), so that questions over days
 * do not read the records.
 */
const MIGRATIONS = [
  `CREATE TABLE names (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
   CREATE TABLE templates (n INTEGER PRIMARY KEY, id TEXT NOT NULL, pattern NOT NULL, UNIQUE (id, pattern));
   CREATE TABLE records (
     n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, level INTEGER NOT NULL,
     service INTEGER NOT NULL, template INTEGER NOT NULL, code INTEGER NOT NULL, host INTEGER NOT NULL,
     trace TEXT, span TEXT, line NOT NULL, folded TEXT, message, cut INTEGER NOT NULL,
     endpoint, status INTEGER, duration REAL, attributes TEXT);
   CREATE INDEX by_time ON records (at, n, level, service, template, code);
   CREATE INDEX by_trace ON records (trace, at, n) WHERE trace IS NOT NULL;
   CREATE TABLE minutes (
     minute INTEGER NOT NULL, service INTEGER NOT NULL, level INTEGER NOT NULL, template INTEGER NOT NULL,
     code INTEGER NOT NULL, records INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     PRIMARY KEY (minute, service, level, template, code)) WITHOUT ROWID;`,
  // Traces are random: in an index by trace alone each record of a large file would touch a page of its own.
  `DROP INDEX by_trace;
   CREATE INDEX by_trace ON records (at >> ${TRACE_SHIFT}, trace, at, n) WHERE trace IS NOT NULL;`,
];

/** How long a writer waits for another process that holds the file. */
const LOCK_WAIT_MS = 5_000;

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const RESULT: Record<number, [ConstructorParameters<typeof AppError>[0], string]> = {
  3: ['storage_full', 'no permission to use it'],
  5: ['unavailable', 'another process holds it'],
  6: ['unavailable', 'another connection holds it'],
  8: ['storage_full', 'it cannot be written'],
  10: ['unavailable', 'the disk reported an error'],
  11: ['malformed', 'the file is damaged'],
  13: ['storage_full', 'the disk is full'],
  14: ['storage_full', 'it cannot be opened or created'],
  26: ['malformed', 'it is not a database'],
};

/** What SQLite refuses for its value: too big, against a constraint, of another type, out of range. */
const OF_THE_DATA: ReadonlySet<number> = new Set([18, 19, 20, 25]);
/** What node:sqlite refuses before SQLite sees it. */
const NO_VALUE: ReadonlySet<string> = new Set([
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_OUT_OF_RANGE',
]);

/** Why a row was refused for what is in it; undefined for an error that has nothing to do with the row. */
export function dataError(error: unknown): string | undefined {
  const vendor = error instanceof AppError ? error.cause : error;
  if (!(vendor instanceof Error)) return undefined;
  const { code = '', errcode = 0 } = vendor as { code?: string; errcode?: number };
  return OF_THE_DATA.has(errcode & 0xff) || NO_VALUE.has(code) ? vendor.message : undefined;
}

/** An error of node:sqlite as an AppError; told apart by SQLite's result code. */
export function sqliteError(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === 'ERR_INVALID_STATE')
    return new AppError('stopped', `${basename(file)} is closed`, { cause: error });
  const [kind, reason] = RESULT[(errcode ?? 0) & 0xff] ?? ['internal', 'unexpected error'];
  return new AppError(kind, `log store ${basename(file)}: ${reason}`, { cause: error });
}

export interface Database {
  readonly file: string;
  /** A statement that returns rows as arrays; the same text gives the same statement. */
  prepare(sql: string): StatementSync;
  /** Runs `work` in one write transaction: all of it is on disk when this resolves, or nothing happened. */
  transaction<T>(work: () => T): Promise<T>;
  /** Bytes on disk (what is still in the write-ahead log included), and bytes the disk has left. */
  size(): Promise<{ used: number; free: number }>;
  close(): void;
}

/**
 * Opens (and creates or migrates) the file. Durability: WAL with `synchronous=FULL`, because a collector acknowledges its
 * sender when a write resolves, so a write must survive a power cut and not only `kill -9`; with transactions of up to
 * 4,000 records the extra sync costs little.
 */
export async function openDatabase(file: string): Promise<Database> {
  let database: DatabaseSync | undefined;
  const statements = new Map<string, StatementSync>();
  try {
    await mkdir(dirname(file), { recursive: true });
    // Waiting inside SQLite would stop the event loop: only a blink here, the rest of the wait is asynchronous.
    database = new DatabaseSync(file, { timeout: 20 });
    const connection = database;
    // Ids are spread over their index, so each transaction touches many of its pages: fewer checkpoints write each of
    // them fewer times (64 MiB of log instead of 4).
    connection.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 16000;
      PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;`);
    const transaction = async <T>(work: () => T): Promise<T> => {
      for (const start = Date.now(); ; ) {
        try {
          connection.exec('BEGIN IMMEDIATE');
          break;
        } catch (error) {
          const busy = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
          if (busy !== 5 || Date.now() - start > LOCK_WAIT_MS) throw sqliteError(error, file);
          await sleep(10 + Math.random() * 40);
        }
      }
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite rolls back by itself after some errors (a full disk among them).
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw sqliteError(error, file);
      }
    };
    const versionOf = () =>
      (connection.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
    if (versionOf() > MIGRATIONS.length)
      throw new AppError('malformed', `log store ${basename(file)} was made by a newer version of Bongsu`);
    if (versionOf() < MIGRATIONS.length)
      await transaction(() => {
        for (const sql of MIGRATIONS.slice(versionOf())) connection.exec(sql);
        connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
      });
    return {
      file,
      prepare(sql) {
        let statement = statements.get(sql);
        if (!statement) {
          if (statements.size >= 200) statements.clear();
          statement = connection.prepare(sql);
          statement.setReturnArrays(true);
          statements.set(sql, statement);
        }
        return statement;
      },
      transaction,
      async size() {
        const { bavail, bsize } = await statfs(dirname(file));
        const used = statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
        return { used, free: bavail * bsize };
      },
      close: () => connection.close(),
    };
  } catch (error) {
    database?.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC' || code === 'ENOTDIR' || code === 'EEXIST')
      throw new AppError('storage_full', `the folder of ${basename(file)} cannot be written (${code})`, {
        cause: error,
      });
    throw sqliteError(error, file);
  }
}
