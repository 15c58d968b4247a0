import type { Attempt, Stage } from '../attempt.ts';
import { settle } from '../delivery.ts';

/** An incident in a storm message has no message of its own: the storm message is marked as changed. */
export const leaveToStorm: Stage<Attempt> = async ({ stored }, { alter, clock }) => {
  const { storm } = stored.value;
  if (!storm) return 'next';
  await alter(storm, (now) => ({ ...now, wanted: now.wanted + 1, due: Math.max(now.due, clock.now()) }));
  await settle(alter, stored);
  return 'done';
};
