import { createHash } from 'node:crypto';
import { createMasker } from '../../analysis/redaction/redact.ts';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import { deadLetterTopic } from '../../backends/bus/dead-letter.ts';
import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Chat } from '../chat/chat.ts';
import { printable } from '../chat/text.ts';
import { putEntry, type Task } from '../delivery/delivery.ts';
import { oneLine } from '../views/incident.ts';
import { lettersView } from '../views/letters.ts';

/** The first notice waits a moment, so that it tells of a burst and not of its first message. */
const SETTLE_MS = 5_000;
/** A notice that was planned and never came (its task was taken by an older version) is planned again. */
const FORGOTTEN_MS = 10 * MINUTE;
/** How long `/health` goes on to show what was put aside. */
const SHOWN_MS = 24 * HOUR;
const ID = 'dead-letters';
const ATTEMPTS = 20;
/** Letters of a topic that are shown one by one. */
const SHOWN = 5;
/** Letters remembered to tell one that was put aside twice, because its batch came again. */
const REMEMBERED = 500;
const REASON = 200;

/** A message on a dead-letter topic, as people are told of it. */
export interface Letter {
  partition: string;
  offset: string;
  /** Which element of a batch it was. */
  element?: string;
  reason: string;
  /** Epoch milliseconds. */
  at: number;
}

/** Letters of one topic. */
export interface Letters {
  count: number;
  /** Epoch milliseconds of the first. */
  since: number;
  /** The newest ones, oldest first. */
  letters: Letter[];
}

/** What all bots on one store know of the dead-letter topics; one document, so that each letter is counted once. */
interface Tally {
  /** How far each partition (`topic/partition`) was counted. */
  read: Record<string, { offset: string; at: number }>;
  /** By the topic they came from: of the last day or so, and those nobody was told of yet. */
  recent: Record<string, Letters>;
  untold: Record<string, Letters>;
  known: { id: string; at: number }[];
  /** Number of the notice that is planned, or that was the last. */
  notice: number;
  /** When the planned notice is due (epoch ms); absent while none is. */
  planned?: number;
  toldAt?: number;
}

const EMPTY: Tally = { read: {}, recent: {}, untold: {}, known: [], notice: 0 };

/** Log text may stand in a reason: credentials and data of people go, and what would move a screen. */
function safeReason(text: string): string {
  try {
    return oneLine(printable(createMasker({ personal: true }).mask(text.slice(0, 2 * REASON))), REASON);
  } catch {
    // Something in it cannot be hidden.
    return 'malformed';
  }
}

const BUSY = (): AppError => new AppError('conflict', 'others count dead letters at the same time');

const figure = (text: string | undefined): string => (text && /^\d{1,20}$/.test(text) ? text : '?');

function letterOf({ headers, timestamp }: BusMessage): Letter {
  const element = headers['bongsu-element'];
  return {
    partition: figure(headers['bongsu-partition']),
    offset: figure(headers['bongsu-offset']),
    ...(element === undefined ? {} : { element: figure(element) }),
    reason: safeReason(headers['bongsu-error'] ?? 'malformed'),
    at: timestamp,
  };
}

/** The same message put aside again has the same place and the same bytes. */
const identity = (topic: string, { headers, value }: BusMessage): string =>
  createHash('sha1')
    .update(
      JSON.stringify([
        topic,
        ...['partition', 'offset', 'element'].map((name) => headers[`bongsu-${name}`] ?? ''),
      ]),
    )
    .update(value)
    .digest('base64')
    .slice(0, 12);

function withLetter(known: Letters | undefined, letter: Letter): Letters {
  return {
    count: (known?.count ?? 0) + 1,
    since: known?.since ?? letter.at,
    letters: [...(known?.letters ?? []), letter].slice(-SHOWN),
  };
}

/** Counts what is new in a batch of one partition of a dead-letter topic; undefined when nothing is. */
function counted(before: Tally, topic: string, batch: BusMessage[], now: number): Tally | undefined {
  const tally: Tally = {
    ...before,
    read: { ...before.read },
    recent: { ...before.recent },
    untold: { ...before.untold },
  };
  const known = new Map(
    before.known.filter(({ at }) => at > now - HOUR).map(({ id, at }) => [id, at] as const),
  );
  let found = false;
  for (const message of batch) {
    const place = `${message.topic}/${message.partition}`;
    const read = tally.read[place];
    // A topic that was made anew counts from zero again, at a later time.
    if (read && BigInt(message.offset) <= BigInt(read.offset) && message.timestamp <= read.at) continue;
    tally.read[place] = { offset: message.offset, at: Math.max(read?.at ?? 0, message.timestamp) };
    found = true;
    const id = identity(topic, message);
    if (known.has(id)) continue;
    known.set(id, now);
    const letter = letterOf(message);
    const last = tally.recent[topic]?.letters.at(-1);
    const stale = last !== undefined && letter.at - last.at > SHOWN_MS;
    tally.recent[topic] = withLetter(stale ? undefined : tally.recent[topic], letter);
    tally.untold[topic] = withLetter(tally.untold[topic], letter);
  }
  tally.known = [...known].slice(-REMEMBERED).map(([id, at]) => ({ id, at }));
  return found ? tally : undefined;
}

/** Plans the next notice where there is something to tell: now, or an hour after the last. */
function planned(tally: Tally, now: number): { tally: Tally; puts: Put[] } {
  const waits = tally.planned !== undefined && now < tally.planned + FORGOTTEN_MS;
  if (waits || Object.keys(tally.untold).length === 0) return { tally, puts: [] };
  const due = Math.max(now + SETTLE_MS, (tally.toldAt ?? -HOUR) + HOUR);
  const notice = tally.notice + 1;
  return {
    tally: { ...tally, notice, planned: due },
    puts: [
      putEntry(`task/letters/${notice}`, { task: 'letters', subject: String(notice), due, attempts: 0 }),
    ],
  };
}

/**
 * Tells people what could not be read, whoever put it aside: the dead-letter topics are the record. Of all bots one reads each
 * of them; what was counted lies in the state store beside how far was read, so a letter counts once, and the notice is
 * a task of the outbox, so one bot posts it once.
 */
export function createLetters(options: {
  bus: Bus;
  state: StateStore;
  /** The topics whose dead letters are told. */
  topics: readonly string[];
  group: string;
  chats: readonly Pick<Chat, 'name' | 'alertChannel'>[];
  speech: Speech;
  log: Log;
  wake: () => void;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}) {
  const { bus, state, group, chats, speech, log, wake, now = Date.now } = options;
  const topics = [...new Set(options.topics)];
  const load = async (): Promise<Stored<Tally> | undefined> => state.get('dead-letters', ID);

  async function take(topic: string, batch: BusMessage[]): Promise<void> {
    for (let tries = 0; tries < ATTEMPTS; tries += 1) {
      const stored = await load();
      const next = counted(stored?.value ?? EMPTY, topic, batch, now());
      if (!next) return;
      const { tally, puts } = planned(next, now());
      const put: Put = { kind: 'dead-letters', id: ID, value: tally, ifVersion: stored?.version ?? 0 };
      if ((await state.commit({ put: [put, ...puts] })) !== 'done') continue;
      if (puts.length > 0) wake();
      return;
    }
    throw BUSY();
  }

  return {
    /** Reads the dead-letter topics until disposed. */
    async watch(): Promise<AsyncDisposable> {
      const subscriptions = await Promise.all(
        topics.map((topic) =>
          // A group of its own: members of one that read different topics would be given each other's partitions.
          bus.subscribe(deadLetterTopic(topic), { group: `${group}-${topic}`, from: 'earliest' }, (batch) =>
            take(topic, batch),
          ),
        ),
      );
      return {
        async [Symbol.asyncDispose]() {
          await Promise.all(subscriptions.map((subscription) => subscription[Symbol.asyncDispose]()));
        },
      };
    },

    /** Does the task of a notice: the message for each alert channel, in the commit that notes that it is told. */
    async tell(task: Task): Promise<{ puts: Put[] }> {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        const stored = await load();
        const tally = stored?.value;
        // Another process has told it.
        if (!tally || tally.planned === undefined || String(tally.notice) !== task.subject)
          return { puts: [] };
        const { planned: _, ...rest } = tally;
        const told: Tally = { ...rest, untold: {}, toldAt: now() };
        const content = { kind: 'message' as const, message: lettersView(tally.untold, speech) };
        const puts = chats.map(({ name, alertChannel }) =>
          putEntry(
            `letters/${tally.notice}/${name}`,
            {
              chat: name,
              channel: alertChannel,
              content,
              severity: 3,
              wanted: 1,
              shown: 0,
              due: now(),
              attempts: 0,
            },
            0,
          ),
        );
        const put: Put = { kind: 'dead-letters', id: ID, value: told, ifVersion: stored.version };
        if ((await state.commit({ put: [put, ...puts] })) !== 'done') continue;
        log.info({ notice: tally.notice }, 'dead letters are told');
        wake();
        return { puts: [] };
      }
      throw BUSY();
    },

    /** What was put aside in the last day, by topic; not well for an hour after the last. */
    async health(): Promise<Health | undefined> {
      const { recent } = (await load())?.value ?? EMPTY;
      const shown = Object.entries(recent).filter(([, { letters }]) => letters.at(-1)!.at > now() - SHOWN_MS);
      if (shown.length === 0) return undefined;
      const detail = shown.map(([topic, { count, letters }]): Phrase => {
        const { partition, offset, element, reason, at } = letters.at(-1)!;
        const place = element === undefined ? offset : `${offset}[${element}]`;
        return [
          'letters',
          { topic, count, at: new Date(at).toISOString(), partition, offset: place, reason },
        ];
      });
      const fresh = shown.some(([, { letters }]) => letters.at(-1)!.at > now() - HOUR);
      const where = shown.map(([topic]) => deadLetterTopic(topic)).join(', ');
      return healthOf(
        !fresh,
        'dead letters',
        detail,
        fresh ? ['mend.letters', { topics: where }] : undefined,
      );
    },
  };
}
