import type { Failure, Stage } from '../attempt.ts';
import { isAlert, routeOf } from '../delivery.ts';
import { NEEDS_PERSON } from '../unreachable-channels.ts';

/** A reply goes to the fallback only after this many tries: its thread may just be opening. */
const REPLY_TRIES = 3;

/** Where a person has to mend something, the message goes to the fallback, or health says which channel it is. */
export const moveToFallback: Stage<Failure> = async ({ stored, error }, { fallback, clock, unreachable }) => {
  const { value: delivery } = stored;
  const alert = isAlert(delivery);
  if (!NEEDS_PERSON.has(error.code)) return 'next';
  if (!alert && delivery.attempts < REPLY_TRIES) return 'next';
  if (await fallback.move(stored, error.code)) return 'done';
  const { chat, channel } = routeOf(delivery);
  if (alert) await unreachable.refused(`${chat}/${channel}`, error.code, clock.now(), false);
  return 'next';
};
