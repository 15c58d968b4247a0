import type { StateStore } from '../../backends/state/store.ts';
import { toAppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { type MinerState, minerState } from './miner.ts';

/** What holds templates: the running pipeline. */
export interface Templates {
  save(): MinerState;
  restore(state: MinerState): void;
}

/** The templates of all processes on one state store. Neither call throws. */
export interface SharedTemplates {
  /** Takes over the templates that other processes found. */
  takeOver(): Promise<void>;
  /** The same, and then writes the templates of this process. */
  sync(): Promise<void>;
}

const ID = 'templates';
const EVERY_MS = MINUTE;
/** Attempts to write while other processes write too. */
const ATTEMPTS = 5;

/**
 * Shares templates through one document of the state store: a template that one process found is taken over by the
 * others, so that it has one id everywhere. A document that cannot be read is logged and replaced. When the store is
 * away, only the templates found since then are not shared.
 */
export function shareTemplates(
  templates: Templates,
  { state, log }: { state: StateStore; log: Log },
): SharedTemplates {
  let written = '';

  async function read(): Promise<number> {
    const stored = await state.get('templates', ID);
    if (!stored) return 0;
    const parsed = minerState.safeParse(stored.value);
    if (parsed.success) templates.restore(parsed.data);
    else
      log.warn({ issues: parsed.error.issues.slice(0, 3) }, 'stored templates cannot be read, starting anew');
    return stored.version;
  }

  async function attempt(): Promise<void> {
    for (let tries = 0; tries < ATTEMPTS; tries++) {
      const version = await read();
      const value = templates.save();
      const text = JSON.stringify(value);
      if (text === written) return;
      const result = await state.commit({ put: [{ kind: 'templates', id: ID, value, ifVersion: version }] });
      if (result === 'conflict') continue;
      written = text;
      return;
    }
  }

  /** One write at a time: they must not pile up when the store is slow. */
  let running: Promise<void> | undefined;
  return {
    takeOver: () =>
      read().then(
        () => undefined,
        (error: unknown) =>
          log.warn({ err: toAppError(error) }, 'stored templates are out of reach, going on without them'),
      ),
    sync() {
      running ??= attempt()
        .catch((error: unknown) => log.warn({ err: toAppError(error) }, 'templates were not written'))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

/** Shares the templates of a run that keeps nothing else: at its beginning, every minute and at its end. */
export async function keepTemplates(
  templates: Templates,
  { everyMs = EVERY_MS, ...options }: { state: StateStore; log: Log; everyMs?: number },
): Promise<{ sync(): Promise<void> } & AsyncDisposable> {
  const { takeOver, sync } = shareTemplates(templates, options);
  await takeOver();
  const timer = setInterval(() => void sync(), everyMs);
  timer.unref();
  return {
    sync,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sync();
      // Once more, for templates found while an earlier write was under way.
      await sync();
    },
  };
}
