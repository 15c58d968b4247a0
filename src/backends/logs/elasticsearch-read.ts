import type { estypes } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { type ElasticIndex, retried } from './elasticsearch-client.ts';
import { documentId, fromDocument, type LogDocument, queryOf } from './elasticsearch-document.ts';
import { nameTakenText, type Ownership } from './elasticsearch-ownership.ts';
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

/** How long a read that fails is tried again: someone waits for it. */
const RETRY_MS = 2_000;
/** How long the server keeps a point in time after each page. */
const PIT = '5m';

const FIELD: Record<LogDimension, string> = {
  service: 'service',
  level: 'level',
  template: 'template.id',
  error_code: 'error_code',
  host: 'host',
  endpoint: 'request.endpoint',
};
const ERRORS = { filter: { terms: { level: ['error', 'fatal'] } } };

interface Terms<B> {
  buckets: ({ doc_count: number } & B)[];
}
interface Value {
  value: number | null;
}
interface CountBucket {
  key: string;
  errors: { doc_count: number };
  first: Value;
  last: Value;
  pattern?: Terms<{ key: string }>;
}
interface RequestAggregations {
  requests: {
    doc_count: number;
    mean: Value;
    max: Value;
    endpoints: Terms<{ key: string; mean: Value }>;
    statuses: Terms<{ key: number }>;
  };
}

const DURATION = { field: 'request.duration_ms' };
const REQUEST_AGGREGATIONS: Record<string, estypes.AggregationsAggregationContainer> = {
  requests: {
    filter: { exists: { field: 'request.endpoint' } },
    aggs: {
      mean: { avg: DURATION },
      max: { max: DURATION },
      endpoints: {
        terms: {
          field: 'request.endpoint',
          size: MAX_ENDPOINTS,
          order: [{ _count: 'desc' }, { _key: 'asc' }],
        },
        aggs: { mean: { avg: DURATION } },
      },
      statuses: {
        terms: { field: 'request.status', size: 1_000, order: [{ _count: 'desc' }, { _key: 'asc' }] },
      },
    },
  },
};

const recordsOf = (hits: estypes.SearchHit<LogDocument>[]): LogRecord[] =>
  hits.flatMap((hit) => (hit._source ? [fromDocument(hit._source)] : []));

const totalOf = (total: number | estypes.SearchTotalHits | undefined): number =>
  typeof total === 'object' ? total.value : (total ?? 0);

/** The questions of `LogStore` to an Elasticsearch index. Throws AppErrors. */
export class ElasticReader {
  readonly #target: ElasticIndex;
  readonly #own: Ownership;

  constructor(target: ElasticIndex, own: Ownership) {
    this.#target = target;
    this.#own = own;
  }

  async search(
    filter: LogFilter,
    { limit = 50, order = 'newest', signal }: Parameters<LogStore['search']>[1] = {},
  ): Promise<LogPage> {
    const direction = order === 'newest' ? 'desc' : 'asc';
    const { hits } = await this.#ask(
      filter,
      {
        size: Math.max(0, Math.min(limit, MAX_PAGE)),
        sort: [{ '@timestamp': direction }, { seq: direction }],
      },
      signal,
    );
    return {
      records: recordsOf(hits.hits),
      total: totalOf(hits.total),
    };
  }

  async get(ids: string[]): Promise<LogRecord[]> {
    const { client, index } = this.#target;
    const records: LogRecord[] = [];
    for (let start = 0; start < ids.length; start += MAX_PAGE) {
      const page = ids.slice(start, start + MAX_PAGE).map(documentId);
      const { docs } = await this.#reading(() => client.mget<LogDocument>({ index, ids: page }));
      for (const doc of docs) if ('_source' in doc && doc._source) records.push(fromDocument(doc._source));
    }
    return records;
  }

  async *scan(
    filter: LogFilter,
    { signal }: Parameters<LogStore['scan']>[1] = {},
  ): AsyncGenerator<LogRecord[]> {
    const { client, index, log } = this.#target;
    let pit: string;
    try {
      pit = (await this.#reading(() => client.openPointInTime({ index, keep_alive: PIT }), signal)).id;
    } catch (error) {
      // Nothing was written so far.
      if (error instanceof AppError && error.code === 'not_found') return;
      throw error;
    }
    try {
      yield* this.#pages(pit, filter, signal);
    } finally {
      await client.closePointInTime({ id: pit }).catch((err) => log.debug({ err }, 'elasticsearch: close'));
    }
  }

  async histogram(filter: LogFilter & { from: number; to: number }, bucketMs: number): Promise<LogBucket[]> {
    const { start, end } = bucketRange(filter, bucketMs);
    const { aggregations } = await this.#ask<{ time: Terms<{ key: number; errors: { doc_count: number } }> }>(
      filter,
      {
        size: 0,
        aggs: {
          time: {
            date_histogram: { field: '@timestamp', fixed_interval: `${bucketMs}ms`, min_doc_count: 1 },
            aggs: { errors: ERRORS },
          },
        },
      },
    );
    const found = new Map((aggregations?.time?.buckets ?? []).map((bucket) => [bucket.key, bucket]));
    return Array.from({ length: end - start }, (_, offset): LogBucket => {
      const at = (start + offset) * bucketMs;
      const bucket = found.get(at);
      return { at, total: bucket?.doc_count ?? 0, errors: bucket?.errors.doc_count ?? 0 };
    });
  }

  async counts(filter: LogFilter, by: LogDimension, limit = 20): Promise<LogCount[]> {
    const size = Math.min(limit, MAX_COUNTS);
    if (size < 1) return [];
    const { aggregations } = await this.#ask<{ values: Terms<CountBucket> }>(filter, {
      size: 0,
      aggs: {
        values: {
          terms: { field: FIELD[by], size, order: [{ _count: 'desc' }, { _key: 'asc' }] },
          aggs: {
            errors: ERRORS,
            first: { min: { field: '@timestamp' } },
            last: { max: { field: '@timestamp' } },
            ...(by === 'template' ? { pattern: { terms: { field: 'template.pattern', size: 1 } } } : {}),
          },
        },
      },
    });
    return (aggregations?.values?.buckets ?? []).map((bucket) => ({
      key: bucket.key,
      label: bucket.pattern?.buckets[0]?.key ?? bucket.key,
      count: bucket.doc_count,
      errors: bucket.errors.doc_count,
      first: bucket.first.value ?? 0,
      last: bucket.last.value ?? 0,
    }));
  }

  async requests(filter: LogFilter): Promise<RequestStats> {
    const { aggregations } = await this.#ask<RequestAggregations>(filter, {
      size: 0,
      aggs: REQUEST_AGGREGATIONS,
    });
    const found = aggregations?.requests;
    const stats: RequestStats = {
      requests: found?.doc_count ?? 0,
      endpoints: (found?.endpoints.buckets ?? []).map(({ key, doc_count, mean }) => ({
        endpoint: key,
        count: doc_count,
        ...(mean.value === null ? {} : { meanMs: mean.value }),
      })),
      statuses: (found?.statuses.buckets ?? []).map(({ key, doc_count }) => ({
        status: key,
        count: doc_count,
      })),
    };
    if (typeof found?.mean.value === 'number') stats.meanMs = found.mean.value;
    if (typeof found?.max.value === 'number') stats.maxMs = found.max.value;
    return stats;
  }

  async extent(): Promise<{ from: number; to: number; records: number } | undefined> {
    const { hits, aggregations } = await this.#ask<{ first: Value; last: Value }>(
      {},
      {
        size: 0,
        aggs: { first: { min: { field: '@timestamp' } }, last: { max: { field: '@timestamp' } } },
      },
    );
    const { first, last } = aggregations ?? {};
    if (typeof first?.value !== 'number' || typeof last?.value !== 'number') return undefined;
    return { from: first.value, to: last.value + 1, records: totalOf(hits.total) };
  }

  /** All matches of a point in time, in time order. */
  async *#pages(
    pit: string,
    filter: LogFilter,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LogRecord[]> {
    let after: estypes.SortResults | undefined;
    for (;;) {
      const request: estypes.SearchRequest = {
        pit: { id: pit, keep_alive: PIT },
        query: queryOf(filter),
        size: MAX_PAGE,
        track_total_hits: false,
        sort: [{ '@timestamp': 'asc' }, { seq: 'asc' }],
        ...(after ? { search_after: after } : {}),
      };
      const { hits } = await this.#reading(
        () => this.#target.client.search<LogDocument>(request, signal ? { signal } : {}),
        signal,
      );
      const batch = recordsOf(hits.hits);
      if (batch.length > 0) yield batch;
      after = hits.hits.at(-1)?.sort;
      if (hits.hits.length < MAX_PAGE || !after) return;
    }
  }

  /** A search. Finds nothing where the index does not exist yet. */
  #ask<A>(filter: LogFilter, request: estypes.SearchRequest, signal?: AbortSignal) {
    const { client, index } = this.#target;
    return this.#reading(
      () =>
        client.search<LogDocument, Partial<A>>(
          { index, ignore_unavailable: true, track_total_hits: true, query: queryOf(filter), ...request },
          signal ? { signal } : {},
        ),
      signal,
    );
  }

  #reading<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(new AppError('stopped', 'the search was stopped'));
    const { place, log } = this.#target;
    return retried(work, { withinMs: RETRY_MS, place, log, signal }).catch((error) => this.#rethrow(error));
  }

  /** The index of somebody else has not the fields that are asked for: its name says more than the server's error. */
  async #rethrow(error: unknown): Promise<never> {
    const isOdd = error instanceof AppError && error.code === 'internal';
    const foreign = isOdd ? await this.#own.foreign().catch(() => undefined) : undefined;
    throw foreign
      ? new AppError('config_invalid', nameTakenText(foreign, this.#target.index), { cause: error })
      : error;
  }
}
