import type { StatementSync } from 'node:sqlite';
import { AppError } from '../../domain/errors.ts';
import { beginWrite, openSqlite, sizeOnDisk, sqliteError } from '../sqlite-file.ts';

/** Records of one trace are looked for in pieces of 2^22 ms (70 minutes), one after another. */
export const TRACE_SHIFT = 22;

/**
 * Steps that bring a file to the current layout.
 *
 * `records` is in order of arrival (`n`). Services, hosts and error codes are numbers in `names`; templates (an id with one
 * of its patterns) are numbers in `templates`. `folded` is set only where `LIKE` on the line itself would find something
 * else than a search should. `message` is empty where it is the end of the line from `cut` on, which is nearly always.
 * `minutes` counts records per minute, service, level, template and error code (0 = none), so that a question about days
 * need not read the records.
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

/** SQLite refuses a value: too big, against a constraint, of another type, out of range. */
const OF_THE_DATA: ReadonlySet<number> = new Set([18, 19, 20, 25]);
/** node:sqlite refuses a value before SQLite sees it. */
const NO_VALUE: ReadonlySet<string> = new Set([
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_OUT_OF_RANGE',
]);

/** Why a row was refused because of its values; undefined for an error that has nothing to do with the row. */
export function dataError(error: unknown): string | undefined {
  const vendor = error instanceof AppError ? error.cause : error;
  if (!(vendor instanceof Error)) return undefined;
  const { code = '', errcode = 0 } = vendor as { code?: string; errcode?: number };
  return OF_THE_DATA.has(errcode & 0xff) || NO_VALUE.has(code) ? vendor.message : undefined;
}

const NAME = 'log store';

/** As `sqliteError`, for the file of a log store. */
export const logStoreError = (error: unknown, file: string): AppError =>
  sqliteError(error, { file, name: NAME });

export interface Database {
  readonly file: string;
  /** A statement that returns rows as arrays; the same text gives the same statement. */
  prepare(sql: string): StatementSync;
  /** Runs `work` in one write transaction: all of it is on disk when this resolves, or nothing happened. */
  transaction<T>(work: () => T): Promise<T>;
  /** Bytes on disk, and bytes that the disk has left. */
  size(): Promise<{ used: number; free: number }>;
  close(): void;
}

// Ids are spread over their index, so each transaction touches many of its pages: with fewer checkpoints each page is
// written fewer times (64 MiB of log instead of 4).
const PRAGMAS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
  PRAGMA wal_autocheckpoint = 16000;
  PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;`;
/** Prepared statements that are kept. */
const STATEMENTS = 200;

/**
 * Opens the file, as `openSqlite`. Durability: WAL with `synchronous=FULL`, because a collector acknowledges its sender
 * when a write resolves, so a write must survive a power cut and not only `kill -9`; with transactions of up to 4,000
 * records the extra sync costs little.
 */
export async function openDatabase(file: string): Promise<Database> {
  const about = { file, name: NAME };
  const database = await openSqlite(about, PRAGMAS, MIGRATIONS);
  const statements = new Map<string, StatementSync>();
  return {
    file,
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) {
        if (statements.size >= STATEMENTS) statements.clear();
        statement = database.prepare(sql);
        statement.setReturnArrays(true);
        statements.set(sql, statement);
      }
      return statement;
    },
    async transaction(work) {
      await beginWrite(database, about);
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite rolls back by itself after some errors (a full disk is one).
        if (database.isTransaction) database.exec('ROLLBACK');
        throw sqliteError(error, about);
      }
    },
    size: () => sizeOnDisk(file),
    close() {
      if (database.isOpen) database.close();
    },
  };
}
