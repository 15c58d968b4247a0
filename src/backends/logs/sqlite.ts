import { basename } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { type Database, dataError, logStoreError, openDatabase } from './sqlite-database.ts';
import { SqliteReader } from './sqlite-read.ts';
import { RecordWriter } from './sqlite-rows.ts';
import { checkRecords, type LogStore, type RefusedRecord, RefusedRecords } from './store.ts';
import { type WriteCall, WriteQueue } from './write-queue.ts';

/** Records per transaction: enough to be fast, few enough (some 40 ms) not to hold up the rest of the process. */
const BATCH = 4_000;

/**
 * Log store in one SQLite file, for a single process. Statements run on the event loop, so each is kept short: writes in
 * transactions of 4,000 records, reads in pieces of some thousand rows.
 * @param options.file created with its folder where missing; throws `storage_full`, `malformed` (damaged or not ours), `unavailable`
 */
export async function openSqliteLogs(options: { file: string }, log: Log): Promise<LogStore> {
  return sqliteLogsOver(await openDatabase(options.file), log);
}

/**
 * The store on a database that is open; disposing closes it.
 * @param hasGaps whether others remove records from it
 */
export function sqliteLogsOver(database: Database, log: Log, hasGaps = false): LogStore {
  const { file } = database;
  const writer = new SqliteWriter(database, log);
  const reader = new SqliteReader(database, hasGaps);

  /** Runs a query; errors of SQLite are thrown as AppErrors. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw logStoreError(error, file);
    }
  };

  return {
    write: (records) => writer.write(records),
    search: (filter, how) => guarded(() => reader.search(filter, how)),
    get: (ids) => guarded(() => reader.get(ids)),
    async *scan(filter, how) {
      try {
        yield* reader.scan(filter, how);
      } catch (error) {
        throw logStoreError(error, file);
      }
    },
    histogram: (filter, bucketMs) => guarded(() => reader.histogram(filter, bucketMs)),
    counts: (filter, by, limit) => guarded(() => reader.counts(filter, by, limit)),
    requests: (filter) => guarded(() => reader.requests(filter)),
    extent: () => guarded(() => reader.extent()),
    async health() {
      try {
        const { used, free } = await database.size();
        database.prepare('SELECT n FROM records LIMIT 1').get();
        if (writer.trouble) return illHealth(writer.trouble);
        const megabytes = { used: Math.ceil(used / 1e6), free: Math.floor(free / 1e6) };
        return healthOf(true, 'sqlite', [['kept', { file: basename(file), ...megabytes }]]);
      } catch (error) {
        return illHealth(logStoreError(error, file));
      }
    },
    async [Symbol.asyncDispose]() {
      await writer.drained();
      database.close();
    },
  };
}

/** Writes records in transactions, one at a time. */
class SqliteWriter {
  readonly #database: Database;
  readonly #rows: RecordWriter;
  readonly #log: Log;
  readonly #queue = new WriteQueue(BATCH, (calls, records) => this.#writeGroup(calls, records));
  /** Why the last write failed; undefined when it did not. */
  trouble: AppError | undefined;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#rows = new RecordWriter(database);
    this.#log = log;
  }

  async write(records: LogRecord[]): Promise<void> {
    checkRecords(records);
    if (records.length > 0) await this.#queue.write(records);
  }

  drained(): Promise<void> {
    return this.#queue.drained();
  }

  async #writeGroup(calls: WriteCall[], records: LogRecord[]): Promise<void> {
    try {
      const refused = new Map<string, RefusedRecord>();
      for (let start = 0; start < records.length; start += BATCH) {
        for (const one of await this.#store(records.slice(start, start + BATCH))) refused.set(one.id, one);
        await breathe();
      }
      this.trouble = undefined;
      for (const call of calls) {
        const own = refused.size > 0 ? call.records.flatMap(({ id }) => refused.get(id) ?? []) : [];
        if (own.length > 0) call.reject(new RefusedRecords(own));
        else call.resolve();
      }
    } catch (error) {
      const trouble = logStoreError(error, this.#database.file);
      this.trouble = trouble;
      if (trouble.code !== 'stopped')
        this.#log.warn({ err: trouble, records: records.length }, 'log store: write failed');
      for (const call of calls) call.reject(trouble);
    }
  }

  /**
   * One transaction. Where a row is refused because of its values, it is found by halving.
   * @returns what was refused
   */
  async #store(records: LogRecord[]): Promise<RefusedRecord[]> {
    try {
      await this.#database.transaction(() => this.#rows.write(records));
      return [];
    } catch (error) {
      this.#rows.reset();
      const reason = dataError(error);
      if (reason === undefined) throw error;
      if (records.length === 1) return [{ id: records[0]!.id, reason }];
    }
    const half = records.length >> 1;
    return [...(await this.#store(records.slice(0, half))), ...(await this.#store(records.slice(half)))];
  }
}

const illHealth = ({ code, message }: AppError): Health => {
  const word = code === 'storage_full' ? 'disk' : code === 'malformed' ? 'logsFile' : 'dataDir';
  return healthOf(false, 'sqlite', [['error', { error: message }]], [`mend.${word}`]);
};
