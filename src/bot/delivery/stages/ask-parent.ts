import type { Failure, Stage } from '../attempt.ts';
import { isAlert, isPending, parentId } from '../delivery.ts';

/** A reply did not find its thread: an edit of the parent message shows whether that is still there. */
export const askParent: Stage<Failure> = async ({ stored, error }, { alter, clock }) => {
  const { chat, incidentId, slot, thread, via } = stored.value;
  if (error.code !== 'not_found' || isAlert(stored.value)) return 'next';
  if (!incidentId || thread || via) return 'next';
  // An edit of the parent message fails where that message was removed.
  await alter(parentId(chat, incidentId, slot), (now) =>
    now.ref && !isPending(now) ? { ...now, wanted: now.wanted + 1, due: clock.now() } : now,
  );
  return 'next';
};
