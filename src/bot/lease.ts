import { randomUUID } from 'node:crypto';
import type { StateStore } from '../backends/state/store.ts';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Log } from '../log.ts';

/** The claim to be the only sender of a state store lasts so long; a dead process's work moves after at most this. */
const TERM_MS = 4_000;
const RENEW_MS = 1_000;
/** How often the others look whether it is free. */
const WATCH_MS = 500;
/** Nothing is sent in the last part of a term: what is on its way then arrives before another process looks for it. */
const RESERVE_MS = 1_000;
const NAME = 'sender';

/** Who sends: one process per state store, by the store's clock and with a token that fences whoever was late. */
export interface Lease {
  /** Names the term this process is in; undefined while another one sends. */
  term(): { id: string; since: number } | undefined;
  /** Whether something may be sent now, in this very term. */
  holds(id: string): boolean;
  /** Why the store could not be asked who sends; undefined when it could. */
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

/** @param changed told when a term begins or ends */
export function sharedLease(options: {
  state: StateStore;
  now: () => number;
  changed: () => void;
  log: Log;
}): Lease {
  const { state, now, changed, log } = options;
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
    log.warn({ why }, 'another process may send now');
    changed();
  };
  const current = () => {
    if (held && performance.now() >= goodUntil) end('the claim ran out');
    return held;
  };

  async function claim(): Promise<void> {
    const asked = performance.now();
    const token = await state.acquire(NAME, owner, TERM_MS);
    if (token === undefined) return end('it has the claim');
    goodUntil = asked + TERM_MS;
    if (held?.token === token) return;
    held = { id: `${owner}/${token}`, since: now(), token };
    log.info({ token }, 'this process sends');
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
        const timer = setTimeout(done, current() ? RENEW_MS : WATCH_MS);
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
    term: current,
    holds: (id) => current()?.id === id && goodUntil - performance.now() > RESERVE_MS,
    problem: () => problem,
    start() {
      loop ??= keep();
    },
    async stop() {
      stopping.abort();
      await loop;
      held = undefined;
      await state.release(NAME, owner).catch((error) => log.debug({ err: error }, 'the claim runs out'));
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
        if (!now) throw new AppError('stopped', 'another process sends');
        const result = await state.commit({ ...changes, fence: { lease: NAME, token: now.token } });
        if (result !== 'fenced') return result;
        end('it took over');
        throw new AppError('stopped', 'another process sends');
      },
      async [Symbol.asyncDispose]() {},
    },
  };
}
