import type { Health } from '../../domain/health.ts';

/** What the program remembers between restarts, by kind. `rank` orders a kind's documents for `list`. */
export interface StateKinds {
  /** Anomaly ids and platform event ids that were handled. */
  seen: { at: number };
  incident: import('../../domain/alert/incident.ts').Incident;
  outbox: unknown;
  /** When an incident is to be looked at by itself, ranked by that time; the id is the incident's. */
  timer: { at: number };
  /** Mutes of templates and services, ranked by their end. */
  mute: import('../../domain/alert/mute.ts').Mute;
  /** Who did what, ranked by time. */
  audit: import('../../domain/audit.ts').AuditEntry;
  /** Maps an incident to its message on a platform, and a thread back to its incident. */
  thread: unknown;
  /** Messages of the console's channel and threads. */
  message: unknown;
  /** How far a source was read. */
  position: unknown;
  /** State of the miner and the detector. */
  model: unknown;
  /** What people said about alerts, ranked by time. */
  feedback: import('../../domain/alert/feedback.ts').Feedback;
  /** Whose notes were shown for an incident, ranked by time; the id is the incident's. */
  advice: { at: number; from: string[] };
  /** Answers by evidence hash. */
  answer: unknown;
  /** What models cost, a document a day. */
  spend: import('../../domain/question/spend.ts').SpentDay;
  /** How the processes on this store are, ranked by when they said so. */
  process: import('../../domain/health.ts').ProcessHealth;
  /** Small facts: `demo_replayed`, settings made in chat. */
  fact: unknown;
}
export type StateKind = keyof StateKinds;

/** A stored document. `version` counts its writes from 1. */
export interface Stored<T> {
  id: string;
  value: T;
  rank: number;
  version: number;
}

export interface Put {
  kind: StateKind;
  id: string;
  value: unknown;
  /** Sort key for `list`; 0 when absent. */
  rank?: number;
  /** Write only if the stored version is this one (0: only if absent); otherwise the commit is a `conflict`. */
  ifVersion?: number;
  /** Forget it after this many milliseconds. */
  ttlMs?: number;
}

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

/**
 * A small transactional document store. Values are JSON. A commit that resolved `done` survives `kill -9`.
 * Methods throw AppError `unavailable` | `timeout` | `storage_full`.
 */
export interface StateStore extends AsyncDisposable {
  get<T>(kind: StateKind, id: string): Promise<Stored<T> | undefined>;
  /**
   * In order of rank, then id. `from`/`to` bound the rank, both inclusive.
   * @param options.limit at most 1,000 (default 100)
   */
  list<T>(
    kind: StateKind,
    options?: { from?: number; to?: number; limit?: number; descending?: boolean },
  ): Promise<Stored<T>[]>;
  count(kind: StateKind): Promise<number>;
  commit(changes: Commit): Promise<CommitResult>;
  /**
   * Takes or keeps a lease that one owner at a time has, for `ttlMs` by the store's clock (processes' clocks differ).
   * @returns the fencing token, one higher with each new term; undefined while another owner has the lease
   */
  acquire(lease: string, owner: string, ttlMs: number): Promise<number | undefined>;
  /** Gives a lease back at once, where the owner has it. */
  release(lease: string, owner: string): Promise<void>;
  health(): Promise<Health>;
}
