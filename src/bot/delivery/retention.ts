import type { Put, StateKind, StateStore } from '../../backends/state/store.ts';

const PAGE = 200;

/** What is only needed for a while: what was handled, what was sent, and which thread is of which incident. */
const PASSING: ReadonlySet<StateKind> = new Set(['seen', 'outbox', 'thread']);

/** The store, remembering nothing of that longer than `keepMs`. */
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
 * Forgets resolved incidents last seen before `before` (epoch ms). Their messages on the platforms stay; threads,
 * deliveries and seen ids end by their own time to live.
 */
export async function sweepResolved(state: StateStore, before: number): Promise<void> {
  for (let from = -Infinity; ; ) {
    const page = await state.list('incident', { from, to: before, limit: PAGE });
    const over = page.filter(({ value }) => value.lifecycle.state === 'resolved');
    // Only as it was read: one that came back meanwhile stays, and the others of the page wait for the next sweep.
    const gone = over.map(({ id, value, rank, version }): Put => {
      return { kind: 'incident', id, value, rank, ifVersion: version, ttlMs: 0 };
    });
    if (gone.length > 0) await state.commit({ put: gone });
    const last = page.at(-1);
    if (page.length < PAGE || !last || last.rank === from) return;
    from = last.rank;
  }
}
