import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { type Incident, isOpen, needsThread } from '../../domain/alert/incident.ts';
import type { OutsideAlert } from '../../domain/alert/outside-alert.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { DAY } from '../../domain/time/units.ts';
import type { MessageRef } from '../chat/chat.ts';

/** The content of a delivery. Parts that can change are rendered when it is sent, so several changes become one message. */
export type Content =
  /** The parent message of an incident's thread. */
  | { kind: 'incident' }
  /** What a person did: the entry `index` of the incident's history. */
  | { kind: 'action'; index: number }
  /** That the incident joined its cause. */
  | { kind: 'joined' }
  /** That an alert of another system joined the incident or is over, while something else holds it open. */
  | { kind: 'alert'; alert: OutsideAlert }
  /** A message that was made before: analysis, chart, the result of a job. */
  | { kind: 'message'; message: Message }
  /** Several incidents a channel could not carry one by one. */
  | { kind: 'storm'; incidents: string[] };

/**
 * One message on a platform and how far its sending is. It is kept in state kind `outbox`, ranked by when it is due, and
 * is not deleted while it is needed. Whoever wants it changed raises `wanted`; when the platform has that version, `shown`
 * is raised. All writes compare versions, so a change that comes while the message is being sent is not lost.
 */
export interface Delivery {
  chat: string;
  channel: string;
  /** Of a reply: its thread, where it is known; else that of the incident's parent message. */
  thread?: string;
  incidentId?: string;
  /** The channel, where it is not the chat's alert channel: then it is part of the ids of the messages there. */
  slot?: string;
  content: Content;
  /** 1 to 5; the highest is sent first. */
  severity: number;
  wanted: number;
  shown: number;
  /** Epoch ms of the next try. */
  due: number;
  /** When the oldest anomaly that is not shown yet was on the bus, epoch ms. */
  since?: number;
  attempts: number;
  /** When the first try to post began whose outcome is not known, epoch ms. */
  sending?: number;
  /** In which term of the sender that was. */
  by?: string;
  ref?: MessageRef;
  /** For a parent message: what it said when it was last sent, and when it was posted (epoch ms). */
  told?: ShownState;
  postedAt?: number;
  /** How often people removed its message on the platform. If there is no `ref`, it is posted again when there is news. */
  removed?: number;
  /** The message before, if it is still there but cannot be changed any more: replies go there until there is a new one. */
  former?: MessageRef;
  /** Where it goes instead of its own channel, which refused it with `code`. */
  via?: { chat: string; channel: string; code: ErrorCode };
  /** Id of the storm message that contains this incident instead. */
  storm?: string;
  /** It has a thread of its own also in a storm: a person asked for it, or it got the highest severity. */
  alone?: boolean;
  problem?: ErrorCode;
}

/** What a parent message said, as far as it is needed to find out whether there is news since then. */
export interface ShownState {
  severity: number;
  /** How many anomalies, with those of affected services. */
  reports: number;
  escalated: number;
  flaps: number;
}

/**
 * Work whose result is deliveries: the analysis of an incident, its explanation by a model, the wait for a job, a
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

/** The rank of an entry that waits for nothing: the largest time there is. */
export const IDLE = 8.64e15;
/**
 * How long a settled delivery is kept: so that its message can be edited, and is not posted a second time. After that
 * nothing is edited, and no anomaly is delivered again.
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
  /** A warning has a thread here, too. */
  warnings?: boolean;
}
export const threadKey = (chat: string, channel: string, thread: string): string =>
  `${chat}/${channel}/${thread}`;

/** The channel it goes to now. */
export const routeOf = ({ via, chat, channel }: Delivery): { chat: string; channel: string } =>
  via ?? { chat, channel };

/** Whether it is an alert: the parent message of a thread, or a storm message. Everything else is a reply to one. */
export const isAlert = ({ content }: Delivery): boolean =>
  content.kind === 'incident' || content.kind === 'storm';

/** Whether somebody removed its message, and there is no new one yet. */
export const isRemoved = ({ removed, ref }: Delivery): boolean => removed !== undefined && !ref;

/** By which the platform knows a message again. A message that replaces a removed one has another nonce. */
export const nonceOf = (id: string, { removed }: Delivery): string =>
  removed ? `${id}/again-${removed}` : id;

export const isPending = (delivery: Delivery): boolean => delivery.wanted > delivery.shown;

/** The write of an entry. It is ranked by its due time while it waits, and deleted 30 days after it is settled. */
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

/** Changes a delivery; tries again while other writes come between. Does nothing where the delivery is gone. */
export type Alter = (
  id: string,
  change: (current: Delivery) => Delivery,
  also?: () => Promise<Put[]>,
) => Promise<void>;

/** How deliveries in this store are changed; `also` returns more writes for the same commit. */
export const alterIn =
  (state: StateStore): Alter =>
  async (id, change, also = async () => []) => {
    for (;;) {
      const stored = await loadDelivery(state, id);
      if (!stored) return;
      const put = [putEntry(id, change(stored.value), stored.version), ...(await also())];
      if ((await state.commit({ put })) === 'done') return;
    }
  };

/** Notes that everything is done that was wanted when the entry was read. */
export const settle = (alter: Alter, { id, value }: Stored<Delivery>): Promise<void> =>
  alter(id, (now) => ({ ...now, shown: Math.max(now.shown, value.wanted), sending: undefined }));

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
 * The write of an incident's parent message after the incident changed; undefined when people are not to be told.
 * @param stored the entry as it is now
 * @param pace `settleMs`: the wait before the first post; `debounceMs`: the wait before an edit
 */
export function parentPut(
  stored: Stored<Delivery> | undefined,
  incident: Incident,
  chat: AlertPlace,
  pace: { now: number; since?: number; settleMs: number; debounceMs: number },
): Put | undefined {
  const id = parentId(chat.name, incident.id, chat.slot);
  if (!stored) {
    if (!needsThread(incident) && !(chat.warnings && isOpen(incident))) return undefined;
    const since = pace.since === undefined ? {} : { since: pace.since };
    return putEntry(id, { ...firstPost(incident, chat, pace.now + settling(pace)), ...since }, 0);
  }
  const old = stored.value;
  const next: Delivery = {
    ...old,
    severity: incident.severity,
    wanted: old.wanted + 1,
    // A removed message is due at once: each change may be the news for which it is posted again.
    due: isPending(old) && !isRemoved(old) ? old.due : pace.now + pace.debounceMs,
    since: old.since ?? pace.since,
  };
  if (old.storm && !old.alone && incident.severity >= WORST && incident.severity > old.severity)
    return putEntry(id, standAlone(next, pace.now), stored.version);
  return putEntry(id, next, stored.version);
}

/** The parent message of an incident that has none in this place. @param due epoch ms */
const firstPost = (incident: Incident, chat: AlertPlace, due: number): Delivery => ({
  chat: chat.name,
  channel: chat.alertChannel,
  ...(chat.slot ? { slot: chat.slot } : {}),
  incidentId: incident.id,
  content: { kind: 'incident' },
  severity: incident.severity,
  wanted: 1,
  shown: 0,
  due,
  attempts: 0,
});

/**
 * The write that opens a thread of its own because a person asked for it, whatever the severity; undefined where it has one.
 * @param stored the entry as it is now
 * @param now epoch ms
 */
export function askedPut(
  stored: Stored<Delivery> | undefined,
  incident: Incident,
  chat: AlertPlace,
  now: number,
): Put | undefined {
  const id = parentId(chat.name, incident.id, chat.slot);
  if (!stored) return putEntry(id, { ...firstPost(incident, chat, now), alone: true }, 0);
  const old = stored.value;
  if (old.storm && !old.alone) return putEntry(id, standAlone(old, now), stored.version);
  // It was settled without a message, for example because its cause had one.
  if (!old.ref && !isPending(old)) return putEntry(id, standAlone(old, now), stored.version);
  return undefined;
}

/** The wait before the first post. An alert that is late already (a bot died, the store was away) waits a third of it. */
function settling({ now, since = now, settleMs }: { now: number; since?: number; settleMs: number }): number {
  return Math.round(Math.min(settleMs, Math.max(settleMs / 3, settleMs - (now - since))));
}

/** Takes a delivery out of its storm message: from now on it has a message of its own. */
function standAlone(delivery: Delivery, now: number): Delivery {
  return { ...delivery, alone: true, storm: undefined, wanted: delivery.shown + 1, due: now };
}
