import type { StateStore, Stored } from '../../backends/state/store.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Chat, Place } from '../chat/chat.ts';
import { type Delivery, isAlert, isPending, isRemoved, loadDelivery, parentId, routeOf } from './delivery.ts';
import type { Clock } from './monotonic-clock.ts';
import type { TroubleBook } from './unreachable-channels.ts';

/** Where alerts go whose own place is closed to the bot. */
export interface Fallback {
  chat: string;
  channel: string;
  /** What the people there are told of the place that was closed, and what to mend. */
  explain(from: { chat: string; channel: string }, code: ErrorCode): string;
}

export function createDetour(options: {
  fallback?: Fallback;
  chats: ReadonlyMap<string, Chat>;
  /** Changes a delivery whatever others write to it meanwhile. */
  alter(id: string, change: (current: Delivery) => Delivery): Promise<void>;
  trouble: TroubleBook;
  clock: Clock;
  log: Log;
}) {
  const { chats, alter, trouble, clock, log } = options;
  const fallback = options.fallback && chats.has(options.fallback.chat) ? options.fallback : undefined;
  return {
    /** Sends it to the fallback from now on; false where there is none, or it is there already. */
    async move({ id, value }: Stored<Delivery>, code: ErrorCode): Promise<boolean> {
      if (!fallback) return false;
      const from = routeOf(value);
      if (value.via || (from.chat === fallback.chat && from.channel === fallback.channel)) return false;
      const via = { chat: fallback.chat, channel: fallback.channel, code };
      let moved = false;
      await alter(id, (now) => {
        // Since it was listed it may have gone there already, and may stand there.
        moved = !now.via;
        return moved
          ? {
              ...now,
              via,
              // A message of its own there, with all that is known now.
              ref: undefined,
              former: undefined,
              sending: undefined,
              by: undefined,
              wanted: now.shown + 1,
              attempts: 0,
              problem: undefined,
              due: clock.now(),
            }
          : now;
      });
      if (!moved) return true;
      await trouble.refused(`${from.chat}/${from.channel}`, code, clock.now(), true);
      log.warn(
        { chat: from.chat, delivery: id, code },
        'a place is closed; its message goes to the fallback',
      );
      return true;
    },

    /** The message with what people in the fallback channel need beside it: whose it is, and what to mend. */
    explained(message: Message, { via, chat, channel }: Delivery): Message {
      if (!via || !fallback) return message;
      const text = fallback.explain({ chat, channel }, via.code);
      return { ...message, blocks: [{ kind: 'footnote', text }, ...message.blocks] };
    },
  };
}

/** Where a delivery goes now, or how its route has to be changed first. */
export async function placeOf(
  state: StateStore,
  delivery: Delivery,
): Promise<{ place: Place } | { route: Partial<Delivery> } | 'later' | 'removed' | 'never'> {
  const { thread, incidentId, via } = delivery;
  const { channel } = routeOf(delivery);
  if (thread && !via) return { place: { channel, thread } };
  if (isAlert(delivery) || !incidentId) return { place: { channel } };
  const parent = await loadDelivery(state, parentId(delivery.chat, incidentId, delivery.slot));
  // Its incident is told of elsewhere (storm, cause) or not at all.
  if (!parent) return 'never';
  const { ref, former, via: home } = parent.value;
  if (home && home.channel !== via?.channel) return { route: { via: home } };
  // It alone went to the fallback: its thread is gone, the rest of its channel is not.
  if (via && !home) return { place: { channel } };
  if (!ref && former)
    return { place: { channel: former.channel, ...(former.thread ? { thread: former.thread } : {}) } };
  if (!ref && isRemoved(parent.value)) {
    // What somebody did is said by the parent when it comes back; what was found out follows into its new thread.
    const incident = await state.get('incident', incidentId);
    const over = !incident || incident.value.lifecycle.state === 'resolved';
    const follows = delivery.content.kind === 'message' && !over;
    return follows || isPending(parent.value) ? 'removed' : 'never';
  }
  if (!ref) return isPending(parent.value) ? 'later' : 'never';
  if (ref.channel !== channel) return { route: { channel: ref.channel } };
  return { place: { channel, ...(ref.thread ? { thread: ref.thread } : {}) } };
}
