import type { ModelRequest } from '../backends/model/model.ts';
import type { AppError, ErrorCode } from '../domain/errors.ts';

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 30_000;
/** A refused key does not mend itself within seconds. */
const REFUSED_MS = 5 * 60_000;

export type Breaker = ReturnType<typeof createBreaker>;

/** Stops asking a model that keeps failing, so that people do not wait for it; one trial after each pause. */
export function createBreaker(now: () => number) {
  const models = new Map<string, { failures: number; until: number; open: boolean; code: ErrorCode }>();
  return {
    /** Batch work waits out a server's limit in the model's queue; it is no reason to go elsewhere. */
    allows(name: string, lane: ModelRequest['lane'] = 'person'): boolean {
      const known = models.get(name);
      if (!known || known.until <= now()) return true;
      return lane === 'batch' && known.code === 'rate_limited';
    },
    /** @returns whether the model had been given up and answers again. */
    succeeded(name: string): boolean {
      const known = models.get(name);
      models.delete(name);
      return known?.open === true;
    },
    /** @returns whether the model is given up by this failure; false while it stays so. */
    failed(name: string, error: AppError): boolean {
      const failures = (models.get(name)?.failures ?? 0) + 1;
      const pause =
        error.code === 'unauthorized'
          ? REFUSED_MS
          : error.code === 'rate_limited'
            ? (error.retryAfterMs ?? OPEN_MS)
            : failures >= FAILURES_TO_OPEN && error.code !== 'too_large'
              ? OPEN_MS
              : 0;
      const before = models.get(name)?.open === true;
      models.set(name, { failures, until: now() + pause, open: before || pause > 0, code: error.code });
      return !before && pause > 0;
    },
  };
}
