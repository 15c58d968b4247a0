import type { Client, estypes } from '@elastic/elasticsearch';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { createClient, elasticError, READ_MS, retried, WRITE_MS } from './elasticsearch-client.ts';
import { documentId, fromDocument, type LogDocument, queryOf } from './elasticsearch-document.ts';
import { inTheWay, ownership } from './elasticsearch-own.ts';
import { bulkWriter, groupedWrites } from './elasticsearch-write.ts';
import {
  checkRecords,
  type LogBucket,
  type LogDimension,
  type LogFilter,
  type LogStore,
  MAX_BUCKETS,
  MAX_COUNTS,
  MAX_ENDPOINTS,
  MAX_PAGE,
  RefusedRecords,
  type RequestStats,
} from './store.ts';

/** How long a failing read is repeated: someone waits for it. */
const RETRY_MS = 2_000;

const FIELD: Record<LogDimension, string> = {
  service: 'service',
  level: 'level',
  template: 'template.id',
  error_code: 'error_code',
  host: 'host',
};
const ERRORS = { filter: { terms: { level: ['error', 'fatal'] } } };

/** What mends a fault, by its code; anything else is a server that is away. */
const MEND: Partial<Record<ErrorCode, Phrase>> = {
  unauthorized: ['mend.elasticAuth'],
  storage_full: ['mend.elasticBlocked'],
  config_invalid: ['mend.elasticIndex'],
};

interface Terms<B> {
  buckets: ({ doc_count: number } & B)[];
}
interface Value {
  value: number | null;
}

/**
 * Log store in one Elasticsearch index (server 8.x or 9.x). Opening writes nothing: the index template comes with the first
 * write, and whoever only asks changes nothing in the cluster. Resolves whether or not the server is there; while it is not,
 * calls throw `unavailable` after a few attempts and `health` says so.
 * @param options.url of the server; may carry a user and password
 */
export async function openElasticLogs(options: { url: string; index: string }, log: Log): Promise<LogStore> {
  const { index } = options;
  const place = new URL(options.url).host;
  const client: Client = createClient(options.url, READ_MS);
  const writing: Client = createClient(options.url, WRITE_MS);
  const writer = bulkWriter({ client: writing, index, place, log });
  const own = ownership({ client, index, place, log });

  /** An index of others has not the fields that are asked for: its name says more than what the server makes of that. */
  const namedCause = async (error: unknown): Promise<never> => {
    const isOdd = error instanceof AppError && error.code === 'internal';
    const foreign = isOdd ? await own.foreign().catch(() => undefined) : undefined;
    throw foreign ? new AppError('config_invalid', inTheWay(foreign, index), { cause: error }) : error;
  };
  const reading = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (signal?.aborted) return Promise.reject(new AppError('stopped', 'the search was stopped'));
    return retried(work, { withinMs: RETRY_MS, place, log, signal }).catch(namedCause);
  };
  const totalOf = (total: number | estypes.SearchTotalHits | undefined): number =>
    typeof total === 'object' ? total.value : (total ?? 0);

  /** A search that finds nothing where the index does not exist yet. */
  const ask = <A>(filter: LogFilter, request: estypes.SearchRequest, signal?: AbortSignal) =>
    reading(
      () =>
        client.search<LogDocument, Partial<A>>(
          { index, ignore_unavailable: true, track_total_hits: true, query: queryOf(filter), ...request },
          signal ? { signal } : {},
        ),
      signal,
    );

  /** Why nothing can be written now; a refused record is no trouble of the store. */
  let trouble: AppError | undefined;
  const write = async (records: LogRecord[]): Promise<void> => {
    try {
      await writer.write(records);
      trouble = undefined;
    } catch (error) {
      const failure = elasticError(error, place);
      trouble = failure instanceof RefusedRecords ? undefined : failure;
      throw failure;
    }
  };
  const unwell = ({ code, message }: AppError): Health =>
    healthOf(
      false,
      'elasticsearch',
      [['error', { error: message }]],
      MEND[code] ?? ['mend.elastic', { place }],
    );

  const grouped = groupedWrites({ write, place, log });

  return {
    async write(records) {
      checkRecords(records);
      if (records.length > 0) await grouped.write(records);
    },

    async search(filter, { limit = 50, order = 'newest', signal } = {}) {
      const direction = order === 'newest' ? 'desc' : 'asc';
      const { hits } = await ask(
        filter,
        {
          size: Math.max(0, Math.min(limit, MAX_PAGE)),
          sort: [{ '@timestamp': direction }, { seq: direction }],
        },
        signal,
      );
      return {
        records: hits.hits.flatMap((hit) => (hit._source ? [fromDocument(hit._source)] : [])),
        total: totalOf(hits.total),
      };
    },

    async get(ids) {
      const records: LogRecord[] = [];
      for (let start = 0; start < ids.length; start += MAX_PAGE) {
        const page = ids.slice(start, start + MAX_PAGE).map(documentId);
        const { docs } = await reading(() => client.mget<LogDocument>({ index, ids: page }));
        for (const doc of docs) if ('_source' in doc && doc._source) records.push(fromDocument(doc._source));
      }
      return records;
    },

    async *scan(filter, { signal } = {}) {
      let pit: string;
      try {
        pit = (await reading(() => client.openPointInTime({ index, keep_alive: '5m' }), signal)).id;
      } catch (error) {
        // Nothing was written so far.
        if (error instanceof AppError && error.code === 'not_found') return;
        throw error;
      }
      try {
        let after: estypes.SortResults | undefined;
        for (;;) {
          const { hits } = await reading(
            () =>
              client.search<LogDocument>(
                {
                  pit: { id: pit, keep_alive: '5m' },
                  query: queryOf(filter),
                  size: MAX_PAGE,
                  track_total_hits: false,
                  sort: [{ '@timestamp': 'asc' }, { seq: 'asc' }],
                  ...(after ? { search_after: after } : {}),
                },
                signal ? { signal } : {},
              ),
            signal,
          );
          const batch = hits.hits.flatMap((hit) => (hit._source ? [fromDocument(hit._source)] : []));
          if (batch.length > 0) yield batch;
          after = hits.hits.at(-1)?.sort;
          if (hits.hits.length < MAX_PAGE || !after) return;
        }
      } finally {
        await client.closePointInTime({ id: pit }).catch((err) => log.debug({ err }, 'elasticsearch: close'));
      }
    },

    async histogram(filter, bucketMs) {
      const start = Math.floor(filter.from / bucketMs);
      const end = Math.max(start, Math.ceil(filter.to / bucketMs));
      if (!Number.isInteger(bucketMs) || bucketMs < 1 || end - start > MAX_BUCKETS)
        throw new AppError('too_large', `histogram: at most ${MAX_BUCKETS} buckets of whole milliseconds`);
      const { aggregations } = await ask<{ time: Terms<{ key: number; errors: { doc_count: number } }> }>(
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
    },

    async counts(filter, by, limit = 20) {
      const size = Math.min(limit, MAX_COUNTS);
      if (size < 1) return [];
      type Bucket = {
        key: string;
        errors: { doc_count: number };
        first: Value;
        last: Value;
        pattern?: Terms<{ key: string }>;
      };
      const { aggregations } = await ask<{ values: Terms<Bucket> }>(filter, {
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
    },

    async requests(filter) {
      const field = 'request.duration_ms';
      const { aggregations } = await ask<{
        requests: {
          doc_count: number;
          mean: Value;
          max: Value;
          endpoints: Terms<{ key: string; mean: Value }>;
          statuses: Terms<{ key: number }>;
        };
      }>(filter, {
        size: 0,
        aggs: {
          requests: {
            filter: { exists: { field: 'request.endpoint' } },
            aggs: {
              mean: { avg: { field } },
              max: { max: { field } },
              endpoints: {
                terms: {
                  field: 'request.endpoint',
                  size: MAX_ENDPOINTS,
                  order: [{ _count: 'desc' }, { _key: 'asc' }],
                },
                aggs: { mean: { avg: { field } } },
              },
              statuses: {
                terms: {
                  field: 'request.status',
                  size: 1_000,
                  order: [{ _count: 'desc' }, { _key: 'asc' }],
                },
              },
            },
          },
        },
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
    },

    async extent() {
      const { hits, aggregations } = await ask<{ first: Value; last: Value }>(
        {},
        {
          size: 0,
          aggs: { first: { min: { field: '@timestamp' } }, last: { max: { field: '@timestamp' } } },
        },
      );
      const { first, last } = aggregations ?? {};
      if (typeof first?.value !== 'number' || typeof last?.value !== 'number') return undefined;
      return { from: first.value, to: last.value + 1, records: totalOf(hits.total) };
    },

    async health() {
      try {
        const within = { requestTimeout: 3_000 };
        const { status } = await client.cluster.health({}, within);
        const [foreign, { count }] = await Promise.all([
          own.foreign(within),
          client.count({ index, ignore_unavailable: true }, within),
        ]);
        if (foreign)
          return healthOf(
            false,
            'elasticsearch',
            [[`foreign.${foreign.what}`, { place, name: foreign.name, index }]],
            [`mend.foreign.${foreign.what}`, { name: foreign.name }],
          );
        if (trouble) return unwell(trouble);
        const detail: Phrase[] = [['index', { place, index, count, status }]];
        return status === 'red' || status === 'RED'
          ? healthOf(false, 'elasticsearch', detail, ['mend.shards'])
          : healthOf(true, 'elasticsearch', detail);
      } catch (error) {
        return unwell(elasticError(error, place));
      }
    },

    async [Symbol.asyncDispose]() {
      await grouped.drained();
      await Promise.all([client.close(), writing.close()]);
    },
  };
}
