import type { StateStore } from '../../../backends/state/store.ts';
import type { Place } from '../../chat/chat.ts';
import type { Attempt, Stage } from '../attempt.ts';
import {
  type Delivery,
  isAlert,
  isPending,
  isRemoved,
  loadDelivery,
  parentId,
  routeOf,
  settle,
} from '../delivery.ts';

/** A reply looks this often whether its thread is open. */
const THREAD_POLL_MS = 500;
/** The same where the thread's message was removed. */
const REMOVED_POLL_MS = 10_000;

/** Finds the channel or thread; a reply whose thread is not open yet waits for it. */
export const findPlace: Stage<Attempt> = async (attempt, { state, alter, clock }) => {
  const { stored } = attempt;
  const found = await placeOf(state, stored.value);
  if (found === 'later' || found === 'removed') {
    const waitMs = found === 'later' ? THREAD_POLL_MS : REMOVED_POLL_MS;
    await alter(stored.id, (now) => ({ ...now, due: clock.now() + waitMs }));
    return 'done';
  }
  if (found === 'never') {
    await settle(alter, stored);
    return 'done';
  }
  if ('route' in found) {
    await alter(stored.id, (now) => ({ ...now, ...found.route }));
    return 'done';
  }
  attempt.place = found.place;
  return 'next';
};

/**
 * Where a delivery goes now, or how its route has to be changed first. A reply waits for its thread (`later`) or for a
 * removed parent message to come back (`removed`); where there will be none, it goes nowhere (`never`).
 */
async function placeOf(
  state: StateStore,
  delivery: Delivery,
): Promise<{ place: Place } | { route: Partial<Delivery> } | 'later' | 'removed' | 'never'> {
  const { thread, incidentId, via } = delivery;
  const { channel } = routeOf(delivery);
  if (thread && !via) return { place: { channel, thread } };
  if (isAlert(delivery) || !incidentId) return { place: { channel } };
  const parent = await loadDelivery(state, parentId(delivery.chat, incidentId, delivery.slot));
  // The incident has no message of its own (it is in a storm message or in the thread of its cause), or nobody is notified.
  if (!parent) return 'never';
  const { ref, former, via: home } = parent.value;
  if (home && home.channel !== via?.channel) return { route: { via: home } };
  // Only the reply went to the fallback: its thread is gone, the rest of its channel is not.
  if (via && !home) return { place: { channel } };
  if (!ref && former)
    return { place: { channel: former.channel, ...(former.thread ? { thread: former.thread } : {}) } };
  if (!ref && isRemoved(parent.value)) {
    // The parent message will show what a person did when it is posted again. An analysis goes into the new thread.
    const incident = await state.get('incident', incidentId);
    const over = !incident || incident.value.lifecycle.state === 'resolved';
    const follows = delivery.content.kind === 'message' && !over;
    return follows || isPending(parent.value) ? 'removed' : 'never';
  }
  if (!ref) return isPending(parent.value) ? 'later' : 'never';
  if (ref.channel !== channel) return { route: { channel: ref.channel } };
  return { place: { channel, ...(ref.thread ? { thread: ref.thread } : {}) } };
}
