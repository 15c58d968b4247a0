import type { Failure, Stage } from '../attempt.ts';
import { isAlert } from '../delivery.ts';
import { NEEDS_PERSON } from '../unreachable-channels.ts';

/** A reply goes to the fallback only after so many tries: its thread may just be opening. */
const REPLY_TRIES = 3;

export const moveToFallback: Stage<Failure> = async ({ stored, error }, { fallback }) => {
  const { code } = error;
  const { value: delivery } = stored;
  if (!NEEDS_PERSON.has(code)) return 'next';
  if (!isAlert(delivery) && delivery.attempts < REPLY_TRIES) return 'next';
  return (await fallback.move(stored, code)) ? 'done' : 'next';
};
