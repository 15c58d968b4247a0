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
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import { ApiCalls } from '../chat/api-calls.ts';
import { BoundedMap } from '../chat/bounded-map.ts';
import type { Attachments, MessageRef, Place } from '../chat/chat.ts';
import { retrying } from '../chat/live-message.ts';
import { readTag, tagOf, threadName } from './embeds.ts';
import { discordCode, THREAD_EXISTS, toDiscordError, UNKNOWN_CHANNEL } from './errors.ts';
import { type Payload, Payloads } from './payload.ts';

/** Where a message of a place really lies: a thread is a channel of its own. */
const channelOf = (place: Place): string => place.thread ?? place.channel;
/** A thread opened on a message has the message's id, and that message lies in the channel. */
const homeOf = (ref: MessageRef): string => (ref.thread && ref.thread !== ref.id ? ref.thread : ref.channel);

const REMEMBERED = 2_000;
/** The most messages that Discord gives at once. */
const PAGE = 100;
/** Discord's first millisecond; ids are counted from it. */
const EPOCH_MS = 1_420_070_400_000;

export interface DiscordApiOptions {
  token: string;
  apiUrl: string;
  timeoutMs: number;
  attachments: Attachments;
  log: Log;
  /** Aborts when the adapter closes. */
  signal: AbortSignal;
}

/** Discord's REST API as the adapter uses it. Every method throws AppError. */
export class DiscordApi {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly #rest: REST;
  readonly #calls: ApiCalls;
  readonly #payloads: Payloads;
  /** Tags of messages by message id; an empty one says that the message has none. */
  readonly #tags = new BoundedMap<string, string>(REMEMBERED);
  readonly #channels = new BoundedMap<string, Promise<APIChannel>>(REMEMBERED);
  #refusedFiles = 0;

  constructor({ token, apiUrl, timeoutMs, attachments, log, signal }: DiscordApiOptions) {
    this.log = log;
    this.signal = signal;
    this.#payloads = new Payloads(attachments, log);
    this.#rest = new REST({
      api: apiUrl,
      timeout: timeoutMs,
      // The outbox decides when to send again; what is repeated here says so with `retrying`.
      retries: 0,
      rejectOnRateLimit: () => true,
      hashSweepInterval: 0,
      handlerSweepInterval: 0,
    }).setToken(token);
    this.#calls = new ApiCalls((cause, what) => {
      const error = toDiscordError(cause, what);
      // discord.js forgets the token after one 401, and would then fail without asking.
      if (error.code === 'unauthorized') this.#rest.setToken(token);
      return error;
    });
  }

  /** Why Discord cannot be used, by the latest calls. */
  get problem(): AppError | undefined {
    return this.#calls.problem;
  }

  /** Charts that no reader got. */
  get failedCharts(): number {
    return this.#payloads.undrawn + this.#refusedFiles;
  }

  /** Runs an API call with its errors translated. @param what the operation, for the log; never a URL */
  call<T>(what: string, run: (client: REST) => Promise<unknown>): Promise<T> {
    return this.#calls.run(what, () => run(this.#rest) as Promise<T>);
  }

  /** Whether the token is good and the channel is there; the error if not. */
  probe(channel: string): Promise<AppError | undefined> {
    return this.call('get channel', (client) => client.get(Routes.channel(channel))).then(
      () => undefined,
      toAppError,
    );
  }

  /** Sends; when Discord refuses the files (size, permission), the text goes without them. */
  async send<T>(
    message: Message,
    sendPayload: (payload: Payload) => Promise<T>,
    tag?: string,
    withFiles = true,
  ): Promise<T> {
    const payload = await this.#payloads.render(message, withFiles, tag);
    try {
      return await sendPayload(payload);
    } catch (cause) {
      const error = toAppError(cause);
      if (payload.files.length === 0 || (error.code !== 'too_large' && error.code !== 'forbidden'))
        throw error;
      const sent = await sendPayload(await this.#payloads.render(message, false, tag));
      this.#refusedFiles += 1;
      this.log.warn({ err: error }, 'a chart or a report could not be uploaded');
      return sent;
    }
  }

  /** @param nonce makes it findable, and Discord refuse a second one within some minutes */
  async post(place: Place, message: Message, nonce?: string): Promise<MessageRef> {
    const tag = nonce === undefined ? undefined : tagOf(nonce);
    let sent: APIMessage;
    try {
      sent = await this.#create(place, message, tag);
    } catch (error) {
      if (!place.thread || discordCode(error) !== UNKNOWN_CHANNEL) throw error;
      // The thread's message was posted, but the process died before the thread was opened.
      const head = await this.#message(place.channel, place.thread);
      await this.openThread(place.channel, place.thread, head.embeds[0]?.title || head.content);
      sent = await this.#create(place, message, tag);
    }
    this.#tags.set(sent.id, tag ?? '');
    return { channel: place.channel, id: sent.id, ...(place.thread ? { thread: place.thread } : {}) };
  }

  #create(place: Place, message: Message, tag: string | undefined): Promise<APIMessage> {
    const once = tag ? { nonce: `bongsu-${tag}`, enforce_nonce: true } : {};
    return this.send(
      message,
      ({ body, files }) =>
        this.call<APIMessage>('post message', (client) =>
          client.post(Routes.channelMessages(channelOf(place)), { body: { ...body, ...once }, files }),
        ),
      tag,
    );
  }

  async edit(ref: MessageRef, message: Message, withFiles = true): Promise<void> {
    const home = homeOf(ref);
    try {
      const tag = this.#tags.get(ref.id) ?? (await this.#readTag(home, ref.id));
      await this.send(
        message,
        ({ body, files }) =>
          this.call('edit message', (client) =>
            client.patch(Routes.channelMessage(home, ref.id), { body, files }),
          ),
        tag || undefined,
        withFiles,
      );
    } catch (error) {
      throw channelGone(error);
    }
  }

  async #readTag(channel: string, id: string): Promise<string> {
    const { embeds } = await this.#message(channel, id);
    const tag = readTag(embeds) ?? '';
    this.#tags.set(id, tag);
    return tag;
  }

  #message(channel: string, id: string): Promise<APIMessage> {
    return this.call('get message', (client) => client.get(Routes.channelMessage(channel, id)));
  }

  /** The id of the thread on a message, which is opened where there is none. */
  async openThread(channel: string, message: string, title: string): Promise<string> {
    try {
      const body = { name: threadName(title), auto_archive_duration: ThreadAutoArchiveDuration.OneDay };
      const thread = await this.call<APIThreadChannel>('open thread', (client) =>
        client.post(Routes.threads(channel, message), { body }),
      );
      return thread.id;
    } catch (error) {
      if (discordCode(error) === THREAD_EXISTS) return message;
      throw error;
    }
  }

  /** Looks from the newest message back, page by page, down to `since` (epoch ms). @param author whose messages count */
  async find(
    place: Place,
    nonce: string,
    since: number,
    author: string | undefined,
  ): Promise<MessageRef | undefined> {
    const tag = tagOf(nonce);
    const oldest = SnowflakeUtil.generate({ timestamp: Math.max(since, EPOCH_MS) });
    for (let before: bigint | undefined; ; ) {
      const messages = await this.#page(place, before);
      if (!messages) return undefined;
      const found = messages.find(
        (message) => readTag(message.embeds) === tag && (!author || message.author.id === author),
      );
      if (found) return { channel: place.channel, id: found.id, thread: place.thread ?? found.id };
      for (const { id } of messages) if (before === undefined || BigInt(id) < before) before = BigInt(id);
      if (messages.length < PAGE || before === undefined || before < oldest) return undefined;
    }
  }

  /** Messages before an id, newest first; undefined where the thread does not exist. */
  async #page(place: Place, before: bigint | undefined): Promise<APIMessage[] | undefined> {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (before !== undefined) query.set('before', String(before));
    try {
      return await retrying(
        () =>
          this.call<APIMessage[]>('list messages', (client) =>
            client.get(Routes.channelMessages(channelOf(place)), { query }),
          ),
        { signal: this.signal },
      );
    } catch (error) {
      if (place.thread && discordCode(error) === UNKNOWN_CHANNEL) return undefined;
      throw error;
    }
  }

  /** The place of something that happened in a channel that may be a thread. */
  async placeOf(id: string): Promise<Place> {
    let known = this.#channels.get(id);
    if (!known) {
      known = this.call<APIChannel>('get channel', (client) => client.get(Routes.channel(id)));
      this.#channels.set(id, known);
      known.catch(() => this.#channels.delete(id));
    }
    return placeIn(await known);
  }
}

/** An edit in a channel that is gone fails with `forbidden`; `not_found` would mean that only the message is gone. */
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
