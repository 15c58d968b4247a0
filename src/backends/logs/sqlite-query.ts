import { setImmediate as breathe } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { LEVELS } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Database, TRACE_SHIFT } from './sqlite-database.ts';
import { encode, numbersOf } from './sqlite-rows.ts';
import type { LogFilter } from './store.ts';
import { searchTerms } from './text.ts';

export type Cell = string | number | Uint8Array | null;

/** A filter as SQL. `never` when nothing can match (an unknown service, an empty list). */
export interface Condition {
  from: number;
  to: number;
  /** SQL on columns that `records` and `minutes` share, without the time; begins with AND or is empty. */
  shared: string;
  /** SQL on columns of `records` only; begins with AND or is empty. */
  own: string;
  ownValues: (string | number | Uint8Array)[];
  byTrace: boolean;
  byText: boolean;
  never: boolean;
  /** Every record matches. */
  unrestricted: boolean;
}

export function conditionOf(database: Database, filter: LogFilter): Condition {
  const shared: string[] = [];
  const own: string[] = [];
  const ownValues: (string | number | Uint8Array)[] = [];
  let never = false;
  const oneOf = (column: string, numbers: number[]): void => {
    if (numbers.length === 0) never = true;
    else shared.push(`${column} IN (${numbers})`);
  };
  if (filter.services) oneOf('service', numbersOf(database, 'names', filter.services));
  if (filter.templateIds) oneOf('template', numbersOf(database, 'templates', filter.templateIds));
  if (filter.levels)
    oneOf(
      'level',
      filter.levels.map((level) => LEVELS.indexOf(level)),
    );
  if (filter.traceId !== undefined) {
    own.push('trace = ?');
    ownValues.push(encode(filter.traceId));
  }
  if (filter.endpoints) {
    own.push(filter.endpoints.length > 0 ? `endpoint IN (${filter.endpoints.map(() => '?')})` : '0');
    ownValues.push(...filter.endpoints.map(encode));
  }
  if (filter.status) {
    own.push('status >= ? AND status < ?');
    ownValues.push(filter.status.from, filter.status.to);
  }
  const terms = searchTerms(filter.text ?? '');
  for (const term of terms) {
    own.push(`coalesce(folded, line) LIKE ? ESCAPE '\\'`);
    ownValues.push(`%${term.replace(/[\\%_]/g, '\\$&')}%`);
  }
  const and = (parts: string[]): string => parts.map((part) => ` AND ${part}`).join('');
  return {
    from: Math.max(filter.from ?? -8.64e15, -8.64e15),
    to: Math.min(filter.to ?? 8.64e15 + 1, 8.64e15 + 1),
    shared: and(shared),
    own: and(own),
    ownValues,
    byTrace: filter.traceId !== undefined,
    byText: terms.length > 0,
    unrestricted:
      filter.from === undefined &&
      filter.to === undefined &&
      shared.length === 0 &&
      own.length === 0 &&
      !never,
    never: never || (filter.from ?? -Infinity) >= (filter.to ?? Infinity),
  };
}

/** Rows that one statement looks at, so that it holds up the event loop for some ten milliseconds at most. */
const INDEX_ROWS = 40_000;
const FULL_ROWS = 4_000;

/** The WHERE of one piece of time: rows after one (at, n), up to and including another. */
export interface Slice {
  where: string;
  values: (number | string | Uint8Array)[];
}

/**
 * The condition's window in pieces with a bounded number of rows, in either order. Between two pieces other work of the process
 * can run.
 * @param options.covered whether the statement needs only the index by time
 */
export async function* slices(
  database: Database,
  condition: Condition,
  options: { descending?: boolean; covered?: boolean; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Slice> {
  const { from, to, shared, own, ownValues } = condition;
  if (condition.never) return;
  if (condition.byTrace) return yield* traceSlices(database, condition, options);
  const slice = (low: [number, number], high: [number, number]): Slice => ({
    where: `INDEXED BY by_time WHERE (at, n) > (?, ?) AND (at, n) <= (?, ?)${shared}${own}`,
    values: [...low, ...high, ...ownValues],
  });
  let low: [number, number] = [from, 0];
  let high: [number, number] = [to, 0];
  const size = options.covered ? INDEX_ROWS : FULL_ROWS;
  const next = database.prepare(
    options.descending
      ? `SELECT at, n FROM records INDEXED BY by_time WHERE (at, n) > (?, ?) AND (at, n) <= (?, ?)
         ORDER BY at DESC, n DESC LIMIT 1 OFFSET ${size}`
      : `SELECT at, n FROM records INDEXED BY by_time WHERE (at, n) > (?, ?) AND (at, n) <= (?, ?)
         ORDER BY at, n LIMIT 1 OFFSET ${size - 1}`,
  );
  for (;;) {
    if (options.signal?.aborted) throw new AppError('stopped', 'the search was stopped');
    const edge = next.get(...low, ...high) as unknown as [number, number] | undefined;
    if (!edge) return yield slice(low, high);
    if (options.descending) {
      yield slice(edge, high);
      high = edge;
    } else {
      yield slice(low, edge);
      low = edge;
    }
    await breathe();
  }
}

const PIECE_MS = 2 ** TRACE_SHIFT;
/** Pieces of time in which one statement looks for a trace. */
const TRACE_PIECES = 1_000;

/** As `slices`, for a trace: in pieces of time that hold records, the index tells which belong to the trace. */
async function* traceSlices(
  database: Database,
  { from, to, shared, own, ownValues }: Condition,
  options: { descending?: boolean; signal?: AbortSignal | undefined },
): AsyncGenerator<Slice> {
  const next = database.prepare(
    'SELECT at FROM records INDEXED BY by_time WHERE at >= ? ORDER BY at LIMIT 1',
  );
  const pieces: number[] = [];
  for (let start = from; ; start = (pieces.at(-1)! + 1) * PIECE_MS) {
    const found = next.get(start) as unknown as [number] | undefined;
    if (!found || found[0] >= to) break;
    pieces.push(Math.floor(found[0] / PIECE_MS));
    if (pieces.length % TRACE_PIECES === 0) await breathe();
  }
  if (options.descending) pieces.reverse();
  for (let at = 0; at < pieces.length; at += TRACE_PIECES) {
    if (options.signal?.aborted) throw new AppError('stopped', 'the search was stopped');
    yield {
      where: `INDEXED BY by_trace WHERE at >> ${TRACE_SHIFT} IN (SELECT value FROM json_each(?))
        AND at >= ? AND at < ?${shared}${own}`,
      values: [JSON.stringify(pieces.slice(at, at + TRACE_PIECES)), from, to, ...ownValues],
    };
    await breathe();
  }
}

export interface Sum {
  count: number;
  errors: number;
  first: number;
  last: number;
}

const ERROR = LEVELS.indexOf('error');
/** Rows of `minutes` that one statement reads. */
const MINUTE_ROWS = 30_000;

/**
 * Counts the records that match, by the value of an SQL expression. Whole minutes come from the counts per minute, where
 * the condition and the expression allow it; the rest is counted from the records.
 * @param key expression over `at` and the columns of `records`; where `byMinute` is not 0, only over those of `minutes`
 * @param byMinute the shortest time (ms) over which `key` stays the same for the same columns; 0 when `key` needs columns
 *   that only `records` has
 * @param where a further condition; begins with AND
 */
export async function sums(
  database: Database,
  condition: Condition,
  key: string,
  byMinute: number,
  where = '',
): Promise<Map<Cell, Sum>> {
  const total = new Map<Cell, Sum>();
  if (condition.never) return total;
  const add = (rows: unknown): void => {
    for (const [value, count, errors, first, last] of rows as [Cell, number, number, number, number][]) {
      const sum = total.get(value);
      if (!sum) total.set(value, { count, errors, first, last });
      else {
        sum.count += count;
        sum.errors += errors;
        sum.first = Math.min(sum.first, first);
        sum.last = Math.max(sum.last, last);
      }
    }
  };
  const fromRecords = async (from: number, to: number): Promise<void> => {
    const covered = condition.own === '' && byMinute > 0;
    for await (const { where: piece, values } of slices(
      database,
      { ...condition, from, to, never: from >= to },
      { covered },
    ))
      add(
        database
          .prepare(
            `SELECT ${key}, count(*), sum(level >= ${ERROR}), min(at), max(at) FROM records ${piece}${where} GROUP BY 1`,
          )
          .all(...values),
      );
  };
  const firstMinute = Math.ceil(condition.from / MINUTE);
  const endMinute = Math.floor(condition.to / MINUTE);
  if (condition.own !== '' || byMinute === 0 || byMinute % MINUTE !== 0 || firstMinute >= endMinute) {
    await fromRecords(condition.from, condition.to);
    return total;
  }
  await fromRecords(condition.from, firstMinute * MINUTE);
  const edge = database.prepare(
    `SELECT minute FROM minutes WHERE minute >= ? AND minute < ? ORDER BY minute LIMIT 1 OFFSET ${MINUTE_ROWS}`,
  );
  const count = database.prepare(
    `SELECT ${key.replace(/\bat\b/g, 'first')}, sum(records), sum(iif(level >= ${ERROR}, records, 0)), min(first), max(last)
     FROM minutes WHERE minute >= ? AND minute < ?${condition.shared}${where} GROUP BY 1`,
  );
  for (let start = firstMinute; start < endMinute; ) {
    const found = edge.get(start, endMinute) as unknown as [number] | undefined;
    const end = found ? Math.max(found[0], start + 1) : endMinute;
    add(count.all(start, end));
    start = end;
    await breathe();
  }
  await fromRecords(endMinute * MINUTE, condition.to);
  return total;
}
