import type { AppError, ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { createClient, type ElasticIndex, elasticError, READ_MS, WRITE_MS } from './elasticsearch-client.ts';
import { Ownership } from './elasticsearch-ownership.ts';
import { ElasticReader } from './elasticsearch-read.ts';
import { ElasticWriter } from './elasticsearch-write.ts';
import { placeOf, type ServerAccess } from './server-access.ts';
import type { LogStore } from './store.ts';

/** How long each request of `health` may take, in milliseconds. */
const HEALTH_MS = 3_000;

/** What a person can do, by the error's code; any other error means that the server cannot be reached. */
const MEND: Partial<Record<ErrorCode, Phrase>> = {
  unauthorized: ['mend.elasticAuth'],
  storage_full: ['mend.elasticBlocked'],
  config_invalid: ['mend.elasticIndex'],
};

/**
 * Log store in one Elasticsearch index (server 8.x or 9.x). Opening writes nothing: the index template comes with the first
 * write, and whoever only asks changes nothing in the cluster. Resolves whether or not the server is there; while it is
 * away, calls throw `unavailable` after a few tries and `health` says so.
 * @throws AppError `config_invalid` when the file of the certificate authority cannot be read
 */
export async function openElasticLogs(
  options: ServerAccess & { index: string },
  log: Log,
): Promise<LogStore> {
  const { index } = options;
  const place = placeOf(options);
  const client = createClient(options, READ_MS);
  const writing = createClient(options, WRITE_MS);
  const own = new Ownership({ client, index, place, log });
  const reader = new ElasticReader({ client, index, place, log }, own);
  const writer = new ElasticWriter({ client: writing, index, place, log });

  return {
    write: (records) => writer.write(records),
    search: (filter, how) => reader.search(filter, how),
    get: (ids) => reader.get(ids),
    scan: (filter, how) => reader.scan(filter, how),
    histogram: (filter, bucketMs) => reader.histogram(filter, bucketMs),
    counts: (filter, by, limit) => reader.counts(filter, by, limit),
    requests: (filter) => reader.requests(filter),
    extent: () => reader.extent(),
    async health() {
      try {
        return await clusterHealth({ client, index, place, log }, own, writer.trouble);
      } catch (error) {
        return illHealth(elasticError(error, place), place);
      }
    },
    async [Symbol.asyncDispose]() {
      await writer.drained();
      await Promise.all([client.close(), writing.close()]);
    },
  };
}

/** @param trouble why nothing can be written, as the latest write showed */
async function clusterHealth(
  { client, index, place }: ElasticIndex,
  own: Ownership,
  trouble: AppError | undefined,
): Promise<Health> {
  const within = { requestTimeout: HEALTH_MS };
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
  if (trouble) return illHealth(trouble, place);
  const detail: Phrase[] = [['index', { place, index, count, status }]];
  return status === 'red' || status === 'RED'
    ? healthOf(false, 'elasticsearch', detail, ['mend.shards'])
    : healthOf(true, 'elasticsearch', detail);
}

const illHealth = ({ code, message }: AppError, place: string): Health =>
  healthOf(
    false,
    'elasticsearch',
    [['error', { error: message }]],
    MEND[code] ?? ['mend.elastic', { place }],
  );
