import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { retry } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import { GRACE_MS, type LiveMessage, type MessageRef } from './chat.ts';

const BACKOFF_MS = { first: 1_000, most: 30_000 };

/**
 * Repeats a call to a platform while it fails with an error that may pass, after exponential backoff with full jitter
 * or the time the platform asked for, but never more than 30 s. Only for calls that are safe to repeat.
 * @param signal aborts the waiting (AppError `stopped`)
 */
export function retrying<T>(
  call: () => Promise<T>,
  options: { attempts?: number; signal?: AbortSignal } = {},
): Promise<T> {
  return retry(call, {
    tries: options.attempts ?? 4,
    backoff: BACKOFF_MS,
    jitter: 'full',
    longestWaitMs: BACKOFF_MS.most,
    signal: options.signal,
    ref: false,
  });
}

/** Waits without keeping the process alive. Throws AppError `stopped` when `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
  } catch (cause) {
    throw new AppError('stopped', 'aborted', { cause });
  }
}

/**
 * A message that is edited while it is written: one edit at a time and at most one per `intervalMs`. The latest state
 * wins, and a rate limit is waited for. `finish` waits for the edit that is on its way, then tries until its own succeeds.
 * @param edit shows a state; `last` for the final one
 */
export function liveMessage(options: {
  ref?: MessageRef;
  intervalMs: number;
  log: Log;
  signal?: AbortSignal;
  edit(message: Message, last: boolean): Promise<void>;
}): LiveMessage {
  let pending: Message | undefined;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let nextAt = Date.now() + options.intervalMs;
  let finished = false;
  /** An edit whose outcome is unknown arrives before this (epoch ms); until then it could undo the last one. */
  let settledAt = 0;

  const run = async (): Promise<void> => {
    const message = pending;
    pending = undefined;
    if (!message) return;
    try {
      await options.edit(message, false);
      nextAt = Date.now() + options.intervalMs;
    } catch (cause) {
      const error = toAppError(cause);
      options.log.warn({ err: error }, 'an intermediate state of a message was not shown');
      nextAt = Date.now() + Math.max(options.intervalMs, error.retryAfterMs ?? 0);
      if (!error.answered) settledAt = Date.now() + GRACE_MS;
    }
  };
  const schedule = (): void => {
    if (timer || running || finished || !pending) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        running = run().finally(() => {
          running = undefined;
          schedule();
        });
      },
      Math.max(0, nextAt - Date.now()),
    ).unref();
  };

  return {
    ...(options.ref ? { ref: options.ref } : {}),
    update(message) {
      if (finished || options.signal?.aborted) return;
      pending = message;
      schedule();
    },
    async finish(message) {
      finished = true;
      pending = undefined;
      clearTimeout(timer);
      await running;
      // While the bot stops there is no wait, but the message still says how the answer ended.
      if (settledAt > Date.now()) await pause(settledAt - Date.now(), options.signal).catch(() => {});
      await retrying(() => options.edit(message, true), { attempts: 6, signal: options.signal });
    },
  };
}
