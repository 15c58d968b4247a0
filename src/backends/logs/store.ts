import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { LEVELS, type Level, type LogRecord } from '../../domain/log/record.ts';

/** The most records of one page, or of one batch of a scan. */
export const MAX_PAGE = 1_000;
/** The most values that `counts` returns. */
export const MAX_COUNTS = 10_000;
/** The most buckets of a histogram: Elasticsearch refuses more than 65,536, and each has one for its errors inside. */
const MAX_BUCKETS = 30_000;
/** The most endpoints that `requests` lists. */
export const MAX_ENDPOINTS = 100;

/** A record that the store cannot take as it is, and why. */
export interface RefusedRecord {
  id: string;
  /** What the store said, for people; never the record's text. */
  reason: string;
}

/** Some records of a write are refused because of themselves, not because of the store. The others can be written again. */
export class RefusedRecords extends AppError {
  readonly refused: readonly RefusedRecord[];

  /** @param refused at least one */
  constructor(refused: readonly RefusedRecord[]) {
    const [first] = refused;
    const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : '';
    super('malformed', `record ${JSON.stringify(first?.id)}: ${first?.reason}${more}`);
    this.refused = refused;
  }
}

/** The field that no store can keep as it is; undefined for a good record. */
function wrongIn(record: LogRecord): string | undefined {
  if (typeof record.id !== 'string' || record.id === '') return 'id';
  if (!Number.isFinite(record.timestamp)) return 'timestamp';
  if (!LEVELS.includes(record.level)) return 'level';
  if (typeof record.service !== 'string') return 'service';
  return typeof record.line === 'string' && typeof record.message === 'string'
    ? undefined
    : 'line or message';
}

/** @throws RefusedRecords naming the records that no store can keep */
export function checkRecords(records: readonly LogRecord[]): void {
  let refused: RefusedRecord[] | undefined;
  for (const record of records) {
    const wrong = wrongIn(record);
    if (!wrong) continue;
    refused ??= [];
    refused.push({ id: String(record.id), reason: `bad ${wrong}` });
  }
  if (refused) throw new RefusedRecords(refused);
}

/** Which records are meant: those for which all given conditions hold. */
export interface LogFilter {
  /** Epoch milliseconds, half-open: `from <= timestamp < to`. */
  from?: number;
  to?: number;
  services?: string[];
  levels?: Level[];
  /** Words that must all occur in the line (case-insensitive, Korean too); `"quoted text"` is a phrase. Substring semantics. */
  text?: string;
  templateIds?: string[];
  traceId?: string;
  /** Only lines about a request to one of these endpoints, as `requests` names them. */
  endpoints?: string[];
  /** Only lines about a request that was answered with such a status, half-open: `from <= status < to`. */
  status?: { from: number; to: number };
}

export interface LogPage {
  records: LogRecord[];
  /** How many match in all (exact). */
  total: number;
}

export type LogDimension = 'service' | 'level' | 'template' | 'error_code' | 'host' | 'endpoint';

export interface LogCount {
  /** The service, level, template id … */
  key: string;
  /** For templates the pattern; otherwise equal to `key`. */
  label: string;
  count: number;
  errors: number;
  /** Epoch milliseconds of the first and last record. */
  first: number;
  last: number;
}

export interface LogBucket {
  /** Epoch milliseconds of the bucket's start; buckets without records are present with zeros. */
  at: number;
  total: number;
  errors: number;
}

/** Facts about request lines (records with `request`). */
export interface RequestStats {
  requests: number;
  /** Mean over the requests whose duration is known; undefined if there are none. */
  meanMs?: number;
  maxMs?: number;
  /** Busiest first. */
  endpoints: { endpoint: string; count: number; meanMs?: number }[];
  /** By status code, most frequent first. */
  statuses: { status: number; count: number }[];
}

/**
 * The numbers of the buckets of a histogram: from `start` to before `end`, each beginning at its number times `bucketMs`.
 * @throws AppError `too_large` for too many buckets, or a width that is no whole number of milliseconds
 */
export function bucketRange(
  { from, to }: { from: number; to: number },
  bucketMs: number,
): { start: number; end: number } {
  const start = Math.floor(from / bucketMs);
  const end = Math.max(start, Math.ceil(to / bucketMs));
  if (!Number.isInteger(bucketMs) || bucketMs < 1 || end - start > MAX_BUCKETS)
    throw new AppError('too_large', `histogram: at most ${MAX_BUCKETS} buckets of whole milliseconds`);
  return { start, end };
}

/**
 * Where records are kept and asked for. All counts are exact and come from the store's own aggregation.
 *
 * Life cycle:
 * 1. Open: a store in a file is ready when the factory resolves, and the factory throws when it cannot be. A store on a
 *    server resolves whether or not the server is there, and writes nothing before the first `write`.
 * 2. Calls may assume that what a resolved `write` wrote is durable and is found by every later call, also of other
 *    processes. A store is never emptied by itself.
 * 3. At the same time: any number of calls. Writes that wait are written together; each resolves or rejects by itself. A
 *    `scan` may be left at any time; it may or may not give records that were written after it began.
 * 4. Dispose: waits for the writes that were begun. It may be called twice, and during reads: those throw `stopped` or
 *    `unavailable`. Later calls throw.
 * 5. Throws: AppError `unavailable` | `timeout` | `storage_full` | `malformed` | `unauthorized` | `config_invalid`, and
 *    `stopped` after `signal` or dispose. `health` never rejects.
 */
export interface LogStore extends AsyncDisposable {
  /**
   * Resolves when the records are durable and searchable. Idempotent by `id`: to write a record again changes nothing.
   * @throws RefusedRecords naming all that can never be stored; of the others none, some or all may be stored then
   */
  write(records: LogRecord[]): Promise<void>;
  /** Newest first unless `order` says otherwise; `limit` at most 1,000 (default 50). */
  search(
    filter: LogFilter,
    options?: { limit?: number; order?: 'newest' | 'oldest'; signal?: AbortSignal },
  ): Promise<LogPage>;
  /** In the order of `ids`; unknown ids are left out. */
  get(ids: string[]): Promise<LogRecord[]>;
  /** Every match in time order, in batches of at most 1,000, with flat memory. */
  scan(filter: LogFilter, options?: { signal?: AbortSignal }): AsyncIterable<LogRecord[]>;
  /** Counts per bucket of `bucketMs`, aligned to the epoch, over the filter's window (both ends required). */
  histogram(filter: LogFilter & { from: number; to: number }, bucketMs: number): Promise<LogBucket[]>;
  /** The `limit` (default 20, at most 10,000) most frequent values. */
  counts(filter: LogFilter, by: LogDimension, limit?: number): Promise<LogCount[]>;
  requests(filter: LogFilter): Promise<RequestStats>;
  /**
   * The span of time the store covers (`to` is one past the last record); undefined when empty. `older`: how many records lie
   * before it that the store has, and does not read unless it is asked for their time.
   */
  extent(): Promise<{ from: number; to: number; records: number; older?: number } | undefined>;
  health(): Promise<Health>;
}
