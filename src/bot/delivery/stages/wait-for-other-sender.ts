import type { Attempt, Stage } from '../attempt.ts';

/**
 * The process that sent before this one may have posted it a moment ago. The platform is not asked for it before it can
 * have arrived.
 */
export const waitForOtherSender: Stage<Attempt> = async ({ stored, term }, { alter, clock, graceMs }) => {
  const { sending, by } = stored.value;
  const until = term.since + graceMs;
  if (sending === undefined || by === term.id || clock.now() >= until) return 'next';
  await alter(stored.id, (now) => ({ ...now, due: until }));
  return 'done';
};
