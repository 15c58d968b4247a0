import { setTimeout as sleep } from 'node:timers/promises';
import { type TakenLease, takeLease } from '../../backends/state/lease.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Log } from '../../log.ts';

const NAME = 'fine-tune';
/**
 * Longer than anything keeps the processor busy at a stretch. After the death of a process its training can be begun again
 * when this is over. Milliseconds.
 */
const TERM_MS = 30_000;
const POLL_MS = 2_000;
/** Under this id it is stored since when a training runs. */
const RUNNING = 'tuning/running';

/**
 * Waits until no other training runs on this state store, in whatever process, and keeps others out until disposed.
 * @param tell called each time another one is found running, with when it began (epoch ms); what it throws ends the waiting
 * @throws the signal's reason; AppError `unavailable` | `timeout`
 */
export async function takeTrainingLease(options: {
  state: StateStore;
  signal: AbortSignal;
  tell: (since: number) => Promise<void>;
  now: () => number;
  log: Log;
}): Promise<TakenLease> {
  const { state, signal, tell, now, log } = options;
  for (;;) {
    signal.throwIfAborted();
    const lease = await takeLease({ state, name: NAME, termMs: TERM_MS, now, log });
    if (lease) {
      try {
        await lease.fenced.commit({ put: [{ kind: 'training', id: RUNNING, value: { since: now() } }] });
        return lease;
      } catch (error) {
        await lease[Symbol.asyncDispose]();
        throw error;
      }
    }
    const running = await state.get('training', RUNNING);
    await tell(running?.value.since ?? now());
    // If the signal aborts, its reason is thrown when the loop goes on.
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
