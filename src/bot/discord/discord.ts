import { Routes } from 'discord.js';
import type { Config } from '../../config/config.ts';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Language } from '../../domain/question/question.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf, healthText, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Attachments, Chat, ChatHandlers } from '../chat/chat.ts';
import { pause } from '../chat/live-message.ts';
import { createApi } from './api.ts';
import { discordMend } from './errors.ts';
import { openGateway } from './gateway.ts';
import { SLASH_COMMAND } from './registration.ts';
import { createReceiver, type Identity } from './requests.ts';

export type DiscordConfig = Extract<Config['chats'][number], { kind: 'discord' }>;

const TIMEOUT_MS = 15_000;

/**
 * Opens the Discord adapter (gateway for what people do, REST for the rest). Nothing is sent before `start`.
 * Throws AppError `config_invalid` without a token.
 * @param options.language of what the adapter itself says in chat
 */
export async function openDiscord(
  config: DiscordConfig,
  options: Attachments & { language: Language; log: Log },
): Promise<Chat> {
  const { token, apiUrl } = config;
  if (!token) throw new AppError('config_invalid', 'chats.discord: needs DISCORD_TOKEN in the environment');
  const log = options.log.child({ chat: 'discord' });
  const stopping = new AbortController();
  const { signal } = stopping;
  const api = createApi({
    token,
    apiUrl,
    timeoutMs: TIMEOUT_MS,
    attachments: options,
    log,
    signal,
  });
  const identity: Identity = {};
  let registered = false;
  let receiver: ReturnType<typeof createReceiver> | undefined;
  let registering: Promise<void> | undefined;

  const gateway = openGateway({
    token,
    apiUrl,
    timeoutMs: TIMEOUT_MS,
    log,
    handlers: {
      ready({ user, application }) {
        identity.user = user.id;
        identity.application = application.id;
        registering ??= register(application.id);
      },
      interaction: (data) => receiver?.interaction(data),
      message: (data) => receiver?.message(data),
    },
  });
  /** Tells Discord the slash command: for one server at once, or for all. */
  const register = async (application: string): Promise<void> => {
    const route = config.guild
      ? Routes.applicationGuildCommands(application, config.guild)
      : Routes.applicationCommands(application);
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await api.call('register command', (rest) => rest.put(route, { body: [SLASH_COMMAND] }));
        registered = true;
        return;
      } catch (cause) {
        const error = toAppError(cause);
        log.warn({ err: error }, 'the slash command is not registered; trying again');
        const wait = error.retryAfterMs ?? Math.min(5 * MINUTE, 1_000 * 2 ** attempt);
        await pause(wait, signal).catch(() => undefined);
      }
    }
  };

  return {
    name: 'discord',
    alertChannel: config.channel,
    // Discord bears five messages in five seconds and channel.
    pace: { perSecond: 1, burst: 5 },
    mend: (code) => healthText(options.language, [discordMend(code)]),
    async start(handlers: ChatHandlers) {
      receiver = createReceiver(api, handlers, identity);
      gateway.start();
    },
    async post(place, message, { nonce, opensThread }) {
      const ref = await api.post(place, message, nonce);
      if (opensThread === undefined || ref.thread) return ref;
      // When this fails the message is there: the outbox finds it again, and `api.post` opens the thread when needed.
      return { ...ref, thread: await api.openThread(ref.channel, ref.id, opensThread) };
    },
    edit: (ref, message) => api.edit(ref, message),
    async find(place, nonce, since, wanted = {}) {
      const ref = await api.find(place, nonce, since, identity.user);
      if (ref && wanted.opensThread !== undefined && !place.thread)
        await api.openThread(ref.channel, ref.id, wanted.opensThread);
      return ref;
    },
    async health() {
      let trouble = gateway.connected ? api.problem() : (gateway.problem ?? api.problem());
      // Before `start` it asks once whether the token and the channel are fine (for `doctor`).
      if (!receiver) trouble = await api.probe(config.channel);
      else if (!gateway.connected) trouble ??= new AppError('unavailable', 'not connected yet');
      const failed = api.failedCharts();
      const lost: Phrase[] = failed ? [['chartsLost', { count: failed }]] : [];
      if (trouble) {
        const detail: Phrase[] = [['error', { error: trouble.message }], ...lost];
        return healthOf(false, 'discord', detail, [discordMend(trouble.code)]);
      }
      const command: Phrase[] = registered || !receiver ? [] : [['unregistered']];
      return healthOf(true, 'discord', [['channel', { channel: config.channel }], ...command, ...lost]);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await gateway.stop();
      await registering;
    },
  };
}
