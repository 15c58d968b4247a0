import { WebClient } from '@slack/web-api';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { valueInTime } from '../../domain/retry.ts';
import { SECOND } from '../../domain/time/units.ts';
import type { Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { ApiCalls } from '../chat/api-calls.ts';
import { BoundedMap } from '../chat/bounded-map.ts';
import type { Attachments, MessageRef, Place } from '../chat/chat.ts';
import { retrying } from '../chat/live-message.ts';
import { toBlocks } from './blocks.ts';
import { slackLogger } from './connection.ts';
import { slackReason, toSlackError } from './errors.ts';
import { Uploads } from './uploads.ts';

export const TIMEOUT_MS = 15 * SECOND;
/** How long closing waits for uploads under way. */
const UPLOADS_END_MS = 3 * SECOND;
const EVENT_TYPE = 'bongsu_outbox';
/** The most messages that Slack gives at once. */
const FIND_PAGE = 999;
/** More messages than have uploads under way at any time. */
const UPLOADS_KNOWN = 1_000;
/** An edit of a closed channel fails with these; the message itself may still be there. */
const CHANNEL_CLOSED: ReadonlySet<string> = new Set(['channel_not_found', 'is_archived']);

export interface SlackApiOptions {
  botToken: string;
  apiUrl: string;
  attachments: Attachments;
  /** Of what is said where a file cannot be uploaded. */
  language: Language;
  log: Log;
}

/** Slack's Web API as the adapter uses it. Every method throws AppError. */
export class SlackApi {
  readonly client: WebClient;
  readonly log: Log;
  readonly #calls = new ApiCalls(toSlackError);
  readonly #stopping = new AbortController();
  readonly #uploads: Uploads;
  /** The latest messages of the outbox whose files this process began to upload, by their nonce. */
  readonly #uploading = new BoundedMap<string, true>(UPLOADS_KNOWN);
  readonly #background = new Set<Promise<unknown>>();
  /** Whether the server knows native streaming, as far as it was tried. */
  streams = true;

  constructor({ botToken, apiUrl, attachments, language, log }: SlackApiOptions) {
    this.log = log;
    this.client = new WebClient(botToken, {
      slackApiUrl: apiUrl,
      // The outbox decides when to send again; what is repeated here says so with `retrying`.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: TIMEOUT_MS,
      logger: slackLogger(log),
    });
    this.#uploads = new Uploads({
      ...attachments,
      language,
      log,
      send: (place, files) => this.#sendFiles(place, files),
      tell: (place, text) => this.#tell(place, text),
    });
  }

  /** Aborts when the adapter closes. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Why Slack cannot be used, by the latest calls. */
  get problem(): AppError | undefined {
    return this.#calls.problem;
  }

  /** Files that could not be uploaded, for health. */
  get lost(): Phrase[] {
    return this.#uploads.lost;
  }

  /** Runs an API call with its errors translated. @param what the method, for the log */
  call<T>(what: string, run: () => Promise<T>): Promise<T> {
    return this.#calls.run(what, run);
  }

  /** Work that nobody waits for, except closing. It must not reject. */
  detach(work: Promise<unknown>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
  }

  async post(place: Place, message: Message, nonce: string): Promise<MessageRef> {
    const sent = await this.call('chat.postMessage', () =>
      this.client.chat.postMessage({
        ...addressOf(place),
        ...toBlocks(message),
        metadata: { event_type: EVENT_TYPE, event_payload: { nonce } },
        mrkdwn: false,
        parse: 'none',
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    if (!sent.ts) throw new AppError('malformed', 'slack chat.postMessage: no ts in the answer');
    const { channel, thread } = place;
    return { channel: sent.channel ?? channel, id: sent.ts, ...(thread ? { thread } : {}) };
  }

  async edit(ref: MessageRef, message: Message): Promise<void> {
    // Metadata is not sent again: Slack keeps what a message has.
    try {
      await this.call('chat.update', () =>
        this.client.chat.update({ channel: ref.channel, ts: ref.id, ...toBlocks(message), parse: 'none' }),
      );
    } catch (error) {
      if (!CHANNEL_CLOSED.has(slackReason(error) ?? '')) throw error;
      throw new AppError('forbidden', toAppError(error).message, { cause: error, answered: true });
    }
  }

  /** Looks from the newest message back, page by page, down to `since` (epoch ms). */
  async find(place: Place, nonce: string, since: number): Promise<MessageRef | undefined> {
    const { channel, thread } = place;
    const oldest = (Math.max(0, since) / SECOND).toFixed(6);
    for (let cursor: string | undefined; ; ) {
      const answer = await retrying(() => this.#page(place, oldest, cursor), { signal: this.signal });
      const found = answer.messages?.find(
        ({ metadata }) =>
          metadata?.event_type === EVENT_TYPE &&
          (metadata.event_payload as { nonce?: unknown } | undefined)?.nonce === nonce,
      );
      if (found?.ts) return { channel, id: found.ts, thread: thread ?? found.ts };
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (!cursor) return undefined;
    }
  }

  #page({ channel, thread }: Place, oldest: string, cursor: string | undefined) {
    const page = {
      channel,
      oldest,
      limit: FIND_PAGE,
      include_all_metadata: true,
      ...(cursor ? { cursor } : {}),
    };
    return thread
      ? this.call('conversations.replies', () => this.client.conversations.replies({ ...page, ts: thread }))
      : this.call('conversations.history', () => this.client.conversations.history(page));
  }

  /** Uploads the files of a message of the outbox into its thread, once. */
  attach(ref: MessageRef, message: Message, nonce: string): void {
    if (this.#uploading.has(nonce)) return;
    this.#uploading.set(nonce, true);
    this.uploadFiles(message, { channel: ref.channel, thread: ref.thread ?? ref.id });
  }

  /** Uploads the message's charts and reports into a thread, in the background. */
  uploadFiles(message: Message, place: Place): void {
    for (const upload of this.#uploads.of(message, place)) this.detach(upload);
  }

  #sendFiles(place: Place, files: readonly unknown[]): Promise<unknown> {
    const { channel: channel_id, ...thread } = addressOf(place);
    return retrying(
      () =>
        this.call('files.uploadV2', () =>
          this.client.filesUploadV2({ channel_id, ...thread, file_uploads: files } as Parameters<
            WebClient['filesUploadV2']
          >[0]),
        ),
      { signal: this.signal },
    );
  }

  #tell(place: Place, text: string): Promise<unknown> {
    const message: Message = { summary: text, tone: 'neutral', blocks: [{ kind: 'footnote', text }] };
    return this.call('chat.postMessage', () =>
      this.client.chat.postMessage({ ...addressOf(place), ...toBlocks(message) }),
    );
  }

  /** Whether the tokens are good and the channel is there; the error if not. @param appToken of Socket Mode */
  async probe(channel: string, appToken: string | undefined): Promise<AppError | undefined> {
    try {
      await this.call('auth.test', () => this.client.auth.test());
      await this.call('conversations.history', () =>
        this.client.conversations.history({ channel, limit: 1 }),
      );
      // Gives an address for one connection, which nobody has to use.
      if (appToken)
        await this.call('apps.connections.open', () =>
          this.client.apps.connections.open({ token: appToken }),
        );
      return undefined;
    } catch (error) {
      return toAppError(error);
    }
  }

  /** Uploads under way may end; waiting ones are given up. */
  async close(): Promise<void> {
    await valueInTime(UPLOADS_END_MS, Promise.allSettled([...this.#background]), () => undefined);
    this.#stopping.abort();
  }
}

/** A place in Slack's words. */
export const addressOf = ({ channel, thread }: Place): { channel: string; thread_ts?: string } => ({
  channel,
  ...(thread ? { thread_ts: thread } : {}),
});
