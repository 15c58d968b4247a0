import { App } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { Config } from '../../config/config.ts';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { retry, valueInTime } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf, healthText, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Attachments, Chat, MessageRef, Place } from '../chat/chat.ts';
import { retrying } from '../chat/live-message.ts';
import { toBlocks } from './blocks.ts';
import { httpConnection, slackLogger, socketConnection } from './connection.ts';
import { slackMend, slackReason, toSlackError } from './errors.ts';
import { profiles } from './profiles.ts';
import type { SlackApi } from './replies.ts';
import { type Identity, listen } from './requests.ts';
import { createUploads } from './uploads.ts';

export type SlackConfig = Extract<Config['chats'][number], { kind: 'slack' }>;

/** The Slack adapter; `port` is the HTTP receiver's, once started in mode `http`. */
export interface Slack extends Chat {
  readonly name: 'slack';
  readonly port?: number;
}

const TIMEOUT_MS = 15_000;
/** Waits until it is asked again who we are. */
const IDENTIFY_MS = { first: 1_000, most: MINUTE };
/** How long uploads under way may take to end when the bot stops. */
const UPLOADS_END_MS = 3_000;
const EVENT_TYPE = 'bongsu_outbox';
/** The most that Slack gives at once. */
/** More than are on their way at any time. */
const UPLOADS_KNOWN = 1_000;
const FIND_PAGE = 999;
/** Slack: "several hundred messages per minute per workspace", besides one a second and channel. */
const PACE = { perSecond: 1, burst: 3, workspace: { perSecond: 5, burst: 20 } };
/** What an edit is told when not the message is gone but the channel is closed. */
const CHANNEL_CLOSED: ReadonlySet<string> = new Set(['channel_not_found', 'is_archived']);

/**
 * Opens the Slack adapter (Bolt; Socket Mode or HTTP). Nothing is sent before `start`.
 * Throws AppError `config_invalid` when a token the mode needs is missing.
 * @param options.language of what the adapter itself says in chat
 */
export async function openSlack(
  config: SlackConfig,
  options: Attachments & { language: Language; log: Log },
): Promise<Slack> {
  const log = options.log.child({ chat: 'slack' });
  const { botToken, connection } = connect(config, log);
  const client = new WebClient(botToken, {
    slackApiUrl: config.apiUrl,
    // The outbox decides when to send again; what is repeated here says so with `retrying`.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: TIMEOUT_MS,
    logger: slackLogger(log),
  });
  const stopping = new AbortController();
  const identity: Identity = {};
  const background = new Set<Promise<unknown>>();
  let problem: AppError | undefined;
  let started = false;

  /** Troubles that concern the whole connection and not one message. */
  const GENERAL: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout', 'unauthorized']);
  const call = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      const result = await run();
      problem = undefined;
      return result;
    } catch (cause) {
      const error = toSlackError(cause, what);
      if (GENERAL.has(error.code)) problem = error;
      throw error;
    }
  };
  const detached = (work: Promise<unknown>): void => {
    background.add(work);
    void work.finally(() => background.delete(work));
  };

  const post = async (place: Place, message: Message, nonce: string): Promise<MessageRef> => {
    const sent = await call('chat.postMessage', () =>
      client.chat.postMessage({
        channel: place.channel,
        ...(place.thread ? { thread_ts: place.thread } : {}),
        ...toBlocks(message),
        metadata: { event_type: EVENT_TYPE, event_payload: { nonce } },
        mrkdwn: false,
        parse: 'none',
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    if (!sent.ts) throw new AppError('malformed', 'slack chat.postMessage: no ts in the answer');
    return {
      channel: sent.channel ?? place.channel,
      id: sent.ts,
      ...(place.thread ? { thread: place.thread } : {}),
    };
  };

  const edit = async (ref: MessageRef, message: Message): Promise<void> => {
    // Metadata is not sent again: Slack keeps what a message has.
    try {
      await call('chat.update', () =>
        client.chat.update({ channel: ref.channel, ts: ref.id, ...toBlocks(message), parse: 'none' }),
      );
    } catch (error) {
      if (!CHANNEL_CLOSED.has(slackReason(error) ?? '')) throw error;
      throw new AppError('forbidden', toAppError(error).message, { cause: error, answered: true });
    }
  };

  /** Newest first, page by page, until it is there or all that is not older than `since` was seen. */
  const find = async (place: Place, nonce: string, since: number): Promise<MessageRef | undefined> => {
    const { channel, thread } = place;
    const oldest = (Math.max(0, since) / 1_000).toFixed(6);
    for (let cursor: string | undefined; ; ) {
      const page = {
        channel,
        oldest,
        limit: FIND_PAGE,
        include_all_metadata: true,
        ...(cursor ? { cursor } : {}),
      };
      const answer = await retrying(
        () =>
          thread
            ? call('conversations.replies', () => client.conversations.replies({ ...page, ts: thread }))
            : call('conversations.history', () => client.conversations.history(page)),
        { signal: stopping.signal },
      );
      const found = answer.messages?.find(
        ({ metadata }) =>
          metadata?.event_type === EVENT_TYPE &&
          (metadata.event_payload as { nonce?: unknown } | undefined)?.nonce === nonce,
      );
      if (found?.ts) return { channel, id: found.ts, thread: thread ?? found.ts };
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (!cursor) return undefined;
    }
  };

  const uploads = createUploads({
    ...options,
    log,
    send: (place, files) =>
      retrying(
        () =>
          call('files.uploadV2', () =>
            client.filesUploadV2({
              channel_id: place.channel,
              ...(place.thread ? { thread_ts: place.thread } : {}),
              file_uploads: files,
            } as Parameters<typeof client.filesUploadV2>[0]),
          ),
        { signal: stopping.signal },
      ),
    tell: (place, text) =>
      call('chat.postMessage', () =>
        client.chat.postMessage({
          channel: place.channel,
          ...(place.thread ? { thread_ts: place.thread } : {}),
          ...toBlocks({ summary: text, tone: 'neutral', blocks: [{ kind: 'footnote', text }] }),
        }),
      ),
  });
  const uploadFiles = (message: Message, place: Place): void => uploads.of(message, place).forEach(detached);
  /** The latest messages of the outbox whose files this process began to upload, by their nonce. */
  const uploading = new Set<string>();
  const attach = (ref: MessageRef, message: Message, nonce: string): void => {
    if (uploading.has(nonce)) return;
    uploading.add(nonce);
    if (uploading.size > UPLOADS_KNOWN) uploading.delete(uploading.values().next().value!);
    uploadFiles(message, { channel: ref.channel, thread: ref.thread ?? ref.id });
  };

  const userOf = profiles(client, call);
  const api: SlackApi = { client, log, signal: stopping.signal, call, post, edit, find, uploadFiles };

  /** Learns who we are; without it, mentions still come as `app_mention`. */
  const identify = async (): Promise<void> => {
    const asked = retry(() => call('auth.test', () => client.auth.test()), {
      backoff: IDENTIFY_MS,
      jitter: 'none',
      signal: stopping.signal,
      ref: false,
      when: () => true,
      onRetry: (err) => log.warn({ err }, 'slack does not say who we are; trying again'),
    });
    // It ends without an answer only when the bot stops.
    const me = await asked.catch(() => undefined);
    identity.userId = me?.user_id;
    identity.botId = me?.bot_id;
  };

  /** Before `start`, health asks once whether the tokens and the channel are fine (for `doctor`). */
  const probe = async (): Promise<AppError | undefined> => {
    try {
      await call('auth.test', () => client.auth.test());
      await call('conversations.history', () =>
        client.conversations.history({ channel: config.channel, limit: 1 }),
      );
      // Gives an address for one connection, which nobody has to use.
      if (config.mode === 'socket')
        await call('apps.connections.open', () => client.apps.connections.open({ token: config.appToken! }));
      return undefined;
    } catch (error) {
      return toAppError(error);
    }
  };

  return {
    name: 'slack',
    alertChannel: config.channel,
    pace: PACE,
    mend: (code) => healthText(options.language, [slackMend(code)]),
    get port() {
      return connection.port;
    },
    async start(handlers) {
      started = true;
      const app = new App({
        receiver: connection.receiver,
        // No network on the way to an acknowledgement: Bolt's own authorization asks Slack first.
        authorize: async () => ({
          botToken,
          ...(identity.userId ? { botUserId: identity.userId } : {}),
          ...(identity.botId ? { botId: identity.botId } : {}),
        }),
        convoStore: false,
        logger: slackLogger(log),
        clientOptions: { slackApiUrl: config.apiUrl, retryConfig: { retries: 0 }, timeout: TIMEOUT_MS },
      });
      listen(app, api, handlers, identity, userOf);
      await connection.start();
      detached(identify());
    },
    async post(place, message, { nonce, opensThread }) {
      const ref = await post(place, message, nonce);
      // Any message of Slack is the head of a thread; the title has no place there.
      const posted = opensThread && !ref.thread ? { ...ref, thread: ref.id } : ref;
      attach(ref, message, nonce);
      return posted;
    },
    edit,
    find,
    attach,
    async health() {
      const how: Phrase =
        config.mode === 'socket'
          ? ['socketMode']
          : ['httpPort', { port: connection.port ?? config.port ?? '' }];
      let trouble = connection.connected ? problem : (connection.problem ?? problem);
      if (!started) trouble = await probe();
      else if (!connection.connected) trouble ??= new AppError('unavailable', 'not connected yet');
      const lost = uploads.lost();
      if (!trouble) return healthOf(true, 'slack', [how, ['channel', { channel: config.channel }], ...lost]);
      const detail: Phrase[] = [how, ['error', { error: trouble.message }], ...lost];
      return healthOf(false, 'slack', detail, [slackMend(trouble.code)]);
    },
    async [Symbol.asyncDispose]() {
      await connection.stop();
      // Uploads under way may end; waiting ones are given up.
      await valueInTime(UPLOADS_END_MS, Promise.allSettled([...background]), () => undefined);
      stopping.abort();
    },
  };
}

function connect(config: SlackConfig, log: Log) {
  const { botToken, appToken, signingSecret, apiUrl, port } = config;
  const missing = (variable: string): AppError =>
    new AppError('config_invalid', `chats.slack: mode "${config.mode}" needs ${variable} in the environment`);
  if (!botToken) throw missing('SLACK_BOT_TOKEN');
  if (config.mode === 'socket') {
    if (!appToken) throw missing('SLACK_APP_TOKEN');
    return { botToken, connection: socketConnection({ appToken, apiUrl, timeoutMs: TIMEOUT_MS, log }) };
  }
  if (!signingSecret) throw missing('SLACK_SIGNING_SECRET');
  return { botToken, connection: httpConnection({ signingSecret, port, log }) };
}
