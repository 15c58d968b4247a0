import { setImmediate as breathe } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { LEVELS, type LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Database } from './sqlite-database.ts';
import { type Cell, type Condition, conditionOf, type Sum, slices, sums } from './sqlite-query.ts';
import { decode, encode, recordReader, SELECT_RECORD, textOf } from './sqlite-rows.ts';
import {
  bucketRange,
  type LogBucket,
  type LogCount,
  type LogDimension,
  type LogFilter,
  type LogPage,
  type LogStore,
  MAX_COUNTS,
  MAX_ENDPOINTS,
  MAX_PAGE,
  type RequestStats,
} from './store.ts';

const COLUMN: Record<LogDimension, string> = {
  service: 'service',
  level: 'level',
  template: 'template',
  error_code: 'code',
  host: 'host',
  endpoint: 'endpoint',
};

/** Dimensions whose column only `records` has. */
const OWN_COLUMNS: ReadonlySet<LogDimension> = new Set<LogDimension>(['host', 'endpoint']);
/** A further condition where the field may be absent. */
const PRESENT: Partial<Record<LogDimension, string>> = {
  template: ' AND template > 0',
  error_code: ' AND code > 0',
  host: ' AND host > 0',
  endpoint: ' AND endpoint IS NOT NULL',
};

/** One row of the statement behind `requests`. */
type RequestRow = [
  endpoint: string | Uint8Array,
  status: number | null,
  count: number,
  timed: number,
  sumMs: number,
  maxMs: number | null,
];

/** The questions of `LogStore` to an SQLite file. Errors of SQLite are thrown as they are. */
export class SqliteReader {
  readonly #database: Database;
  readonly #hasGaps: boolean;
  readonly #read: (row: unknown) => LogRecord;

  /** @param hasGaps whether records are removed, too */
  constructor(database: Database, hasGaps: boolean) {
    this.#database = database;
    this.#hasGaps = hasGaps;
    this.#read = recordReader(database);
  }

  async search(
    filter: LogFilter,
    { limit = 50, order = 'newest', signal }: Parameters<LogStore['search']>[1] = {},
  ): Promise<LogPage> {
    const database = this.#database;
    const wanted = Math.max(0, Math.min(limit, MAX_PAGE));
    let condition = conditionOf(database, filter);
    const indexed = condition.own === '';
    let total = 0;
    if (indexed) {
      const sum = await this.#totalOf(condition);
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
      // With words or a trace every match is looked at, as they are counted; otherwise only the page is.
      const bound = indexed ? ` LIMIT ${wanted - found.length}` : '';
      const rows = database
        .prepare(`SELECT n FROM records ${where} ORDER BY ${direction}${bound}`)
        .all(...values) as unknown as [number][];
      if (!indexed) total += rows.length;
      for (const [n] of rows) if (found.length < wanted) found.push(n);
      if (indexed && found.length >= Math.min(wanted, total)) break;
    }
    const one = database.prepare(`${SELECT_RECORD} WHERE n = ?`);
    return { records: found.map((n) => this.#read(one.get(n))), total };
  }

  async get(ids: string[]): Promise<LogRecord[]> {
    const one = this.#database.prepare(`${SELECT_RECORD} WHERE id = ?`);
    const records: LogRecord[] = [];
    for (const [index, id] of ids.entries()) {
      const row = one.get(encode(id));
      if (row) records.push(this.#read(row));
      if (index % 1_000 === 999) await breathe();
    }
    return records;
  }

  async *scan(
    filter: LogFilter,
    { signal }: Parameters<LogStore['scan']>[1] = {},
  ): AsyncGenerator<LogRecord[]> {
    const condition = await this.#narrowed(conditionOf(this.#database, filter));
    let batch: LogRecord[] = [];
    for await (const { where, values } of slices(this.#database, condition, { signal })) {
      const rows = this.#database.prepare(`${SELECT_RECORD} ${where} ORDER BY at, n`).all(...values);
      for (const row of rows) {
        batch.push(this.#read(row));
        if (batch.length < MAX_PAGE) continue;
        yield batch;
        batch = [];
        if (signal?.aborted) throw new AppError('stopped', 'the scan was stopped');
      }
    }
    if (batch.length > 0) yield batch;
  }

  async histogram(filter: LogFilter & { from: number; to: number }, bucketMs: number): Promise<LogBucket[]> {
    const { start, end } = bucketRange(filter, bucketMs);
    const found = await sums(
      this.#database,
      conditionOf(this.#database, filter),
      `CAST(floor(at / ${bucketMs}.0) AS INTEGER)`,
      bucketMs,
    );
    return Array.from({ length: end - start }, (_, index): LogBucket => {
      const sum = found.get(start + index);
      return { at: (start + index) * bucketMs, total: sum?.count ?? 0, errors: sum?.errors ?? 0 };
    });
  }

  async counts(filter: LogFilter, by: LogDimension, limit = 20): Promise<LogCount[]> {
    const database = this.#database;
    const found = await sums(
      database,
      await this.#narrowed(conditionOf(database, filter)),
      COLUMN[by],
      OWN_COLUMNS.has(by) ? 0 : MINUTE,
      PRESENT[by] ?? '',
    );
    const counts = new Map<string, LogCount>();
    const parts = [...found].sort(([, a], [, b]) => b.count - a.count);
    for (const [cell, sum] of parts) {
      const { key, label } = this.#named(by, cell);
      const known = counts.get(key);
      // A template whose pattern changed is one template; its label is the pattern that most records have.
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
  }

  /** The value of a dimension behind a cell. */
  #named(by: LogDimension, cell: Cell): { key: string; label: string } {
    if (by === 'endpoint') {
      const endpoint = decode(cell as string | Uint8Array);
      return { key: endpoint, label: endpoint };
    }
    if (by !== 'level')
      return textOf(this.#database, by === 'template' ? 'templates' : 'names', Number(cell));
    const level = LEVELS[Number(cell)]!;
    return { key: level, label: level };
  }

  async requests(filter: LogFilter): Promise<RequestStats> {
    const endpoints = new Map<string, { count: number; timed: number; sum: number }>();
    const statuses = new Map<number, number>();
    let maxMs: number | undefined;
    for await (const [cell, status, count, timed, sum, max] of this.#requestRows(filter)) {
      const endpoint = decode(cell);
      const entry = endpoints.get(endpoint) ?? { count: 0, timed: 0, sum: 0 };
      entry.count += count;
      entry.timed += timed;
      entry.sum += sum;
      endpoints.set(endpoint, entry);
      if (status !== null) statuses.set(status, (statuses.get(status) ?? 0) + count);
      if (max !== null) maxMs = Math.max(maxMs ?? max, max);
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
  }

  async extent(): Promise<{ from: number; to: number; records: number } | undefined> {
    const sum = this.#everything();
    return sum && { from: sum.first, to: sum.last + 1, records: sum.count };
  }

  /** Requests by endpoint and status; the same pair comes once for every piece of time. */
  async *#requestRows(filter: LogFilter): AsyncGenerator<RequestRow> {
    const condition = await this.#narrowed(conditionOf(this.#database, filter));
    for await (const { where, values } of slices(this.#database, condition))
      yield* this.#database
        .prepare(
          `SELECT endpoint, status, count(*), count(duration), coalesce(sum(duration), 0), max(duration)
           FROM records ${where} AND endpoint IS NOT NULL GROUP BY 1, 2`,
        )
        .all(...values) as unknown as RequestRow[];
  }

  /** All records. Where nothing is ever removed their numbers have no gaps: the last one is how many there are. */
  #everything(): { first: number; last: number; count: number } | undefined {
    const howMany = this.#hasGaps ? 'sum(records) FROM minutes' : 'max(n) FROM records';
    const [first, last, count] = this.#database
      .prepare(`SELECT (SELECT min(at) FROM records), (SELECT max(at) FROM records), (SELECT ${howMany})`)
      .get() as unknown as [number | null, number, number];
    return first === null ? undefined : { first, last, count };
  }

  async #totalOf(condition: Condition): Promise<Pick<Sum, 'first' | 'last' | 'count'> | undefined> {
    if (condition.unrestricted) return this.#everything();
    return (await sums(this.#database, condition, '0', MINUTE)).get(0);
  }

  /** Narrows the window to the time of the first and the last match, as the counts per minute tell them. */
  async #narrowed(condition: Condition): Promise<Condition> {
    if (condition.own !== '') return condition;
    const sum = await this.#totalOf(condition);
    return sum ? { ...condition, from: sum.first, to: sum.last + 1 } : { ...condition, never: true };
  }
}
