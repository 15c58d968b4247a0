import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from './errors.ts';

/** Waits between tries: `first` after the first failure, twice as long after each further one, at most `most`. Milliseconds. */
export interface Backoff {
  first: number;
  most: number;
}

/**
 * The wait before the next try, in milliseconds.
 * @param failures how many tries have failed so far; 1 after the first
 * @param jitter how much of the wait is left to chance, so that many callers do not come back at the same moment:
 * `half` (0.5 to 1 of the wait) or `full` (0 to 1; "Exponential Backoff And Jitter", AWS Architecture Blog, 2015)
 */
export function backoffMs(
  failures: number,
  { first, most }: Backoff,
  jitter: 'none' | 'half' | 'full' = 'none',
): number {
  // Above 2^30 the result is `most` anyway, and the power stays a safe number however often it failed.
  const wait = Math.min(most, first * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  if (jitter === 'none') return wait;
  return jitter === 'half' ? wait * (0.5 + Math.random() / 2) : wait * Math.random();
}

/**
 * Waits for `work`, but at most `ms` milliseconds. The work itself goes on: stop it with a signal of its own.
 * @param late makes the error that is thrown when the time is over
 * @throws what `work` or `late` says
 */
export async function withTimeout<T>(ms: number, work: Promise<T>, late: () => AppError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    // Work that was late may still fail; nobody waits for it any more.
    work.catch(() => {});
  }
}

export interface RetryOptions {
  /** Tries in all; without it there is no end of them. */
  tries?: number;
  backoff: Backoff;
  jitter?: 'none' | 'half' | 'full';
  /** Ends the waiting: the error is then AppError `stopped`. */
  signal?: AbortSignal;
  /** Which errors are worth another try; without it those that say so themselves (`retryable`). */
  when?: (error: AppError) => boolean;
  /** Told before each wait. */
  onRetry?: (error: AppError, waitMs: number) => void;
}

/**
 * Does `work` again while it fails with an error that may pass, after the time the other side asked for (`retryAfterMs`),
 * else after a backoff.
 * @throws AppError the last error, or `stopped`
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries = Number.POSITIVE_INFINITY, backoff, jitter = 'half', signal, when, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (cause) {
      const error = toAppError(cause);
      const again = when ? when(error) : error.retryable;
      if (!again || attempt >= tries || signal?.aborted) throw error;
      const waitMs = error.retryAfterMs ?? backoffMs(attempt, backoff, jitter);
      onRetry?.(error, waitMs);
      await sleep(waitMs, undefined, { signal }).catch((aborted) => {
        throw new AppError('stopped', 'stopped while waiting for the next try', { cause: aborted });
      });
    }
  }
}
