import type { AppError, ErrorCode } from '../../domain/errors.ts';
import { type Backoff, backoffMs } from '../../domain/retry.ts';
import type { Clock } from './monotonic-clock.ts';

/** A token bucket: `perSecond` tokens are added, at most `burst` are kept. Each message takes one. */
export interface Pace {
  perSecond: number;
  burst: number;
}

export interface TokenBucket {
  /** Milliseconds until a token can be taken; 0 when it can now. `sparing` leaves the last one in the bucket. */
  wait(sparing?: boolean): number;
  take(): void;
  /** Puts a token back that was not used. */
  giveBack(): void;
}

/** Begins with one token only: the process before this one may have used the others a moment ago. */
export function createTokenBucket({ perSecond, burst }: Pace, clock: Clock): TokenBucket {
  let tokens = 1;
  let refilled = clock.now();
  return {
    wait(sparing = false) {
      const now = clock.now();
      const needed = sparing && burst >= 2 ? 2 : 1;
      tokens = Math.min(burst, tokens + ((now - refilled) / 1_000) * perSecond);
      refilled = now;
      return tokens >= needed ? 0 : Math.ceil(((needed - tokens) / perSecond) * 1_000);
    },
    take() {
      tokens -= 1;
    },
    giveBack() {
      tokens += 1;
    },
  };
}

/** How much one channel of a chat takes now, and how it is. */
export interface RateLimiter {
  /** Its entries are being worked on; nobody else may begin then. */
  busy: boolean;
  /** What is being sent, by incident: messages of one incident go one after the other, those of others at the same time. */
  readonly inFlight: Set<string>;
  /** Nothing is sent before this (epoch ms): there is no token, the platform asked to wait, or the platform is down. */
  notBefore: number;
  /** The same for messages that leave the last token to urgent ones. */
  sparingNotBefore: number;
  /** The code of the latest failure, until a message got through. */
  problem?: ErrorCode;
  /** Until then (epoch ms) the channel counts as closed to us: a person has to mend something. */
  closedUntil: number;
  /**
   * Takes one token from every bucket. Where one is empty it takes none, and `notBefore` says until when.
   * @param sparing leaves the last token of a bucket with room for several to urgent messages (`sparingNotBefore`)
   */
  take(sparing?: boolean): boolean;
  giveBack(): void;
  succeeded(): void;
  failed(error: AppError): void;
}

const PAUSE: Backoff = { first: 250, most: 30_000 };

/** @param buckets the channel's own and that of its workspace */
export function createRateLimiter(buckets: readonly TokenBucket[], clock: Clock): RateLimiter {
  let failures = 0;
  return {
    busy: false,
    inFlight: new Set(),
    notBefore: 0,
    sparingNotBefore: 0,
    closedUntil: 0,
    take(sparing = false) {
      const now = clock.now();
      const wait = Math.max(...buckets.map((bucket) => bucket.wait(sparing)));
      const until = wait > 0 ? now + wait : 0;
      if (sparing) this.sparingNotBefore = Math.max(this.sparingNotBefore, until);
      else this.notBefore = Math.max(this.notBefore, until);
      if (Math.max(until, this.notBefore) > now) return false;
      for (const bucket of buckets) bucket.take();
      return true;
    },
    giveBack() {
      for (const bucket of buckets) bucket.giveBack();
    },
    succeeded() {
      failures = 0;
      this.problem = undefined;
      this.closedUntil = 0;
    },
    failed(error) {
      this.problem = error.code;
      if (!error.retryable) return;
      // The platform or the network has a problem: the other messages of this channel need not find that out one by one.
      this.notBefore = clock.now() + (error.retryAfterMs ?? backoffMs(failures + 1, PAUSE));
      if (error.retryAfterMs === undefined) failures = Math.min(failures + 1, 10);
    },
  };
}
