import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import type { Attachments, ChatHandlers, ChatRequest } from '../../../src/bot/chat/chat.ts';
import { openDiscord } from '../../../src/bot/discord/discord.ts';
import { createLog } from '../../../src/log.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fakes/discord.ts';
import { until } from '../chat/harness.ts';

export { CHART, request, say, until } from '../chat/harness.ts';

export const closers: (() => Promise<void>)[] = [];

export let printed = '';

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const secret of ['not-a-real-token', 'itoken'])
    assert.ok(!printed.includes(secret), `${secret} in the log`);
  printed = '';
});

export const POST = /^POST \/channels\/\d+\/messages$/;

export const EDIT = /^PATCH /;

export async function open(
  more: {
    handle?: ChatHandlers['request'];
    complete?: ChatHandlers['complete'];
    fake?: FakeDiscord;
    guild?: string;
    render?: () => Promise<Buffer>;
    reports?: Attachments['reportFiles'];
    token?: string;
  } = {},
) {
  const fake = more.fake ?? (await startFakeDiscord());
  if (!more.fake) closers.push(() => fake.stop());
  const { channel, apiUrl } = fake;
  const discord = await openDiscord(
    {
      kind: 'discord',
      channel,
      apiUrl,
      token: more.token ?? fake.token,
      ...(more.guild ? { guild: more.guild } : {}),
    },
    {
      renderChart: more.render ?? (async () => Buffer.from('png')),
      ...(more.reports ? { reportFiles: more.reports } : {}),
      language: 'ko',
      log: createLog('debug', {
        write(line: string) {
          printed += line;
        },
      }),
    },
  );
  closers.push(async () => discord[Symbol.asyncDispose]());
  const requests: ChatRequest[] = [];
  await discord.start({
    async request(request) {
      requests.push(request);
      await more.handle?.(request);
    },
    complete: more.complete ?? (async () => []),
  });
  if (!more.fake && !more.token)
    await until('connected', async () => (await discord.health()).ok && fake.commands());
  return { fake, discord, requests, place: { channel } };
}
