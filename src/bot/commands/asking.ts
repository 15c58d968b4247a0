import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';

/** A stop pressed at another process is seen within this time. */
const LOOK_MS = 400;
/** Longer than any answer takes; what a killed process left is forgotten then. */
const TTL_MS = 10 * 60_000;

/** An answer under way, as the other bot processes know it. */
interface Underway {
  /** Who asked (an `Asker`'s id). */
  asker: string;
  stopped?: true;
}

/** Answers under way. A platform gives a button press to any of its bots, so each of them can stop what another one answers. */
export interface Asking {
  /** Notes that an answer is being made; `signal` aborts (AppError `stopped`) when somebody stops it, here or elsewhere. */
  begin(id: string, asker: string): { signal: AbortSignal } & AsyncDisposable;
  /** Who asked; undefined where no such answer is being made. Throws AppError of the state store. */
  asker(id: string): Promise<string | undefined>;
  /** Stops it. Throws AppError of the state store. */
  stop(id: string): Promise<void>;
}

export function openAsking(state: StateStore, log: Log): Asking {
  const here = new Map<string, { asker: string; stop: AbortController }>();
  const key = (id: string): string => `asking/${id}`;
  const note = (id: string, value: Underway) =>
    state.commit({ put: [{ kind: 'fact', id: key(id), value, ttlMs: TTL_MS }] });
  const pressed = (): AppError => new AppError('stopped', 'a person pressed stop');

  async function watch(id: string, asker: string, stop: AbortController): Promise<void> {
    await note(id, { asker });
    while (here.has(id) && !stop.signal.aborted) {
      // A store that is away for a moment is asked again.
      const noted = await state.get<Underway>('fact', key(id)).catch(() => undefined);
      if (noted?.value.stopped) stop.abort(pressed());
      await sleep(LOOK_MS, undefined, { ref: false });
    }
    // What cannot be removed now is forgotten in time.
    await state.commit({ delete: [{ kind: 'fact', id: key(id) }] }).catch(() => {});
  }

  return {
    begin(id, asker) {
      const stop = new AbortController();
      here.set(id, { asker, stop });
      // The answer does not wait for the store, nor fail with it: its own process can stop it all the same.
      watch(id, asker, stop).catch((err) => log.warn({ err }, 'others cannot stop an answer'));
      return {
        signal: stop.signal,
        async [Symbol.asyncDispose]() {
          here.delete(id);
        },
      };
    },
    async asker(id) {
      return here.get(id)?.asker ?? (await state.get<Underway>('fact', key(id)))?.value.asker;
    },
    async stop(id) {
      const own = here.get(id);
      if (own) return own.stop.abort(pressed());
      const asker = await this.asker(id);
      if (asker !== undefined) await note(id, { asker, stopped: true });
    },
  };
}
