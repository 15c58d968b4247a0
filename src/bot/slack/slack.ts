import { App } from '@slack/bolt';
import type { Config } from '../../config/config.ts';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { retry } from '../../domain/retry.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import { healthOf, healthText, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Attachments, Chat, ChatHandlers, MessageRef, Place } from '../chat/chat.ts';
import { SlackApi, TIMEOUT_MS } from './api.ts';
import { type Connection, HttpConnection, SocketConnection, slackLogger } from './connection.ts';
import { slackMend } from './errors.ts';
import { Profiles } from './profiles.ts';
import { type Identity, RequestListener } from './requests.ts';

export type SlackConfig = Extract<Config['chats'][number], { kind: 'slack' }>;

/** The Slack adapter. */
export interface Slack extends Chat {
  readonly name: 'slack';
  /** The port of the HTTP receiver, once started in mode `http`. */
  readonly port?: number;
}

type SlackOptions = Attachments & { language: Language; log: Log };

/** Slack: "several hundred messages per minute per workspace", besides one a second and channel. */
const PACE = { perSecond: 1, burst: 3, workspace: { perSecond: 5, burst: 20 } };

/**
 * Opens the Slack adapter (Bolt; Socket Mode or HTTP). Nothing is sent before `start`.
 * Throws AppError `config_invalid` when a token the mode needs is missing.
 * @param options.language of what the adapter itself says in chat
 */
export async function openSlack(config: SlackConfig, options: SlackOptions): Promise<Slack> {
  return new SlackChat(config, options);
}

class SlackChat implements Slack {
  readonly name = 'slack';
  readonly alertChannel: string;
  readonly pace = PACE;
  readonly #config: SlackConfig;
  readonly #language: Language;
  readonly #log: Log;
  readonly #botToken: string;
  readonly #connection: Connection;
  readonly #api: SlackApi;
  readonly #identity: Identity = {};
  #started = false;

  constructor(config: SlackConfig, options: SlackOptions) {
    this.#config = config;
    this.#language = options.language;
    this.#log = options.log.child({ chat: 'slack' });
    this.alertChannel = config.channel;
    const { botToken, connection } = connect(config, this.#log);
    this.#botToken = botToken;
    this.#connection = connection;
    this.#api = new SlackApi({
      botToken,
      apiUrl: config.apiUrl,
      attachments: options,
      language: options.language,
      log: this.#log,
    });
  }

  get port(): number | undefined {
    return this.#connection.port;
  }

  mend(code: ErrorCode): string {
    return healthText(this.#language, [slackMend(code)]);
  }

  async start(handlers: ChatHandlers): Promise<void> {
    this.#started = true;
    const identity = this.#identity;
    const botToken = this.#botToken;
    const app = new App({
      receiver: this.#connection.receiver,
      // No network on the way to an acknowledgement: Bolt's own authorization asks Slack first.
      authorize: async () => ({
        botToken,
        ...(identity.userId ? { botUserId: identity.userId } : {}),
        ...(identity.botId ? { botId: identity.botId } : {}),
      }),
      convoStore: false,
      logger: slackLogger(this.#log),
      clientOptions: { slackApiUrl: this.#config.apiUrl, retryConfig: { retries: 0 }, timeout: TIMEOUT_MS },
    });
    new RequestListener(this.#api, new Profiles(this.#api), handlers, identity).register(app);
    await this.#connection.start();
    this.#api.detach(this.#identify());
  }

  /** Learns who the bot is; without that, mentions still come as `app_mention`. */
  async #identify(): Promise<void> {
    const ask = () => this.#api.call('auth.test', () => this.#api.client.auth.test());
    try {
      const me = await retry(ask, {
        backoff: { first: SECOND, most: MINUTE },
        jitter: 'none',
        signal: this.#api.signal,
        ref: false,
        when: () => true,
        onRetry: (err) => this.#log.warn({ err }, 'slack does not say who we are; trying again'),
      });
      this.#identity.userId = me.user_id;
      this.#identity.botId = me.bot_id;
    } catch {
      // The adapter is closing.
    }
  }

  async post(
    place: Place,
    message: Message,
    { nonce, opensThread }: { nonce: string; opensThread?: string },
  ): Promise<MessageRef> {
    const ref = await this.#api.post(place, message, nonce);
    // Any message of Slack can be the first of a thread; the title has no place there.
    const posted = opensThread && !ref.thread ? { ...ref, thread: ref.id } : ref;
    this.#api.attach(ref, message, nonce);
    return posted;
  }

  edit(ref: MessageRef, message: Message): Promise<void> {
    return this.#api.edit(ref, message);
  }

  find(place: Place, nonce: string, since: number): Promise<MessageRef | undefined> {
    return this.#api.find(place, nonce, since);
  }

  attach(ref: MessageRef, message: Message, nonce: string): void {
    this.#api.attach(ref, message, nonce);
  }

  async health(): Promise<Health> {
    const { mode, channel, port } = this.#config;
    const connection = this.#connection;
    const how: Phrase =
      mode === 'socket' ? ['socketMode'] : ['httpPort', { port: connection.port ?? port ?? '' }];
    const problem = await this.#problem();
    const { lost } = this.#api;
    if (!problem) return healthOf(true, 'slack', [how, ['channel', { channel }], ...lost]);
    const detail: Phrase[] = [how, ['error', { error: problem.message }], ...lost];
    return healthOf(false, 'slack', detail, [slackMend(problem.code)]);
  }

  /** Before `start`, Slack is asked once whether the tokens and the channel are good (for `doctor`). */
  async #problem(): Promise<AppError | undefined> {
    const { mode, channel, appToken } = this.#config;
    if (!this.#started) return this.#api.probe(channel, mode === 'socket' ? appToken : undefined);
    if (this.#connection.connected) return this.#api.problem;
    return this.#connection.problem ?? this.#api.problem ?? new AppError('unavailable', 'not connected yet');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.stop();
    await this.#api.close();
  }
}

function connect(config: SlackConfig, log: Log): { botToken: string; connection: Connection } {
  const { botToken, appToken, signingSecret, apiUrl, port } = config;
  const missing = (variable: string): AppError =>
    new AppError('config_invalid', `chats.slack: mode "${config.mode}" needs ${variable} in the environment`);
  if (!botToken) throw missing('SLACK_BOT_TOKEN');
  if (config.mode === 'socket') {
    if (!appToken) throw missing('SLACK_APP_TOKEN');
    return { botToken, connection: new SocketConnection({ appToken, apiUrl, timeoutMs: TIMEOUT_MS, log }) };
  }
  if (!signingSecret) throw missing('SLACK_SIGNING_SECRET');
  return { botToken, connection: new HttpConnection({ signingSecret, port, log }) };
}
