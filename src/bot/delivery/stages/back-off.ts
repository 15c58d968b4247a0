import type { AppError, ErrorCode } from '../../../domain/errors.ts';
import { type Backoff, backoffMs } from '../../../domain/retry.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import type { Failure, Stage } from '../attempt.ts';
import { type Delivery, isAlert, routeOf } from '../delivery.ts';
import { NEEDS_PERSON } from '../unreachable-channels.ts';

const BACKOFF: Backoff = { first: 500, most: 60_000 };
/** For errors that may pass at once: while the platform itself has a problem, its whole channel pauses. */
const SHORT_BACKOFF: Backoff = { first: 250, most: 2_000 };
/** For what a person has to mend: a channel that is gone, a missing scope, a revoked token. */
const LONG_BACKOFF: Backoff = { first: 30_000, most: 10 * MINUTE };
/** What the platform did before it answered with an error can be found this much later (ms). */
const SETTLED_MS = 500;

/** The message is certainly not on the platform. */
const NOT_DELIVERED: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'malformed',
]);

/** Puts the entry off, and keeps in mind if the message may be on the platform all the same. */
export const backOff: Stage<Failure> = async ({ stored, error, begunAt }, { alter, clock, graceMs, log }) => {
  const { id, value: delivery } = stored;
  const { chat } = routeOf(delivery);
  const waitMs = Math.round(
    error.retryAfterMs ?? backoffMs(delivery.attempts + 1, backoffFor(delivery, error), 'half'),
  );
  log.warn({ err: error, chat, delivery: id, tried: delivery.attempts, waitMs }, 'a delivery waits');
  const unknown = !NOT_DELIVERED.has(error.code);
  // A message that may still be on its way is not looked up before it can have arrived.
  const arrived = error.answered ? clock.now() + SETTLED_MS : (begunAt ?? 0) + graceMs;
  const due = Math.max(clock.now() + waitMs, unknown && begunAt !== undefined ? arrived : 0);
  await alter(id, (now) => ({
    ...now,
    attempts: now.attempts + 1,
    due,
    problem: error.code,
    // An earlier try whose outcome is unknown stays in doubt until the platform was asked, which comes before a post.
    ...(unknown || (now.sending !== undefined && begunAt === undefined)
      ? {}
      : { sending: undefined, by: undefined }),
  }));
  return 'done';
};

function backoffFor(delivery: Delivery, { code, retryable }: AppError): Backoff {
  // A reply's thread may be made anew in a moment.
  const mayComeBack = !isAlert(delivery) && code === 'not_found' && delivery.attempts === 0;
  if (NEEDS_PERSON.has(code) && !mayComeBack) return LONG_BACKOFF;
  return retryable ? SHORT_BACKOFF : BACKOFF;
}
