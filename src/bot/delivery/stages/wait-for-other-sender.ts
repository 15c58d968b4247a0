import type { Attempt, Stage } from '../attempt.ts';

export const waitForOtherSender: Stage<Attempt> = async ({ stored, term }, { alter, clock, graceMs }) => {
  const { sending, by } = stored.value;
  const until = term.since + graceMs;
  if (sending === undefined || by === term.id || clock.now() >= until) return 'next';
  await alter(stored.id, (now) => ({ ...now, due: until }));
  return 'done';
};
