import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeDiscord, type FakeDiscordMessage, startFakeDiscord } from '../fakes/discord.ts';
import { eventually, type Running, runApp } from './harness.ts';
import { poolRecords } from './pool-records.ts';

const ANOMALY = {
  anomaly_status: 'critical',
  confidence: 0.92,
  service: 'payment',
  template: { id: 'pool', pattern: 'connection pool exhausted after <*> ms' },
  detected_issues: ['connection pool exhausted'],
  explanation: 'The pool ran dry @everyone **bold** [x](https://evil.example)',
  sample_lines: ['ERROR connection pool exhausted after 30000 ms ``` <@1>'],
};

const shown = (message: FakeDiscordMessage | undefined): string =>
  JSON.stringify([message?.content, message?.embeds, message?.components]);
const buttonOf = (message: FakeDiscordMessage, action: string): string =>
  new RegExp(`"custom_id":"(${action}\\|[^"]+)"`).exec(shown(message))?.[1] ??
  assert.fail(`no button ${action}`);

async function open(): Promise<{ fake: FakeDiscord; running: Running } & AsyncDisposable> {
  const fake = await startFakeDiscord();
  const running = await runApp({
    raw: { chats: [{ kind: 'discord', channel: fake.channel, guild: fake.guild }] },
    env: { DISCORD_TOKEN: fake.token, DISCORD_API_URL: fake.apiUrl },
  });
  await eventually('connected', async () => (fake.connected() && fake.commands() !== undefined) || undefined);
  return {
    fake,
    running,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await fake.stop();
    },
  };
}
const publish = ({ app }: Running, ...anomalies: unknown[]): Promise<void> =>
  app.backends.bus.publish(
    'log-anomalies',
    anomalies.map((value) => ({ value: JSON.stringify(value) })),
  );
const like = (fake: FakeDiscord, pattern: RegExp, channel?: string): Promise<FakeDiscordMessage> =>
  eventually(`a message like ${pattern}`, async () =>
    fake.messages(channel).find((one) => pattern.test(shown(one))),
  );

test('discord: an alert opens one living thread, and people act and ask in it', async () => {
  await using opened = await open();
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  fake.fail(/^POST \/channels\/\d+\/messages$/, { status: 429, retryAfter: 1 });
  await publish(running, ANOMALY);
  const alert = await like(fake, /connection pool exhausted/);
  for (const action of ['why', 'acknowledge', 'resolve', 'mute']) buttonOf(alert, action);
  assert.doesNotMatch(shown(alert), /@everyone|\[x\]\(http/);
  for (const call of fake.of(/messages/).filter(({ body }) => 'content' in body))
    assert.deepEqual(call.body.allowed_mentions, { parse: [] });

  // The thread hangs on the message; the analysis and the chart follow in it.
  await eventually('the thread', async () => fake.channels.get(alert.id));
  await like(fake, /pool exhausted/, alert.id);
  await eventually('the chart', async () =>
    fake.messages(alert.id).find(({ attachments }) => attachments.length > 0),
  );

  // More of the same stays one message, changed in place.
  await publish(running, ANOMALY, ANOMALY);
  await like(fake, /\b3 times|3×|3 anomalies/);
  assert.equal(fake.messages().filter((one) => /pool exhausted/.test(shown(one))).length, 1);

  assert.deepEqual((await fake.press(buttonOf(alert, 'acknowledge'), { id: alert.id })).body, { type: 6 });
  await eventually('the state', async () => /Kim/.test(shown(fake.messages()[0])) || undefined);

  // A mention continues in the thread, in the asker's own language.
  const before = fake.messages(alert.id).length;
  fake.mention('왜 이런 거야?', { channel: alert.id });
  await eventually('an answer in the thread', async () =>
    fake
      .messages(alert.id)
      .slice(before)
      .find((one) => /[가-힣]/.test(shown(one)) && /pool exhausted/.test(shown(one))),
  );
});

test('discord: commands are answered in the channel or only to the asker, services are suggested', async () => {
  await using opened = await open();
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  assert.deepEqual((await fake.command('why', { window: '30m' }, { locale: 'en-US' })).body, { type: 5 });
  await like(fake, /payment[\s\S]*pool exhausted|pool exhausted[\s\S]*payment/);

  const suggestions = await fake.complete('why', 'service', 'pay');
  assert.deepEqual(suggestions.body, { type: 8, data: { choices: [{ name: 'payment', value: 'payment' }] } });

  await fake.command('search', { text: 'pool', private: true });
  await eventually('an answer to the asker', async () =>
    fake.messages().find((one) => one.flags === 64 && /pool exhausted/.test(shown(one))),
  );
  const others = fake.messages().filter(({ flags }) => flags !== 64).length;
  await fake.command('why', { window: '99x' });
  await eventually('the right form', async () =>
    fake.messages().find((one) => one.flags === 64 && /30분/.test(shown(one))),
  );
  assert.equal(
    fake.messages().filter(({ flags }) => flags !== 64).length,
    others,
    'nobody else sees a mistake',
  );
});
