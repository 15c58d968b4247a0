import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  ApplicationCommandType,
  type ChannelType,
  type GatewayMessageCreateDispatchData,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  Routes,
} from 'discord.js';
import { toAppError } from '../../domain/errors.ts';
import { decodeAction } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { valueInTime } from '../../domain/retry.ts';
import { SECOND } from '../../domain/time/units.ts';
import { BoundedMap } from '../chat/bounded-map.ts';
import type { ChatHandlers, ChatRequest, ChatUser, Place } from '../chat/chat.ts';
import { withNames } from '../chat/text.ts';
import { type DiscordApi, placeIn } from './api.ts';
import { SLASH_COMMAND } from './registration.ts';
import { Replies, type RequestOrigin } from './replies.ts';
import { focused, typedLine } from './typed-line.ts';

/** Discord waits 3 s for suggestions. */
const COMPLETE_MS = 2 * SECOND;
const SUGGESTIONS = 25;
const PEOPLE = 5_000;

/** Who the bot is, once Discord said so. */
export interface Identity {
  user?: string;
}

/** Where an interaction happened. */
interface Invoked {
  channel?: { id: string; type: ChannelType; parent_id?: string | null };
  channel_id?: string;
}

interface Person {
  id: string;
  username: string;
  global_name?: string | null;
}

type Requested =
  | Pick<ChatRequest & { kind: 'command' }, 'kind' | 'text' | 'people' | 'awaited'>
  | Pick<ChatRequest & { kind: 'action' }, 'kind' | 'action'>;

/** What arrives at the gateway, as requests. Each is acknowledged first; work behind it cannot make Discord wait. */
export class Receiver {
  readonly #api: DiscordApi;
  readonly #handlers: ChatHandlers;
  readonly #identity: Identity;
  /** Discord tells a person's language only with interactions. */
  readonly #languages = new BoundedMap<string, Language>(PEOPLE);

  constructor(api: DiscordApi, handlers: ChatHandlers, identity: Identity) {
    this.#api = api;
    this.#handlers = handlers;
    this.#identity = identity;
  }

  interaction(interaction: APIInteraction): void {
    if (interaction.type === InteractionType.ApplicationCommand)
      this.#detach(this.#command(interaction), interaction.id);
    if (interaction.type === InteractionType.MessageComponent)
      this.#detach(this.#button(interaction), interaction.id);
    if (interaction.type === InteractionType.ApplicationCommandAutocomplete)
      this.#detach(this.#complete(interaction), interaction.id);
  }

  message(message: GatewayMessageCreateDispatchData): void {
    this.#detach(this.#spoken(message), message.id);
  }

  #detach(work: Promise<void>, id: string): void {
    work.catch((error) =>
      this.#api.log.error({ err: toAppError(error), request: id }, 'a request from discord failed'),
    );
  }

  async #command(interaction: APIApplicationCommandInteraction): Promise<void> {
    const { data } = interaction;
    if (data.type !== ApplicationCommandType.ChatInput || data.name !== SLASH_COMMAND.name) return;
    const { text, isPrivate } = typedLine(data.options);
    const acknowledged = await this.#respond(interaction, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      ...(isPrivate ? { data: { flags: MessageFlags.Ephemeral } } : {}),
    });
    const user = this.#asker(interaction);
    const origin: RequestOrigin = {
      place: await this.#placeOf(interaction),
      user: user.id,
      ...(acknowledged
        ? { interaction: { ...tokenOf(interaction), deferred: isPrivate ? 'asker' : 'place' } }
        : {}),
    };
    const named = this.#namedIn(text, Object.values(data.resolved?.users ?? {}));
    await this.#hand(interaction.id, user, origin, { kind: 'command', awaited: true, ...named });
  }

  async #button(interaction: APIMessageComponentInteraction): Promise<void> {
    const acknowledged = await this.#respond(interaction, {
      type: InteractionResponseType.DeferredMessageUpdate,
    });
    const action = decodeAction(interaction.data.custom_id);
    if (!action) return void this.#api.log.warn('a discord button that is not ours was ignored');
    const user = this.#asker(interaction);
    const origin: RequestOrigin = {
      place: buttonPlace(interaction, await this.#placeOf(interaction)),
      user: user.id,
      ...(acknowledged ? { interaction: tokenOf(interaction) } : {}),
    };
    await this.#hand(interaction.id, user, origin, { kind: 'action', action });
  }

  async #complete(interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> {
    const option = focused(interaction.data.options);
    const choices = (option ? await this.#suggestions(option) : [])
      .filter((value) => value.length > 0 && value.length <= 100)
      .slice(0, SUGGESTIONS)
      .map((value) => ({ name: value, value }));
    await this.#respond(interaction, {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices },
    });
  }

  /** None where they fail or come too late. */
  #suggestions({ name, typed }: { name: 'service' | 'window'; typed: string }): Promise<string[]> {
    const found = this.#handlers.complete(name, typed).catch((error): string[] => {
      this.#api.log.warn({ err: toAppError(error) }, 'no suggestions');
      return [];
    });
    return valueInTime(COMPLETE_MS, found, (): string[] => []);
  }

  async #spoken(message: GatewayMessageCreateDispatchData): Promise<void> {
    const own = this.#identity.user;
    if (message.author.bot || message.webhook_id || !own) return;
    const mention = new RegExp(`<@!?${own}>`, 'g');
    const isDirect = message.guild_id === undefined;
    if (!isDirect && !mention.test(message.content)) return;
    const user = this.#chatUser(message.author, message.member?.nick);
    const place = isDirect ? { channel: message.channel_id } : await this.#api.placeOf(message.channel_id);
    // A mention in a channel is answered in a thread on it, which `post` opens when it is needed.
    const origin: RequestOrigin = {
      place: isDirect || place.thread ? place : { ...place, thread: message.id },
      user: user.id,
    };
    const others = (message.mentions ?? []).filter(({ id }) => id !== own);
    const named = this.#namedIn(message.content.replaceAll(mention, ''), others);
    await this.#hand(message.id, user, origin, { kind: 'command', ...named });
  }

  async #hand(id: string, user: ChatUser, origin: RequestOrigin, what: Requested): Promise<void> {
    const replies = new Replies(this.#api, origin);
    const reply: ChatRequest['reply'] = (message, to) => replies.reply(message, to);
    await this.#handlers.request({ id, user, place: origin.place, reply, ...what });
  }

  /** Acknowledges. False where that failed: an answer is possible all the same, as the bot itself. */
  async #respond(interaction: APIInteraction, body: unknown): Promise<boolean> {
    try {
      await this.#api.call('acknowledge', (rest) =>
        rest.post(Routes.interactionCallback(interaction.id, interaction.token), { body, auth: false }),
      );
      return true;
    } catch (error) {
      this.#api.log.warn({ err: error }, 'an acknowledgement did not reach discord');
      return false;
    }
  }

  /** Discord sends the channel along, so that usually nothing has to be asked. */
  async #placeOf({ channel, channel_id: id }: Invoked): Promise<Place> {
    if (channel?.type !== undefined) return placeIn(channel);
    return id ? this.#api.placeOf(id).catch(() => ({ channel: id })) : { channel: '' };
  }

  #asker(interaction: APIInteraction): ChatUser {
    const person = interaction.member?.user ?? interaction.user!;
    const locale = 'locale' in interaction ? interaction.locale : undefined;
    return this.#chatUser(person, interaction.member?.nick, locale);
  }

  #chatUser(person: Person, nick?: string | null, locale?: string): ChatUser {
    if (locale) this.#languages.set(person.id, locale === 'ko' ? 'ko' : 'en');
    const language = this.#languages.get(person.id);
    const name = nick ?? person.global_name ?? person.username;
    return { id: person.id, name, ...(language ? { language } : {}) };
  }

  /** The text with the names of people instead of their ids, and who they are. */
  #namedIn(
    text: string,
    persons: readonly (Person & { member?: { nick?: string | null } })[],
  ): { text: string; people?: ChatUser[] } {
    const people = persons.map((person) => this.#chatUser(person, person.member?.nick));
    const said = withNames(text, people, (id) => new RegExp(`<@!?${id}>`, 'g'));
    return { text: said.trim(), ...(people.length > 0 ? { people } : {}) };
  }
}

const tokenOf = (interaction: APIInteraction) => ({
  application: interaction.application_id,
  token: interaction.token,
  since: Date.now(),
});

/** Replies to a button go to the thread of its message; one that only the asker sees has none. */
function buttonPlace(interaction: APIMessageComponentInteraction, place: Place): Place {
  const { message } = interaction;
  const hidden = ((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
  return place.thread || hidden || !interaction.guild_id ? place : { ...place, thread: message.id };
}
