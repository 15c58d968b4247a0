import { AppError } from '../../../domain/errors.ts';
import { withTimeout } from '../../../domain/retry.ts';
import type { BudgetShare } from './budget.ts';

/** How long room may be held for a message that does not come, while others wait for room, in milliseconds. */
export const STALL_MS = 10_000;

const stalled = (): AppError =>
  new AppError('timeout', 'what was begun did not come while others waited for room');

/**
 * Waits for `next`, the rest of a message that room is held for. If that takes longer than `stallMs` and others wait for
 * room, the sender has to send the message again when there is room.
 * @param since when the room was reserved, epoch milliseconds
 * @param stallMs for tests
 * @throws AppError `timeout` then
 */
export async function unlessStalled<T>(
  next: Promise<T>,
  since: number,
  share: BudgetShare,
  stallMs = STALL_MS,
): Promise<T> {
  for (;;) {
    let late: AppError | undefined;
    const come = await withTimeout(
      stallMs,
      next.then((value) => ({ value })),
      () => {
        late = stalled();
        return late;
      },
    ).catch((error: unknown) => {
      if (error !== late) throw error;
      return undefined;
    });
    if (share.contended && Date.now() - since >= stallMs) throw late ?? stalled();
    if (come) return come.value;
  }
}
