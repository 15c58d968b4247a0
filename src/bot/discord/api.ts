import {
  type APIChannel,
  type APIMessage,
  type APIThreadChannel,
  ChannelType,
  REST,
  Routes,
  SnowflakeUtil,
  ThreadAutoArchiveDuration,
} from 'discord.js';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Attachments, MessageRef, Place } from '../chat/chat.ts';
import { retrying } from '../chat/live-message.ts';
import { readTag, tagOf, threadName } from './embeds.ts';
import { discordCode, THREAD_EXISTS, toDiscordError, UNKNOWN_CHANNEL } from './errors.ts';
import { createPayloads, type Payload } from './payload.ts';

/** Where a message of a place really lies: a thread is a channel of its own. */
const channelOf = (place: Place): string => place.thread ?? place.channel;
/** A thread opened on a message has the message's id, and that message lies in the channel. */
export const homeOf = (ref: MessageRef): string =>
  ref.thread && ref.thread !== ref.id ? ref.thread : ref.channel;

const REMEMBERED = 2_000;
const PAGE = 100;
/** Discord's first millisecond; ids are counted from it. */
const EPOCH_MS = 1_420_070_400_000;
/** Troubles that concern the whole connection and not one message. */
const GENERAL: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout', 'unauthorized']);

export type DiscordApi = ReturnType<typeof createApi>;

/** Discord's REST API as the adapter uses it. Every method throws AppError. */
export function createApi(options: {
  token: string;
  apiUrl: string;
  timeoutMs: number;
  attachments: Attachments;
  log: Log;
  signal: AbortSignal;
}) {
  const { log, signal } = options;
  const payloads = createPayloads(options.attachments, log);
  const rest = new REST({
    api: options.apiUrl,
    timeout: options.timeoutMs,
    // The outbox decides when to send again; what is repeated here says so with `retrying`.
    retries: 0,
    rejectOnRateLimit: () => true,
    hashSweepInterval: 0,
    handlerSweepInterval: 0,
  }).setToken(options.token);
  /** Marks of messages by message id; an empty one says that the message has none. */
  const tags = new Map<string, string>();
  const channels = new Map<string, Promise<APIChannel>>();
  let problem: AppError | undefined;
  let refusedFiles = 0;

  const remember = <V>(map: Map<string, V>, key: string, value: V): void => {
    map.delete(key);
    map.set(key, value);
    if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
  };
  const call = async <T>(what: string, run: (client: REST) => Promise<unknown>): Promise<T> => {
    try {
      const result = (await run(rest)) as T;
      problem = undefined;
      return result;
    } catch (cause) {
      const error = toDiscordError(cause, what);
      // discord.js forgets the token after one 401, and would then fail without asking.
      if (error.code === 'unauthorized') rest.setToken(options.token);
      if (GENERAL.has(error.code)) problem = error;
      throw error;
    }
  };

  /** Sends; when Discord refuses the files (size, permission), the text goes without them. */
  const send = async <T>(
    message: Message,
    sendPayload: (payload: Payload) => Promise<T>,
    tag?: string,
    withCharts = true,
  ): Promise<T> => {
    const payload = await payloads.render(message, withCharts, tag);
    try {
      return await sendPayload(payload);
    } catch (cause) {
      const error = toAppError(cause);
      if (payload.files.length === 0 || (error.code !== 'too_large' && error.code !== 'forbidden'))
        throw error;
      const bare = await payloads.render(message, false, tag);
      const sent = await sendPayload(bare);
      refusedFiles += 1;
      log.warn({ err: error }, 'a chart or a report could not be uploaded');
      return sent;
    }
  };

  const openThread = async (channel: string, message: string, title: string): Promise<string> => {
    try {
      const body = { name: threadName(title), auto_archive_duration: ThreadAutoArchiveDuration.OneDay };
      const thread = await call<APIThreadChannel>('open thread', (client) =>
        client.post(Routes.threads(channel, message), { body }),
      );
      return thread.id;
    } catch (error) {
      if (discordCode(error) === THREAD_EXISTS) return message;
      throw error;
    }
  };

  const api = {
    log,
    signal,
    call,
    send,
    openThread,
    problem: (): AppError | undefined => problem,
    failedCharts: (): number => payloads.undrawn + refusedFiles,

    /** Whether the token is good and the channel there; the error if not. */
    probe: (channel: string): Promise<AppError | undefined> =>
      call('get channel', (client) => client.get(Routes.channel(channel))).then(() => undefined, toAppError),

    /** @param nonce makes it findable, and Discord refuse a second one within some minutes. */
    async post(place: Place, message: Message, nonce?: string): Promise<MessageRef> {
      const tag = nonce === undefined ? undefined : tagOf(nonce);
      const create = (): Promise<APIMessage> =>
        send(
          message,
          ({ body, files }) =>
            call<APIMessage>('post message', (client) =>
              client.post(Routes.channelMessages(channelOf(place)), {
                body: { ...body, ...(tag ? { nonce: `bongsu-${tag}`, enforce_nonce: true } : {}) },
                files,
              }),
            ),
          tag,
        );
      let sent: APIMessage;
      try {
        sent = await create();
      } catch (error) {
        if (!place.thread || discordCode(error) !== UNKNOWN_CHANNEL) throw error;
        // The thread's message was posted, but the process died before the thread was opened.
        const head = await api.message(place.channel, place.thread);
        await openThread(place.channel, place.thread, head.embeds[0]?.title || head.content);
        sent = await create();
      }
      remember(tags, sent.id, tag ?? '');
      return { channel: place.channel, id: sent.id, ...(place.thread ? { thread: place.thread } : {}) };
    },

    async edit(ref: MessageRef, message: Message, withCharts = true): Promise<void> {
      const home = homeOf(ref);
      let tag = tags.get(ref.id);
      if (tag === undefined) {
        const there = await api.message(home, ref.id).catch((error) => {
          throw channelGone(error);
        });
        tag = readTag(there.embeds) ?? '';
        remember(tags, ref.id, tag);
      }
      try {
        await send(
          message,
          ({ body, files }) =>
            call('edit message', (client) =>
              client.patch(Routes.channelMessage(home, ref.id), { body, files }),
            ),
          tag || undefined,
          withCharts,
        );
      } catch (error) {
        throw channelGone(error);
      }
    },

    message: (channel: string, id: string): Promise<APIMessage> =>
      call<APIMessage>('get message', (client) => client.get(Routes.channelMessage(channel, id))),

    async find(
      place: Place,
      nonce: string,
      since: number,
      author: string | undefined,
    ): Promise<MessageRef | undefined> {
      const tag = tagOf(nonce);
      const oldest = SnowflakeUtil.generate({ timestamp: Math.max(since, EPOCH_MS) });
      // Newest first, page by page, until it is there or all that is not older was seen.
      for (let before: bigint | undefined; ; ) {
        const query = new URLSearchParams({ limit: String(PAGE) });
        if (before !== undefined) query.set('before', String(before));
        let messages: APIMessage[];
        try {
          messages = await retrying(
            () =>
              call<APIMessage[]>('list messages', (client) =>
                client.get(Routes.channelMessages(channelOf(place)), { query }),
              ),
            { signal },
          );
        } catch (error) {
          if (place.thread && discordCode(error) === UNKNOWN_CHANNEL) return undefined;
          throw error;
        }
        const found = messages.find(
          (message) => readTag(message.embeds) === tag && (!author || message.author.id === author),
        );
        if (found) return { channel: place.channel, id: found.id, thread: place.thread ?? found.id };
        for (const { id } of messages) if (before === undefined || BigInt(id) < before) before = BigInt(id);
        if (messages.length < PAGE || before === undefined || before < oldest) return undefined;
      }
    },

    /** The place of something that happened in a channel that may be a thread. */
    async placeOf(id: string): Promise<Place> {
      let known = channels.get(id);
      if (!known) {
        known = call<APIChannel>('get channel', (client) => client.get(Routes.channel(id)));
        remember(channels, id, known);
        known.catch(() => channels.delete(id));
      }
      return placeIn(await known);
    },
  };
  return api;
}

/** For an edit a channel that is gone is another thing than a message that is: `forbidden`. */
const channelGone = (error: unknown): unknown =>
  discordCode(error) === UNKNOWN_CHANNEL
    ? new AppError('forbidden', toAppError(error).message, { cause: error })
    : error;

/** A thread's messages belong to its parent channel. */
export function placeIn(channel: { id: string; type: ChannelType; parent_id?: string | null }): Place {
  const isThread =
    channel.type === ChannelType.PublicThread ||
    channel.type === ChannelType.PrivateThread ||
    channel.type === ChannelType.AnnouncementThread;
  return isThread && channel.parent_id
    ? { channel: channel.parent_id, thread: channel.id }
    : { channel: channel.id };
}
