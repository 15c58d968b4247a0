import type { Stored } from '../../../backends/state/store.ts';
import { toAppError } from '../../../domain/errors.ts';
import type { MessageRef } from '../../chat/chat.ts';
import { checkTerm, type DeliveryContext, type Ready, type Stage } from '../attempt.ts';
import { type Delivery, isAlert, routeOf, settle } from '../delivery.ts';

/** Changes the message that is on the platform already. */
export const editMessage: Stage<Ready> = async (ready, context) => {
  const { stored, chat, rendered, term } = ready;
  const { ref, wanted } = stored.value;
  if (!ref) return 'next';
  checkTerm(term, context);
  // An edit that may still be on its way would undo a newer one that overtakes it.
  context.begun.set(stored.id, context.clock.now());
  try {
    await chat.edit(ref, rendered.message);
  } catch (cause) {
    const { code } = toAppError(cause);
    if (code !== 'conflict' && code !== 'not_found') throw cause;
    await noteGone(stored, ref, code === 'conflict', context);
    return 'done';
  }
  context.metrics.messagesSent.inc({ chat: chat.name, operation: 'edit' });
  ready.sent = { ref, shown: wanted, told: rendered.told };
  return 'next';
};

/**
 * The message is gone from the platform, or may not be changed any more. A parent message is posted again once there is
 * news; anything else is over.
 * @param stands whether it is still there
 */
async function noteGone(
  stored: Stored<Delivery>,
  ref: MessageRef,
  stands: boolean,
  { alter, begun, clock, log, removed }: DeliveryContext,
): Promise<void> {
  const { id, value: delivery } = stored;
  begun.delete(id);
  log.warn({ chat: routeOf(delivery).chat, delivery: id, stands }, 'a message cannot be changed any more');
  if (!isAlert(delivery)) return settle(alter, stored);
  if (delivery.incidentId && !stands) await removed?.(delivery.incidentId);
  await alter(id, (now) =>
    now.ref?.id === ref.id
      ? {
          ...now,
          ref: undefined,
          former: stands ? ref : undefined,
          removed: (now.removed ?? 0) + 1,
          wanted: Math.max(now.wanted, now.shown + 1),
          attempts: 0,
          problem: undefined,
          due: clock.now(),
        }
      : now,
  );
}
