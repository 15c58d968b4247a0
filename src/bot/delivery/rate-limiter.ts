import type { AppError, ErrorCode } from '../../domain/errors.ts';
import { backoffMs } from '../../domain/retry.ts';
import type { Clock } from './monotonic-clock.ts';

/** Tokens: `perSecond` are added, at most `burst` kept. */
export interface Pace {
  perSecond: number;
  burst: number;
}

export interface Bucket {
  /** Milliseconds until there is a token, when sparing one more than that; 0 when there is. */
  wait(sparing?: boolean): number;
  take(): void;
  /** For what was taken and not used. */
  giveBack(): void;
}

/** It begins with one token: the process before this one may have used the others a moment ago. */
export function createBucket({ perSecond, burst }: Pace, clock: Clock): Bucket {
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

/** What one channel of one chat can take, and how it is. */
export interface Lane {
  /** Being looked through: once at a time. */
  busy: boolean;
  /** What is on its way, by incident: messages of one go one after the other, those of different ones side by side. */
  readonly flying: Set<string>;
  /** Epoch ms before which nothing is sent: no token, the platform asked, or it is down. */
  notBefore: number;
  /** The same for what leaves the last token to others. */
  sparingNotBefore: number;
  /** The code of the latest failure, until something went through. */
  problem?: ErrorCode;
  /** Epoch ms until which it counts as closed to us: a person has to mend something. */
  closedUntil: number;
  /**
   * Takes one token of every bucket; without one, `notBefore` says when there will be.
   * @param sparing leaves the last token of a bucket that keeps several to what is urgent (`sparingNotBefore`)
   */
  take(sparing?: boolean): boolean;
  giveBack(): void;
  succeeded(): void;
  failed(error: AppError): void;
}

const PAUSE_MS = { first: 250, most: 30_000 };

/** @param buckets the channel's own and that of its workspace */
export function createLane(buckets: readonly Bucket[], clock: Clock): Lane {
  let failures = 0;
  return {
    busy: false,
    flying: new Set(),
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
      // The platform or the way to it is the trouble: the others of this channel need not find out one by one.
      if (error.retryAfterMs === undefined) failures += 1;
      this.notBefore = clock.now() + (error.retryAfterMs ?? backoffMs(failures, PAUSE_MS));
    },
  };
}
