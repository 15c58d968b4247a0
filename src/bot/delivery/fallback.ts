import type { Stored } from '../../backends/state/store.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import { type Alter, type Delivery, routeOf } from './delivery.ts';
import type { Clock } from './monotonic-clock.ts';
import type { UnreachableChannels } from './unreachable-channels.ts';

/** Where alerts go whose own channel is closed to the bot. */
export interface FallbackChannel {
  chat: string;
  channel: string;
  /** What the people there read: which channel is closed, and what to do about it. */
  explain(from: { chat: string; channel: string }, code: ErrorCode): string;
}

export interface Fallback {
  /** Sends the delivery there from now on; false where there is no such channel, or it goes there already. */
  move(stored: Stored<Delivery>, code: ErrorCode): Promise<boolean>;
  /** The message with a note for the people in the fallback channel: where it belongs, and what to do about it. */
  explained(message: Message, delivery: Delivery): Message;
}

export function createFallback(options: {
  channel: FallbackChannel | undefined;
  chats: ReadonlyMap<string, Chat>;
  alter: Alter;
  unreachable: UnreachableChannels;
  clock: Clock;
  log: Log;
}): Fallback {
  const { chats, alter, unreachable, clock, log } = options;
  const fallback = options.channel && chats.has(options.channel.chat) ? options.channel : undefined;
  return {
    async move({ id, value }, code) {
      if (!fallback) return false;
      const from = routeOf(value);
      if (value.via || (from.chat === fallback.chat && from.channel === fallback.channel)) return false;
      const via = { chat: fallback.chat, channel: fallback.channel, code };
      let moved = false;
      await alter(id, (now) => {
        // It may have been moved since it was listed, and its message may be there already.
        moved = !now.via;
        return moved
          ? {
              ...now,
              via,
              // A new message in the other channel, with everything that is known now.
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
      await unreachable.refused(`${from.chat}/${from.channel}`, code, clock.now(), true);
      log.warn(
        { chat: from.chat, delivery: id, code },
        'a place is closed; its message goes to the fallback',
      );
      return true;
    },

    explained(message, { via, chat, channel }) {
      if (!via || !fallback) return message;
      const text = fallback.explain({ chat, channel }, via.code);
      return { ...message, blocks: [{ kind: 'footnote', text }, ...message.blocks] };
    },
  };
}
