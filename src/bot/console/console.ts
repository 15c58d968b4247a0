import { randomUUID } from 'node:crypto';
import type { StateStore, Stored } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { ConsoleInput, ConsoleMessage, ConsoleRoom } from '../../domain/question/console-room.ts';
import type { Action, Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { speech } from '../../i18n/format.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Chat, ChatHandlers, ChatRequest, LiveMessage, MessageRef, Place } from '../chat/chat.ts';
import { cut, printable, unmentioned } from '../chat/text.ts';
import { chartSvg } from '../views/chart.ts';
import { clean } from '../views/clean.ts';
import { sentence } from '../views/replies.ts';

/** Messages of the channel that are kept; older ones go with their threads. */
const CHANNEL_KEPT = 500;
/** Messages that only one session sees; they are never stored. */
const PRIVATE_KEPT = 200;
const THREAD_KEPT = 300;
const UPDATE_MS = 100;
/** The console's only channel, where alerts go too. */
export const CONSOLE_CHANNEL = 'console';
const BOT = 'Bongsu';

/** As it lies in the state store. */
interface StoredMessage {
  view: ConsoleMessage;
  nonce?: string;
  /** An answer that was being written; found after a restart, it was interrupted. */
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
 * The chat of the console page: one channel whose messages live in the state store, so that threads outlast a
 * restart. It needs no network; what it says is durable once it resolves. While the store is away its methods throw.
 */
export async function openConsole(options: ConsoleOptions): Promise<Chat & ConsoleRoom> {
  const { state, language, timeZone = 'UTC', log } = options;
  const messages = new Map<string, StoredMessage>();
  const listeners = new Set<(message: ConsoleMessage) => void>();
  let handlers: ChatHandlers | undefined;
  let lastAt = 0;

  const tell = (view: ConsoleMessage): void => {
    for (const listener of listeners) {
      try {
        listener(view);
      } catch (error) {
        log.warn({ err: error }, 'a listener of the console failed');
      }
    }
  };
  const save = async (entry: StoredMessage): Promise<void> => {
    if (entry.view.onlyFor) return;
    await state.commit({ put: [{ kind: 'message', id: entry.view.id, value: entry, rank: entry.view.at }] });
  };
  const charts = (message: Message): string[] =>
    message.blocks.flatMap((block) =>
      block.kind === 'chart' ? [chartSvg(block.chart, { language, timeZone })] : [],
    );
  /** Unique and increasing, so that the order of messages is that of their times. */
  const clock = (): number => {
    lastAt = Math.max(Date.now(), lastAt + 1);
    return lastAt;
  };

  async function prune(thread: string | undefined, onlyFor: string | undefined): Promise<void> {
    const peers = [...messages.values()].filter(({ view }) =>
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
    const ids = [...messages.values()]
      .filter(({ view }) => gone.has(view.id) || (view.thread !== undefined && gone.has(view.thread)))
      .map(({ view }) => view.id);
    for (const id of ids) messages.delete(id);
    await state.commit({ delete: ids.map((id) => ({ kind: 'message', id })) });
  }

  async function add(
    input: { author: string; fromBot: boolean; thread?: string; onlyFor?: string; message: Message },
    extra: { nonce?: string; live?: boolean } = {},
  ): Promise<StoredMessage> {
    const parent = input.thread ? messages.get(input.thread) : undefined;
    if (input.thread && !parent) throw new AppError('not_found', `no thread ${input.thread} in the console`);
    const message = clean(input.message);
    const entry: StoredMessage = {
      view: {
        id: randomUUID(),
        ...(input.thread ? { thread: input.thread } : {}),
        author: cut(printable(input.author), 80),
        fromBot: input.fromBot,
        at: clock(),
        message,
        charts: charts(message),
        ...(input.onlyFor ? { onlyFor: input.onlyFor } : {}),
      },
      ...extra,
    };
    await save(entry);
    messages.set(entry.view.id, entry);
    tell(entry.view);
    if (parent && !input.onlyFor) {
      parent.view = { ...parent.view, replies: (parent.view.replies ?? 0) + 1 };
      await save(parent);
      tell(parent.view);
    }
    await prune(input.thread, input.onlyFor);
    return entry;
  }

  async function change(
    id: string,
    message: Message,
    done: { live?: boolean; keep?: boolean },
  ): Promise<void> {
    const entry = messages.get(id);
    if (!entry) throw new AppError('not_found', `no message ${id} in the console`);
    const cleaned = clean(message);
    const same = JSON.stringify(cleaned) === JSON.stringify(entry.view.message);
    if (!same)
      entry.view = { ...entry.view, message: cleaned, charts: charts(cleaned), editedAt: Date.now() };
    if (done.live === false) delete entry.live;
    if (done.keep !== false) await save(entry);
    if (!same) tell(entry.view);
  }

  function live(entry: StoredMessage): LiveMessage {
    const { id, thread, onlyFor } = entry.view;
    let latest: Message | undefined;
    let timer: NodeJS.Timeout | undefined;
    let finished = false;
    return {
      // A question in the channel opens a thread on its answer when somebody replies to it.
      ...(onlyFor ? {} : { ref: { channel: CONSOLE_CHANNEL, id, ...(thread ? { thread } : {}) } }),
      update(message) {
        if (finished) return;
        latest = message;
        timer ??= setTimeout(() => {
          timer = undefined;
          // States in between are shown, not stored.
          if (latest && !finished) change(id, latest, { keep: false }).catch(() => {});
        }, UPDATE_MS).unref();
      },
      async finish(message) {
        finished = true;
        clearTimeout(timer);
        await change(id, message, { live: false });
      },
    };
  }

  async function hand(
    input: ConsoleInput,
    what: { kind: 'command'; text: string } | { kind: 'action'; action: Action },
  ): Promise<void> {
    if (!handlers) throw new AppError('unavailable', 'the console is not started');
    // A button may outlive its thread; whoever presses it is answered in the channel.
    const thread = input.thread && messages.has(input.thread) ? input.thread : undefined;
    const place: Place = { channel: CONSOLE_CHANNEL, ...(thread ? { thread } : {}) };
    const request: ChatRequest = {
      id: randomUUID(),
      user: { id: input.session, name: cut(printable(input.user), 60), language: input.language },
      place,
      reply: async (message, to) =>
        live(
          await add(
            {
              author: BOT,
              fromBot: true,
              thread,
              message,
              ...(to === 'asker' ? { onlyFor: input.session } : {}),
            },
            { live: true },
          ),
        ),
      ...what,
    };
    handlers.request(request).catch((error) => log.error({ err: error }, 'a console request failed'));
  }

  /** Everything that was said before, oldest first; ranks are times. */
  async function load(): Promise<void> {
    for (let from = 0; ; ) {
      const page: Stored<StoredMessage>[] = await state.list('message', {
        from,
        limit: 1_000,
      });
      for (const { value } of page) messages.set(value.view.id, value);
      lastAt = Math.max(lastAt, page.at(-1)?.rank ?? 0);
      if (page.length < 1_000) break;
      from = page.at(-1)!.rank + 1;
    }
    const { say } = speech(language, timeZone);
    for (const entry of messages.values())
      if (entry.live) await change(entry.view.id, sentence(say.interrupted), { live: false });
  }
  let loading: Promise<void> | undefined;
  let known = false;
  /** Resolves once the messages of before are there. While the store is away it throws, and the next call tries again. */
  const loaded = (): Promise<void> => {
    loading ??= load().then(
      () => {
        known = true;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  try {
    await loaded();
  } catch (error) {
    log.warn({ err: error }, 'the messages of the console cannot be read yet');
  }

  return {
    name: 'console',
    alertChannel: CONSOLE_CHANNEL,
    pace: { perSecond: 100, burst: 100 },
    async start(given) {
      handlers = given;
    },
    async post(place, message, { nonce, opensThread }) {
      await loaded();
      const entry = await add({ author: BOT, fromBot: true, thread: place.thread, message }, { nonce });
      return reference(entry, opensThread !== undefined);
    },
    async edit(ref, message) {
      await loaded();
      await change(ref.id, message, {});
    },
    async find(place, nonce, since, found = {}) {
      await loaded();
      const entry = [...messages.values()].find(
        (other) => other.nonce === nonce && other.view.at >= since && other.view.thread === place.thread,
      );
      return entry && reference(entry, found.opensThread !== undefined);
    },
    async health() {
      return healthOf(known, 'console', [known ? ['messages', { count: messages.size }] : ['unread']]);
    },
    async history(thread) {
      await loaded();
      return [...messages.values()]
        .map((entry) => entry.view)
        .filter((view) => view.thread === thread)
        .sort((a, b) => a.at - b.at);
    },
    async say(input) {
      await loaded();
      const text = input.text.trim();
      const hidden = /(?:^|\s)(?:--private|--비공개|비공개)(?:\s|$)/.test(text);
      await add({
        author: input.user,
        fromBot: false,
        thread: input.thread,
        message: sentence(cut(text, 4_000)),
        ...(hidden ? { onlyFor: input.session } : {}),
      });
      await hand(input, { kind: 'command', text: unmentioned(text) });
    },
    async press(input) {
      await loaded();
      await hand(input, { kind: 'action', action: input.action });
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      handlers = undefined;
      listeners.clear();
    },
  };
}

/** In the console every channel message can have a thread: its id is the message's own. */
function reference({ view }: StoredMessage, opensThread: boolean): MessageRef {
  const thread = view.thread ?? (opensThread ? view.id : undefined);
  return { channel: CONSOLE_CHANNEL, id: view.id, ...(thread ? { thread } : {}) };
}
