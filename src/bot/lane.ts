import type { AppError, ErrorCode } from '../domain/errors.ts';

/** What one channel of one chat can take, and how it is. */
export interface Lane {
  /** One worker at a time. */
  busy: boolean;
  /** Epoch ms before which nothing is sent: no token, the platform asked, or it is down. */
  notBefore: number;
  /** The code of the latest failure, until something went through. */
  problem?: ErrorCode;
  /** Takes one token of the bucket; without one, `notBefore` says when there will be. */
  take(): boolean;
  succeeded(): void;
  failed(error: AppError): void;
}

const PAUSE_MS = { first: 250, most: 30_000 };

/** @param pace the bucket: `perSecond` tokens are added, at most `burst` kept */
export function createLane(pace: { perSecond: number; burst: number }): Lane {
  let tokens = pace.burst;
  let refilled = Date.now();
  let failures = 0;
  return {
    busy: false,
    notBefore: 0,
    take() {
      const now = Date.now();
      tokens = Math.min(pace.burst, tokens + ((now - refilled) / 1_000) * pace.perSecond);
      refilled = now;
      if (tokens >= 1) {
        tokens -= 1;
        return true;
      }
      this.notBefore = now + Math.ceil(((1 - tokens) / pace.perSecond) * 1_000);
      return false;
    },
    succeeded() {
      failures = 0;
      this.problem = undefined;
    },
    failed(error) {
      this.problem = error.code;
      if (!error.retryable) return;
      // The platform or the way to it is the trouble: the others of this channel need not find out one by one.
      const pause = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** failures);
      this.notBefore = Date.now() + (error.retryAfterMs ?? pause);
      if (error.retryAfterMs === undefined) failures = Math.min(failures + 1, 10);
    },
  };
}
