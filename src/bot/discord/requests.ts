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
import type { ChatHandlers, ChatRequest, ChatUser, Place } from '../chat/chat.ts';
import { pause } from '../chat/live-message.ts';
import { type DiscordApi, placeIn } from './api.ts';
import { SLASH_COMMAND } from './registration.ts';
import { type Origin, replier } from './replies.ts';
import { focused, typedLine } from './typed-line.ts';

/** Discord waits 3 s for suggestions. */
const COMPLETE_MS = 2_000;
const SUGGESTIONS = 25;
const PEOPLE = 5_000;

/** Who the bot is, once Discord said so. */
export interface Identity {
  user?: string;
  application?: string;
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

/** What arrives at the gateway, as requests. Each is acknowledged first; work behind it cannot make Discord wait. */
export function createReceiver(api: DiscordApi, handlers: ChatHandlers, identity: Identity) {
  /** Discord tells a person's language only with interactions. */
  const languages = new Map<string, Language>();

  const chatUser = (person: Person, nick?: string | null, locale?: string): ChatUser => {
    if (locale) {
      languages.delete(person.id);
      languages.set(person.id, locale === 'ko' ? 'ko' : 'en');
      if (languages.size > PEOPLE) languages.delete(languages.keys().next().value!);
    }
    const language = languages.get(person.id);
    const name = nick ?? person.global_name ?? person.username;
    return { id: person.id, name, ...(language ? { language } : {}) };
  };
  const asker = (interaction: APIInteraction): ChatUser => {
    const person = interaction.member?.user ?? interaction.user!;
    const locale = 'locale' in interaction ? interaction.locale : undefined;
    return chatUser(person, interaction.member?.nick, locale);
  };
  /** The text with the names of people in the place of their ids, and who they are. */
  const namedIn = (
    text: string,
    persons: readonly (Person & { member?: { nick?: string | null } })[],
  ): { text: string; people?: ChatUser[] } => {
    const people = persons.map((person) => chatUser(person, person.member?.nick));
    const said = people.reduce(
      (words, { id, name }) => words.replace(new RegExp(`<@!?${id}>`, 'g'), () => `@${name}`),
      text,
    );
    return { text: said.trim(), ...(people.length > 0 ? { people } : {}) };
  };
  /** Acknowledges; an answer is possible without it, as the bot itself. */
  const respond = (interaction: APIInteraction, body: unknown): Promise<boolean> =>
    api
      .call('acknowledge', (rest) =>
        rest.post(Routes.interactionCallback(interaction.id, interaction.token), { body, auth: false }),
      )
      .then(
        () => true,
        (error) => {
          api.log.warn({ err: error }, 'an acknowledgement did not reach discord');
          return false;
        },
      );
  /** Discord sends the channel along, so that usually nothing has to be asked. */
  const placeOf = async ({ channel, channel_id: id }: Invoked): Promise<Place> => {
    if (channel?.type !== undefined) return placeIn(channel);
    return id ? api.placeOf(id).catch(() => ({ channel: id })) : { channel: '' };
  };
  const hand = async (
    id: string,
    user: ChatUser,
    origin: Origin,
    what:
      | Pick<ChatRequest & { kind: 'command' }, 'kind' | 'text' | 'people' | 'awaited'>
      | Pick<ChatRequest & { kind: 'action' }, 'kind' | 'action'>,
  ): Promise<void> => {
    await handlers.request({ id, user, place: origin.place, reply: replier(api, origin), ...what });
  };
  const detached = (work: Promise<void>, id: string): void => {
    work.catch((error) =>
      api.log.error({ err: toAppError(error), request: id }, 'a request from discord failed'),
    );
  };

  const command = async (interaction: APIApplicationCommandInteraction): Promise<void> => {
    const { data } = interaction;
    if (data.type !== ApplicationCommandType.ChatInput || data.name !== SLASH_COMMAND.name) return;
    const { text, isPrivate } = typedLine(data.options);
    const acknowledged = await respond(interaction, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      ...(isPrivate ? { data: { flags: MessageFlags.Ephemeral } } : {}),
    });
    const origin: Origin = {
      place: await placeOf(interaction),
      user: asker(interaction).id,
      ...(acknowledged
        ? { interaction: { ...tokenOf(interaction), deferred: isPrivate ? 'asker' : 'place' } }
        : {}),
    };
    await hand(interaction.id, asker(interaction), origin, {
      kind: 'command',
      awaited: true,
      ...namedIn(text, Object.values(data.resolved?.users ?? {})),
    });
  };
  const button = async (interaction: APIMessageComponentInteraction): Promise<void> => {
    const acknowledged = await respond(interaction, { type: InteractionResponseType.DeferredMessageUpdate });
    const action = decodeAction(interaction.data.custom_id);
    if (!action) return void api.log.warn('a discord button that is not ours was ignored');
    const origin: Origin = {
      place: buttonPlace(interaction, await placeOf(interaction)),
      user: asker(interaction).id,
      ...(acknowledged ? { interaction: tokenOf(interaction) } : {}),
    };
    await hand(interaction.id, asker(interaction), origin, { kind: 'action', action });
  };
  const complete = async (interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> => {
    const option = focused(interaction.data.options);
    const found = option
      ? await Promise.race([
          handlers.complete(option.name, option.typed).catch((error) => {
            api.log.warn({ err: toAppError(error) }, 'no suggestions');
            return [];
          }),
          pause(COMPLETE_MS).then((): string[] => []),
        ])
      : [];
    const choices = found
      .filter((value) => value.length > 0 && value.length <= 100)
      .slice(0, SUGGESTIONS)
      .map((value) => ({ name: value, value }));
    await respond(interaction, {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices },
    });
  };
  const spoken = async (message: GatewayMessageCreateDispatchData): Promise<void> => {
    if (message.author.bot || message.webhook_id || !identity.user) return;
    const mention = new RegExp(`<@!?${identity.user}>`, 'g');
    const isDirect = message.guild_id === undefined;
    if (!isDirect && !mention.test(message.content)) return;
    const user = chatUser(message.author, message.member?.nick);
    const place = isDirect ? { channel: message.channel_id } : await api.placeOf(message.channel_id);
    // A mention in a channel is answered in a thread on it, which `post` opens when it is needed.
    const origin: Origin = {
      place: isDirect || place.thread ? place : { ...place, thread: message.id },
      user: user.id,
    };
    const others = (message.mentions ?? []).filter(({ id }) => id !== identity.user);
    await hand(message.id, user, origin, {
      kind: 'command',
      ...namedIn(message.content.replaceAll(mention, ''), others),
    });
  };

  return {
    interaction(interaction: APIInteraction): void {
      if (interaction.type === InteractionType.ApplicationCommand)
        detached(command(interaction), interaction.id);
      if (interaction.type === InteractionType.MessageComponent)
        detached(button(interaction), interaction.id);
      if (interaction.type === InteractionType.ApplicationCommandAutocomplete)
        detached(complete(interaction), interaction.id);
    },
    message(message: GatewayMessageCreateDispatchData): void {
      detached(spoken(message), message.id);
    },
  };
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
