import type { ModelRequest } from '../../backends/model/model.ts';
import type { AppError } from '../../domain/errors.ts';
import { faultOf, type ModelFault } from '../../domain/question/model-fault.ts';
import { MINUTE } from '../../domain/time/units.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 30_000;
/** A fault that only a person can mend is not mended within seconds, and each call costs a wait or a mark at the vendor. */
const REFUSED_MS = 5 * MINUTE;
const REFUSED: ReadonlySet<ModelFault> = new Set(['key', 'forbidden', 'quota']);

export type Breaker = ReturnType<typeof createBreaker>;

/** Stops asking a model that keeps failing, so that people do not wait for it; one trial after each pause. */
export function createBreaker(now: () => number) {
  const models = new Map<string, { failures: number; until: number; error: AppError }>();
  return {
    /** Batch work waits out a server's limit in the model's queue; it is no reason to go elsewhere. */
    allows(name: string, lane: ModelRequest['lane'] = 'person'): boolean {
      const known = models.get(name);
      if (!known || known.until <= now()) return true;
      return lane === 'batch' && faultOf(known.error) === 'limited';
    },
    /** Why it is not asked now: its last failure. */
    reason: (name: string): AppError | undefined => models.get(name)?.error,
    /** @returns whether the model had failed before and answers again. */
    succeeded(name: string): boolean {
      return models.delete(name);
    },
    /** @returns whether this failure is news: the model has not failed since it answered, or it was for another reason. */
    failed(name: string, error: AppError): boolean {
      const before = models.get(name);
      const failures = (before?.failures ?? 0) + 1;
      const pause = REFUSED.has(faultOf(error))
        ? REFUSED_MS
        : error.code === 'rate_limited'
          ? (error.retryAfterMs ?? OPEN_MS)
          : failures >= FAILURES_TO_OPEN && error.code !== 'too_large'
            ? OPEN_MS
            : 0;
      models.set(name, { failures, until: now() + pause, error });
      return !before || faultOf(before.error) !== faultOf(error);
    },
  };
}
