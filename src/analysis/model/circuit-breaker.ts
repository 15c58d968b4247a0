import type { ModelRequest } from '../../backends/model/model.ts';
import type { AppError } from '../../domain/errors.ts';
import { faultOf, type ModelFault } from '../../domain/question/model-fault.ts';
import { MINUTE } from '../../domain/time/units.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 30_000;
/**
 * A fault that only a person can mend is not mended within seconds, and each call costs time or counts against us at the vendor.
 */
const REFUSED_MS = 5 * MINUTE;
const REFUSED: ReadonlySet<ModelFault> = new Set(['key', 'forbidden', 'quota']);
/** It answers, but what it says is of no use: it will be no wiser in half a minute, and each reply takes time. */
const USELESS: ReadonlySet<ModelFault> = new Set(['untrue']);

export type Breaker = ReturnType<typeof createBreaker>;

/** Stops asking a model that fails again and again, so that people do not wait for it; after each pause one call tries again. */
export function createBreaker(now: () => number) {
  const models = new Map<string, { failures: number; until: number; error: AppError }>();
  return {
    /** Batch work waits for a server's limit in the model's queue, so this is no reason to use another model. */
    allows(name: string, lane: ModelRequest['lane'] = 'person'): boolean {
      const known = models.get(name);
      if (!known || known.until <= now()) return true;
      return lane === 'batch' && faultOf(known.error) === 'limited';
    },
    /** Why it is not asked now: its latest failure. */
    reason: (name: string): AppError | undefined => models.get(name)?.error,
    /** @returns whether the model had failed before and answers again. */
    succeeded(name: string): boolean {
      return models.delete(name);
    },
    /** @returns whether this failure is new: the model has not failed since its last answer, or it failed for another reason. */
    failed(name: string, error: AppError): boolean {
      const before = models.get(name);
      const failures = (before?.failures ?? 0) + 1;
      const fault = faultOf(error);
      const pause = REFUSED.has(fault)
        ? REFUSED_MS
        : error.code === 'rate_limited'
          ? (error.retryAfterMs ?? OPEN_MS)
          : failures >= FAILURES_TO_OPEN && error.code !== 'too_large'
            ? USELESS.has(fault)
              ? REFUSED_MS
              : OPEN_MS
            : 0;
      models.set(name, { failures, until: now() + pause, error });
      return !before || faultOf(before.error) !== fault;
    },
  };
}
