import type { App, BlockAction, ButtonAction, KnownEventFromType, SlashCommand } from '@slack/bolt';
import { toAppError } from '../../domain/errors.ts';
import { decodeAction } from '../../domain/question/message.ts';
import type { ChatHandlers, ChatRequest, ChatUser, Place } from '../chat/chat.ts';
import { withNames } from '../chat/text.ts';
import type { SlackApi } from './api.ts';
import type { Profiles } from './profiles.ts';
import { replyInPlace, replyToAsker } from './replies.ts';
import { type RequestOrigin, responseUrl } from './request-origin.ts';

const SLASH_COMMAND = '/logs';
/** The most people of one message whose names are asked for. */
const NAMED = 5;

/** The bot's own ids, once Slack has given them. */
export interface Identity {
  userId?: string;
  botId?: string;
}

type Requested =
  | { kind: 'command'; text: string }
  | Pick<ChatRequest & { kind: 'action' }, 'kind' | 'action'>;

/**
 * Receives what people do. Each event is acknowledged first and then handled apart from its delivery, so that no later work can
 * make Slack wait. The router reports a failure to the person; if it does not, the failure is logged here.
 */
export class RequestListener {
  readonly #api: SlackApi;
  readonly #profiles: Profiles;
  readonly #handlers: ChatHandlers;
  readonly #identity: Identity;

  constructor(api: SlackApi, profiles: Profiles, handlers: ChatHandlers, identity: Identity) {
    this.#api = api;
    this.#profiles = profiles;
    this.#handlers = handlers;
    this.#identity = identity;
  }

  register(app: App): void {
    app.command(SLASH_COMMAND, async ({ ack, command }) => {
      await this.#acknowledge(() => ack());
      this.#slashCommand(command);
    });
    app.action({ type: 'block_actions' }, async ({ ack, body, action }) => {
      await this.#acknowledge(() => ack());
      if (action.type === 'button') this.#button(body, action);
    });
    app.event('app_mention', async ({ event }) => {
      if (!event.bot_id) this.#mentioned(event);
    });
    app.message(async ({ message }) => {
      const event = spoken(message);
      if (!event) return;
      const { userId } = this.#identity;
      const toUs = userId !== undefined && event.text?.includes(`<@${userId}>`);
      if (event.channel_type === 'im' || toUs) this.#mentioned(event);
    });
    app.error(async (error) => {
      this.#api.log.error({ err: toAppError(error) }, 'slack event handling failed');
    });
  }

  #acknowledge(ack: () => Promise<void>): Promise<void> {
    return ack().catch((error) =>
      this.#api.log.warn({ err: error }, 'an acknowledgement did not reach slack'),
    );
  }

  #slashCommand(command: SlashCommand): void {
    this.#hand({ kind: 'command', text: command.text ?? '' }, command.trigger_id, command.user_name, {
      place: { channel: command.channel_id },
      user: command.user_id,
      team: command.team_id,
      responseUrl: responseUrl(command.response_url, this.#api.signal),
      replaces: true,
    });
  }

  #button(body: BlockAction, pressed: ButtonAction): void {
    const action = decodeAction(pressed.value ?? '');
    const place = placeOf(body);
    if (!action || !place) return void this.#api.log.warn('a slack action that is not ours was ignored');
    const id = body.trigger_id ?? pressed.action_ts;
    this.#hand({ kind: 'action', action }, id, body.user.username ?? body.user.name, {
      place,
      user: body.user.id,
      ...(body.team ? { team: body.team.id } : {}),
      ...(body.response_url ? { responseUrl: responseUrl(body.response_url, this.#api.signal) } : {}),
      replaces: false,
    });
  }

  #mentioned(event: Spoken): void {
    if (!event.user || !event.text) return;
    // Slack reports one message as `app_mention` and as `message`: its timestamp is the identity of both.
    this.#hand({ kind: 'command', text: event.text }, `${event.channel}:${event.ts}`, undefined, {
      place: { channel: event.channel, thread: event.thread_ts ?? event.ts },
      user: event.user,
      ...(event.team ? { team: event.team } : {}),
      replaces: false,
    });
  }

  /** @param id the delivery's id @param name of the person, as the event tells it */
  #hand(what: Requested, id: string, name: string | undefined, origin: RequestOrigin): void {
    const run = async (): Promise<void> => {
      const user = await this.#profiles.user(origin.user, name);
      const reply: ChatRequest['reply'] = (message, to) =>
        to === 'asker' ? replyToAsker(this.#api, origin, message) : replyInPlace(this.#api, origin, message);
      const rest = { id, user, place: origin.place, reply };
      if (what.kind === 'action') return this.#handlers.request({ ...rest, ...what });
      await this.#handlers.request({ ...rest, kind: 'command', ...(await this.#named(what.text)) });
    };
    run().catch((error) =>
      this.#api.log.error({ err: toAppError(error), request: id }, 'a request from slack failed'),
    );
  }

  /** What a person typed, with the names of the people it mentions instead of their ids, and who they are. */
  async #named(text: string): Promise<{ text: string; people?: ChatUser[] }> {
    const ids = new Set([...text.matchAll(/<@([A-Z0-9]+)(?:\|[^<>]*)?>/g)].map(([, id]) => id!));
    ids.delete(this.#identity.userId ?? '');
    const people = await Promise.all([...ids].slice(0, NAMED).map((id) => this.#profiles.user(id)));
    const said = withNames(text, people, (id) => new RegExp(`<@${id}(?:\\|[^<>]*)?>`, 'g'));
    return { text: plainText(said, this.#identity), ...(people.length > 0 ? { people } : {}) };
  }
}

interface Spoken {
  user?: string;
  text?: string;
  channel: string;
  ts: string;
  thread_ts?: string;
  team?: string;
  channel_type?: string;
}

/** A message a person wrote; undefined for edits, deletions and what bots say. */
function spoken(message: KnownEventFromType<'message'>): Spoken | undefined {
  const { subtype } = message;
  if (subtype !== undefined && subtype !== 'file_share' && subtype !== 'thread_broadcast') return undefined;
  if ('bot_id' in message && message.bot_id) return undefined;
  return message;
}

/** Replies to a button go to the thread of its message; one in a channel opens (or continues) its own thread. */
function placeOf(body: BlockAction): Place | undefined {
  const container = body.container as { channel_id?: string; thread_ts?: string; is_ephemeral?: boolean };
  const channel = body.channel?.id ?? container.channel_id;
  if (!channel) return undefined;
  const own = container.is_ephemeral ? undefined : body.message?.ts;
  const thread = container.thread_ts ?? (body.message?.thread_ts as string | undefined) ?? own;
  return { channel, ...(thread ? { thread } : {}) };
}

/** What a person typed: without mentions of us, links and entities as text (docs.slack.dev: "Formatting text"). */
function plainText(text: string, identity: Identity): string {
  return text
    .replace(/<([^<>|]*)(?:\|([^<>]*))?>/g, (whole, target: string, label: string | undefined) => {
      if (target === `@${identity.userId}`) return '';
      if (/^[@#!]/.test(target)) return label ? `${target[0] === '#' ? '#' : ''}${label}` : target;
      return label ?? target ?? whole;
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
