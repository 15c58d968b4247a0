import type { StateStore } from '../../backends/state/store.ts';
import { toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import { type MinerState, minerState } from '../mine.ts';

/** What holds templates: the running pipeline. */
export interface Templates {
  save(): MinerState;
  restore(state: MinerState): void;
}

export interface KeptTemplates extends AsyncDisposable {
  /** Takes over what other processes found, then writes what is known here. Never throws. */
  sync(): Promise<void>;
}

const ID = 'templates';
const EVERY_MS = 60_000;
/** Attempts to write while other processes write as well. */
const ATTEMPTS = 5;

/**
 * Keeps templates over restarts: takes over those in the state store at once, and writes them back every minute and at
 * the end. Processes that share the store share the templates, so that a partition which moves to another consumer
 * finds its templates there. What cannot be read is named in the log and replaced; a store that is away costs nothing
 * but the templates found since.
 */
export async function keepTemplates(
  templates: Templates,
  { state, log, everyMs = EVERY_MS }: { state: StateStore; log: Log; everyMs?: number },
): Promise<KeptTemplates> {
  let written = '';

  async function takeOver(): Promise<number> {
    const stored = await state.get<unknown>('model', ID);
    if (!stored) return 0;
    const parsed = minerState.safeParse(stored.value);
    if (parsed.success) templates.restore(parsed.data);
    else
      log.warn({ issues: parsed.error.issues.slice(0, 3) }, 'stored templates cannot be read, starting anew');
    return stored.version;
  }

  async function attempt(): Promise<void> {
    for (let tries = 0; tries < ATTEMPTS; tries++) {
      const version = await takeOver();
      const value = templates.save();
      const text = JSON.stringify(value);
      if (text === written) return;
      const result = await state.commit({ put: [{ kind: 'model', id: ID, value, ifVersion: version }] });
      if (result === 'conflict') continue;
      written = text;
      return;
    }
  }

  /** One at a time: a slow store must not pile up writes. */
  let running: Promise<void> | undefined;
  function sync(): Promise<void> {
    running ??= attempt()
      .catch((error: unknown) => log.warn({ err: toAppError(error) }, 'templates were not written'))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  try {
    await takeOver();
  } catch (error) {
    log.warn({ err: toAppError(error) }, 'stored templates are out of reach, starting without them');
  }
  const timer = setInterval(() => void sync(), everyMs);
  timer.unref();
  return {
    sync,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
      await sync();
    },
  };
}
