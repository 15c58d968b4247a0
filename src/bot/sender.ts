import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import { type AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Chat, MessageRef, Place } from './chat.ts';
import { type Delivery, isPending, parentId, putEntry, threadKey } from './delivery.ts';
import { sentence } from './views/replies.ts';

const BACKOFF_MS = { first: 500, most: 60_000 };
/** For what a person has to mend: a channel that is gone, a missing scope, a revoked token. */
const LONG_BACKOFF_MS = { first: 30_000, most: 10 * 60_000 };
/** Clocks of the platform and of this machine may differ by this much when a message is looked for. */
const SKEW_MS = 5 * 60_000;
/** A reply looks this often whether its thread is open. */
const THREAD_POLL_MS = 500;
/** After so many refusals a message is sent as its one line. */
const REFUSALS = 3;

/**
 * After about a day a reply is given up whose place is gone or closed to us (a person removed the thread). Parents of
 * threads and storms are alerts: they are tried for ever.
 */
const REPLY_TRIES = 150;
const CLOSED: ReadonlySet<ErrorCode> = new Set(['forbidden', 'not_found']);

/** The platform answered: what was sent is certainly not there. */
const NOT_DELIVERED: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'malformed',
]);
const NEEDS_MENDING: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'not_found']);
const REFUSED: ReadonlySet<ErrorCode> = new Set(['malformed', 'too_large', 'internal']);

/** Renders a delivery as it is now; undefined when there is nothing (any more) to say. */
export type Render = (delivery: Delivery) => Promise<{ message: Message; opensThread?: string } | undefined>;

/** A delivery that can go out now. */
export interface Ready {
  stored: Stored<Delivery>;
  chat: Chat;
  place: Place;
  message: Message;
  opensThread?: string;
}

export interface Sender {
  /** Finds out what there is to send and where; undefined when nothing is, and that is noted. */
  prepare(stored: Stored<Delivery>): Promise<Ready | undefined>;
  /** Posts or edits, and notes it. Throws what the chat throws; `failed` is then to be called. */
  transmit(ready: Ready): Promise<void>;
  /** Puts a failed delivery back for later. */
  failed(stored: Stored<Delivery>, error: AppError): Promise<void>;
}

/** One delivery at a time: each step is in the state store before the next, so that a crash between them is harmless. */
export function createSender(options: {
  state: StateStore;
  chats: ReadonlyMap<string, Chat>;
  render: Render;
  /** Least time between two edits of one message. */
  debounceMs: number;
  metrics: Metrics;
  log: Log;
}): Sender {
  const { state, chats, render, debounceMs, metrics, log } = options;

  /** Changes a delivery whatever others write to it meanwhile. */
  async function alter(
    id: string,
    change: (current: Delivery) => Delivery,
    also: () => Promise<Put[]> = async () => [],
  ): Promise<void> {
    for (;;) {
      const stored = await state.get<Delivery>('outbox', id);
      if (!stored) return;
      const put = [putEntry(id, change(stored.value), stored.version), ...(await also())];
      if ((await state.commit({ put })) === 'done') return;
    }
  }

  const settle = ({ id, value }: Stored<Delivery>): Promise<void> =>
    alter(id, (now) => ({ ...now, shown: Math.max(now.shown, value.wanted), sending: undefined }));

  async function placeOf(delivery: Delivery): Promise<Place | 'later' | 'never'> {
    const { chat, channel, thread, incidentId, content } = delivery;
    if (thread || content.kind === 'incident' || content.kind === 'storm' || !incidentId)
      return { channel, ...(thread ? { thread } : {}) };
    const parent = await state.get<Delivery>('outbox', parentId(chat, incidentId));
    if (parent?.value.ref) return { channel: parent.value.ref.channel, thread: parent.value.ref.thread };
    // Its incident is told of elsewhere (storm, cause) or not at all.
    return parent && isPending(parent.value) ? 'later' : 'never';
  }

  /** Notes that the platform has it. An opened thread leads back to its incident and is to be analysed. */
  async function sent(
    { id, value: delivery }: Stored<Delivery>,
    ref: MessageRef,
    shown: number,
  ): Promise<void> {
    const { incidentId } = delivery;
    const thread = !delivery.ref && delivery.content.kind === 'incident' ? ref.thread : undefined;
    const threadOpened = async (): Promise<Put[]> => {
      if (!thread || !incidentId) return [];
      const task = `task/analysis/${incidentId}`;
      const known = await state.get('outbox', task);
      return [
        { kind: 'thread', id: threadKey(delivery.chat, ref.channel, thread), value: { incidentId } },
        ...(known
          ? []
          : [putEntry(task, { task: 'analysis', subject: incidentId, due: Date.now(), attempts: 0 }, 0)]),
      ];
    };
    await alter(
      id,
      (now) => ({
        ...now,
        ref,
        shown: Math.max(now.shown, shown),
        sending: undefined,
        attempts: 0,
        problem: undefined,
        since: undefined,
        due: Math.max(now.due, Date.now() + debounceMs),
      }),
      threadOpened,
    );
    if (delivery.since !== undefined)
      metrics.alertDelay.observe(Math.max(0, Date.now() - delivery.since) / 1_000);
  }

  return {
    async prepare(stored) {
      const { id, value: delivery } = stored;
      const chat = chats.get(delivery.chat);
      if (!chat) return undefined;
      if (delivery.storm) {
        // Told in a storm message: that one changes instead.
        await alter(delivery.storm, (storm) => ({
          ...storm,
          wanted: storm.wanted + 1,
          due: Math.max(storm.due, Date.now()),
        }));
        await settle(stored);
        return undefined;
      }
      const place = await placeOf(delivery);
      if (place === 'later') {
        await alter(id, (now) => ({ ...now, due: Date.now() + THREAD_POLL_MS }));
        return undefined;
      }
      const rendered = place === 'never' ? undefined : await render(delivery);
      if (place === 'never' || !rendered) {
        await settle(stored);
        return undefined;
      }
      const refused = delivery.attempts >= REFUSALS && delivery.problem && REFUSED.has(delivery.problem);
      const { message, opensThread } = rendered;
      return {
        stored,
        chat,
        place,
        // Better its one line than nothing for ever.
        message: refused ? { ...sentence(message.summary), tone: message.tone } : message,
        ...(opensThread === undefined ? {} : { opensThread }),
      };
    },

    async transmit({ stored, chat, place, message, opensThread }) {
      const { id, version, value: delivery } = stored;
      const count = (operation: string): void => metrics.messagesSent.inc({ chat: chat.name, operation });
      const how = opensThread === undefined ? {} : { opensThread };
      if (delivery.ref) {
        try {
          await chat.edit(delivery.ref, message);
        } catch (cause) {
          if (toAppError(cause).code !== 'not_found') throw cause;
          // A person removed the message: they do not want it again. The incident itself is in the store.
          log.warn({ chat: chat.name, delivery: id }, 'a message to be changed is gone');
          return settle(stored);
        }
        count('edit');
        return sent(stored, delivery.ref, delivery.wanted);
      }
      if (delivery.sending !== undefined) {
        const found = await chat.find(place, id, delivery.sending - SKEW_MS, how);
        // It stands there as it was then; a message that may have changed since is edited next.
        const changes = delivery.content.kind === 'incident' || delivery.content.kind === 'storm';
        if (found) return sent(stored, found, changes ? delivery.wanted - 1 : delivery.wanted);
      } else {
        const marked = putEntry(id, { ...delivery, sending: Date.now() }, version);
        // On a conflict someone changed it just now: it comes again at once with that change.
        if ((await state.commit({ put: [marked] })) !== 'done') return;
      }
      const ref = await chat.post(place, message, { nonce: id, ...how });
      count('post');
      await sent(stored, ref, delivery.wanted);
    },

    async failed(stored, error) {
      const { id, value: delivery } = stored;
      const alert = delivery.content.kind === 'incident' || delivery.content.kind === 'storm';
      if (!alert && CLOSED.has(error.code) && delivery.attempts >= REPLY_TRIES) {
        log.warn({ err: error, chat: delivery.chat, delivery: id }, 'a reply is given up: its place is gone');
        return settle(stored);
      }
      const { first, most } = NEEDS_MENDING.has(error.code) ? LONG_BACKOFF_MS : BACKOFF_MS;
      const backoff =
        Math.min(most, first * 2 ** Math.min(delivery.attempts, 12)) * (0.5 + Math.random() / 2);
      const waitMs = Math.round(error.retryAfterMs ?? backoff);
      log.warn(
        { err: error, chat: delivery.chat, delivery: id, attempt: delivery.attempts + 1, waitMs },
        'a delivery failed and waits',
      );
      const due = Date.now() + waitMs;
      await alter(id, (now) => ({
        ...now,
        attempts: now.attempts + 1,
        due,
        problem: error.code,
        // An earlier try whose outcome is unknown stays in doubt.
        sending: NOT_DELIVERED.has(error.code) && delivery.sending === undefined ? undefined : now.sending,
      }));
    },
  };
}
