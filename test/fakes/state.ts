import type { Commit, CommitResult, StateKind, StateStore, Stored } from '../../src/backends/state/store.ts';

interface Row {
  text: string;
  rank: number;
  version: number;
  expires: number;
}

/** A StateStore in memory with the port's rules. Values pass through JSON, so nothing is shared by reference. */
export function memoryState(options: { now?: () => number } = {}): StateStore & { commits: number } {
  const now = options.now ?? Date.now;
  const leases = new Map<string, { owner: string; ends: number; token: number }>();
  const kinds = new Map<StateKind, Map<string, Row>>();
  const rows = (kind: StateKind): Map<string, Row> => {
    const known = kinds.get(kind) ?? new Map<string, Row>();
    kinds.set(kind, known);
    return known;
  };
  const alive = (kind: StateKind, id: string): Row | undefined => {
    const row = rows(kind).get(id);
    return row && row.expires > now() ? row : undefined;
  };
  const stored = <T>(id: string, row: Row): Stored<T> => ({
    id,
    value: JSON.parse(row.text) as T,
    rank: row.rank,
    version: row.version,
  });
  return {
    commits: 0,
    async get<T>(kind: StateKind, id: string) {
      const row = alive(kind, id);
      return row && stored<T>(id, row);
    },
    async list<T>(
      kind: StateKind,
      { from = -Infinity, to = Infinity, limit = 100, descending = false } = {},
    ) {
      const found = [...rows(kind)].filter(
        ([, row]) => row.expires > now() && row.rank >= from && row.rank <= to,
      );
      found.sort(([a, x], [b, y]) => x.rank - y.rank || (a < b ? -1 : 1));
      if (descending) found.reverse();
      return found.slice(0, limit).map(([id, row]) => stored<T>(id, row));
    },
    async count(kind) {
      return [...rows(kind).values()].filter((row) => row.expires > now()).length;
    },
    async acquire(lease, owner, ttlMs) {
      const held = leases.get(lease);
      const isLive = held !== undefined && held.ends > now();
      if (isLive && held.owner !== owner) return undefined;
      const token = isLive ? held.token : (held?.token ?? 0) + 1;
      leases.set(lease, { owner, ends: now() + ttlMs, token });
      return token;
    },
    async release(lease, owner) {
      const held = leases.get(lease);
      if (held?.owner === owner) leases.set(lease, { ...held, ends: 0 });
    },
    async commit(changes: Commit): Promise<CommitResult> {
      const { fence } = changes;
      if (fence && leases.get(fence.lease)?.token !== fence.token) return 'fenced';
      if (changes.once?.some((entry) => alive(entry.kind, entry.id))) return 'duplicate';
      for (const put of changes.put ?? [])
        if (put.ifVersion !== undefined && (alive(put.kind, put.id)?.version ?? 0) !== put.ifVersion)
          return 'conflict';
      for (const { kind, id } of changes.delete ?? []) rows(kind).delete(id);
      for (const { kind, id, ttlMs } of changes.once ?? [])
        rows(kind).set(id, {
          text: JSON.stringify({ at: now() }),
          rank: 0,
          version: 1,
          expires: ttlMs === undefined ? Infinity : now() + ttlMs,
        });
      for (const put of changes.put ?? [])
        rows(put.kind).set(put.id, {
          text: JSON.stringify(put.value),
          rank: put.rank ?? 0,
          version: (alive(put.kind, put.id)?.version ?? 0) + 1,
          expires: put.ttlMs === undefined ? Infinity : now() + put.ttlMs,
        });
      this.commits += 1;
      return 'done';
    },
    async health() {
      return { ok: true, kind: 'memory', detail: 'in memory' };
    },
    async [Symbol.asyncDispose]() {},
  };
}
