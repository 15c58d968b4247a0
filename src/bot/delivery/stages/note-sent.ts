import type { Put, StateStore } from '../../../backends/state/store.ts';
import { DAY } from '../../../domain/time/units.ts';
import type { MessageRef } from '../../chat/chat.ts';
import type { Ready, Stage } from '../attempt.ts';
import { type Delivery, putEntry, routeOf, threadKey } from '../delivery.ts';

/** How long what is said in a thread is understood to be about its incident. */
const THREAD_TTL_MS = 180 * DAY;

/** Notes where the message is and which version of the entry it shows; a new thread is linked to its incident. */
export const noteSent: Stage<Ready> = async ({ stored, sent }, context) => {
  if (!sent) return 'next';
  const { alter, begun, clock, debounceMs, metrics, state, unreachable } = context;
  const { id, value: delivery } = stored;
  const { ref, shown, told } = sent;
  begun.delete(id);
  await alter(
    id,
    (now) => ({
      ...now,
      ref,
      shown: Math.max(now.shown, shown),
      sending: undefined,
      by: undefined,
      attempts: 0,
      problem: undefined,
      since: undefined,
      ...(told ? { told } : {}),
      ...(told && !delivery.ref ? { postedAt: clock.now() } : {}),
      due: Math.max(now.due, clock.now() + debounceMs),
    }),
    () => threadOpened(state, delivery, ref, clock.now()),
  );
  if (delivery.since !== undefined)
    metrics.alertDelay.observe(Math.max(0, clock.now() - delivery.since) / 1_000);
  const { chat, channel } = routeOf(delivery);
  await unreachable.mended(`${chat}/${channel}`, clock.now());
  return 'next';
};

/** The writes of a thread that is new: it leads back to its incident, and the incident is to be analysed once. */
async function threadOpened(
  state: StateStore,
  delivery: Delivery,
  { channel, thread }: MessageRef,
  now: number,
): Promise<Put[]> {
  const { incidentId, ref, content } = delivery;
  if (ref || content.kind !== 'incident' || !thread || !incidentId) return [];
  const lookup: Put = {
    kind: 'thread',
    id: threadKey(routeOf(delivery).chat, channel, thread),
    value: { incidentId },
    ttlMs: THREAD_TTL_MS,
  };
  const task = `task/analysis/${incidentId}`;
  if (await state.get('outbox', task)) return [lookup];
  return [lookup, putEntry(task, { task: 'analysis', subject: incidentId, due: now, attempts: 0 }, 0)];
}
