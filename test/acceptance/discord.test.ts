import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { type FakeDiscord, type FakeDiscordMessage, startFakeDiscord } from '../fakes/discord.ts';
import { startModelServer } from '../fakes/model-server.ts';
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

async function open(
  raw: Record<string, unknown> = {},
): Promise<{ fake: FakeDiscord; running: Running } & AsyncDisposable> {
  const fake = await startFakeDiscord();
  const running = await runApp({
    raw: { ...raw, chats: [{ kind: 'discord', channel: fake.channel, guild: fake.guild }] },
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

test('discord: people resolve, mute, assign, merge and judge by buttons, subcommands and mentions', async () => {
  await using opened = await open();
  const { fake, running } = opened;
  const { state } = running.app.backends;
  await publish(running, ANOMALY, { ...ANOMALY, service: 'cart', template: undefined });
  const alert = await like(fake, /payment[^"]{1,6}connection pool/);
  const other = await like(fake, /cart[^"]{1,6}connection pool/);
  const idOf = (message: FakeDiscordMessage): string => buttonOf(message, 'why').split('|')[1]!;
  const id = idOf(alert);
  const becomes = (what: string, fits: (now: Incident) => boolean, which = id): Promise<true> =>
    eventually(what, async () => {
      const found = await state.get('incident', which);
      return (found && fits(found.value)) || undefined;
    });
  const answered = (pattern: RegExp): Promise<unknown> =>
    eventually(`an answer like ${pattern}`, async () =>
      fake.messages().find((one) => one.flags === 64 && pattern.test(shown(one))),
    );

  await fake.command('mute', { incident: id, window: '2h', text: 'deploy' });
  await answered(/까지 음소거했어요/);
  await becomes(
    'a mute',
    ({ mute, lifecycle: { history } }) => Boolean(mute) && history.at(-1)?.note === 'deploy',
  );
  await fake.command('ack', { incident: id });
  await becomes(
    'an acknowledgement',
    ({ lifecycle: { state: now, owner } }) => now === 'acknowledged' && owner === 'Kim',
  );
  // The whole list of what can be done is for whoever pressed; its buttons work like any.
  await fake.press(buttonOf(alert, 'more'), { id: alert.id });
  await answered(new RegExp(`merge\\|${id}\\|${idOf(other)}`));
  await fake.press(`merge|${id}|${idOf(other)}`, { id: alert.id });
  await becomes('a merge', ({ correlation: { cause } }) => cause?.id === idOf(other));
  await fake.command('split', { incident: id });
  await becomes('a split', ({ correlation: { cause } }) => cause === undefined);
  await fake.press(`false_alarm|${idOf(other)}`, { id: other.id });
  await becomes('a judgement', ({ feedback: { verdict } }) => verdict === 'false_alarm', idOf(other));
  await eventually('the thread', async () => fake.channels.get(alert.id));
  fake.mention('담당 @Mina Lee', { channel: alert.id });
  await becomes('an assignment', ({ lifecycle: { owner } }) => owner === 'Mina Lee');
  fake.mention('해결 풀 크기를 늘렸어요', { channel: alert.id });
  await becomes(
    'a resolution',
    ({ lifecycle: { state: now, history } }) =>
      now === 'resolved' && history.at(-1)?.note === '풀 크기를 늘렸어요',
  );
  const audit = await state.list('audit', {});
  assert.ok(audit.every(({ value }) => value.from.chat === 'discord' && value.who.name === 'Kim'));
  assert.equal(audit.length, 7);
});

test('discord: the analysis stands while a model hangs; stopped, it stays and can be tried again', async () => {
  let mended = false;
  await using server = await startModelServer(() =>
    mended ? { say: JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: '' }] }) } : { hang: true },
  );
  await using opened = await open({ models: [{ kind: 'openai', baseUrl: `${server.url}/v1`, model: 'm' }] });
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  await publish(running, ANOMALY);
  const alert = await like(fake, /connection pool exhausted/);
  const thread = alert.id;
  const writing = await like(fake, /model is writing/, thread);
  await fake.press(buttonOf(writing, 'stop'), { id: writing.id, channel_id: thread });
  const stopped = await like(fake, /Stopped\. This is what was found/, thread);
  assert.equal(stopped.id, writing.id);
  mended = true;
  await fake.press(buttonOf(stopped, 'retry'), { id: stopped.id, channel_id: thread });
  assert.equal((await like(fake, /openai\/m ·/, thread)).id, writing.id);
});

test('discord: a removed alert is told anew in one thread, and what is said follows there', async () => {
  await using opened = await open();
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  await publish(running, { ...ANOMALY, severity: 3 });
  const alert = await like(fake, /connection pool exhausted/);
  await eventually('the chart', async () =>
    fake.messages(alert.id).find(({ attachments }) => attachments.length > 0),
  );
  fake.remove(alert.id);
  await publish(running, { ...ANOMALY, severity: 3 }, { ...ANOMALY, severity: 4 });
  const again = await like(fake, /The earlier message was removed/);
  assert.deepEqual((await fake.press(buttonOf(again, 'acknowledge'), { id: again.id })).body, { type: 6 });
  await like(fake, /acknowledged this/, again.id);
  assert.equal(fake.messages().filter((one) => /pool exhausted/.test(shown(one))).length, 1);
});

test('discord: an alert that another bot wrote is told anew when it gets worse, and is no removal', async () => {
  await using opened = await open({ delivery: { removed: 'mute' } });
  const { fake, running } = opened;
  await publish(running, { ...ANOMALY, severity: 3 });
  const alert = await like(fake, /connection pool exhausted/);
  // The bot was made anew, with a token of its own.
  const others = Array.from({ length: 20 }, () => ({ status: 403, code: 50_005 }));
  fake.fail(new RegExp(`^PATCH .*/messages/${alert.id}$`), ...others);
  await publish(running, { ...ANOMALY, severity: 4 });
  const again = await like(fake, /cannot be changed any more/);
  assert.notEqual(again.id, alert.id);
  assert.equal(fake.messages().filter((one) => /pool exhausted/.test(shown(one))).length, 2);
  const [incident] = await running.app.backends.state.list('incident', {});
  assert.equal(incident?.value.mute?.until, undefined);
});

test('discord: a removed alert can be told to mean a mute', async () => {
  await using opened = await open({ delivery: { removed: 'mute' } });
  const { fake, running } = opened;
  await publish(running, { ...ANOMALY, severity: 3 });
  const alert = await like(fake, /connection pool exhausted/);
  fake.remove(alert.id);
  await publish(running, { ...ANOMALY, severity: 4 });
  await eventually('muted', async () => {
    const [incident] = await running.app.backends.state.list('incident', {});
    return (incident?.value.mute?.until ?? 0) > Date.now() || undefined;
  });
  await publish(running, { ...ANOMALY, severity: 5 });
  await eventually('the worse one is counted', async () => {
    const [incident] = await running.app.backends.state.list('incident', {});
    return incident?.value.severity === 5 || undefined;
  });
  await running.app.stop();
  assert.deepEqual(fake.messages(), []);
});
