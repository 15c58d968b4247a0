import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { startModelServer } from '../fakes/model-server.ts';
import { type FakeMessage, type FakeSlack, startFakeSlack } from '../fakes/slack.ts';
import { eventually, type Running, runApp } from './harness.ts';
import { poolRecords } from './pool-records.ts';

const ANOMALY = {
  anomaly_status: 'critical',
  confidence: 0.92,
  service: 'payment',
  template: { id: 'pool', pattern: 'connection pool exhausted after <*> ms' },
  detected_issues: ['connection pool exhausted'],
  explanation: 'The pool ran dry <!channel> *bold* <https://evil.example|x>',
  sample_lines: ['ERROR connection pool exhausted after 30000 ms ``` <@U1>'],
};

const shown = (message: FakeMessage | undefined): string => JSON.stringify(message?.blocks ?? '');
const buttonOf = (message: FakeMessage, action: string): string =>
  new RegExp(`"value":"(${action}\\|[^"]+)"`).exec(shown(message))?.[1] ?? assert.fail(`no button ${action}`);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function open(
  mode: 'socket' | 'http',
  raw: Record<string, unknown> = {},
): Promise<{ fake: FakeSlack; running: Running } & AsyncDisposable> {
  const fake = await startFakeSlack();
  const port = await freePort();
  const running = await runApp({
    raw: { ...raw, chats: [{ kind: 'slack', channel: fake.channel, mode, port }] },
    env: {
      SLACK_BOT_TOKEN: fake.botToken,
      SLACK_APP_TOKEN: fake.appToken,
      SLACK_SIGNING_SECRET: fake.signingSecret,
      SLACK_API_URL: fake.apiUrl,
    },
  });
  if (mode === 'http') fake.deliverTo(`http://127.0.0.1:${port}`);
  else await eventually('connected', async () => fake.connected() || undefined);
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
const parent = (fake: FakeSlack, pattern: RegExp): Promise<FakeMessage> =>
  eventually(`a message like ${pattern}`, async () =>
    (await fake.messages()).find((one) => pattern.test(shown(one))),
  );

for (const mode of ['socket', 'http'] as const)
  test(`slack, ${mode}: an alert opens one living thread, and people act and ask in it`, async () => {
    await using opened = await open(mode);
    const { fake, running } = opened;
    await running.app.backends.logs.write(poolRecords());
    fake.fail('chat.postMessage', { status: 429, retryAfter: 1 });
    await publish(running, ANOMALY);
    const alert = await parent(fake, /connection pool exhausted/);
    assert.match(shown(alert), /🔴/);
    for (const action of ['why', 'acknowledge', 'resolve', 'mute']) buttonOf(alert, action);
    assert.doesNotMatch(shown(alert) + alert.text, /<!channel>|<https?:|<@U1>|mrkdwn/);

    // The analysis and the chart follow in the thread.
    await eventually('the analysis', async () =>
      (await fake.messages(alert.ts)).find((one) => one.ts !== alert.ts && /pool exhausted/.test(shown(one))),
    );
    await eventually('the chart', async () => (await fake.messages(alert.ts)).find(({ files }) => files));

    // More of the same stays one message, changed in place.
    await publish(running, ANOMALY, ANOMALY);
    await eventually(
      'the count',
      async () => /\b3 times|3×|3 anomalies/.test(shown(await parent(fake, /pool/))) || undefined,
    );
    assert.equal((await fake.messages()).filter((one) => /pool exhausted/.test(shown(one))).length, 1);

    assert.equal((await fake.press(buttonOf(alert, 'acknowledge'), alert)).ok, true);
    await eventually('the state', async () => /Kim|kim/.test(shown(await parent(fake, /pool/))) || undefined);

    // A mention continues in the thread, in the asker's own language.
    const before = (await fake.messages(alert.ts)).length;
    await fake.mention('왜 이런 거야?', { thread: alert.ts });
    const answer = await eventually('an answer in the thread', async () =>
      (await fake.messages(alert.ts))
        .slice(before)
        .find((one) => /[가-힣]/.test(shown(one)) && /pool exhausted/.test(shown(one))),
    );
    assert.equal(answer.thread_ts, alert.ts);
  });

test('slack: commands are answered in the channel or only to the asker', async () => {
  await using opened = await open('socket');
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  const asked = await fake.command('why 30m');
  assert.equal(asked.ok, true);
  assert.equal(asked.body.replace('{}', ''), '');
  await eventually('the answer in the channel', async () =>
    (await fake.messages()).find((one) => /payment/.test(shown(one)) && /pool exhausted/.test(shown(one))),
  );

  await fake.command('search pool --private');
  await eventually('an answer to the asker', async () =>
    fake.responses.find(
      ({ body }) => body.response_type === 'ephemeral' && /pool exhausted/.test(JSON.stringify(body)),
    ),
  );
  const posts = fake.of('chat.postMessage').length;
  for (const wrong of ['', 'frobnicate', 'why 99x', 'x'.repeat(5_000)]) {
    const before = fake.responses.length;
    assert.equal((await fake.command(wrong)).ok, true);
    const { body } = await eventually('the right form', async () => fake.responses[before]);
    assert.equal(body.response_type, 'ephemeral');
    assert.match(JSON.stringify(body), /\/logs|30분|2,?000/);
  }
  assert.equal(fake.of('chat.postMessage').length, posts, 'nobody else sees a mistake');
});

test('slack, http: a plain sentence in a signed command or mention is answered by a query', async () => {
  await using opened = await open('http');
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  const answered = (form: RegExp) =>
    eventually(String(form), async () =>
      [...(await fake.messages()), ...(await fake.messages('7.7'))].find((one) => form.test(shown(one))),
    );
  await fake.command('which service has the most errors?');
  await answered(/payment, [\d,]+ lines? \(level error or fatal; /);
  await fake.mention('payment 오류가 몇 건이야?', { thread: '7.7', ts: '8.8' });
  await answered(/모두 [\d,]+줄이에요 \(레벨 error 또는 fatal; 서비스 payment; /);
  await fake.command('what is the weather in Seoul?');
  await answered(/I do not know.*I can say/);
});

test('slack, http: people resolve, mute, assign, merge and judge by signed buttons, commands and mentions', async () => {
  await using opened = await open('http');
  const { fake, running } = opened;
  const { state } = running.app.backends;
  await publish(running, ANOMALY, { ...ANOMALY, service: 'cart', template: undefined });
  const alert = await parent(fake, /payment: connection pool/);
  const other = await parent(fake, /cart: connection pool/);
  const idOf = (message: FakeMessage): string => buttonOf(message, 'why').split('|')[1]!;
  const id = idOf(alert);
  const incident = async (which = id): Promise<Incident> =>
    (await state.get('incident', which))?.value ?? assert.fail('no incident');
  const becomes = (what: string, fits: (now: Incident) => boolean, which = id): Promise<true> =>
    eventually(what, async () => fits(await incident(which)) || undefined);
  const answered = (pattern: RegExp): Promise<unknown> =>
    eventually(`an answer like ${pattern}`, async () =>
      fake.responses.find(({ body }) => pattern.test(JSON.stringify(body))),
    );

  // By a command with an ID: the asker is told, the thread as well.
  await fake.command(`mute ${id} 2h deploy`);
  await answered(/muted this until|까지 음소거했어요/);
  await becomes(
    'a mute',
    ({ mute, lifecycle: { history } }) => Boolean(mute) && history.at(-1)?.note === 'deploy',
  );
  // By a mention in the thread, with a person.
  await fake.mention(`assign <@${fake.kim}>`, { thread: alert.ts });
  await becomes('an assignment', ({ lifecycle: { owner, history } }) => {
    const entry = history.findLast(({ what }) => what === 'assigned');
    return Boolean(owner && !owner.startsWith('@')) && entry?.mention?.[0] === `user:${fake.kim}`;
  });
  const note = await eventually('the note', async () =>
    (await fake.messages(alert.ts)).find((one) => shown(one).includes(`"user_id":"${fake.kim}"`)),
  );
  assert.match(shown(note), /"type":"user"/);
  // By a button that only shows more to whoever pressed it.
  await fake.press(buttonOf(alert, 'more'), alert);
  await answered(new RegExp(`"value":"merge\\\\|${id}\\\\|${idOf(other)}"`));
  await fake.press(`merge|${id}|${idOf(other)}`, alert);
  await becomes('a merge', ({ correlation: { cause } }) => cause?.id === idOf(other));
  await fake.command(`split ${id}`);
  await becomes('a split', ({ correlation: { cause } }) => cause === undefined);
  await fake.press(`false_alarm|${idOf(other)}`, other);
  await becomes(
    'a judgement',
    ({ feedback: { verdict }, lifecycle: { state: now } }) => verdict === 'false_alarm' && now === 'resolved',
    idOf(other),
  );
  await fake.mention('해결 풀 크기를 늘렸어요', { thread: alert.ts });
  await becomes('a resolution', ({ lifecycle: { state: now } }) => now === 'resolved');
  // Who, what, from where.
  await fake.command('audit');
  await answered(new RegExp(`resolved · #${id}`));
  const audit = await state.list('audit', {});
  assert.deepEqual(audit.map(({ value }) => value.what).sort(), [
    'assigned',
    'false_alarm',
    'merged',
    'muted',
    'resolved',
    'split',
  ]);
  for (const { value } of audit) assert.deepEqual([value.who.id, value.from.chat], [fake.kim, 'slack']);
  // A request with a wrong signature does nothing.
  const refused = await fake.command(`reopen ${id}`, {}, 'signature');
  assert.equal(refused.ok, false);
  assert.equal((await incident()).lifecycle.state, 'resolved');
});

test('slack: the report of a heavy analysis comes into the thread as a page and as JSON', async () => {
  await using opened = await open('socket');
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  await fake.command('analyze 1d');
  const report = await eventually(
    'the report',
    async () => (await fake.messages()).find((one) => /보고서 내려받기/.test(shown(one))),
    60_000,
  );
  const titles = await eventually('its files', async () => {
    const files = (await fake.messages(report.ts)).flatMap((one) => one.files ?? []);
    // The chart comes on its own.
    return files.length === 3 ? files.map(({ title }) => title) : undefined;
  });
  assert.ok(titles.includes('분석 보고서 (HTML)') && titles.includes('분석 보고서 (JSON)'), String(titles));
});

test('slack: the analysis stands while a model hangs; stopped, it stays and can be tried again', async () => {
  let mended = false;
  await using server = await startModelServer(() =>
    mended ? { say: JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: '' }] }) } : { hang: true },
  );
  await using opened = await open('socket', {
    language: 'ko',
    models: [{ kind: 'openai', baseUrl: `${server.url}/v1`, model: 'm' }],
  });
  const { fake, running } = opened;
  await running.app.backends.logs.write(poolRecords());
  await publish(running, ANOMALY);
  const alert = await parent(fake, /connection pool exhausted/);
  const reply = (pattern: RegExp): Promise<FakeMessage> =>
    eventually(`a reply like ${pattern}`, async () =>
      (await fake.messages(alert.ts)).find((one) => pattern.test(shown(one))),
    );
  const writing = await reply(/모델이 작성하고 있어요/);
  assert.equal((await fake.press(buttonOf(writing, 'stop'), writing)).ok, true);
  const stopped = await reply(/중지했어요\. 그때까지 찾은 내용이에요/);
  assert.equal(stopped.ts, writing.ts);
  mended = true;
  await fake.press(buttonOf(stopped, 'retry'), stopped);
  assert.equal((await reply(/openai\/m ·/)).ts, writing.ts);
});

for (const error of ['message_not_found', 'edit_window_closed', 'cant_update_message'])
  test(`slack: an alert that cannot be edited (${error}) is told anew in one thread when it gets worse`, async () => {
    await using opened = await open('socket');
    const { fake, running } = opened;
    const mild = { ...ANOMALY, severity: 3 };
    await publish(running, mild);
    const alert = await parent(fake, /connection pool exhausted/);
    // Slack keeps the dead message's place; every edit of it is refused from now on.
    fake.fail('chat.update', ...Array.from({ length: 20 }, () => ({ error })));
    await publish(running, mild, mild, { ...ANOMALY, severity: 5 }, mild, mild);
    const again = await parent(fake, /The earlier message was removed/);
    assert.notEqual(again.ts, alert.ts);
    assert.match(shown(again), /5\/5/);
    const heads = (await fake.messages()).filter((one) => /pool exhausted/.test(shown(one)));
    assert.deepEqual(
      heads.map(({ ts }) => ts),
      [alert.ts, again.ts],
    );
  });

test('slack: a card and its thread carry no secret of their lines, which the page shows in full', async () => {
  await using opened = await open('http');
  const { fake, running } = opened;
  const secret = ['Maple', 'q7x2w9z4'].join('!');
  const line = `ERROR login of kim@corp.example failed, password=${secret} refused by 203.0.113.4`;
  await publish(running, {
    ...ANOMALY,
    detected_issues: [line],
    explanation: `"${secret} refused" came 31 times`,
    sample_lines: [line],
  });
  const alert = await parent(fake, /password=\[redacted\] refused/);
  assert.match(shown(alert), /login of \[email\] failed/);
  assert.match(shown(alert), /What is hidden here is shown on the page: http:/);
  await eventually('the analysis', async () => (await fake.messages(alert.ts))[1]);
  const all = JSON.stringify([
    await fake.messages(),
    await fake.messages(alert.ts),
    fake.of('chat.postMessage'),
  ]);
  assert.ok(!all.includes(secret), all);
  const room = await eventually('the card on the page', async () => {
    const text = JSON.stringify(await running.app.backends.state.list('message', { limit: 100 }));
    return text.includes(secret) ? text : undefined;
  });
  assert.match(room, /kim@corp\.example/);
});
