import type { Attempt, Stage } from '../attempt.ts';
import { isAlert } from '../delivery.ts';

/** An alert for a channel that refused us a moment ago goes to the fallback without another try there. */
export const avoidClosedChannel: Stage<Attempt> = async ({ stored, closed }, { fallback }) =>
  closed && isAlert(stored.value) && (await fallback.move(stored, closed)) ? 'done' : 'next';
