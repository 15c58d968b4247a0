import { Routes } from 'discord.js';
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
import { DiscordApi } from './api.ts';
import { discordMend } from './errors.ts';
import { Gateway } from './gateway.ts';
import { SLASH_COMMAND } from './registration.ts';
import { type Identity, Receiver } from './requests.ts';

export type DiscordConfig = Extract<Config['chats'][number], { kind: 'discord' }>;

type DiscordOptions = Attachments & { language: Language; log: Log };

const TIMEOUT_MS = 15 * SECOND;
/** Discord bears five messages in five seconds and channel. */
const PACE = { perSecond: 1, burst: 5 };

/**
 * Opens the Discord adapter (gateway for what people do, REST for the rest). Nothing is sent before `start`.
 * Throws AppError `config_invalid` without a token.
 * @param options.language of what the adapter itself says in chat
 */
export async function openDiscord(config: DiscordConfig, options: DiscordOptions): Promise<Chat> {
  const { token } = config;
  if (!token) throw new AppError('config_invalid', 'chats.discord: needs DISCORD_TOKEN in the environment');
  return new DiscordChat({ ...config, token }, options);
}

class DiscordChat implements Chat {
  readonly name = 'discord';
  readonly alertChannel: string;
  readonly pace = PACE;
  readonly #config: DiscordConfig;
  readonly #language: Language;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #api: DiscordApi;
  readonly #gateway: Gateway;
  readonly #identity: Identity = {};
  #receiver: Receiver | undefined;
  #registering: Promise<void> | undefined;
  #registered = false;

  constructor(config: DiscordConfig & { token: string }, options: DiscordOptions) {
    const { token, apiUrl, channel } = config;
    this.#config = config;
    this.#language = options.language;
    this.#log = options.log.child({ chat: 'discord' });
    this.alertChannel = channel;
    const connection = { token, apiUrl, timeoutMs: TIMEOUT_MS, log: this.#log };
    this.#api = new DiscordApi({ ...connection, attachments: options, signal: this.#stopping.signal });
    this.#gateway = new Gateway({
      ...connection,
      handlers: {
        ready: ({ user, application }) => {
          this.#identity.user = user.id;
          this.#registering ??= this.#register(application.id);
        },
        interaction: (data) => this.#receiver?.interaction(data),
        message: (data) => this.#receiver?.message(data),
      },
    });
  }

  /** Tells Discord the slash command: for one server at once, or for all. */
  async #register(application: string): Promise<void> {
    const { guild } = this.#config;
    const route = guild
      ? Routes.applicationGuildCommands(application, guild)
      : Routes.applicationCommands(application);
    const put = () =>
      this.#api.call('register command', (rest) => rest.put(route, { body: [SLASH_COMMAND] }));
    try {
      await retry(put, {
        backoff: { first: SECOND, most: 5 * MINUTE },
        jitter: 'none',
        signal: this.#stopping.signal,
        ref: false,
        when: () => true,
        onRetry: (err) => this.#log.warn({ err }, 'the slash command is not registered; trying again'),
      });
      this.#registered = true;
    } catch {
      // The adapter is closing.
    }
  }

  mend(code: ErrorCode): string {
    return healthText(this.#language, [discordMend(code)]);
  }

  async start(handlers: ChatHandlers): Promise<void> {
    this.#receiver = new Receiver(this.#api, handlers, this.#identity);
    this.#gateway.start();
  }

  async post(
    place: Place,
    message: Message,
    { nonce, opensThread }: { nonce: string; opensThread?: string },
  ): Promise<MessageRef> {
    const ref = await this.#api.post(place, message, nonce);
    if (opensThread === undefined || ref.thread) return ref;
    // When this fails the message is there: the outbox finds it again, and `post` opens the thread when it is needed.
    return { ...ref, thread: await this.#api.openThread(ref.channel, ref.id, opensThread) };
  }

  edit(ref: MessageRef, message: Message): Promise<void> {
    return this.#api.edit(ref, message);
  }

  async find(
    place: Place,
    nonce: string,
    since: number,
    { opensThread }: { opensThread?: string } = {},
  ): Promise<MessageRef | undefined> {
    const ref = await this.#api.find(place, nonce, since, this.#identity.user);
    if (ref && opensThread !== undefined && !place.thread)
      await this.#api.openThread(ref.channel, ref.id, opensThread);
    return ref;
  }

  async health(): Promise<Health> {
    const { channel } = this.#config;
    const problem = await this.#problem();
    const failed = this.#api.failedCharts;
    const lost: Phrase[] = failed ? [['chartsLost', { count: failed }]] : [];
    if (problem) {
      const detail: Phrase[] = [['error', { error: problem.message }], ...lost];
      return healthOf(false, 'discord', detail, [discordMend(problem.code)]);
    }
    const command: Phrase[] = this.#registered || !this.#receiver ? [] : [['unregistered']];
    return healthOf(true, 'discord', [['channel', { channel }], ...command, ...lost]);
  }

  /** Before `start`, Discord is asked once whether the token and the channel are good (for `doctor`). */
  async #problem(): Promise<AppError | undefined> {
    if (!this.#receiver) return this.#api.probe(this.#config.channel);
    if (this.#gateway.connected) return this.#api.problem;
    return this.#gateway.problem ?? this.#api.problem ?? new AppError('unavailable', 'not connected yet');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#gateway.stop();
    await this.#registering;
  }
}
