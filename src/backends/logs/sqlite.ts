import { basename } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { LEVELS, type LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { dataError, openDatabase, sqliteError } from './sqlite-database.ts';
import { type Condition, conditionOf, type Sum, slices, sums } from './sqlite-query.ts';
import { decode, encode, recordReader, recordWriter, SELECT_RECORD, textOf } from './sqlite-rows.ts';
import {
  checkRecords,
  type LogBucket,
  type LogCount,
  type LogDimension,
  type LogStore,
  MAX_BUCKETS,
  MAX_COUNTS,
  MAX_ENDPOINTS,
  MAX_PAGE,
  type RefusedRecord,
  RefusedRecords,
  type RequestStats,
} from './store.ts';

/** Records per transaction: long enough to be fast, short enough (some 40 ms) not to hold up the rest of the process. */
const BATCH = 4_000;

/**
 * Log store in one SQLite file, for a single process. Statements run on the event loop, so each is kept short: writes in
 * transactions of 4,000 records, reads in stretches of some thousand rows.
 * @param options.file created with its folder where missing; throws `storage_full`, `malformed` (damaged or not ours), `unavailable`
 */
export async function openSqliteLogs(options: { file: string }, log: Log): Promise<LogStore> {
  const database = await openDatabase(options.file);
  const writer = recordWriter(database);
  const read = recordReader(database);
  let trouble: AppError | undefined;

  /** Runs a query; vendor errors leave as AppErrors. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw sqliteError(error, options.file);
    }
  };

  /** One transaction; where a row is refused for what is in it, it is found by halving. Gives what was refused. */
  const store = async (records: LogRecord[]): Promise<RefusedRecord[]> => {
    try {
      await database.transaction(() => writer.write(records));
      return [];
    } catch (error) {
      writer.reset();
      const reason = dataError(error);
      if (reason === undefined) throw error;
      if (records.length === 1) return [{ id: records[0]!.id, reason }];
    }
    const half = records.length >> 1;
    return [...(await store(records.slice(0, half))), ...(await store(records.slice(half)))];
  };

  // One transaction at a time; calls that wait are written together, so many small writes cost one sync.
  const waiting: { records: LogRecord[]; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let draining: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const calls = [waiting.shift()!];
      let size = calls[0]!.records.length;
      while (waiting.length > 0 && size + waiting[0]!.records.length <= BATCH) {
        calls.push(waiting.shift()!);
        size += calls.at(-1)!.records.length;
      }
      const records = calls.flatMap((call) => call.records);
      try {
        const refused = new Map<string, RefusedRecord>();
        for (let start = 0; start < records.length; start += BATCH) {
          for (const one of await store(records.slice(start, start + BATCH))) refused.set(one.id, one);
          await breathe();
        }
        trouble = undefined;
        for (const call of calls) {
          const own = refused.size > 0 ? call.records.flatMap(({ id }) => refused.get(id) ?? []) : [];
          if (own.length > 0) call.reject(new RefusedRecords(own));
          else call.resolve();
        }
      } catch (error) {
        trouble = sqliteError(error, options.file);
        if (trouble.code !== 'stopped') log.warn({ err: trouble, records: size }, 'log store: write failed');
        for (const call of calls) call.reject(trouble);
      }
    }
    draining = undefined;
  };

  /** All records: their numbers have no gaps (nothing is ever removed), so the last number is how many there are. */
  const everything = (): { first: number; last: number; count: number } | undefined => {
    const [first, last, count] = database
      .prepare(
        'SELECT (SELECT min(at) FROM records), (SELECT max(at) FROM records), (SELECT max(n) FROM records)',
      )
      .get() as unknown as [number | null, number, number];
    return first === null ? undefined : { first, last, count };
  };

  const totalOf = async (condition: Condition): Promise<Pick<Sum, 'first' | 'last' | 'count'> | undefined> =>
    condition.unrestricted ? everything() : (await sums(database, condition, '0', MINUTE)).get(0);

  /** Narrows the window to where matches are, which the counts per minute know. */
  const narrowed = async (condition: Condition): Promise<Condition> => {
    if (condition.own !== '') return condition;
    const sum = await totalOf(condition);
    return sum ? { ...condition, from: sum.first, to: sum.last + 1 } : { ...condition, never: true };
  };

  return {
    async write(records) {
      checkRecords(records);
      if (records.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        waiting.push({ records, resolve, reject });
        draining ??= drain();
      });
    },

    search: (filter, { limit = 50, order = 'newest', signal } = {}) =>
      guarded(async () => {
        const wanted = Math.max(0, Math.min(limit, MAX_PAGE));
        let condition = conditionOf(database, filter);
        const indexed = condition.own === '';
        let total = 0;
        if (indexed) {
          const sum = await totalOf(condition);
          if (!sum) return { records: [], total: 0 };
          total = sum.count;
          condition = { ...condition, from: sum.first, to: sum.last + 1 };
        }
        const descending = order === 'newest';
        const direction = descending ? 'at DESC, n DESC' : 'at, n';
        const found: number[] = [];
        for await (const { where, values } of slices(database, condition, {
          descending,
          covered: indexed,
          signal,
        })) {
          // With words or a trace every match is looked at, since they are counted; else only the page is.
          const bound = indexed ? ` LIMIT ${wanted - found.length}` : '';
          const rows = database
            .prepare(`SELECT n FROM records ${where} ORDER BY ${direction}${bound}`)
            .all(...values) as unknown as [number][];
          if (!indexed) total += rows.length;
          for (const [n] of rows) if (found.length < wanted) found.push(n);
          if (indexed && found.length >= Math.min(wanted, total)) break;
        }
        const one = database.prepare(`${SELECT_RECORD} WHERE n = ?`);
        return { records: found.map((n) => read(one.get(n))), total };
      }),

    get: (ids) =>
      guarded(async () => {
        const one = database.prepare(`${SELECT_RECORD} WHERE id = ?`);
        const records: LogRecord[] = [];
        for (const [index, id] of ids.entries()) {
          const row = one.get(encode(id));
          if (row) records.push(read(row));
          if (index % 1_000 === 999) await breathe();
        }
        return records;
      }),

    async *scan(filter, { signal } = {}) {
      try {
        const condition = await narrowed(conditionOf(database, filter));
        let batch: LogRecord[] = [];
        for await (const { where, values } of slices(database, condition, { signal })) {
          const rows = database.prepare(`${SELECT_RECORD} ${where} ORDER BY at, n`).all(...values);
          for (const row of rows) {
            batch.push(read(row));
            if (batch.length < MAX_PAGE) continue;
            yield batch;
            batch = [];
            if (signal?.aborted) throw new AppError('stopped', 'the scan was stopped');
          }
        }
        if (batch.length > 0) yield batch;
      } catch (error) {
        throw sqliteError(error, options.file);
      }
    },

    histogram: (filter, bucketMs) =>
      guarded(async () => {
        const start = Math.floor(filter.from / bucketMs);
        const end = Math.max(start, Math.ceil(filter.to / bucketMs));
        if (!Number.isInteger(bucketMs) || bucketMs < 1 || end - start > MAX_BUCKETS)
          throw new AppError('too_large', `histogram: at most ${MAX_BUCKETS} buckets of whole milliseconds`);
        const found = await sums(
          database,
          conditionOf(database, filter),
          `CAST(floor(at / ${bucketMs}.0) AS INTEGER)`,
          bucketMs,
        );
        return Array.from({ length: end - start }, (_, index): LogBucket => {
          const sum = found.get(start + index);
          return { at: (start + index) * bucketMs, total: sum?.count ?? 0, errors: sum?.errors ?? 0 };
        });
      }),

    counts: (filter, by, limit = 20) =>
      guarded(async () => {
        const column: Record<LogDimension, string> = {
          service: 'service',
          level: 'level',
          template: 'template',
          error_code: 'code',
          host: 'host',
        };
        const condition = await narrowed(conditionOf(database, filter));
        const found = await sums(
          database,
          condition,
          column[by],
          by === 'host' ? 0 : MINUTE,
          by === 'service' || by === 'level' ? '' : ` AND ${column[by]} > 0`,
        );
        const counts = new Map<string, LogCount>();
        const parts = [...found].sort(([, a], [, b]) => b.count - a.count);
        for (const [number, sum] of parts) {
          const { key, label } =
            by === 'level'
              ? { key: LEVELS[Number(number)]!, label: LEVELS[Number(number)]! }
              : textOf(database, by === 'template' ? 'templates' : 'names', Number(number));
          const known = counts.get(key);
          // A template whose pattern changed is one template; the pattern most records have is its label.
          counts.set(key, {
            key,
            label: known?.label ?? label,
            count: (known?.count ?? 0) + sum.count,
            errors: (known?.errors ?? 0) + sum.errors,
            first: Math.min(known?.first ?? sum.first, sum.first),
            last: Math.max(known?.last ?? sum.last, sum.last),
          });
        }
        return [...counts.values()]
          .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
          .slice(0, Math.max(0, Math.min(limit, MAX_COUNTS)));
      }),

    requests: (filter) =>
      guarded(async () => {
        const condition = await narrowed(conditionOf(database, filter));
        const endpoints = new Map<string, { count: number; timed: number; sum: number }>();
        const statuses = new Map<number, number>();
        let maxMs: number | undefined;
        for await (const { where, values } of slices(database, condition)) {
          const rows = database
            .prepare(
              `SELECT endpoint, status, count(*), count(duration), coalesce(sum(duration), 0), max(duration)
               FROM records ${where} AND endpoint IS NOT NULL GROUP BY 1, 2`,
            )
            .all(...values) as unknown as [
            string | Uint8Array,
            number | null,
            number,
            number,
            number,
            number | null,
          ][];
          for (const [cell, status, count, timed, sum, max] of rows) {
            const endpoint = decode(cell);
            const entry = endpoints.get(endpoint) ?? { count: 0, timed: 0, sum: 0 };
            entry.count += count;
            entry.timed += timed;
            entry.sum += sum;
            endpoints.set(endpoint, entry);
            if (status !== null) statuses.set(status, (statuses.get(status) ?? 0) + count);
            if (max !== null) maxMs = Math.max(maxMs ?? max, max);
          }
        }
        const all = [...endpoints.values()];
        const timed = all.reduce((sum, entry) => sum + entry.timed, 0);
        const stats: RequestStats = {
          requests: all.reduce((sum, entry) => sum + entry.count, 0),
          endpoints: [...endpoints]
            .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
            .slice(0, MAX_ENDPOINTS)
            .map(([endpoint, entry]) => ({
              endpoint,
              count: entry.count,
              ...(entry.timed > 0 ? { meanMs: entry.sum / entry.timed } : {}),
            })),
          statuses: [...statuses]
            .sort(([a, x], [b, y]) => y - x || a - b)
            .map(([status, count]) => ({ status, count })),
        };
        if (timed > 0) stats.meanMs = all.reduce((sum, entry) => sum + entry.sum, 0) / timed;
        if (maxMs !== undefined) stats.maxMs = maxMs;
        return stats;
      }),

    extent: () =>
      guarded(async () => {
        const sum = everything();
        return sum && { from: sum.first, to: sum.last + 1, records: sum.count };
      }),

    async health() {
      const name = basename(options.file);
      try {
        const { used, free } = await database.size();
        database.prepare('SELECT n FROM records LIMIT 1').get();
        if (trouble) return unwell(trouble);
        const megabytes = { used: Math.ceil(used / 1e6), free: Math.floor(free / 1e6) };
        return healthOf(true, 'sqlite', [['kept', { file: name, ...megabytes }]]);
      } catch (error) {
        return unwell(sqliteError(error, options.file));
      }
    },

    async [Symbol.asyncDispose]() {
      await draining;
      database.close();
    },
  };
}

const unwell = ({ code, message }: AppError): Health => {
  const word = code === 'storage_full' ? 'disk' : code === 'malformed' ? 'logsFile' : 'dataDir';
  return healthOf(false, 'sqlite', [['error', { error: message }]], [`mend.${word}`]);
};
