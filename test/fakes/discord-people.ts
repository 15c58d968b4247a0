import { setTimeout as sleep } from 'node:timers/promises';

/** A fake message, as the API returns it. */
export interface FakeDiscordMessage {
  id: string;
  channel_id: string;
  content: string;
  embeds: { title?: string; description?: string; footer?: { text: string } }[];
  flags?: number;
  author: { id: string };
  attachments: { filename: string; description?: string }[];
  components?: { components: { custom_id: string }[] }[];
}

/** What people do in a Discord server, as the events Discord makes of it. */
export function discordPeople(at: {
  me: string;
  kim: string;
  channel: string;
  guild: string;
  application: string;
  snowflake(): string;
  dispatch(event: string, data: unknown): void;
  /** Called with the acknowledgement of an interaction, by its token. */
  acks: Map<string, (body: Record<string, unknown>) => void>;
}) {
  const { me, kim, channel, guild, application, snowflake, dispatch, acks } = at;
  const interact = async (more: Record<string, unknown>) => {
    const token = `itoken${snowflake()}`;
    const started = performance.now();
    const acked = new Promise<Record<string, unknown>>((resolve) => acks.set(token, resolve));
    dispatch('INTERACTION_CREATE', {
      id: snowflake(),
      application_id: application,
      token,
      version: 1,
      locale: 'ko',
      guild_id: guild,
      channel_id: channel,
      channel: { id: channel, type: 0 },
      member: { user: { id: kim, username: 'kim', global_name: 'Kim' }, roles: [] },
      entitlements: [],
      ...more,
    });
    const body = await Promise.race([acked, sleep(3_000, undefined, { ref: false })]);
    return { ok: body !== undefined, ms: performance.now() - started, body, token };
  };
  const option = (name: string, value: string | boolean, focused = false) => ({
    name,
    type: typeof value === 'boolean' ? 5 : 3,
    value,
    ...(focused ? { focused } : {}),
  });
  const invocation = (subcommand: string, given: ReturnType<typeof option>[]) => ({
    id: '1',
    name: 'logs',
    type: 1,
    options: [{ name: subcommand, type: 1, options: given }],
  });

  return {
    command: (
      subcommand: string,
      given: Record<string, string | boolean> = {},
      more: Record<string, unknown> = {},
    ) =>
      interact({
        type: 2,
        data: invocation(
          subcommand,
          Object.entries(given).map(([name, value]) => option(name, value)),
        ),
        ...more,
      }),
    complete: (subcommand: string, name: string, typed: string) =>
      interact({ type: 4, data: invocation(subcommand, [option(name, typed, true)]) }),
    press: (customId: string, message: Partial<FakeDiscordMessage>, more: Record<string, unknown> = {}) =>
      interact({ type: 3, data: { custom_id: customId, component_type: 2 }, message, ...more }),
    /** A message of a person that mentions the bot; give `id` to repeat a delivery. */
    mention: (
      text: string,
      more: { channel?: string; id?: string; plain?: boolean; guild?: string } = {},
    ): void =>
      dispatch('MESSAGE_CREATE', {
        id: more.id ?? snowflake(),
        channel_id: more.channel ?? channel,
        ...('guild' in more ? {} : { guild_id: guild }),
        author: { id: kim, username: 'kim', global_name: 'Kim' },
        content: more.plain ? text : `<@${me}> ${text}`,
        mentions: [],
        embeds: [],
        attachments: [],
      }),
  };
}
