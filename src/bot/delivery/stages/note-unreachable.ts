import type { Failure, Stage } from '../attempt.ts';
import { isAlert, routeOf } from '../delivery.ts';
import { NEEDS_PERSON } from '../unreachable-channels.ts';

export const noteUnreachable: Stage<Failure> = async ({ stored, error }, { clock, unreachable }) => {
  if (!NEEDS_PERSON.has(error.code) || !isAlert(stored.value)) return 'next';
  const { chat, channel } = routeOf(stored.value);
  await unreachable.refused(`${chat}/${channel}`, error.code, clock.now(), false);
  return 'next';
};
