import { Client, errors } from '@elastic/elasticsearch';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { retry } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { authorityOf, type ServerAccess } from './server-access.ts';

/** Milliseconds one request may take. */
export const READ_MS = 10_000;
export const WRITE_MS = MINUTE;

/** An index in a cluster, as all parts of this store speak to it. */
export interface ElasticIndex {
  client: Client;
  index: string;
  /** The server, as shown to people: without a password. */
  place: string;
  log: Log;
}

/**
 * The client itself tries nothing again, as it would not wait between two tries.
 * @param requestTimeout milliseconds, for all requests; the option of a single request can make it shorter, not longer
 * @throws AppError `config_invalid` when the file of the certificate authority cannot be read
 */
export function createClient(access: ServerAccess, requestTimeout: number): Client {
  const { url, apiKey, ca, fingerprint } = access;
  return new Client({
    node: url,
    maxRetries: 0,
    requestTimeout,
    compression: false,
    ...(apiKey === undefined ? {} : { auth: { apiKey } }),
    ...(ca === undefined ? {} : { tls: { ca: authorityOf(ca) } }),
    ...(fingerprint === undefined ? {} : { caFingerprint: fingerprint }),
  });
}

/**
 * An error of the client as an AppError, by its type and status.
 * @param place of the server, as shown to people: without a password
 */
export function elasticError(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const as = (code: ErrorCode, what: string) =>
    new AppError(code, `Elasticsearch at ${place} ${what}`, { cause: slim(error) });
  if (error instanceof errors.RequestAbortedError) return as('stopped', 'was not waited for');
  if (error instanceof errors.TimeoutError) return as('timeout', 'did not answer in time');
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError)
    return as('unavailable', 'cannot be reached');
  if (error instanceof errors.ResponseError) {
    const body = error.body as { error?: { type?: string } } | undefined;
    return statusError(error.statusCode ?? 0, body?.error?.type ?? '', as);
  }
  return as('internal', 'gave an unexpected error');
}

/** The client's errors carry the whole request (megabytes of log text, credentials): only name and message are kept. */
const slim = (error: unknown): Error | undefined =>
  error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : undefined;

/**
 * A status of the server as an AppError. A disk over its watermark gives 429 with a cluster block.
 * @param type Elasticsearch's name of the exception
 * @param as makes the error
 */
export function statusError(
  status: number,
  type: string,
  as: (code: ErrorCode, what: string) => AppError,
): AppError {
  if (type === 'index_not_found_exception') return as('not_found', 'has no such index yet');
  if (type === 'cluster_block_exception')
    return as('storage_full', 'takes no writes (its disk is full, or the index is blocked)');
  if (status === 429 || status >= 500 || status === 408)
    return as('unavailable', `is overloaded or failing (${status})`);
  if (status === 401 || status === 403) return as('unauthorized', `refuses our credentials (${status})`);
  if (status === 413) return as('too_large', 'refuses a request of this size');
  return as('internal', `does not understand the request (${status} ${type})`);
}

/** Waits between the tries of a request, in milliseconds; half of each is left to chance. */
export const BACKOFF_MS = { first: 200, most: 5_000 };

/**
 * Tries `work` again while its error may pass, and as long as the next try begins no later than `withinMs` after the first. So
 * the tries end after about that time if a server refuses connections, and after one time-out if it hangs.
 * @throws AppError
 */
export function retried<T>(
  work: () => Promise<T>,
  options: { withinMs: number; place: string; log: Log; signal?: AbortSignal | undefined },
): Promise<T> {
  const { withinMs, place, log, signal } = options;
  const start = Date.now();
  return retry(
    () =>
      work().catch((error) => {
        throw elasticError(error, place);
      }),
    {
      backoff: BACKOFF_MS,
      when: ({ retryable }, waitMs) =>
        retryable && !signal?.aborted && Date.now() + waitMs - start <= withinMs,
      onRetry: (err, waitMs) => log.debug({ err, waitMs }, 'elasticsearch: trying again'),
    },
  );
}
