import type { Attempt, Stage } from '../attempt.ts';
import { settle } from '../delivery.ts';

export const leaveToStorm: Stage<Attempt> = async ({ stored }, { alter, clock }) => {
  const { storm } = stored.value;
  if (!storm) return 'next';
  await alter(storm, (now) => ({ ...now, wanted: now.wanted + 1, due: Math.max(now.due, clock.now()) }));
  await settle(alter, stored);
  return 'done';
};
