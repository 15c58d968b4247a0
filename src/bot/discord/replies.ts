import { type APIMessage, MessageFlags, Routes } from 'discord.js';
import { toAppError } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import type { LiveMessage, MessageRef, Place } from '../chat/chat.ts';
import { liveMessage, retrying } from '../chat/live-message.ts';
import type { DiscordApi } from './api.ts';
import type { Payload } from './payload.ts';

/** Edits of one message: Discord bears about five in five seconds and channel. */
const EDIT_MS = 1.2 * SECOND;
/** An interaction's token is good for 15 minutes; half a minute is kept as reserve. */
const TOKEN_MS = 14.5 * MINUTE;

/** The parts of an interaction that an answer needs. */
interface Interaction {
  application: string;
  /** A secret of this interaction: it is never logged. */
  token: string;
  /** Epoch milliseconds. */
  since: number;
  /** The answer that "thinks": whether only the asker sees it. Absent after a button. */
  deferred?: 'asker' | 'place';
}

/** Where a request came from, and where its answers may go. */
export interface RequestOrigin {
  place: Place;
  user: string;
  /** Absent for mentions: they have no token to answer with. */
  interaction?: Interaction;
}

type Audience = 'asker' | 'place';

/** The replies to one request. */
export class Replies {
  readonly #api: DiscordApi;
  readonly #origin: RequestOrigin;
  /** Who would see the answer that takes the place of "thinks", as long as there is none. */
  #deferred: Audience | undefined;

  constructor(api: DiscordApi, origin: RequestOrigin) {
    this.#api = api;
    this.#origin = origin;
    this.#deferred = origin.interaction?.deferred;
  }

  async reply(message: Message, to: Audience): Promise<LiveMessage> {
    const { interaction } = this.#origin;
    // After a button, "in place" may mean the incident's thread, where no interaction can answer.
    const webhookFits = to === 'asker' || interaction?.deferred !== undefined;
    if (!interaction || !isAlive(interaction) || !webhookFits) return this.#asBot(message);
    try {
      return await this.#fromWebhook(interaction, message, to);
    } catch (cause) {
      const error = toAppError(cause);
      // The deferral never arrived (unknown webhook): the bot itself can still answer everyone.
      if (to === 'place' && (error.code === 'not_found' || error.code === 'unauthorized'))
        return this.#asBot(message);
      throw error;
    }
  }

  #webhook(what: string, method: 'post' | 'patch', route: `/${string}`, flags?: MessageFlags) {
    return ({ body, files }: Payload): Promise<APIMessage> =>
      this.#api.call<APIMessage>(what, (rest) =>
        rest[method](route, { body: { ...body, ...(flags ? { flags } : {}) }, files, auth: false }),
      );
  }

  async #fromWebhook(interaction: Interaction, message: Message, to: Audience): Promise<LiveMessage> {
    const api = this.#api;
    const sent = await retrying(() => this.#first(interaction, message, to), {
      attempts: 3,
      signal: api.signal,
    });
    const { application, token } = interaction;
    const send = this.#webhook('edit answer', 'patch', Routes.webhookMessage(application, token, sent.id));
    const ref = to === 'place' ? { ...this.#origin.place, id: sent.id } : undefined;
    return this.#live(ref, async (next, last) => {
      if (isAlive(interaction)) return void (await api.send(next, send, undefined, last));
      if (ref) return api.edit(ref, next, last);
      // Nobody but the bot can write now, and the answer was for one person: a direct message.
      if (last) await this.#directMessage(next);
    });
  }

  /** The first answer takes the place of "thinks"; it cannot change who sees it, so the wrong one is removed. */
  async #first({ application, token }: Interaction, message: Message, to: Audience): Promise<APIMessage> {
    const api = this.#api;
    const original = Routes.webhookMessage(application, token, '@original');
    const deferred = this.#deferred;
    this.#deferred = undefined;
    if (deferred === to) return api.send(message, this.#webhook('answer', 'patch', original));
    if (deferred)
      await api
        .call('remove placeholder', (rest) => rest.delete(original, { auth: false }))
        .catch((error) => api.log.warn({ err: error }, 'a placeholder was not removed'));
    const flags = to === 'asker' ? MessageFlags.Ephemeral : undefined;
    return api.send(message, this.#webhook('follow up', 'post', Routes.webhook(application, token), flags));
  }

  async #directMessage(message: Message): Promise<void> {
    const dm = await this.#api.call<{ id: string }>('open direct message', (rest) =>
      rest.post(Routes.userChannels(), { body: { recipient_id: this.#origin.user } }),
    );
    await this.#api.post({ channel: dm.id }, message);
  }

  async #asBot(message: Message): Promise<LiveMessage> {
    const nonce = crypto.randomUUID();
    // `enforce_nonce` makes the repetition safe: Discord answers with the first message instead of a second.
    const ref = await retrying(() => this.#api.post(this.#origin.place, message, nonce), {
      attempts: 3,
      signal: this.#api.signal,
    });
    return this.#live(ref, (next, last) => this.#api.edit(ref, next, last));
  }

  #live(ref: MessageRef | undefined, edit: (message: Message, last: boolean) => Promise<void>): LiveMessage {
    const { log, signal } = this.#api;
    return liveMessage({ ...(ref ? { ref } : {}), intervalMs: EDIT_MS, log, signal, edit });
  }
}

const isAlive = ({ since }: Interaction): boolean => Date.now() - since < TOKEN_MS;
