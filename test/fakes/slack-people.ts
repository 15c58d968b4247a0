import { randomUUID } from 'node:crypto';

export interface Delivery {
  /** Whether it was acknowledged with success. */
  ok: boolean;
  status?: number;
  ms: number;
  body: string;
}

/** Takes a payload to the app as Slack would; `wrong` spoils what authenticates it (HTTP only). */
export type Deliver = (
  type: string,
  payload: unknown,
  wrong?: 'signature' | 'timestamp',
) => Promise<Delivery>;

/** What people do in a Slack workspace, as the payloads Slack makes of it. */
export function slackPeople(at: {
  base: string;
  channel: string;
  me: string;
  kim: string;
  deliver: Deliver;
}) {
  const { base, channel, me, kim, deliver } = at;
  const common = () => ({
    token: 'fake-verification',
    team_id: 'T000000001',
    api_app_id: 'A1',
    response_url: `${base}/response/${randomUUID()}`,
    trigger_id: randomUUID(),
  });

  return {
    command: (text: string, more: Record<string, string> = {}, wrong?: 'signature' | 'timestamp') =>
      deliver(
        'slash_commands',
        { ...common(), command: '/logs', text, user_id: kim, user_name: 'kim', channel_id: channel, ...more },
        wrong,
      ),
    press: (value: string, message: { ts: string; thread_ts?: string }, actionId = 'why-0') =>
      deliver('interactive', {
        ...common(),
        type: 'block_actions',
        user: { id: kim, username: 'kim' },
        team: { id: 'T000000001', domain: 'emulate' },
        channel: { id: channel, name: 'alerts' },
        container: { type: 'message', message_ts: message.ts, channel_id: channel },
        message: { type: 'message', ...message },
        actions: [
          {
            type: 'button',
            action_id: actionId,
            block_id: 'b',
            value,
            action_ts: '1',
            text: { type: 'plain_text', text: 'x' },
          },
        ],
      }),
    /** A message of a person that mentions the bot; give `ts` and `eventId` to repeat a delivery. */
    mention: (text: string, more: { thread?: string; ts?: string; type?: 'app_mention' | 'message' } = {}) =>
      deliver('events_api', {
        type: 'event_callback',
        event_id: `Ev${randomUUID()}`,
        team_id: 'T000000001',
        authorizations: [{ team_id: 'T000000001', user_id: me, is_bot: true }],
        event: {
          type: more.type ?? 'app_mention',
          user: kim,
          team: 'T000000001',
          channel,
          channel_type: 'channel',
          text: `<@${me}> ${text}`,
          ts: more.ts ?? `${Date.now() / 1_000}`,
          ...(more.thread ? { thread_ts: more.thread } : {}),
        },
      }),
  };
}
