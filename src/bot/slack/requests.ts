import type { App, BlockAction, KnownEventFromType } from '@slack/bolt';
import { toAppError } from '../../domain/errors.ts';
import { decodeAction } from '../../domain/question/message.ts';
import type { ChatHandlers, ChatRequest, ChatUser, Place } from '../chat/chat.ts';
import { type Origin, replyInPlace, replyToAsker, responseUrl, type SlackApi } from './replies.ts';

export const COMMAND = '/logs';

/** The bot's own user id, once Slack told it. */
export interface Identity {
  userId?: string;
  botId?: string;
}

/**
 * Registers what people can do. Each listener acknowledges first and then works detached from the delivery, so
 * nothing behind it can make Slack wait; a failure there is the router's to tell, and logged if it does not.
 */
export function listen(
  app: App,
  api: SlackApi,
  handlers: ChatHandlers,
  identity: Identity,
  userOf: (id: string, name?: string) => Promise<ChatUser>,
): void {
  const acknowledge = (ack: () => Promise<void>): Promise<void> =>
    ack().catch((error) => api.log.warn({ err: error }, 'an acknowledgement did not reach slack'));
  const hand = (
    what: { kind: 'command'; text: string } | Pick<ChatRequest & { kind: 'action' }, 'kind' | 'action'>,
    id: string,
    name: string | undefined,
    origin: Origin,
  ): void => {
    const run = async (): Promise<void> => {
      const user = await userOf(origin.user, name);
      const rest = {
        id,
        user,
        place: origin.place,
        reply: ((message, to) =>
          to === 'asker'
            ? replyToAsker(api, origin, message)
            : replyInPlace(api, origin, message)) as ChatRequest['reply'],
      };
      if (what.kind === 'action') return handlers.request({ ...rest, ...what });
      await handlers.request({ ...rest, kind: 'command', ...(await named(what.text, identity, userOf)) });
    };
    run().catch((error) =>
      api.log.error({ err: toAppError(error), request: id }, 'a request from slack failed'),
    );
  };

  app.command(COMMAND, async ({ ack, command }) => {
    await acknowledge(() => ack());
    hand({ kind: 'command', text: command.text ?? '' }, command.trigger_id, command.user_name, {
      place: { channel: command.channel_id },
      user: command.user_id,
      team: command.team_id,
      responseUrl: responseUrl(command.response_url, api.signal),
      replaces: true,
    });
  });

  app.action({ type: 'block_actions' }, async ({ ack, body, action: pressed }) => {
    await acknowledge(() => ack());
    if (pressed.type !== 'button') return;
    const action = decodeAction(pressed.value ?? '');
    const place = placeOf(body);
    if (!action || !place) return void api.log.warn('a slack action that is not ours was ignored');
    hand(
      { kind: 'action', action },
      body.trigger_id ?? pressed.action_ts,
      body.user.username ?? body.user.name,
      {
        place,
        user: body.user.id,
        ...(body.team ? { team: body.team.id } : {}),
        ...(body.response_url ? { responseUrl: responseUrl(body.response_url, api.signal) } : {}),
        replaces: false,
      },
    );
  });

  const mentioned = (event: Spoken): void => {
    if (!event.user || !event.text) return;
    // Slack reports one message as `app_mention` and as `message`: its timestamp is the identity of both.
    hand({ kind: 'command', text: event.text }, `${event.channel}:${event.ts}`, undefined, {
      place: { channel: event.channel, thread: event.thread_ts ?? event.ts },
      user: event.user,
      ...(event.team ? { team: event.team } : {}),
      replaces: false,
    });
  };
  app.event('app_mention', async ({ event }) => {
    if (!event.bot_id) mentioned(event);
  });
  app.message(async ({ message }) => {
    const event = spoken(message);
    if (!event) return;
    const toUs = identity.userId !== undefined && event.text?.includes(`<@${identity.userId}>`);
    if (event.channel_type === 'im' || toUs) mentioned(event);
  });
  app.error(async (error) => {
    api.log.error({ err: toAppError(error) }, 'slack event handling failed');
  });
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

/** People named by one message whose names are asked for. */
const NAMED = 5;

/** What a person typed, with the names of the people it mentions in the place of their ids, and who they are. */
async function named(
  text: string,
  identity: Identity,
  userOf: (id: string, name?: string) => Promise<ChatUser>,
): Promise<{ text: string; people?: ChatUser[] }> {
  const ids = new Set([...text.matchAll(/<@([A-Z0-9]+)(?:\|[^<>]*)?>/g)].map(([, id]) => id!));
  ids.delete(identity.userId ?? '');
  const people = await Promise.all([...ids].slice(0, NAMED).map((id) => userOf(id)));
  const labelled = people.reduce(
    (said, { id, name }) => said.replace(new RegExp(`<@${id}(?:\\|[^<>]*)?>`, 'g'), () => `@${name}`),
    text,
  );
  return { text: plainText(labelled, identity), ...(people.length > 0 ? { people } : {}) };
}

/** What a person typed: without mentions of us, links and entities as text (docs.slack.dev: "Formatting text"). */
export function plainText(text: string, identity: Identity): string {
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
