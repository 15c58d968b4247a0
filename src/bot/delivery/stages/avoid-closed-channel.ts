import type { Attempt, Stage } from '../attempt.ts';
import { isAlert } from '../delivery.ts';

export const avoidClosedChannel: Stage<Attempt> = async ({ stored, closed }, { fallback }) =>
  closed && isAlert(stored.value) && (await fallback.move(stored, closed)) ? 'done' : 'next';
