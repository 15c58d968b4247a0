import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { type Incident, needsThread } from '../../domain/alert/incident.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { DAY } from '../../domain/time/units.ts';
import type { MessageRef } from '../chat/chat.ts';

/** What a delivery shows. What can change is rendered when it is sent, so several changes become one message. */
export type Content =
  /** The parent message of an incident's thread. */
  | { kind: 'incident' }
  /** What a person did: the entry `index` of the incident's history. */
  | { kind: 'action'; index: number }
  /** That the incident joined its cause. */
  | { kind: 'joined' }
  /** A message made beforehand: analysis, chart, the result of a job. */
  | { kind: 'message'; message: Message }
  /** Several incidents a channel could not carry one by one. */
  | { kind: 'storm'; incidents: string[] };

/**
 * One message on a platform and how far it is: kept in state kind `outbox`, ranked by when it is due, and never
 * deleted while it matters. Someone who wants it changed raises `wanted`; the sender raises `shown`. All writes
 * compare versions, so a change that comes while the message is on its way is never lost.
 */
export interface Delivery {
  chat: string;
  channel: string;
  /** Of a reply: the thread, where it is known; otherwise it is that of the incident's parent. */
  thread?: string;
  incidentId?: string;
  /** Of an incident told of in a further channel of the same chat: that channel, part of the id of its messages there. */
  slot?: string;
  content: Content;
  /** 1..5; the worst goes first. */
  severity: number;
  wanted: number;
  shown: number;
  /** Epoch ms of the next try. */
  due: number;
  /** Epoch ms at which the oldest anomaly not yet shown was on the bus. */
  since?: number;
  attempts: number;
  /** Epoch ms of the first try to post whose outcome is not known. */
  sending?: number;
  /** The sender's term in which that was. */
  by?: string;
  ref?: MessageRef;
  /** Of a parent: what it told when it was sent last, and when its present message was posted (epoch ms). */
  told?: Told;
  postedAt?: number;
  /** How often its message was removed on the platform; without a `ref` it is told again when there is news. */
  removed?: number;
  /** The message before, where it stands and only cannot be changed any more: replies go on there until there is another. */
  former?: MessageRef;
  /** Where it goes instead of its own place, which refused it with `code`. */
  via?: { chat: string; channel: string; code: ErrorCode };
  /** The storm message that tells of this incident instead. */
  storm?: string;
  /** Has a thread of its own, whatever storm there is: a person asked for it, or it became one of the worst. */
  alone?: boolean;
  problem?: ErrorCode;
}

/** As much of the incidents of a parent as tells whether there is news since. */
export interface Told {
  severity: number;
  /** Anomalies, those of affected services too. */
  reports: number;
  escalated: number;
  flaps: number;
}

/**
 * Work that ends in deliveries: the analysis of an incident, what a model says of it, the watch over a job, a
 * notice of dead letters. Also kept in `outbox`.
 */
export interface Task {
  task: 'analysis' | 'explain' | 'job' | 'letters';
  subject: string;
  due: number;
  attempts: number;
  /** For a job: where its result goes. */
  place?: { chat: string; channel: string; thread?: string };
  language?: 'ko' | 'en';
  /** Id of the delivery with its result; `report/<subject>` when absent. */
  report?: string;
}
export type Entry = Delivery | Task;
export const isTask = (entry: Entry): entry is Task => 'task' in entry;

/** A delivery by its id; undefined where there is none. Throws AppError of the state store. */
export async function loadDelivery(
  state: Pick<StateStore, 'get'>,
  id: string,
): Promise<Stored<Delivery> | undefined> {
  const stored = await state.get('outbox', id);
  return stored && !isTask(stored.value) ? { ...stored, value: stored.value } : undefined;
}

/** A task by its id; undefined where there is none. Throws AppError of the state store. */
export async function loadTask(
  state: Pick<StateStore, 'get'>,
  id: string,
): Promise<Stored<Task> | undefined> {
  const stored = await state.get('outbox', id);
  return stored && isTask(stored.value) ? { ...stored, value: stored.value } : undefined;
}

/** The severity from which an incident has a thread of its own also in a storm. */
export const WORST = 5;

/** The rank of what is not waiting for anything. */
export const IDLE = 8.64e15;
/**
 * How long a settled delivery is remembered: for edits, and so that nothing is posted a second time. Nothing is edited
 * after that, and no anomaly is delivered again after that.
 */
const KEEP_MS = 30 * DAY;

/** @param slot the channel, where it is not the chat's alert channel */
export const parentId = (chat: string, incidentId: string, slot?: string): string =>
  `parent/${chat}/${incidentId}${slot ? `/${slot}` : ''}`;
export const noteId = (chat: string, incidentId: string, name: string, slot?: string): string =>
  `note/${chat}/${incidentId}/${slot ? `${slot}/` : ''}${name}`;

/** A channel that alerts go to. */
export interface AlertPlace {
  name: string;
  alertChannel: string;
  /** As in `Delivery`. */
  slot?: string;
}
export const threadKey = (chat: string, channel: string, thread: string): string =>
  `${chat}/${channel}/${thread}`;

/** Where it goes now. */
export const routeOf = ({ via, chat, channel }: Delivery): { chat: string; channel: string } =>
  via ?? { chat, channel };

/** Whether it is news by itself: the parent of a thread, or a storm message. All else belongs to one. */
export const isAlert = ({ content }: Delivery): boolean =>
  content.kind === 'incident' || content.kind === 'storm';

/** Whether it has no message any more, because somebody removed it. */
export const isRemoved = ({ removed, ref }: Delivery): boolean => removed !== undefined && !ref;

/** What a message is recognised by on the platform: one that takes the place of a removed one is another. */
export const nonceOf = (id: string, { removed }: Delivery): string =>
  removed ? `${id}/again-${removed}` : id;

export const isPending = (delivery: Delivery): boolean => delivery.wanted > delivery.shown;

/** The write of an entry: ranked by due time while it waits, forgotten after 30 days once it is settled. */
export function putEntry(id: string, entry: Entry, ifVersion?: number, idle = false): Put {
  const settled = idle || (!isTask(entry) && !isPending(entry));
  return {
    kind: 'outbox',
    id,
    value: entry,
    rank: settled ? IDLE : entry.due,
    ...(settled ? { ttlMs: KEEP_MS } : {}),
    ...(ifVersion === undefined ? {} : { ifVersion }),
  };
}

/** A reply in the thread of an incident. */
export const note = (
  chat: AlertPlace,
  incident: Pick<Incident, 'id' | 'severity'>,
  name: string,
  content: Content,
  due: number,
): Put =>
  putEntry(
    noteId(chat.name, incident.id, name, chat.slot),
    {
      chat: chat.name,
      channel: chat.alertChannel,
      ...(chat.slot ? { slot: chat.slot } : {}),
      incidentId: incident.id,
      content,
      severity: incident.severity,
      wanted: 1,
      shown: 0,
      due,
      attempts: 0,
    },
    0,
  );

/**
 * The parent's delivery after the incident changed; undefined when people are not told of it.
 * @param stored what is there now
 * @param pace `settleMs` before the first post, `debounceMs` between edits
 */
export function announce(
  stored: Stored<Delivery> | undefined,
  incident: Incident,
  chat: AlertPlace,
  pace: { now: number; since?: number; settleMs: number; debounceMs: number },
): Put | undefined {
  const id = parentId(chat.name, incident.id, chat.slot);
  if (!stored) {
    if (!needsThread(incident)) return undefined;
    const first: Delivery = {
      chat: chat.name,
      channel: chat.alertChannel,
      ...(chat.slot ? { slot: chat.slot } : {}),
      incidentId: incident.id,
      content: { kind: 'incident' },
      severity: incident.severity,
      wanted: 1,
      shown: 0,
      due: pace.now + settling(pace),
      ...(pace.since === undefined ? {} : { since: pace.since }),
      attempts: 0,
    };
    return putEntry(id, first, 0);
  }
  const old = stored.value;
  const next: Delivery = {
    ...old,
    severity: incident.severity,
    wanted: old.wanted + 1,
    // Whether it is news is asked anew each time.
    due: isPending(old) && !isRemoved(old) ? old.due : pace.now + pace.debounceMs,
    since: old.since ?? pace.since,
  };
  if (old.storm && !old.alone && incident.severity >= WORST && incident.severity > old.severity)
    return putEntry(id, standAlone(next, pace.now), stored.version);
  return putEntry(id, next, stored.version);
}

/** What was late already (its bot died, the store was away) waits for others a third as long. */
function settling({ now, since = now, settleMs }: { now: number; since?: number; settleMs: number }): number {
  return Math.round(Math.min(settleMs, Math.max(settleMs / 3, settleMs - (now - since))));
}

/** A delivery that a storm message told of, with a message of its own from now on. */
export function standAlone(delivery: Delivery, now: number): Delivery {
  return { ...delivery, alone: true, storm: undefined, wanted: delivery.shown + 1, due: now };
}
