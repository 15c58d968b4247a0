import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { Commit, CommitResult, StateStore } from './store.ts';

/** How many times a term is renewed in its length; the other processes ask twice as often whether the lease is free. */
const RENEWALS = 4;

/** The right to do what one process per state store does at a time. The store's clock counts; a token fences off a process that is late. */
export interface Lease {
  /** The term of this process; undefined while another process has the lease. */
  term(): { id: string; since: number } | undefined;
  /** Whether something may be begun in this term: not in its last quarter, so that it ends within the term. */
  holds(id: string): boolean;
  /** Why the store could not be asked for the owner of the lease; undefined if it could. */
  problem(): ErrorCode | undefined;
  start(): void;
  stop(): Promise<void>;
  /** The store; its commits throw AppError `stopped` once another process has taken over. */
  readonly fenced: StateStore;
}

/** For a store that only this process uses: there is no other process to agree with. */
export function soleLease(state: StateStore, now: () => number): Lease {
  const only = { id: randomUUID(), since: now() };
  return {
    term: () => only,
    holds: () => true,
    problem: () => undefined,
    start() {},
    async stop() {},
    fenced: state,
  };
}

interface LeaseOptions {
  state: StateStore;
  /** The same in every process that takes part. */
  name: string;
  /** When the process dies, another one has the lease after at most this. Milliseconds. */
  termMs: number;
  now: () => number;
  log: Log;
}

/**
 * Claims a lease from `start` to `stop`, again and again while another process has it.
 * @param options.changed called when a term begins or ends
 */
export const sharedLease = (options: LeaseOptions & { changed: () => void }): SharedLease =>
  new SharedLease(options);

class SharedLease implements Lease {
  readonly fenced: StateStore;
  readonly #options: LeaseOptions & { changed: () => void };
  readonly #owner = randomUUID();
  readonly #stopping = new AbortController();
  #held: { id: string; since: number; token: number } | undefined;
  /** By the monotonic clock, counted from before the store was asked: never later than the store itself thinks. */
  #goodUntil = 0;
  #loop: Promise<void> | undefined;
  #problem: ErrorCode | undefined;

  constructor(options: LeaseOptions & { changed: () => void }) {
    this.#options = options;
    const { state } = options;
    this.fenced = {
      get: (kind, id) => state.get(kind, id),
      list: (kind, bounds) => state.list(kind, bounds),
      count: (kind) => state.count(kind),
      acquire: (lease, by, ttlMs) => state.acquire(lease, by, ttlMs),
      release: (lease, by) => state.release(lease, by),
      health: () => state.health(),
      commit: (changes) => this.#commit(changes),
      async [Symbol.asyncDispose]() {},
    };
  }

  /** Asks for the lease once. Throws AppError `unavailable` | `timeout`. */
  async claim(): Promise<void> {
    const { state, name, termMs, now, changed, log } = this.#options;
    const asked = performance.now();
    const token = await state.acquire(name, this.#owner, termMs);
    if (token === undefined) return this.#end('it has the claim');
    this.#goodUntil = asked + termMs;
    if (this.#held?.token === token) return;
    this.#held = { id: `${this.#owner}/${token}`, since: now(), token };
    log.info({ lease: name, token }, 'this process has the lease');
    changed();
  }

  term(): { id: string; since: number; token: number } | undefined {
    if (this.#held && performance.now() >= this.#goodUntil) this.#end('the claim ran out');
    return this.#held;
  }

  holds(id: string): boolean {
    return this.term()?.id === id && this.#goodUntil - performance.now() > this.#options.termMs / RENEWALS;
  }

  problem(): ErrorCode | undefined {
    return this.#problem;
  }

  start(): void {
    this.#loop ??= this.#keep();
  }

  async stop(): Promise<void> {
    const { state, name, log } = this.#options;
    this.#stopping.abort();
    await this.#loop;
    this.#held = undefined;
    await state.release(name, this.#owner).catch((error) => log.debug({ err: error }, 'the claim runs out'));
  }

  #end(why: string): void {
    if (!this.#held) return;
    this.#held = undefined;
    this.#options.log.warn({ lease: this.#options.name, why }, 'another process may have the lease now');
    this.#options.changed();
  }

  async #keep(): Promise<void> {
    const { termMs, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.claim();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = toAppError(error).code;
        log.debug({ err: error }, 'the claim could not be renewed');
      }
      const waitMs = termMs / RENEWALS / (this.term() ? 1 : 2);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  async #commit(changes: Commit): Promise<CommitResult> {
    const { state, name } = this.#options;
    const term = this.term();
    if (!term) throw new AppError('stopped', `another process has the lease ${name}`);
    const result = await state.commit({ ...changes, fence: { lease: name, token: term.token } });
    if (result !== 'fenced') return result;
    this.#end('it took over');
    throw new AppError('stopped', `another process has the lease ${name}`);
  }
}

/** A lease that was free and was taken; kept until it is disposed. */
export interface TakenLease extends AsyncDisposable {
  /** Aborted with an AppError `conflict` when another process has taken over. */
  readonly signal: AbortSignal;
  readonly fenced: StateStore;
}

/**
 * Takes a lease if it is free.
 * @returns undefined while another process has it
 * @throws AppError `unavailable` | `timeout`
 */
export async function takeLease(options: LeaseOptions): Promise<TakenLease | undefined> {
  const lost = new AbortController();
  const lease = sharedLease({
    ...options,
    changed() {
      if (lease.term()) return;
      lost.abort(new AppError('conflict', `another process took over ${options.name}`));
      // Work of a term that is over must not go on in a later one.
      void lease.stop();
    },
  });
  await lease.claim();
  if (!lease.term()) return undefined;
  lease.start();
  return { signal: lost.signal, fenced: lease.fenced, [Symbol.asyncDispose]: () => lease.stop() };
}
