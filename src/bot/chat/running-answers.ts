import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';

/** A press on the stop button that another process received is seen within this time. */
const LOOK_MS = 400;
/** How long the note of an answer is kept without renewal, so that the answers of a killed process are soon forgotten. */
const NOTE_MS = 15_000;
const RENEW_MS = 5_000;

/**
 * Answers that are being made. A platform may send the press of a button to any of its bots, so each bot can stop the answers of
 * the others.
 */
export interface RunningAnswers {
  /** Notes that an answer is being made, until disposed. `signal` aborts (AppError `stopped`) when somebody stops it. */
  begin(id: string, asker: string): { signal: AbortSignal } & AsyncDisposable;
  /** The id of the `Asker`; undefined if no such answer is being made. Throws AppError of the state store. */
  asker(id: string): Promise<string | undefined>;
  /** Stops it. Throws AppError of the state store. */
  stop(id: string): Promise<void>;
}

/** @param options.shared whether other bot processes work on the same store; else nothing is written to it */
export function openRunningAnswers(options: {
  state: StateStore;
  shared: boolean;
  log: Log;
}): RunningAnswers {
  const { state, shared, log } = options;
  const here = new Map<string, { asker: string; stop: AbortController }>();
  const pressed = (): AppError => new AppError('stopped', 'a person pressed stop');
  const note = (id: string): string => `asking/${id}`;
  const wish = (id: string): string => `stop/${id}`;

  /** Tells other processes about an answer while it is made, and checks whether they want it stopped. */
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
        // Without the store the answer goes on, and its own process can still stop it.
        log.debug({ err }, 'others cannot stop an answer while the store is away');
      }
      await sleep(LOOK_MS, undefined, { ref: false, signal: ended }).catch(() => {});
    }
    const gone = [
      { kind: 'asking' as const, id: note(id) },
      { kind: 'stop-request' as const, id: wish(id) },
    ];
    // If this fails, the notes end by their time to live.
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
