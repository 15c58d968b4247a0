import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import type { BudgetShare } from './budget.ts';

/** How long room may be held for something that does not come, while others wait for room. */
export const STALL_MS = 10_000;

/**
 * What `next` gives. Room is held meanwhile for the one thing that is coming; where that takes too long and others wait,
 * it is over: the sender sends it again when there is room. Throws AppError `timeout` then.
 * @param since when the room was given, epoch milliseconds
 * @param stallMs for tests
 */
export async function inTime<T>(
  next: Promise<T>,
  since: number,
  share: BudgetShare,
  stallMs = STALL_MS,
): Promise<T> {
  const over = (): boolean => share.contended && Date.now() - since >= stallMs;
  for (;;) {
    const late = new AbortController();
    const waited = sleep(stallMs, undefined, { signal: late.signal }).then(
      () => true,
      () => false,
    );
    const come = await Promise.race([next.then((value) => ({ value })), waited]).finally(() => late.abort());
    if (over()) {
      next.catch(() => {});
      throw new AppError('timeout', 'what was begun did not come while others waited for room');
    }
    if (typeof come === 'object') return come.value;
  }
}
