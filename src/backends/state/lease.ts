import { randomUUID } from 'node:crypto';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from './store.ts';

/** A term is renewed this often in its length; the others look twice as often whether the lease is free. */
const RENEWALS = 4;

/** What one process per state store does at a time: by the store's clock, with a token that fences whoever was late. */
export interface Lease {
  /** Names the term this process is in; undefined while another one has the lease. */
  term(): { id: string; since: number } | undefined;
  /** Whether something may be begun now, in this very term: not in its last quarter, so that it ends within it. */
  holds(id: string): boolean;
  /** Why the store could not be asked who has it; undefined when it could. */
  problem(): ErrorCode | undefined;
  start(): void;
  stop(): Promise<void>;
  /** The store whose commits are refused (AppError `stopped`) once another process has taken over. */
  readonly fenced: StateStore;
}

/** Of a store that only this process uses: there is nobody to agree with. */
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
  /** It moves on from a dead process after at most this. */
  termMs: number;
  now: () => number;
  log: Log;
}

/**
 * Claims a lease from `start` to `stop`, again and again while another process has it.
 * @param changed told when a term begins or ends
 */
export function sharedLease(
  options: LeaseOptions & { changed: () => void },
): Lease & { /** Asks once. Throws AppError `unavailable` | `timeout`. */ claim(): Promise<void> } {
  const { state, name, termMs, now, changed, log } = options;
  const owner = randomUUID();
  const stopping = new AbortController();
  let held: { id: string; since: number; token: number } | undefined;
  /** By the monotonic clock, counted from before the store was asked: never later than the store's own idea. */
  let goodUntil = 0;
  let loop: Promise<void> | undefined;
  let problem: ErrorCode | undefined;

  const end = (why: string): void => {
    if (!held) return;
    held = undefined;
    log.warn({ lease: name, why }, 'another process may have the lease now');
    changed();
  };
  const current = () => {
    if (held && performance.now() >= goodUntil) end('the claim ran out');
    return held;
  };

  async function claim(): Promise<void> {
    const asked = performance.now();
    const token = await state.acquire(name, owner, termMs);
    if (token === undefined) return end('it has the claim');
    goodUntil = asked + termMs;
    if (held?.token === token) return;
    held = { id: `${owner}/${token}`, since: now(), token };
    log.info({ lease: name, token }, 'this process has the lease');
    changed();
  }

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await claim();
        problem = undefined;
      } catch (error) {
        problem = toAppError(error).code;
        log.debug({ err: error }, 'the claim could not be renewed');
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, termMs / RENEWALS / (current() ? 1 : 2));
        function done(): void {
          clearTimeout(timer);
          stopping.signal.removeEventListener('abort', done);
          resolve();
        }
        stopping.signal.addEventListener('abort', done);
      });
    }
  }

  return {
    claim,
    term: current,
    holds: (id) => current()?.id === id && goodUntil - performance.now() > termMs / RENEWALS,
    problem: () => problem,
    start() {
      loop ??= keep();
    },
    async stop() {
      stopping.abort();
      await loop;
      held = undefined;
      await state.release(name, owner).catch((error) => log.debug({ err: error }, 'the claim runs out'));
    },
    fenced: {
      get: (kind, id) => state.get(kind, id),
      list: (kind, bounds) => state.list(kind, bounds),
      count: (kind) => state.count(kind),
      acquire: (lease, by, ttlMs) => state.acquire(lease, by, ttlMs),
      release: (lease, by) => state.release(lease, by),
      health: () => state.health(),
      async commit(changes) {
        const now = current();
        if (!now) throw new AppError('stopped', `another process has the lease ${name}`);
        const result = await state.commit({ ...changes, fence: { lease: name, token: now.token } });
        if (result !== 'fenced') return result;
        end('it took over');
        throw new AppError('stopped', `another process has the lease ${name}`);
      },
      async [Symbol.asyncDispose]() {},
    },
  };
}

/** A lease that was free, kept until it is disposed. */
export interface TakenLease extends AsyncDisposable {
  /** Aborted with an AppError `conflict` when another process has taken over. */
  readonly signal: AbortSignal;
  readonly fenced: StateStore;
}

/** Takes a lease where it is free now; undefined where another has it. Throws AppError `unavailable` | `timeout`. */
export async function takeLease(options: LeaseOptions): Promise<TakenLease | undefined> {
  const lost = new AbortController();
  const lease = sharedLease({
    ...options,
    changed() {
      if (lease.term()) return;
      lost.abort(new AppError('conflict', `another process took over ${options.name}`));
      // What was begun in the term that is over must not go on in a later one.
      void lease.stop();
    },
  });
  await lease.claim();
  if (!lease.term()) return undefined;
  lease.start();
  return { signal: lost.signal, fenced: lease.fenced, [Symbol.asyncDispose]: () => lease.stop() };
}
