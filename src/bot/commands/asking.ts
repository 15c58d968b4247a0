import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';

/** A stop pressed at another process is seen within this time. */
const LOOK_MS = 400;
/** How long a note stands by itself: whoever is killed is soon not known to be answering any more. */
const NOTE_MS = 15_000;
const RENEW_MS = 5_000;

/** Answers under way. A platform gives a button press to any of its bots, so each of them can stop what another one answers. */
export interface Asking {
  /** Notes that an answer is being made; `signal` aborts (AppError `stopped`) when somebody stops it, here or elsewhere. */
  begin(id: string, asker: string): { signal: AbortSignal } & AsyncDisposable;
  /** Who asked (an `Asker`'s id); undefined where no such answer is being made. Throws AppError of the state store. */
  asker(id: string): Promise<string | undefined>;
  /** Stops it. Throws AppError of the state store. */
  stop(id: string): Promise<void>;
}

/** @param options.shared whether other bot processes work on the same store; else nothing is written to it */
export function openAsking(options: { state: StateStore; shared: boolean; log: Log }): Asking {
  const { state, shared, log } = options;
  const here = new Map<string, { asker: string; stop: AbortController }>();
  const pressed = (): AppError => new AppError('stopped', 'a person pressed stop');
  const note = (id: string): string => `asking/${id}`;
  const wish = (id: string): string => `stop/${id}`;

  /** Tells others of an answer for as long as it is made, and looks whether they want it stopped. */
  async function watch(id: string, asker: string, stop: AbortController, ended: AbortSignal): Promise<void> {
    let renewAt = 0;
    while (!ended.aborted && !stop.signal.aborted) {
      try {
        if (Date.now() >= renewAt) {
          await state.commit({ put: [{ kind: 'asking', id: note(id), value: { asker }, ttlMs: NOTE_MS }] });
          renewAt = Date.now() + RENEW_MS;
        }
        if (await state.get('stop-request', wish(id))) stop.abort(pressed());
      } catch (err) {
        // The answer does not fail with the store: its own process can stop it all the same.
        log.debug({ err }, 'others cannot stop an answer while the store is away');
      }
      await sleep(LOOK_MS, undefined, { ref: false, signal: ended }).catch(() => {});
    }
    const gone = [
      { kind: 'asking' as const, id: note(id) },
      { kind: 'stop-request' as const, id: wish(id) },
    ];
    // What cannot be removed now ends by itself.
    await state.commit({ delete: gone }).catch(() => {});
  }

  return {
    begin(id, asker) {
      const stop = new AbortController();
      const ended = new AbortController();
      here.set(id, { asker, stop });
      if (shared) void watch(id, asker, stop, ended.signal);
      return {
        signal: stop.signal,
        async [Symbol.asyncDispose]() {
          here.delete(id);
          ended.abort();
        },
      };
    },
    async asker(id) {
      const own = here.get(id)?.asker;
      if (own !== undefined || !shared) return own;
      return (await state.get('asking', note(id)))?.value.asker;
    },
    async stop(id) {
      const own = here.get(id);
      if (own) own.stop.abort(pressed());
      else if (shared)
        await state.commit({ put: [{ kind: 'stop-request', id: wish(id), value: {}, ttlMs: NOTE_MS }] });
    },
  };
}
