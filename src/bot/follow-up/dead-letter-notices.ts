import { createHash } from 'node:crypto';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import { deadLetterTopic } from '../../backends/bus/dead-letter.ts';
import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import type { DeadLetter, DeadLetters } from '../../domain/dead-letters.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { Message } from '../../domain/question/message.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { createRedactor } from '../../masking/redact.ts';
import type { Chat } from '../chat/chat.ts';
import { printable } from '../chat/text.ts';
import { putEntry, type Task } from '../delivery/delivery.ts';
import { oneLine } from '../views/card/headline.ts';
import { deadLettersView } from '../views/dead-letters.ts';

/** The first notice waits a moment, so that it reports all messages of a burst, not only the first. */
const SETTLE_MS = 5_000;
/** A notice that was planned but not sent for this long is planned again: an older version may have taken its task. */
const FORGOTTEN_MS = 10 * MINUTE;
/** How long `/health` shows that messages became dead letters. */
const SHOWN_MS = 24 * HOUR;
const ID = 'dead-letters';
const ATTEMPTS = 20;
/** At most this many dead letters of a topic are shown one by one. */
const SHOWN = 5;
/** This many dead letters are remembered, to recognise one that came twice because its batch was read again. */
const REMEMBERED = 500;
const REASON = 200;

/** What all bots on one store know about the dead-letter topics. It is one document, so that each dead letter is counted once. */
interface Tally {
  /** How far each partition (`topic/partition`) was counted. */
  read: Record<string, { offset: string; at: number }>;
  /** Dead letters by the topic they came from: those of the last day or so, and those that no notice has reported yet. */
  recent: Record<string, DeadLetters>;
  untold: Record<string, DeadLetters>;
  known: { id: string; at: number }[];
  /** Number of the notice that is planned, or that was the last. */
  notice: number;
  /** When the planned notice is due (epoch ms); absent while none is. */
  planned?: number;
  toldAt?: number;
}

const EMPTY: Tally = { read: {}, recent: {}, untold: {}, known: [], notice: 0 };

/** A reason may quote log text: credentials, personal data and control characters are removed. */
function safeReason(text: string): string {
  try {
    return oneLine(printable(createRedactor({ personal: true }).mask(text.slice(0, 2 * REASON))), REASON);
  } catch {
    // The reason contains something that cannot be hidden.
    return 'malformed';
  }
}

const BUSY = (): AppError => new AppError('conflict', 'others count dead letters at the same time');

const figure = (text: string | undefined): string => (text && /^\d{1,20}$/.test(text) ? text : '?');

function deadLetterOf({ headers, timestamp }: BusMessage): DeadLetter {
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

function withDeadLetter(known: DeadLetters | undefined, letter: DeadLetter): DeadLetters {
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
    // A topic that was deleted and made again counts from zero, but its messages are later.
    if (read && BigInt(message.offset) <= BigInt(read.offset) && message.timestamp <= read.at) continue;
    tally.read[place] = { offset: message.offset, at: Math.max(read?.at ?? 0, message.timestamp) };
    found = true;
    const id = identity(topic, message);
    if (known.has(id)) continue;
    known.set(id, now);
    const letter = deadLetterOf(message);
    const last = tally.recent[topic]?.letters.at(-1);
    const stale = last !== undefined && letter.at - last.at > SHOWN_MS;
    tally.recent[topic] = withDeadLetter(stale ? undefined : tally.recent[topic], letter);
    tally.untold[topic] = withDeadLetter(tally.untold[topic], letter);
  }
  tally.known = [...known].slice(-REMEMBERED).map(([id, at]) => ({ id, at }));
  return found ? tally : undefined;
}

/** Plans the next notice if there is something to report: now, or an hour after the last one. */
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

export interface NoticeOptions {
  bus: Bus;
  state: StateStore;
  /** The topics whose dead letters are reported. */
  topics: readonly string[];
  group: string;
  chats: readonly Pick<Chat, 'name' | 'alertChannel'>[];
  speech: Speech;
  log: Log;
  wake: () => void;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

export interface DeadLetterNotices {
  /** Reads the dead-letter topics until disposed. */
  watch(): Promise<AsyncDisposable>;
  /**
   * Runs the task of a notice: it writes the message for each alert channel and notes in the same commit that they were reported.
   */
  tell(task: Task): Promise<{ puts: Put[] }>;
  /** How many came in the last day, by topic; health is bad for an hour after the last one. */
  health(): Promise<Health | undefined>;
}

/**
 * Reports to people what could not be read, whichever process found it: the dead-letter topics are the record. Each is read by
 * one of all bots. The count is in the state store together with the position of reading, so each dead letter counts once; the
 * notice is a task of the outbox, so it is posted once.
 */
export function createDeadLetterNotices(options: NoticeOptions): DeadLetterNotices {
  const { state, now = Date.now } = options;
  return {
    watch: () => watch(options, now),
    tell: (task) => tell(task, options, now),
    health: async () => healthFrom((await load(state))?.value ?? EMPTY, now()),
  };
}

const load = (state: StateStore): Promise<Stored<Tally> | undefined> => state.get('dead-letters', ID);

const putTally = (value: Tally, stored: Stored<Tally> | undefined): Put => ({
  kind: 'dead-letters',
  id: ID,
  value,
  ifVersion: stored?.version ?? 0,
});

async function watch(options: NoticeOptions, now: () => number): Promise<AsyncDisposable> {
  const { bus, group } = options;
  const subscriptions = await Promise.all(
    [...new Set(options.topics)].map((topic) =>
      // A group of its own: members of one that read different topics would be given each other's partitions.
      bus.subscribe(deadLetterTopic(topic), { group: `${group}-${topic}`, from: 'earliest' }, (batch) =>
        take(topic, batch, options, now),
      ),
    ),
  );
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(subscriptions.map((subscription) => subscription[Symbol.asyncDispose]()));
    },
  };
}

/** Counts a batch of a dead-letter topic, and plans a notice. */
async function take(
  topic: string,
  batch: BusMessage[],
  { state, wake }: NoticeOptions,
  now: () => number,
): Promise<void> {
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    const stored = await load(state);
    const next = counted(stored?.value ?? EMPTY, topic, batch, now());
    if (!next) return;
    const { tally, puts } = planned(next, now());
    if ((await state.commit({ put: [putTally(tally, stored), ...puts] })) !== 'done') continue;
    if (puts.length > 0) wake();
    return;
  }
  throw BUSY();
}

async function tell(
  task: Task,
  { state, chats, speech, log, wake }: NoticeOptions,
  now: () => number,
): Promise<{ puts: Put[] }> {
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    const stored = await load(state);
    const tally = stored?.value;
    // Another process has reported it.
    if (!tally || tally.planned === undefined || String(tally.notice) !== task.subject) return { puts: [] };
    const { planned: _, ...rest } = tally;
    const told: Tally = { ...rest, untold: {}, toldAt: now() };
    const message = deadLettersView(tally.untold, speech);
    const puts = chats.map((chat) => noticePut(tally.notice, chat, message, now()));
    if ((await state.commit({ put: [putTally(told, stored), ...puts] })) !== 'done') continue;
    log.info({ notice: tally.notice }, 'dead letters are told');
    wake();
    return { puts: [] };
  }
  throw BUSY();
}

const noticePut = (
  notice: number,
  { name, alertChannel }: Pick<Chat, 'name' | 'alertChannel'>,
  message: Message,
  due: number,
): Put =>
  putEntry(
    `letters/${notice}/${name}`,
    {
      chat: name,
      channel: alertChannel,
      content: { kind: 'message', message },
      severity: 3,
      wanted: 1,
      shown: 0,
      due,
      attempts: 0,
    },
    0,
  );

function healthFrom({ recent }: Tally, now: number): Health | undefined {
  const shown = Object.entries(recent).filter(([, { letters }]) => letters.at(-1)!.at > now - SHOWN_MS);
  if (shown.length === 0) return undefined;
  const detail = shown.map(([topic, { count, letters }]): Phrase => {
    const { partition, offset, element, reason, at } = letters.at(-1)!;
    const place = element === undefined ? offset : `${offset}[${element}]`;
    return ['letters', { topic, count, at: new Date(at).toISOString(), partition, offset: place, reason }];
  });
  const fresh = shown.some(([, { letters }]) => letters.at(-1)!.at > now - HOUR);
  const where = shown.map(([topic]) => deadLetterTopic(topic)).join(', ');
  return healthOf(!fresh, 'dead letters', detail, fresh ? ['mend.letters', { topics: where }] : undefined);
}
