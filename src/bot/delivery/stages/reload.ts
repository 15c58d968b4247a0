import type { Attempt, Stage } from '../attempt.ts';
import { type Delivery, isPending, routeOf } from '../delivery.ts';

export const reload: Stage<Attempt> = async (attempt, { state, chats, clock }) => {
  const { id, version } = attempt.stored;
  const stored = await state.get<Delivery>('outbox', id);
  if (!stored || !isPending(stored.value)) return 'done';
  if (stored.version !== version && stored.value.due > clock.now()) return 'done';
  if (!chats.has(routeOf(stored.value).chat)) return 'done';
  attempt.stored = stored;
  return 'next';
};
