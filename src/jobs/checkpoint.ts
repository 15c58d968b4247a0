import type { StateStore } from '../backends/state/store.ts';
import { AppError } from '../domain/errors.ts';
import { DAY } from '../domain/time/units.ts';

const KEEP_MS = 60 * DAY;

/** How far a job got, kept in the state store: a worker that takes the job over goes on from there. */
export interface Checkpoint<T> {
  /** What was saved last, by this or another worker. */
  readonly value: T | undefined;
  /** @throws AppError `conflict` if another worker has taken the job over: this one must end */
  save(value: T): Promise<void>;
  /** Deletes what was saved: the work is done. */
  clear(): Promise<void>;
}

/**
 * Takes the checkpoint over: a worker that had it before cannot save any more.
 * @param id what the progress belongs to: a job's id, or the day that is collected
 */
export async function takeCheckpoint<T extends object>(
  state: StateStore,
  id: string,
): Promise<Checkpoint<T>> {
  const key = `job/${id}`;
  for (;;) {
    const stored = await state.get('checkpoint', key);
    let value = stored?.value.saved as T | undefined;
    const write = async (next: T | undefined, version: number): Promise<boolean> => {
      const document = next === undefined ? {} : { saved: next };
      const put = {
        kind: 'checkpoint' as const,
        id: key,
        value: document,
        ifVersion: version,
        ttlMs: KEEP_MS,
      };
      return (await state.commit({ put: [put] })) === 'done';
    };
    const found = stored?.version ?? 0;
    if (!(await write(value, found))) continue;
    let version = found + 1;
    const save = async (next: T | undefined): Promise<void> => {
      if (!(await write(next, version)))
        throw new AppError('conflict', 'another worker goes on with this job', { retryable: false });
      version += 1;
      value = next;
    };
    return {
      get value() {
        return value;
      },
      save,
      clear: () => save(undefined),
    };
  }
}
