import type { Attempt, Stage } from '../attempt.ts';
import { isPending, loadDelivery, routeOf } from '../delivery.ts';

/** Reads the entry again: since it was listed it may have been sent, changed or put off. */
export const reload: Stage<Attempt> = async (attempt, { state, chats, clock }) => {
  const { id, version } = attempt.stored;
  const stored = await loadDelivery(state, id);
  if (!stored || !isPending(stored.value)) return 'done';
  if (stored.version !== version && stored.value.due > clock.now()) return 'done';
  if (!chats.has(routeOf(stored.value).chat)) return 'done';
  attempt.stored = stored;
  return 'next';
};
