import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSlack, type Slack } from '../../../src/bot/slack/slack.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { startFakeSlack } from '../../fakes/slack.ts';
import { closers, open, request, say, until } from './harness.ts';

for (const mode of ['socket', 'http'] as const) {
  test(`${mode}: a command is acknowledged though the handler hangs or throws`, async () => {
    const { fake, requests } = await open({
      mode,
      handle: async (asked) => {
        if (asked.kind === 'command' && asked.text === 'throws') throw new Error('broken');
        await new Promise(() => undefined);
      },
    });
    for (const text of ['hangs', 'throws', 'why 30m service:cart 결제 &lt;x&gt; &amp;']) {
      const delivery = await fake.command(text);
      assert.equal(delivery.ok, true);
      assert.equal(delivery.body.replace('{}', ''), '', 'nothing is posted by the acknowledgement');
    }
    const last = await request(requests, 3);
    assert.equal(last.kind === 'command' && last.text, 'why 30m service:cart 결제 <x> &');
    assert.deepEqual(last.place, { channel: fake.channel });
    assert.deepEqual(last.user, { id: fake.kim, name: 'kim', language: 'ko' });
  });

  test(`${mode}: a pressed button becomes an action in the thread of its message`, async () => {
    const { fake, requests } = await open({ mode });
    assert.equal((await fake.press('mute|inc-1|3600000', { ts: '5.5' })).ok, true);
    const asked = await request(requests);
    assert.deepEqual(asked.kind === 'action' && asked.action, {
      name: 'mute',
      subject: 'inc-1',
      value: '3600000',
    });
    assert.deepEqual(asked.place, { channel: fake.channel, thread: '5.5' });
    await fake.press('drop|tables', { ts: '5.5' });
    await fake.press('why|inc-2', { ts: '6.6', thread_ts: '5.5' });
    const next = await request(requests, 2);
    assert.deepEqual(next.kind === 'action' && next.action, { name: 'why', subject: 'inc-2' });
    assert.deepEqual(next.place, { channel: fake.channel, thread: '5.5' });
  });

  test(`${mode}: a mention continues in its thread; repeated deliveries carry one id`, async () => {
    const { fake, requests } = await open({ mode });
    await until('identified', () => fake.of('auth.test').length > 0);
    await sleep(20);
    await fake.mention('why <https://x.example|x.example> &gt;', { thread: '7.7', ts: '8.8' });
    await fake.mention('why <https://x.example|x.example> &gt;', { thread: '7.7', ts: '8.8' });
    await fake.mention('why <https://x.example|x.example> &gt;', {
      thread: '7.7',
      ts: '8.8',
      type: 'message',
    });
    await request(requests, 3);
    assert.deepEqual(new Set(requests.map(({ id }) => id)).size, 1);
    const [first] = requests;
    assert.equal(first?.kind === 'command' && first.text, 'why x.example >');
    assert.deepEqual(first?.place, { channel: fake.channel, thread: '7.7' });
  });
}

test('http: a wrong signature and an old timestamp are refused and reach nobody', async () => {
  const { fake, requests } = await open({ mode: 'http' });
  assert.equal((await fake.command('help', {}, 'signature')).status, 401);
  assert.equal((await fake.command('help', {}, 'timestamp')).status, 401);
  assert.equal((await fake.command('help')).status, 200);
  await request(requests);
  assert.equal(requests.length, 1);
});

test('http: a taken port is refused with the name of the field', async () => {
  const { fake } = await open();
  const second = await openSlack(
    {
      kind: 'slack',
      channel: 'C1',
      mode: 'http',
      port: fake.port,
      apiUrl: fake.apiUrl,
      botToken: 'b',
      signingSecret: 's',
    },
    { renderChart: async () => Buffer.from(''), language: 'en', log: createLog('silent') },
  );
  await assert.rejects(second.start({ request: async () => undefined, complete: async () => [] }), {
    code: 'config_invalid',
    message: /chats\.slack\.port/,
  });
  await second[Symbol.asyncDispose]();
});

test('a missing token is named', async () => {
  const options = {
    renderChart: async () => Buffer.from(''),
    language: 'en' as const,
    log: createLog('silent'),
  };
  const entry = {
    kind: 'slack' as const,
    channel: 'C1',
    mode: 'socket' as const,
    port: 0,
    apiUrl: 'http://127.0.0.1:1/',
  };
  await assert.rejects(openSlack(entry, options), { code: 'config_invalid', message: /SLACK_BOT_TOKEN/ });
  await assert.rejects(openSlack({ ...entry, botToken: 'x' }, options), { message: /SLACK_APP_TOKEN/ });
});

test('errors become codes, and a post is never repeated by the adapter', async () => {
  const { fake, slack, place } = await open();
  const cases = [
    [{ status: 429, retryAfter: 7 }, 'rate_limited'],
    [{ status: 503 }, 'unavailable'],
    [{ status: 500, error: 'internal_error' }, 'unavailable'],
    [{ status: 500, error: 'fatal_error' }, 'unavailable'],
    [{ status: 503, error: 'service_unavailable' }, 'unavailable'],
    [{ error: 'internal_error' }, 'unavailable'],
    [{ error: 'service_unavailable' }, 'unavailable'],
    [{ error: 'channel_not_found' }, 'not_found'],
    [{ error: 'is_archived' }, 'not_found'],
    [{ error: 'not_in_channel' }, 'forbidden'],
    [{ error: 'missing_scope' }, 'forbidden'],
    [{ error: 'token_revoked' }, 'unauthorized'],
    [{ error: 'ratelimited' }, 'rate_limited'],
    [{ error: 'invalid_blocks' }, 'internal'],
    [{ cut: true }, 'unavailable'],
  ] as const;
  for (const [failure, code] of cases) {
    const before = fake.of('chat.postMessage').length;
    fake.fail('chat.postMessage', failure);
    const error = await slack.post(place, say('x'), { nonce: 'n' }).catch((cause: unknown) => cause);
    assert.ok(error instanceof AppError);
    assert.equal(error.code, code, JSON.stringify(failure));
    // What stands in front of the platform may fail although the call goes on behind it; its own word is the last one.
    const own = 'error' in failure && /^(internal|fatal)_error$/.test(failure.error);
    const answered = own || (!('cut' in failure) && code !== 'unavailable');
    assert.equal(error.answered, answered, JSON.stringify(failure));
    if ('retryAfter' in failure) assert.equal(error.retryAfterMs, 7_000);
    assert.equal(fake.of('chat.postMessage').length, before + 1);
  }
  await assert.rejects(slack.edit({ ...place, id: '1.1' }, say('x')), { code: 'not_found' });
});

test('a message is found by its nonce, in the channel and in a thread, also after an edit or a lost answer', async () => {
  const { fake, slack, place } = await open();
  const since = Date.now();
  fake.fail('chat.postMessage', { cut: true });
  await assert.rejects(slack.post(place, say('parent'), { nonce: 'one', opensThread: 't' }), {
    code: 'unavailable',
  });
  const parent = await slack.find(place, 'one', since);
  assert.ok(parent?.thread);
  await slack.edit(parent, say('edited'));
  assert.deepEqual(await slack.find(place, 'one', since), parent);
  const child = await slack.post({ ...place, thread: parent.thread }, say('child'), { nonce: 'two' });
  assert.deepEqual(child, { ...place, thread: parent.thread, id: child.id });
  assert.deepEqual(await slack.find({ ...place, thread: parent.thread }, 'two', since), child);
  assert.equal(await slack.find(place, 'two', since), undefined);
  assert.equal(await slack.find(place, 'three', since), undefined);
  assert.equal((await fake.messages()).filter(({ text }) => text === 'edited').length, 1);
});

test('connects again after a lost socket and after a refresh', async () => {
  const { fake, slack } = await open();
  fake.refresh();
  await until('a second connection', () => fake.connections() === 2 && fake.connected());
  await until('healthy', async () => (await slack.health()).ok);
  fake.drop(true);
  await until('unhealthy', async () => !(await slack.health()).ok);
  fake.welcome();
  await until('healthy again', async () => (await slack.health()).ok);
  assert.equal((await fake.command('help')).ok, true);
});

test('starts though slack is down, says so, and connects when it is back', async () => {
  const fake = await startFakeSlack();
  const { port } = fake;
  await fake.stop();
  const { slack } = await open({ fake });
  const down: Slack = slack;
  await until('the reason', async () => (await down.health()).detail.includes('not reachable'));
  const health = await down.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /keeps trying/);
  const back = await startFakeSlack({ port });
  closers.push(() => back.stop());
  await until('connected', async () => (await down.health()).ok);
});

test('before start, health asks once whether token and channel are fine', async () => {
  const fake = await startFakeSlack();
  closers.push(() => fake.stop());
  const { channel, apiUrl, botToken, appToken } = fake;
  const health = async (more: { channel?: string; botToken?: string }) => {
    const entry = {
      kind: 'slack' as const,
      mode: 'socket' as const,
      port: 0,
      channel,
      apiUrl,
      botToken,
      appToken,
    };
    const options = {
      renderChart: async () => Buffer.from(''),
      language: 'en' as const,
      log: createLog('silent'),
    };
    await using slack = await openSlack({ ...entry, ...more }, options);
    return slack.health();
  };
  assert.equal((await health({})).ok, true);
  assert.match((await health({ channel: 'C404' })).detail, /channel_not_found/);
  fake.fail('auth.test', { error: 'invalid_auth' });
  const refused = await health({});
  assert.match(refused.detail, /invalid_auth/);
  assert.match(refused.mend ?? '', /SLACK_BOT_TOKEN/);
  fake.fail('apps.connections.open', { error: 'not_allowed_token_type' });
  const wrongKind = await health({});
  assert.match(wrongKind.detail, /apps\.connections\.open: not_allowed_token_type/);
  assert.match(wrongKind.mend ?? '', /SLACK_APP_TOKEN/);
});
