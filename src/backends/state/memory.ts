import { AppError } from '../../domain/errors.ts';
import type { DocumentStore, Stored } from './store.ts';

const MAX_LIST = 1_000;

interface Row {
  text: string;
  rank: number;
  version: number;
  expires: number;
}

const byRank = ([a, x]: [string, Row], [b, y]: [string, Row]): number =>
  x.rank - y.rank || Buffer.compare(Buffer.from(a), Buffer.from(b));

const storedRow = (id: string, { text, rank, version }: Row): Stored<unknown> => ({
  id,
  value: JSON.parse(text),
  rank,
  version,
});

/**
 * Documents in memory with the port's rules, for what is read and asked once and not kept. Values pass through JSON, so nothing is
 * shared by reference.
 * @param options.now epoch milliseconds; for tests
 */
export function memoryDocuments(options: { now?: () => number } = {}): DocumentStore {
  const now = options.now ?? Date.now;
  const leases = new Map<string, { owner: string; ends: number; token: number }>();
  const kinds = new Map<string, Map<string, Row>>();
  let closed = false;
  const checkOpen = (): void => {
    if (closed) throw new AppError('stopped', 'the state store is closed');
  };
  const rows = (kind: string): Map<string, Row> => {
    const known = kinds.get(kind) ?? new Map<string, Row>();
    kinds.set(kind, known);
    return known;
  };
  const alive = (kind: string, id: string): Row | undefined => {
    const row = rows(kind).get(id);
    return row && row.expires > now() ? row : undefined;
  };
  return {
    async get(kind, id) {
      checkOpen();
      const row = alive(kind, id);
      return row && storedRow(id, row);
    },
    async list(kind, { from = -Infinity, to = Infinity, limit = 100, descending = false, skip = 0 } = {}) {
      const found = [...rows(kind)]
        .filter(([, row]) => row.expires > now() && row.rank >= from && row.rank <= to)
        .sort(byRank);
      if (descending) found.reverse();
      return found.slice(skip, skip + Math.min(limit, MAX_LIST)).map(([id, row]) => storedRow(id, row));
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
    async commit(changes) {
      checkOpen();
      const { fence } = changes;
      if (fence && leases.get(fence.lease)?.token !== fence.token) return 'fenced';
      if (changes.once?.some((entry) => alive(entry.kind, entry.id))) return 'duplicate';
      for (const put of changes.put ?? [])
        if (put.ifVersion !== undefined && (alive(put.kind, put.id)?.version ?? 0) !== put.ifVersion)
          return 'conflict';
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
      for (const { kind, id } of changes.delete ?? []) rows(kind).delete(id);
      return 'done';
    },
    async health() {
      return { ok: true, kind: 'memory', detail: 'in memory' };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
