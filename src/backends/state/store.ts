import type { Health } from '../../domain/health.ts';
import type { StateKind, StateKinds } from './kinds/kinds.ts';

export type { StateKind, StateKinds };

/** A stored document. `version` counts its writes from 1. */
export interface Stored<T> {
  id: string;
  value: T;
  rank: number;
  version: number;
}

interface PutOf<K extends StateKind> {
  kind: K;
  id: string;
  value: StateKinds[K];
  /** Sort key for `list`; 0 when absent. */
  rank?: number;
  /** Write only if the stored version is this one (0: only if absent); otherwise the commit is a `conflict`. */
  ifVersion?: number;
  /** Forget it after this many milliseconds. */
  ttlMs?: number;
}
/** The write of one document. */
export type Put = { [K in StateKind]: PutOf<K> }[StateKind];

/** Everything in one commit happens, or nothing does. */
export interface Commit {
  /** Documents that must not exist yet, created by this commit; if any does, nothing happens: `duplicate`. */
  once?: { kind: StateKind; id: string; ttlMs?: number }[];
  put?: Put[];
  delete?: { kind: StateKind; id: string }[];
  /** Only while this is the latest token of the lease; otherwise nothing happens: `fenced`. */
  fence?: { lease: string; token: number };
}

/** `fenced` only for commits with a `fence`. */
export type CommitResult = 'done' | 'duplicate' | 'conflict' | 'fenced';

/** Of what `list` gives. */
export interface ListOptions {
  /** Bounds of the rank, both inclusive. */
  from?: number;
  to?: number;
  /** At most 1,000; 100 when absent. */
  limit?: number;
  descending?: boolean;
}

/** The leases of a store and its end: what documents have nothing to do with. */
interface StoreBase extends AsyncDisposable {
  /**
   * Takes or keeps a lease that one owner at a time has, for `ttlMs` by the store's clock (processes' clocks differ).
   * @returns the fencing token, one higher with each new term; undefined while another owner has the lease
   */
  acquire(lease: string, owner: string, ttlMs: number): Promise<number | undefined>;
  /** Gives a lease back at once, where the owner has it. */
  release(lease: string, owner: string): Promise<void>;
  health(): Promise<Health>;
}

/**
 * What the rest of the program has: a small transactional store of typed documents. Each document is checked with the
 * schema of its kind when it is read. A commit that resolved `done` survives `kill -9`.
 * Methods throw AppError `unavailable` | `timeout` | `storage_full`; `get` also `malformed` for a document that is not
 * of its kind. `list` leaves such a document out, names it in the log, and `health` tells of it.
 */
export interface StateStore extends StoreBase {
  get<K extends StateKind>(kind: K, id: string): Promise<Stored<StateKinds[K]> | undefined>;
  /** In order of rank, then id. */
  list<K extends StateKind>(kind: K, options?: ListOptions): Promise<Stored<StateKinds[K]>[]>;
  count(kind: StateKind): Promise<number>;
  commit(changes: Commit): Promise<CommitResult>;
}

/** A write as an adapter carries it out. */
export interface DocumentPut extends Omit<PutOf<StateKind>, 'kind' | 'value'> {
  kind: string;
  value: unknown;
}
export interface DocumentCommit extends Pick<Commit, 'fence'> {
  once?: { kind: string; id: string; ttlMs?: number }[];
  put?: DocumentPut[];
  delete?: { kind: string; id: string }[];
}

/**
 * What an adapter provides: documents of any JSON by kind and id. `checked.ts` makes a `StateStore` of it.
 * Methods throw AppError `unavailable` | `timeout` | `storage_full`.
 */
export interface DocumentStore extends StoreBase {
  get(kind: string, id: string): Promise<Stored<unknown> | undefined>;
  /** In order of rank, then id. */
  list(kind: string, options?: ListOptions): Promise<Stored<unknown>[]>;
  count(kind: string): Promise<number>;
  commit(changes: DocumentCommit): Promise<CommitResult>;
}
