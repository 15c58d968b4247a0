import { randomUUID } from 'node:crypto';
import type { StateStore, Stored } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { ConsoleInput, ConsoleMessage, ConsoleRoom } from '../../domain/question/console-room.ts';
import type { Action, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { speech } from '../../i18n/format.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import {
  type Chat,
  type ChatHandlers,
  type ChatRequest,
  CONSOLE_CHANNEL,
  type LiveMessage,
  type MessageRef,
  type Place,
} from '../chat/chat.ts';
import { cut, printable, unmentioned } from '../chat/text.ts';
import { chartSvg } from '../views/chart.ts';
import { clean } from '../views/clean.ts';
import { sentence } from '../views/replies.ts';

/** So many messages of the channel are kept; older ones are deleted with their threads. */
const CHANNEL_KEPT = 500;
/** So many messages that only one session sees are kept; they are never stored. */
const PRIVATE_KEPT = 200;
const THREAD_KEPT = 300;
const UPDATE_MS = 100;
const PAGE = 1_000;
const BOT = 'Bongsu';

/** A message as it is in the state store. */
interface StoredMessage {
  view: ConsoleMessage;
  nonce?: string;
  /** An answer that is being written. If it is found after a restart, it was interrupted. */
  live?: boolean;
}

export interface ConsoleOptions {
  state: StateStore;
  language: Language;
  /** IANA zone of the times in charts; UTC when absent. */
  timeZone?: string;
  log: Log;
}

/**
 * The chat of the room page: one channel whose messages live in the state store, so that threads outlast a
 * restart. It needs no network; what it says is durable once it resolves. While the store is away its methods throw.
 */
export async function openConsole(options: ConsoleOptions): Promise<Chat & ConsoleRoom> {
  const room = new ConsoleChat(options);
  await room.open();
  return room;
}

/** Who writes a message, where, and for whom. */
interface NewMessage {
  author: string;
  fromBot: boolean;
  thread?: string;
  /** The session that alone sees it. */
  onlyFor?: string;
  message: Message;
}

class ConsoleChat implements Chat, ConsoleRoom {
  readonly name = 'console';
  readonly alertChannel = CONSOLE_CHANNEL;
  readonly pace = { perSecond: 100, burst: 100 };
  readonly #options: ConsoleOptions;
  readonly #messages = new Map<string, StoredMessage>();
  readonly #listeners = new Set<(message: ConsoleMessage) => void>();
  #handlers: ChatHandlers | undefined;
  #lastAt = 0;
  #loading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** Reads the messages of before; where the store is away, the first call that needs them tries again. */
  async open(): Promise<void> {
    try {
      await this.#loaded();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the messages of the console cannot be read yet');
    }
  }

  async start(handlers: ChatHandlers): Promise<void> {
    this.#handlers = handlers;
  }

  async post(
    place: Place,
    message: Message,
    { nonce, opensThread }: { nonce: string; opensThread?: string },
  ): Promise<MessageRef> {
    await this.#loaded();
    const entry = await this.#add({ author: BOT, fromBot: true, thread: place.thread, message }, { nonce });
    return reference(entry, opensThread !== undefined);
  }

  async edit(ref: MessageRef, message: Message): Promise<void> {
    await this.#loaded();
    await this.#change(ref.id, message, {});
  }

  async find(
    place: Place,
    nonce: string,
    since: number,
    { opensThread }: { opensThread?: string } = {},
  ): Promise<MessageRef | undefined> {
    await this.#loaded();
    const entry = [...this.#messages.values()].find(
      (other) => other.nonce === nonce && other.view.at >= since && other.view.thread === place.thread,
    );
    return entry && reference(entry, opensThread !== undefined);
  }

  async health(): Promise<Health> {
    const known = this.#isLoaded;
    const count = this.#messages.size;
    return healthOf(known, 'console', [known ? ['messages', { count }] : ['unread']]);
  }

  async history(thread?: string): Promise<ConsoleMessage[]> {
    await this.#loaded();
    return [...this.#messages.values()]
      .map((entry) => entry.view)
      .filter((view) => view.thread === thread)
      .sort((a, b) => a.at - b.at);
  }

  async say(input: ConsoleInput & { text: string }): Promise<void> {
    await this.#loaded();
    const text = input.text.trim();
    const hidden = /(?:^|\s)(?:--private|--비공개|비공개)(?:\s|$)/.test(text);
    await this.#add({
      author: input.user,
      fromBot: false,
      thread: input.thread,
      message: sentence(cut(text, 4_000)),
      ...(hidden ? { onlyFor: input.session } : {}),
    });
    const said = unmentioned(text);
    const remark = input.thread !== undefined && said === text;
    this.#hand(input, { kind: 'command', text: said, ...(remark ? { remark } : {}) });
  }

  async press(input: ConsoleInput & { action: Action }): Promise<void> {
    await this.#loaded();
    this.#hand(input, { kind: 'action', action: input.action });
  }

  listen(listener: (message: ConsoleMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#handlers = undefined;
    this.#listeners.clear();
  }

  /** Resolves once the messages of before are there. While the store is away it throws, and the next call tries again. */
  #loaded(): Promise<void> {
    this.#loading ??= this.#load().then(
      () => {
        this.#isLoaded = true;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }

  /** Reads all messages, oldest first (the rank is the time), and ends answers that were interrupted. */
  async #load(): Promise<void> {
    const { state, language, timeZone = 'UTC' } = this.#options;
    for (let from = 0; ; ) {
      const page: Stored<StoredMessage>[] = await state.list('message', {
        from,
        limit: PAGE,
      });
      for (const { value } of page) this.#messages.set(value.view.id, value);
      this.#lastAt = Math.max(this.#lastAt, page.at(-1)?.rank ?? 0);
      if (page.length < PAGE) break;
      from = page.at(-1)!.rank + 1;
    }
    const { say } = speech(language, timeZone);
    for (const entry of this.#messages.values())
      if (entry.live) await this.#change(entry.view.id, sentence(say.interrupted), { live: false });
  }

  async #add(input: NewMessage, extra: { nonce?: string; live?: boolean } = {}): Promise<StoredMessage> {
    const { author, fromBot, thread, onlyFor } = input;
    const parent = thread ? this.#messages.get(thread) : undefined;
    if (thread && !parent) throw new AppError('not_found', `no thread ${thread} in the console`);
    const message = clean(input.message);
    const entry: StoredMessage = {
      view: {
        id: randomUUID(),
        ...(thread ? { thread } : {}),
        author: cut(printable(author), 80),
        fromBot,
        at: this.#nextTime(),
        message,
        charts: this.#charts(message),
        ...(onlyFor ? { onlyFor } : {}),
      },
      ...extra,
    };
    await this.#save(entry);
    this.#messages.set(entry.view.id, entry);
    this.#tell(entry.view);
    if (parent && !onlyFor) {
      parent.view = { ...parent.view, replies: (parent.view.replies ?? 0) + 1 };
      await this.#save(parent);
      this.#tell(parent.view);
    }
    await this.#prune(thread, onlyFor);
    return entry;
  }

  async #change(id: string, message: Message, done: { live?: boolean; keep?: boolean }): Promise<void> {
    const entry = this.#messages.get(id);
    if (!entry) throw new AppError('not_found', `no message ${id} in the console`);
    const cleaned = clean(message);
    const same = JSON.stringify(cleaned) === JSON.stringify(entry.view.message);
    if (!same)
      entry.view = { ...entry.view, message: cleaned, charts: this.#charts(cleaned), editedAt: Date.now() };
    if (done.live === false) delete entry.live;
    if (done.keep !== false) await this.#save(entry);
    if (!same) this.#tell(entry.view);
  }

  async #save(entry: StoredMessage): Promise<void> {
    if (entry.view.onlyFor) return;
    const { id, at } = entry.view;
    await this.#options.state.commit({ put: [{ kind: 'message', id, value: entry, rank: at }] });
  }

  /** Deletes the oldest messages of a channel or thread that has too many, with the threads on them. */
  async #prune(thread: string | undefined, onlyFor: string | undefined): Promise<void> {
    const all = [...this.#messages.values()];
    const peers = all.filter(({ view }) =>
      onlyFor ? view.onlyFor !== undefined : !view.onlyFor && view.thread === thread,
    );
    const kept = onlyFor ? PRIVATE_KEPT : thread ? THREAD_KEPT : CHANNEL_KEPT;
    if (peers.length <= kept) return;
    const gone = new Set(
      peers
        .sort((a, b) => a.view.at - b.view.at)
        .slice(0, peers.length - kept)
        .map(({ view }) => view.id),
    );
    const ids = all
      .filter(({ view }) => gone.has(view.id) || (view.thread !== undefined && gone.has(view.thread)))
      .map(({ view }) => view.id);
    for (const id of ids) this.#messages.delete(id);
    await this.#options.state.commit({ delete: ids.map((id) => ({ kind: 'message', id })) });
  }

  /** An answer that is edited while it is written. */
  #live(entry: StoredMessage): LiveMessage {
    const { id, thread, onlyFor } = entry.view;
    let latest: Message | undefined;
    let timer: NodeJS.Timeout | undefined;
    let finished = false;
    return {
      // A question in the channel opens a thread on its answer when somebody replies to it.
      ...(onlyFor ? {} : { ref: { channel: CONSOLE_CHANNEL, id, ...(thread ? { thread } : {}) } }),
      update: (message) => {
        if (finished) return;
        latest = message;
        timer ??= setTimeout(() => {
          timer = undefined;
          // States in between are shown, but not stored.
          if (latest && !finished) this.#change(id, latest, { keep: false }).catch(() => {});
        }, UPDATE_MS).unref();
      },
      finish: async (message) => {
        finished = true;
        clearTimeout(timer);
        await this.#change(id, message, { live: false });
      },
    };
  }

  /** Gives what a person did to the bot. @throws AppError `unavailable` before `start` */
  #hand(
    input: ConsoleInput,
    what: { kind: 'command'; text: string; remark?: true } | { kind: 'action'; action: Action },
  ): void {
    if (!this.#handlers) throw new AppError('unavailable', 'the console is not started');
    // A button may exist longer than its thread; the person who presses it gets the answer in the channel.
    const thread = input.thread && this.#messages.has(input.thread) ? input.thread : undefined;
    const place: Place = { channel: CONSOLE_CHANNEL, ...(thread ? { thread } : {}) };
    const request: ChatRequest = {
      id: randomUUID(),
      user: { id: input.session, name: cut(printable(input.user), 60), language: input.language },
      place,
      reply: async (message, to) => {
        const answer = { author: BOT, fromBot: true, thread, message };
        const onlyFor = to === 'asker' ? { onlyFor: input.session } : {};
        return this.#live(await this.#add({ ...answer, ...onlyFor }, { live: true }));
      },
      ...what,
    };
    this.#handlers
      .request(request)
      .catch((error) => this.#options.log.error({ err: error }, 'a console request failed'));
  }

  #tell(view: ConsoleMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(view);
      } catch (error) {
        this.#options.log.warn({ err: error }, 'a listener of the console failed');
      }
    }
  }

  #charts(message: Message): string[] {
    const { language, timeZone = 'UTC' } = this.#options;
    return message.blocks.flatMap((block) =>
      block.kind === 'chart' ? [chartSvg(block.chart, { language, timeZone })] : [],
    );
  }

  /** Every message gets a later time than the one before, so that times give the order. */
  #nextTime(): number {
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    return this.#lastAt;
  }
}

/** In the console every message of the channel can have a thread, with the same id as the message. */
function reference({ view }: StoredMessage, opensThread: boolean): MessageRef {
  const thread = view.thread ?? (opensThread ? view.id : undefined);
  return { channel: CONSOLE_CHANNEL, id: view.id, ...(thread ? { thread } : {}) };
}
