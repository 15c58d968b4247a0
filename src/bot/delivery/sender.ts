import type { Lease } from '../../backends/state/lease.ts';
import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { backoffMs } from '../../domain/retry.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { type Chat, GRACE_MS, type MessageRef, type Place } from '../chat/chat.ts';
import { sentence } from '../views/replies.ts';
import {
  type Delivery,
  isAlert,
  isPending,
  loadDelivery,
  nonceOf,
  parentId,
  putEntry,
  routeOf,
  type Told,
  threadKey,
} from './delivery.ts';
import { createDetour, type Fallback, placeOf } from './fallback.ts';
import type { Clock } from './monotonic-clock.ts';
import type { TroubleBook } from './unreachable-channels.ts';

const BACKOFF_MS = { first: 500, most: 60_000 };
/** For what may work at once: while the platform itself is in trouble its whole lane pauses. */
const SHORT_BACKOFF_MS = { first: 250, most: 2_000 };
/** For what a person has to mend: a channel that is gone, a missing scope, a revoked token. */
const LONG_BACKOFF_MS = { first: 30_000, most: 10 * MINUTE };
/** Clocks of the platform and of this machine may differ by this much (an hour was forgotten) when a message is looked for. */
const SKEW_MS = 65 * MINUTE;
/** What the platform did before it answered with an error can be found this much later. */
const SETTLED_MS = 500;
/** How long what is said in a thread is understood to be about its incident. */
const THREAD_TTL_MS = 180 * DAY;
/** A reply looks this often whether its thread is open. */
const THREAD_POLL_MS = 500;
/** The same where the thread's message was removed. */
const REMOVED_POLL_MS = 10_000;
/** Whether there is news of a removed message is asked again after at most this. */
const NEWS_POLL_MS = 10 * MINUTE;
/** After so many refusals a message is sent as its one line. */
const REFUSALS = 3;
/** A reply whose place is closed goes to the fallback after so many tries: its thread may just be opening. */
const REPLY_MOVES = 3;
/** After about a day a reply is given up whose place is gone or closed, where there is no other. Alerts are tried for ever. */
const REPLY_TRIES = 150;

/** What was sent is certainly not there. */
const NOT_DELIVERED: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'malformed',
]);
/** A person has to mend something in the place. */
export const CLOSED: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'not_found']);
const REFUSED: ReadonlySet<ErrorCode> = new Set(['malformed', 'too_large', 'internal']);

/** A delivery as it is now. */
export interface Rendered {
  message: Message;
  opensThread?: string;
  /** Of a parent: what it tells. */
  told?: Told;
  /** Of one whose message was removed: not to be posted again before this (epoch ms). */
  notBefore?: number;
}
/** Renders a delivery; undefined when there is nothing (any more) to say. */
export type Render = (delivery: Delivery) => Promise<Rendered | undefined>;

/** A delivery that can go out now. */
export interface Ready {
  stored: Stored<Delivery>;
  chat: Chat;
  place: Place;
  message: Message;
  opensThread?: string;
  told?: Told;
}

export interface Sender {
  /** What there is to send and where, from the entry as it is now; undefined when nothing is, and that is noted. */
  prepare(stored: Stored<Delivery>, term: Term): Promise<Ready | undefined>;
  /** Posts or edits, and notes it. Throws what the chat throws; `failed` is then to be called. */
  transmit(ready: Ready, term: Term): Promise<void>;
  /** Puts a failed delivery back for later, or on its way to the fallback. */
  failed(stored: Stored<Delivery>, error: AppError): Promise<void>;
  /** Sends an alert to the fallback because its place is closed; false where there is no other place. */
  move(stored: Stored<Delivery>, code: ErrorCode): Promise<boolean>;
}
type Term = NonNullable<ReturnType<Lease['term']>>;

export interface SenderOptions {
  state: StateStore;
  chats: ReadonlyMap<string, Chat>;
  render: Render;
  /** Least time between two edits of one message. */
  debounceMs: number;
  fallback?: Fallback;
  /** Told of an incident whose parent message was removed on the platform, before that is noted. */
  removed?: (incidentId: string) => Promise<void>;
  /** `GRACE_MS` when absent: only then is the platform asked whether it has what it was sent. */
  graceMs?: number;
  lease: Pick<Lease, 'holds'>;
  clock: Clock;
  trouble: TroubleBook;
  metrics: Metrics;
  log: Log;
}

/** Each step is in the state store before the next, so that a crash between them is harmless. */
export function createSender(options: SenderOptions): Sender {
  const { state, chats, render, debounceMs, lease, clock, trouble, metrics, log } = options;
  const { graceMs = GRACE_MS } = options;
  /** When the latest post or edit of a delivery began (epoch ms), while its outcome is not known. */
  const begun = new Map<string, number>();

  /** Changes a delivery whatever others write to it meanwhile. */
  async function alter(
    id: string,
    change: (current: Delivery) => Delivery,
    also: () => Promise<Put[]> = async () => [],
  ): Promise<void> {
    for (;;) {
      const stored = await loadDelivery(state, id);
      if (!stored) return;
      const put = [putEntry(id, change(stored.value), stored.version), ...(await also())];
      if ((await state.commit({ put })) === 'done') return;
    }
  }

  const detour = createDetour({ ...options, alter });

  const settle = ({ id, value }: Stored<Delivery>): Promise<void> =>
    alter(id, (now) => ({ ...now, shown: Math.max(now.shown, value.wanted), sending: undefined }));

  /**
   * The message is gone from the platform, or may not be changed any more. A parent is told again once there is news;
   * anything else is over.
   * @param stands whether it is still there
   */
  async function gone(
    stored: Stored<Delivery>,
    ref: MessageRef,
    { stands }: { stands: boolean },
  ): Promise<void> {
    const { id, value: delivery } = stored;
    begun.delete(id);
    log.warn({ chat: routeOf(delivery).chat, delivery: id, stands }, 'a message cannot be changed any more');
    if (!isAlert(delivery)) return settle(stored);
    if (delivery.incidentId && !stands) await options.removed?.(delivery.incidentId);
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

  /** A reply found no thread: its parent message shows, when it is edited, whether it is there. */
  async function askParent({ chat, incidentId, slot, thread, via }: Delivery): Promise<void> {
    if (!incidentId || thread || via) return;
    await alter(parentId(chat, incidentId, slot), (now) =>
      now.ref && !isPending(now) ? { ...now, wanted: now.wanted + 1, due: clock.now() } : now,
    );
  }

  /** Notes that the platform has it. An opened thread leads back to its incident and is to be analysed. */
  async function sent(
    { id, value: delivery }: Stored<Delivery>,
    ref: MessageRef,
    shown: number,
    told?: Told,
  ): Promise<void> {
    const { incidentId } = delivery;
    const thread = !delivery.ref && delivery.content.kind === 'incident' ? ref.thread : undefined;
    const { chat, channel } = routeOf(delivery);
    begun.delete(id);
    const threadOpened = async (): Promise<Put[]> => {
      if (!thread || !incidentId) return [];
      const task = `task/analysis/${incidentId}`;
      const known = await state.get('outbox', task);
      return [
        {
          kind: 'thread',
          id: threadKey(chat, ref.channel, thread),
          value: { incidentId },
          ttlMs: THREAD_TTL_MS,
        },
        ...(known
          ? []
          : [putEntry(task, { task: 'analysis', subject: incidentId, due: clock.now(), attempts: 0 }, 0)]),
      ];
    };
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
      threadOpened,
    );
    if (delivery.since !== undefined)
      metrics.alertDelay.observe(Math.max(0, clock.now() - delivery.since) / 1_000);
    await trouble.mended(`${chat}/${channel}`, clock.now());
  }

  return {
    async prepare({ id, version }, term) {
      // As it is now: since it was listed it may have been sent or changed, or have failed and have to wait.
      const stored = await loadDelivery(state, id);
      if (!stored || !isPending(stored.value)) return undefined;
      if (stored.version !== version && stored.value.due > clock.now()) return undefined;
      const delivery = stored.value;
      const chat = chats.get(routeOf(delivery).chat);
      if (!chat) return undefined;
      if (delivery.storm) {
        // Told in a storm message: that one changes instead.
        await alter(delivery.storm, (storm) => ({
          ...storm,
          wanted: storm.wanted + 1,
          due: Math.max(storm.due, clock.now()),
        }));
        await settle(stored);
        return undefined;
      }
      if (delivery.sending !== undefined && delivery.by !== term.id && clock.now() < term.since + graceMs) {
        // Another process sent it a moment ago, and it may still be on its way.
        await alter(id, (now) => ({ ...now, due: term.since + graceMs }));
        return undefined;
      }
      const where = await placeOf(state, delivery);
      if (where === 'later' || where === 'removed') {
        const waitMs = where === 'later' ? THREAD_POLL_MS : REMOVED_POLL_MS;
        await alter(id, (now) => ({ ...now, due: clock.now() + waitMs }));
        return undefined;
      }
      if (typeof where === 'object' && 'route' in where) {
        await alter(id, (now) => ({ ...now, ...where.route }));
        return undefined;
      }
      const rendered = where === 'never' ? undefined : await render(delivery);
      if (where === 'never' || !rendered) {
        await settle(stored);
        return undefined;
      }
      const { notBefore = 0 } = rendered;
      if (notBefore > clock.now()) {
        await alter(id, (now) => ({ ...now, due: Math.min(notBefore, clock.now() + NEWS_POLL_MS) }));
        return undefined;
      }
      const refused = delivery.attempts >= REFUSALS && delivery.problem && REFUSED.has(delivery.problem);
      const { message, opensThread, told } = rendered;
      return {
        stored,
        chat,
        place: where.place,
        // Better its one line than nothing for ever.
        message: refused
          ? { ...sentence(message.summary), tone: message.tone }
          : detour.explained(message, delivery),
        ...(opensThread === undefined ? {} : { opensThread }),
        ...(told ? { told } : {}),
      };
    },

    async transmit({ stored, chat, place, message, opensThread, told }, term) {
      const { id, version, value: delivery } = stored;
      const count = (operation: string): void => metrics.messagesSent.inc({ chat: chat.name, operation });
      const how = opensThread === undefined ? {} : { opensThread };
      const insist = (): void => {
        if (!lease.holds(term.id)) throw new AppError('stopped', 'another process sends');
      };
      if (delivery.ref) {
        insist();
        // An edit that may still be on its way would undo a newer one that overtakes it.
        begun.set(id, clock.now());
        try {
          await chat.edit(delivery.ref, message);
        } catch (cause) {
          const { code } = toAppError(cause);
          if (code === 'conflict') return gone(stored, delivery.ref, { stands: true });
          if (code === 'not_found') return gone(stored, delivery.ref, { stands: false });
          throw cause;
        }
        count('edit');
        return sent(stored, delivery.ref, delivery.wanted, told);
      }
      const nonce = nonceOf(id, delivery);
      if (delivery.sending !== undefined) {
        const found = await chat.find(place, nonce, delivery.sending - SKEW_MS, how);
        // It stands there as it was then; a message that may have changed since is edited next.
        if (found) {
          chat.attach?.(found, message, nonce);
          const changes = isAlert(delivery) || delivery.wanted > 1;
          return sent(stored, found, changes ? delivery.wanted - 1 : delivery.wanted);
        }
      } else {
        const mark = { sending: clock.now(), by: term.id };
        const marked = putEntry(id, { ...delivery, ...mark }, version);
        // Whatever changed meanwhile is shown by an edit, as long as it still is to be sent alone.
        if ((await state.commit({ put: [marked] })) !== 'done') {
          let mine = true;
          await alter(id, (now) => {
            mine = !now.ref && !now.storm && now.sending === undefined;
            return mine ? { ...now, ...mark } : now;
          });
          if (!mine) return;
        }
      }
      insist();
      begun.set(id, clock.now());
      const ref = await chat.post(place, message, { nonce, ...how });
      count('post');
      await sent(stored, ref, delivery.wanted, told);
    },

    async failed(stored, error) {
      const { id, value: delivery } = stored;
      const { chat, channel } = routeOf(delivery);
      const posted = begun.get(id);
      begun.delete(id);
      if (CLOSED.has(error.code)) {
        const alert = isAlert(delivery);
        if (!alert && error.code === 'not_found') await askParent(delivery);
        if ((alert || delivery.attempts >= REPLY_MOVES) && (await detour.move(stored, error.code))) return;
        if (!alert && delivery.attempts >= REPLY_TRIES) {
          log.warn({ err: error, chat, delivery: id }, 'a reply is given up: its place is gone');
          await trouble.gaveUp();
          return settle(stored);
        }
        if (alert) await trouble.refused(`${chat}/${channel}`, error.code, clock.now(), false);
      }
      const usual = error.retryable ? SHORT_BACKOFF_MS : BACKOFF_MS;
      // A reply's thread may be made anew in a moment.
      const mendable = isAlert(delivery) || error.code !== 'not_found' || delivery.attempts > 0;
      const backoff = CLOSED.has(error.code) && mendable ? LONG_BACKOFF_MS : usual;
      const waitMs = Math.round(error.retryAfterMs ?? backoffMs(delivery.attempts + 1, backoff, 'half'));
      log.warn({ err: error, chat, delivery: id, tried: delivery.attempts, waitMs }, 'a delivery waits');
      const unknown = !NOT_DELIVERED.has(error.code);
      // What may still be on its way is not looked for before it can have arrived.
      const arrived = error.answered ? clock.now() + SETTLED_MS : (posted ?? 0) + graceMs;
      const due = Math.max(clock.now() + waitMs, unknown && posted !== undefined ? arrived : 0);
      await alter(id, (now) => ({
        ...now,
        attempts: now.attempts + 1,
        due,
        problem: error.code,
        // An earlier try whose outcome is unknown stays in doubt until the platform was asked, which comes before a post.
        ...(unknown || (now.sending !== undefined && posted === undefined)
          ? {}
          : { sending: undefined, by: undefined }),
      }));
    },

    move: detour.move,
  };
}
