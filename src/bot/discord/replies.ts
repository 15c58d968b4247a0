import { type APIMessage, MessageFlags, Routes } from 'discord.js';
import { toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { LiveMessage, Place } from '../chat/chat.ts';
import { liveMessage, retrying } from '../chat/live-message.ts';
import type { DiscordApi } from './api.ts';
import type { Payload } from './payload.ts';

/** Edits of one message: Discord bears about five in five seconds and channel. */
const EDIT_MS = 1_200;
/** An interaction's token is good for 15 minutes; half a minute is kept as reserve. */
const TOKEN_MS = 14.5 * MINUTE;

/** What a person did, as far as its answers need it. */
export interface Origin {
  place: Place;
  user: string;
  /** Absent for mentions: they have no token to answer with. */
  interaction?: {
    application: string;
    token: string;
    since: number;
    /** The answer that "thinks": whether only the asker sees it. Absent after a button. */
    deferred?: 'asker' | 'place';
  };
}

type Reply = (message: Message, to: 'asker' | 'place') => Promise<LiveMessage>;

/** The `reply` of one request. */
export function replier(api: DiscordApi, origin: Origin): Reply {
  const { interaction } = origin;
  let deferred = interaction?.deferred;
  const alive = (): boolean => interaction !== undefined && Date.now() - interaction.since < TOKEN_MS;

  const webhook =
    (what: string, method: 'post' | 'patch', route: `/${string}`, flags?: MessageFlags) =>
    ({ body, files }: Payload): Promise<APIMessage> =>
      api.call<APIMessage>(what, (rest) =>
        rest[method](route, { body: { ...body, ...(flags ? { flags } : {}) }, files, auth: false }),
      );

  /** The first answer takes the place of "thinks"; it cannot change who sees it, so the wrong one is removed. */
  const first = async (message: Message, to: 'asker' | 'place'): Promise<APIMessage> => {
    const { application, token } = interaction!;
    if (deferred === to) {
      deferred = undefined;
      return api.send(
        message,
        webhook('answer', 'patch', Routes.webhookMessage(application, token, '@original')),
      );
    }
    if (deferred) {
      await api
        .call('remove placeholder', (rest) =>
          rest.delete(Routes.webhookMessage(application, token, '@original'), { auth: false }),
        )
        .catch((error) => api.log.warn({ err: error }, 'a placeholder was not removed'));
      deferred = undefined;
    }
    const flags = to === 'asker' ? MessageFlags.Ephemeral : undefined;
    return api.send(message, webhook('follow up', 'post', Routes.webhook(application, token), flags));
  };

  const fromWebhook = async (message: Message, to: 'asker' | 'place'): Promise<LiveMessage> => {
    const sent = await retrying(() => first(message, to), { attempts: 3, signal: api.signal });
    const { application, token } = interaction!;
    const route = Routes.webhookMessage(application, token, sent.id);
    const ref = to === 'place' ? { ...origin.place, id: sent.id } : undefined;
    return liveMessage({
      ...(ref ? { ref } : {}),
      intervalMs: EDIT_MS,
      log: api.log,
      signal: api.signal,
      async edit(next, last) {
        if (alive())
          return void (await api.send(next, webhook('edit answer', 'patch', route), undefined, last));
        if (ref) return api.edit(ref, next, last);
        // Nobody but the bot can write now, and the answer was for one person: a direct message.
        if (last) await directMessage(next);
      },
    });
  };
  const directMessage = async (message: Message): Promise<void> => {
    const dm = await api.call<{ id: string }>('open direct message', (rest) =>
      rest.post(Routes.userChannels(), { body: { recipient_id: origin.user } }),
    );
    await api.post({ channel: dm.id }, message);
  };
  const asBot = async (message: Message): Promise<LiveMessage> => {
    const nonce = crypto.randomUUID();
    // `enforce_nonce` makes the repetition safe: Discord answers with the first message instead of a second.
    const ref = await retrying(() => api.post(origin.place, message, nonce), {
      attempts: 3,
      signal: api.signal,
    });
    return liveMessage({
      ref,
      intervalMs: EDIT_MS,
      log: api.log,
      signal: api.signal,
      edit: (next, last) => api.edit(ref, next, last),
    });
  };

  return async (message, to) => {
    // After a button, "in place" may mean the incident's thread, where no interaction can answer.
    const webhookFits = to === 'asker' || interaction?.deferred !== undefined;
    if (!alive() || !webhookFits) return asBot(message);
    try {
      return await fromWebhook(message, to);
    } catch (cause) {
      const error = toAppError(cause);
      // The deferral never arrived (unknown webhook): the bot itself can still answer everyone.
      if (to === 'place' && (error.code === 'not_found' || error.code === 'unauthorized'))
        return asBot(message);
      throw error;
    }
  };
}
