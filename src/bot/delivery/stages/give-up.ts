import type { Failure, Stage } from '../attempt.ts';
import { isAlert, routeOf, settle } from '../delivery.ts';
import { NEEDS_PERSON } from '../unreachable-channels.ts';

/** Waits grow to ten minutes, less what is left to chance: so many tries take about 18 hours. */
const TRIES = 150;

/** Gives up a reply whose place is gone or closed for most of a day. An alert is never given up. */
export const giveUp: Stage<Failure> = async ({ stored, error }, { alter, log, unreachable }) => {
  const { id, value: delivery } = stored;
  if (!NEEDS_PERSON.has(error.code) || isAlert(delivery) || delivery.attempts < TRIES) return 'next';
  const { chat } = routeOf(delivery);
  log.warn({ err: error, chat, delivery: id }, 'a reply is given up: its place is gone');
  await unreachable.gaveUp();
  await settle(alter, stored);
  return 'done';
};
