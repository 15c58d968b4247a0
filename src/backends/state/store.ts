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

/** Which documents `list` gives. */
interface ListOptions {
  /** Bounds of the rank, both inclusive. */
  from?: number;
  to?: number;
  /** At most 1,000; 100 when absent. */
  limit?: number;
  descending?: boolean;
}

/** What every store has besides documents: leases, health and an end. */
interface StoreBase extends AsyncDisposable {
  /**
   * Takes or keeps a lease that one owner at a time has, for `ttlMs` by the store's clock (processes' clocks differ).
   * @returns the fencing token, one higher with each new term; undefined while another owner has the lease
   */
  acquire(lease: string, owner: string, ttlMs: number): Promise<number | undefined>;
  /** Gives a lease back at once, if the owner has it. */
  release(lease: string, owner: string): Promise<void>;
  health(): Promise<Health>;
}

/**
 * A small transactional store of typed documents, as the program uses it. Each version of a document is checked with the
 * schema of its kind when it is first read.
 *
 * Life cycle:
 * 1. Open: a store in a file is ready when the adapter's factory resolves, and the factory throws when it cannot be. The
 *    adapter of a server resolves whether or not the server is there.
 * 2. Calls may assume that a commit that resolved `done` survives `kill -9` and is seen by every later call, of all
 *    processes on the store. A document whose time is over is gone for every call at the same moment.
 * 3. At the same time: any number of calls. Commits are carried out one after another, each all or nothing. Values are
 *    copied when `commit` is called, so the caller may change them afterwards.
 * 4. Dispose: waits for the commits that the store is carrying out; one that still waits for a connection throws `stopped`.
 *    It may be called twice, and during other calls; these and all later ones throw `stopped` or `unavailable` when the
 *    store is gone. Leases are not given back: they run out.
 * 5. Throws: AppError `unavailable` | `timeout` | `storage_full` | `unauthorized` | `stopped`; `get` also `malformed` for a
 *    document that is not of its kind. `list` leaves such a document out and logs it, and `health` tells of it. `health`
 *    never rejects. After `unavailable` or `timeout` a commit may have been carried out all the same.
 */
export interface StateStore extends StoreBase {
  get<K extends StateKind>(kind: K, id: string): Promise<Stored<StateKinds[K]> | undefined>;
  /** In order of rank, then id. */
  list<K extends StateKind>(kind: K, options?: ListOptions): Promise<Stored<StateKinds[K]>[]>;
  count(kind: StateKind): Promise<number>;
  commit(changes: Commit): Promise<CommitResult>;
}

/** A write as an adapter carries it out: the kind is any name, and the value any JSON. */
export interface DocumentPut extends Omit<PutOf<StateKind>, 'kind' | 'value'> {
  kind: string;
  value: unknown;
}
export interface DocumentCommit extends Pick<Commit, 'fence'> {
  once?: { kind: string; id: string; ttlMs?: number }[];
  put?: DocumentPut[];
  delete?: { kind: string; id: string }[];
}

/** `skip`: so many of the first are left out. */
export interface DocumentListOptions extends ListOptions {
  skip?: number;
}

/**
 * What an adapter provides: documents of any JSON by kind and id. `checked.ts` makes a `StateStore` of it.
 * Methods throw AppError `unavailable` | `timeout` | `storage_full`.
 */
export interface DocumentStore extends StoreBase {
  get(kind: string, id: string): Promise<Stored<unknown> | undefined>;
  /** In order of rank, then id. */
  list(kind: string, options?: DocumentListOptions): Promise<Stored<unknown>[]>;
  count(kind: string): Promise<number>;
  /** What one commit writes and deletes is deleted. */
  commit(changes: DocumentCommit): Promise<CommitResult>;
}
