import { setTimeout as sleep } from 'node:timers/promises';
import { Client, errors } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';

/** Milliseconds one request may take. */
export const READ_MS = 10_000;
export const WRITE_MS = MINUTE;

/**
 * Retries are ours (the client's have no pause between them).
 * @param requestTimeout for all its requests: one of a single request can make this shorter, but not longer
 */
export const createClient = (url: string, requestTimeout: number): Client =>
  new Client({ node: url, maxRetries: 0, requestTimeout, compression: false });

/** Errors of the vendor by type and status; `place` is shown to people, so it holds no password. */
export function elasticError(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const as = (code: ConstructorParameters<typeof AppError>[0], what: string) =>
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

/** The vendor's errors carry the whole request (megabytes of log text, credentials): only name and words are kept. */
const slim = (error: unknown): Error | undefined =>
  error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : undefined;

/** @param type Elasticsearch's name of the exception. A disk over its watermark is 429 with a cluster block. */
export function statusError(
  status: number,
  type: string,
  as: (code: ConstructorParameters<typeof AppError>[0], what: string) => AppError,
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

/**
 * Repeats `work` with growing pauses while its error is retryable and no more than `withinMs` have passed since the start,
 * so a server that refuses connections is given up after about that time, a hung one after one time-out.
 */
export async function retried<T>(
  work: () => Promise<T>,
  options: { withinMs: number; place: string; log: Log; signal?: AbortSignal | undefined },
): Promise<T> {
  const start = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const failure = elasticError(error, options.place);
      const pause = backoff(attempt);
      if (!failure.retryable || options.signal?.aborted || Date.now() + pause - start > options.withinMs)
        throw failure;
      options.log.debug({ err: failure, attempt, pause }, 'elasticsearch: trying again');
      await sleep(pause);
    }
  }
}

/** Milliseconds to wait after the nth attempt: doubled each time up to 5 s, with jitter. */
export const backoff = (attempt: number): number =>
  Math.min(5_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
