import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from './errors.ts';

/**
 * Waits between tries, in milliseconds: `first` after the first failure, twice as long after each further one, at most `most`. Or
 * a list of waits, of which the last one is used for all further failures.
 */
export type Backoff = { first: number; most: number } | readonly number[];

/**
 * How much of a wait is random, so that many callers do not come back at the same moment: `around` (0.75 to 1.25 of it), `half`
 * (0.5 to 1) or `full` (0 to 1; "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
export type Jitter = 'none' | 'around' | 'half' | 'full';

/** A wait with its random part. */
export function withJitter(ms: number, jitter: Jitter): number {
  if (jitter === 'none') return ms;
  if (jitter === 'full') return ms * Math.random();
  return ms * ((jitter === 'half' ? 0.5 : 0.75) + Math.random() / 2);
}

/**
 * The wait before the next try, in milliseconds.
 * @param failures how many tries have failed so far; 1 after the first
 */
export function backoffMs(failures: number, backoff: Backoff, jitter: Jitter = 'none'): number {
  const before = Math.max(failures, 1) - 1;
  if ('first' in backoff) {
    // Above 2^30 the result is `most` anyway, and the power stays a safe number however often it failed.
    const wait = Math.min(backoff.most, backoff.first * 2 ** Math.min(before, 30));
    return withJitter(wait, jitter);
  }
  return withJitter(backoff[Math.min(before, backoff.length - 1)]!, jitter);
}

/**
 * Waits for `work`, but at most `ms` milliseconds. The work itself goes on: stop it with a signal of its own.
 * @param late makes the error that is thrown when the time is over
 * @throws what `work` or `late` says
 */
export function withTimeout<T>(ms: number, work: Promise<T>, late: () => AppError): Promise<T> {
  return valueInTime(ms, work, () => {
    throw late();
  });
}

/**
 * What `work` gives, or, when that takes longer than `ms` milliseconds, what `otherwise` gives. The work itself goes on.
 * @throws what `work` throws in time, or `otherwise`
 */
export async function valueInTime<T, O>(ms: number, work: Promise<T>, otherwise: () => O): Promise<T | O> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([work, over.then(otherwise)]);
  } finally {
    clearTimeout(timer);
    // Work that was late may still fail; nobody waits for it any more.
    work.catch(() => {});
  }
}

export interface RetryOptions {
  /** The number of tries in all; absent: no limit. */
  tries?: number;
  backoff: Backoff;
  jitter?: Jitter;
  /** The longest wait, in milliseconds, even where the other side asks for more. */
  longestWaitMs?: number;
  /** Ends the waiting: the error is then AppError `stopped`. */
  signal?: AbortSignal;
  /** false: the waiting alone does not keep the process alive. */
  ref?: boolean;
  /** Whether to try again after this error and this wait; absent: if the error says so itself (`retryable`). */
  when?: (error: AppError, waitMs: number) => boolean;
  /** Called before each wait. */
  onRetry?: (error: AppError, waitMs: number) => void;
}

/**
 * Does `work` again while it fails with an error that may pass, after the time the other side asked for (`retryAfterMs`),
 * else after a backoff.
 * @throws AppError the last error, or `stopped`
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries = Number.POSITIVE_INFINITY, backoff, jitter = 'half', signal, ref = true, onRetry } = options;
  const { longestWaitMs = Number.POSITIVE_INFINITY, when = ({ retryable }) => retryable } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (cause) {
      const error = toAppError(cause);
      const wanted = error.retryAfterMs ?? backoffMs(attempt, backoff, jitter);
      const waitMs = Math.min(wanted, longestWaitMs);
      if (attempt >= tries || !when(error, waitMs)) throw error;
      onRetry?.(error, waitMs);
      await sleep(waitMs, undefined, { signal, ref }).catch((aborted) => {
        throw new AppError('stopped', 'stopped while waiting for the next try', { cause: aborted });
      });
    }
  }
}
