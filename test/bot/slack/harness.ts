import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import type { Attachments, ChatHandlers, ChatRequest } from '../../../src/bot/chat/chat.ts';
import { openSlack } from '../../../src/bot/slack/slack.ts';
import { createLog } from '../../../src/log.ts';
import { type FakeSlack, startFakeSlack } from '../../fakes/slack.ts';
import { until } from '../chat/harness.ts';

export { CHART, request, say, until } from '../chat/harness.ts';

export const closers: (() => Promise<void>)[] = [];

export let printed = '';

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const secret of ['fake-bot-token', 'fake-app-token', 'fake-signing-secret', '/response/'])
    assert.ok(!printed.includes(secret), `${secret} in the log`);
  printed = '';
});

export async function open(
  more: {
    mode?: 'socket' | 'http';
    handle?: ChatHandlers['request'];
    fake?: FakeSlack;
    streaming?: boolean;
    render?: () => Promise<Buffer>;
    reports?: Attachments['reportFiles'];
  } = {},
) {
  const fake = more.fake ?? (await startFakeSlack(more.streaming ? { streaming: true } : {}));
  if (!more.fake) closers.push(() => fake.stop());
  const mode = more.mode ?? 'socket';
  const { channel, apiUrl, botToken, appToken, signingSecret } = fake;
  const slack = await openSlack(
    { kind: 'slack', channel, mode, port: 0, apiUrl, botToken, appToken, signingSecret },
    {
      renderChart: more.render ?? (async () => Buffer.from('png')),
      ...(more.reports ? { reportFiles: more.reports } : {}),
      language: 'en',
      log: createLog('debug', {
        write(line: string) {
          printed += line;
        },
      }),
    },
  );
  closers.push(async () => slack[Symbol.asyncDispose]());
  const requests: ChatRequest[] = [];
  await slack.start({
    async request(request) {
      requests.push(request);
      await more.handle?.(request);
    },
    complete: async () => [],
  });
  if (mode === 'http') fake.deliverTo(`http://127.0.0.1:${slack.port}`);
  else if (!more.fake)
    await until('connected', async () => (await slack.health()).ok && fake.of('auth.test').length > 0);
  const place = { channel };
  return { fake, slack, requests, place };
}
