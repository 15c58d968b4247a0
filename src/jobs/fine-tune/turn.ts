import { setTimeout as sleep } from 'node:timers/promises';
import { type TakenLease, takeLease } from '../../backends/state/lease.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Log } from '../../log.ts';

const NAME = 'fine-tune';
/** Long enough for what keeps a processor busy for a while; the training of a process that died is tried again after it. */
const TERM_MS = 30_000;
const POLL_MS = 2_000;
const RUNNING = 'tuning/running';

/**
 * Waits until no other training runs on this state store, in whatever process, and keeps the others out until disposed.
 * @param tell is told since when another one runs (epoch ms), each time it looks; what it throws ends the waiting
 * @throws the signal's reason; AppError `unavailable` | `timeout`
 */
export async function takeTurn(options: {
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
    // What the signal says is thrown at the next turn.
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
