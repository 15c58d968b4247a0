import { setTimeout as sleep } from 'node:timers/promises';
import type { Put, StateKind, StateStore } from '../../backends/state/store.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';

const PAGE = 200;
const SWEEP_MS = 10 * MINUTE;

/** Kinds that are only needed for a while: what was handled, what was sent, and which thread belongs to which incident. */
const PASSING: ReadonlySet<StateKind> = new Set(['seen', 'outbox', 'thread']);

/** The same store, which keeps nothing of these kinds longer than `keepMs`. */
export function forgetting(state: StateStore, keepMs: number): StateStore {
  const capped = <T extends { kind: StateKind; ttlMs?: number }>(write: T): T =>
    write.ttlMs !== undefined && write.ttlMs > keepMs && PASSING.has(write.kind)
      ? { ...write, ttlMs: keepMs }
      : write;
  return {
    get: (kind, id) => state.get(kind, id),
    list: (kind, bounds) => state.list(kind, bounds),
    count: (kind) => state.count(kind),
    commit: ({ once, put, ...others }) =>
      state.commit({
        ...others,
        ...(once ? { once: once.map(capped) } : {}),
        ...(put ? { put: put.map(capped) } : {}),
      }),
    acquire: (lease, owner, ttlMs) => state.acquire(lease, owner, ttlMs),
    release: (lease, owner) => state.release(lease, owner),
    health: () => state.health(),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

/**
 * Deletes resolved incidents that were last seen before `before` (epoch ms). Their messages on the platforms stay.
 * Threads, deliveries and seen ids end by their own time to live. Two processes may sweep at once: an incident is
 * deleted only in the version that was read.
 */
export async function sweepResolved(state: StateStore, before: number): Promise<void> {
  for (let from = -Infinity; ; ) {
    const page = await state.list('incident', { from, to: before, limit: PAGE });
    const over = page.filter(({ value }) => value.lifecycle.state === 'resolved');
    // An incident that came back meanwhile has another version and stays; the rest of the page waits for the next sweep.
    const gone = over.map(({ id, value, rank, version }): Put => {
      return { kind: 'incident', id, value, rank, ifVersion: version, ttlMs: 0 };
    });
    if (gone.length > 0) await state.commit({ put: gone });
    const last = page.at(-1);
    if (page.length < PAGE || !last || last.rank === from) return;
    from = last.rank;
  }
}

/** Sweeps every ten minutes until disposed. */
export function sweepRegularly(options: { state: StateStore; keepMs: number; log: Log }): AsyncDisposable {
  const { state, keepMs, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    for (;;) {
      await sleep(SWEEP_MS, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await sweepResolved(state, Date.now() - keepMs);
      } catch (error) {
        log.error({ err: error }, 'old incidents could not be deleted; the next sweep tries again');
      }
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}
