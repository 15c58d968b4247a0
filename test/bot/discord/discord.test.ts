import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatHandlers, ChatRequest } from '../../../src/bot/chat.ts';
import { openDiscord } from '../../../src/bot/discord/discord.ts';
import { readTag, tagOf } from '../../../src/bot/discord/embeds.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { Chart, Message } from '../../../src/domain/message.ts';
import { createLog } from '../../../src/log.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fakes/discord.ts';

const closers: (() => Promise<void>)[] = [];
let printed = '';

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const secret of ['not-a-real-token', 'itoken'])
    assert.ok(!printed.includes(secret), `${secret} in the log`);
  printed = '';
});

const CHART: Chart = {
  title: 'Errors',
  at: [0, 1],
  series: [{ name: 'errors', kind: 'bar', values: [1, 2], tone: 'critical' }],
};
const POST = /^POST \/channels\/\d+\/messages$/;
const EDIT = /^PATCH /;
const say = (text: string, ...more: Message['blocks']): Message => ({
  summary: text,
  tone: 'neutral',
  blocks: [{ kind: 'text', text }, ...more],
});

async function until<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 500; tries += 1) {
    const value = await probe();
    if (value) return value;
    await sleep(20);
  }
  throw new Error(`did not happen: ${what}`);
}

async function open(
  more: {
    handle?: ChatHandlers['request'];
    complete?: ChatHandlers['complete'];
    fake?: FakeDiscord;
    guild?: string;
    render?: () => Promise<Buffer>;
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
const request = (requests: ChatRequest[], count = 1) => until('a request', () => requests[count - 1]);

test('a command is acknowledged though the handler hangs or throws, and reads as if typed', async () => {
  const { fake, requests } = await open({
    handle: async (asked) => {
      if (asked.kind === 'command' && asked.text.startsWith('help')) throw new Error('broken');
      await new Promise(() => undefined);
    },
  });
  const delivery = await fake.command('why', { window: '30m', service: 'cart', question: '왜 결제가 느려?' });
  assert.deepEqual(delivery.body, { type: 5 });
  const hidden = await fake.command('search', { text: 'pool', private: true });
  assert.deepEqual(hidden.body, { type: 5, data: { flags: 64 } });
  assert.equal((await fake.command('help')).ok, true);
  await request(requests, 3);
  assert.deepEqual(
    requests.map((asked) => asked.kind === 'command' && asked.text),
    ['why 30m service:cart 왜 결제가 느려?', 'search pool --private', 'help'],
  );
  assert.deepEqual(requests[0]?.place, { channel: fake.channel });
  assert.deepEqual(requests[0]?.user, { id: fake.kim, name: 'Kim', language: 'ko' });
});

test('the command is registered with Korean names, for one server or for all', async () => {
  const { fake } = await open({ guild: '100000000000000005' });
  assert.equal(fake.of(/^PUT \/applications\/\d+\/guilds\/\d+\/commands$/).length, 1);
  const [command] = fake.commands() as {
    name: string;
    options: { name: string; name_localizations: { ko: string } }[];
  }[];
  assert.deepEqual(
    command?.options.map((sub) => [sub.name, sub.name_localizations.ko]),
    [
      ['why', '왜'],
      ['summarize', '요약'],
      ['search', '검색'],
      ['analyze', '분석'],
      ['digest', '다이제스트'],
      ['jobs', '작업'],
      ['tune', '학습'],
      ['health', '상태'],
      ['incidents', '장애'],
      ['cost', '비용'],
      ['help', '도움말'],
      ['ack', '확인'],
      ['resolve', '해결'],
      ['mute', '음소거'],
      ['unmute', '음소거해제'],
      ['assign', '담당'],
      ['reopen', '다시열기'],
      ['merge', '합치기'],
      ['split', '나누기'],
      ['false-alarm', '오탐'],
      ['real', '정탐'],
      ['incident', '장애상세'],
      ['mutes', '음소거목록'],
      ['shadow', '섀도'],
      ['audit', '감사'],
    ],
  );
  assert.ok(command.options.length <= 25, 'Discord takes no more');
  const other = await open();
  assert.equal(other.fake.of(/^PUT \/applications\/\d+\/commands$/).length, 1);
});

test('suggests at most 25 values, and none when that fails or takes too long', async () => {
  const { fake } = await open({
    complete: async (option, typed) => {
      if (typed === 'broken') throw new Error('store down');
      if (typed === 'slow') await new Promise(() => undefined);
      return Array.from({ length: 40 }, (_, index) => `${option}-${typed}-${index}`);
    },
  });
  const choices = async (typed: string) =>
    (
      (await fake.complete('why', 'service', typed)).body as {
        type: number;
        data: { choices: { value: string }[] };
      }
    ).data.choices;
  const many = await choices('ca');
  assert.equal(many.length, 25);
  assert.equal(many[0]?.value, 'service-ca-0');
  assert.deepEqual(await choices('broken'), []);
  assert.deepEqual(await choices('slow'), []);
});

test('answers take the place of "thinks", visible as asked', async () => {
  const { fake, requests } = await open();
  await fake.command('why');
  const live = await (await request(requests)).reply(say('thinking'), 'place');
  await live.finish(say('done'));
  assert.deepEqual(
    fake.messages().map(({ embeds }) => embeds[0]?.description),
    ['done'],
  );
  assert.equal(live.ref?.id, fake.messages()[0]?.id);

  await fake.command('why', { private: true });
  const hidden = await (await request(requests, 2)).reply(say('only you'), 'asker');
  assert.equal(hidden.ref, undefined);
  assert.equal(fake.messages()[1]?.flags, 64);

  await fake.command('nonsense');
  await (await request(requests, 3)).reply(say('wrong form'), 'asker');
  assert.equal(fake.of(/^DELETE \/webhooks\/\d+\/\w+\/messages\/@original$/).length, 1);
  assert.equal(fake.messages()[2]?.flags, 64);
});

test('an answer is edited on a throttle, the latest state wins, the last one arrives', async () => {
  const { fake, requests } = await open();
  await fake.command('why');
  const live = await (await request(requests)).reply(say('step 0'), 'place');
  const since = Date.now();
  const before = fake.of(EDIT).length;
  for (let step = 1; step <= 60; step += 1) {
    live.update(say(`step ${step}`));
    await sleep(25);
  }
  fake.fail(EDIT, { status: 429, retryAfter: 0.5 }, { status: 502 });
  await live.finish(say('done', { kind: 'chart', chart: CHART }));
  const edits = fake
    .of(EDIT)
    .slice(before)
    .filter(({ status }) => status === 200);
  const most = (Date.now() - since) / 1000 + 1;
  assert.ok(edits.length >= 2 && edits.length <= most, `${edits.length} edits`);
  const [message] = fake.messages();
  assert.equal(message?.embeds[0]?.description, 'done');
  assert.deepEqual(message?.attachments, [{ id: 0, filename: 'chart-0.png', description: 'Errors: errors' }]);
});

test('a button is acknowledged silently; answers go to the asker or into the thread of its message', async () => {
  const { fake, discord, requests, place } = await open();
  const parent = await discord.post(place, say('incident'), { nonce: 'n', opensThread: 'cart' });
  assert.deepEqual((await fake.press('mute|inc-1|3600000', { id: parent.id })).body, { type: 6 });
  const asked = await request(requests);
  assert.deepEqual(asked.kind === 'action' && asked.action, {
    name: 'mute',
    subject: 'inc-1',
    value: '3600000',
  });
  assert.deepEqual(asked.place, { channel: fake.channel, thread: parent.id });
  await (await asked.reply(say('in the thread'), 'place')).finish(say('in the thread!'));
  await asked.reply(say('only you'), 'asker');
  assert.deepEqual(
    fake.messages(parent.id).map(({ embeds }) => embeds[0]?.description),
    ['in the thread!'],
  );
  assert.equal(fake.messages().at(-1)?.flags, 64);
  await fake.press('drop|tables', { id: parent.id });
  await fake.press('why|i2', { id: '9' }, { channel: { id: parent.id, type: 11, parent_id: fake.channel } });
  assert.deepEqual((await request(requests, 2)).place, { channel: fake.channel, thread: parent.id });
});

test('a mention continues in its thread, or opens one; repeated deliveries carry one id', async () => {
  const { fake, discord, requests, place } = await open();
  const parent = await discord.post(place, say('incident'), { nonce: 'n', opensThread: 'cart' });
  fake.mention('why?', { channel: parent.id, id: '77' });
  fake.mention('why?', { channel: parent.id, id: '77' });
  fake.mention('nothing for us', { plain: true });
  await request(requests, 2);
  assert.equal(requests[0]?.id, requests[1]?.id);
  assert.equal(requests[0]?.kind === 'command' && requests[0].text, 'why?');
  assert.deepEqual(requests[0]?.place, { channel: fake.channel, thread: parent.id });

  const head = await discord.post(place, say('someone asks'), { nonce: 'm' });
  fake.mention('help', { id: head.id });
  const asked = await request(requests, 3);
  await asked.reply(say('here'), 'place');
  assert.deepEqual(
    fake.messages(head.id).map(({ embeds }) => embeds[0]?.description),
    ['here'],
  );
});

test('errors become codes, and a post is never repeated by the adapter', async () => {
  const { fake, discord, place } = await open();
  const cases = [
    [{ status: 429, retryAfter: 3 }, 'rate_limited'],
    [{ status: 502 }, 'unavailable'],
    [{ status: 403, code: 50_001 }, 'forbidden'],
    [{ status: 404, code: 10_003 }, 'not_found'],
    [{ status: 401 }, 'unauthorized'],
    [{ status: 400, code: 50_035 }, 'internal'],
    [{ cut: true }, 'unavailable'],
  ] as const;
  for (const [failure, code] of cases) {
    const before = fake.of(POST).length;
    fake.fail(POST, failure);
    const error = await discord
      .post(place, say('x'), { nonce: `n-${code}` })
      .catch((cause: unknown) => cause);
    assert.ok(error instanceof AppError, JSON.stringify(failure));
    assert.equal(error.code, code, JSON.stringify(failure));
    if ('retryAfter' in failure) assert.ok((error.retryAfterMs ?? 0) >= 3_000);
    assert.equal(fake.of(POST).length, before + 1);
  }
  await discord.post(place, say('the token works on after a 401'), { nonce: 'last' });
  await assert.rejects(discord.edit({ ...place, id: '1' }, say('x')), { code: 'not_found' });
});

test('a message is found by its mark, also after an edit or a lost answer, and is not sent twice', async () => {
  const { fake, discord, place } = await open();
  const since = Date.now();
  fake.fail(POST, { cut: true });
  await assert.rejects(discord.post(place, say('parent'), { nonce: 'one', opensThread: 't' }), {
    code: 'unavailable',
  });
  const parent = await discord.find(place, 'one', since);
  assert.ok(parent?.thread);
  await discord.edit(parent, say('edited'));
  assert.equal(readTag(fake.messages()[0]?.embeds ?? []), tagOf('one'));
  assert.deepEqual(await discord.find(place, 'one', since), parent);
  await discord.post(place, say('parent'), { nonce: 'one' });
  assert.equal(fake.messages().length, 1);

  // The thread was never opened: the first post into it does that.
  assert.equal(await discord.find({ ...place, thread: parent.thread }, 'two', since), undefined);
  const child = await discord.post({ ...place, thread: parent.thread }, say('child'), { nonce: 'two' });
  assert.deepEqual(await discord.find({ ...place, thread: parent.thread }, 'two', since), child);
  assert.equal(await discord.find(place, 'two', since), undefined);
  assert.equal(fake.channels.get(parent.id)?.name, 'edited');
});

test('an edit after a restart keeps the mark', async () => {
  const { fake, discord, place } = await open();
  const since = Date.now();
  const ref = await discord.post(place, say('before'), { nonce: 'one', opensThread: 'cart '.repeat(50) });
  assert.equal(String(fake.channels.get(ref.id)?.name).length, 100);
  const again = await open({ fake });
  await again.discord.edit(ref, say('after'));
  assert.deepEqual(await again.discord.find(place, 'one', since), ref);
});

test('a chart goes with its message; when it cannot, the text goes alone', async () => {
  const { fake, discord, place } = await open();
  const message = say('alert', { kind: 'chart', chart: CHART });
  await discord.post(place, message, { nonce: 'a' });
  assert.deepEqual(fake.of(POST)[0]?.files, ['chart-0.png']);
  fake.fail(POST, { status: 413, code: 40_005 });
  await discord.post(place, message, { nonce: 'b' });
  const last = fake.messages().at(-1);
  assert.match(last?.embeds[0]?.description ?? '', /^alert\n📊 Errors$/);
  assert.match((await discord.health()).detail, /1 charts could not be shown/);
  const broken = await open({ render: () => Promise.reject(new Error('no font')) });
  await broken.discord.post(broken.place, message, { nonce: 'c' });
  assert.equal(broken.fake.messages().length, 1);
});

test('connects again after a lost connection', async () => {
  const { fake, discord, requests } = await open();
  fake.drop(true);
  await until('unhealthy', async () => !(await discord.health()).ok);
  fake.welcome();
  await until('healthy again', async () => (await discord.health()).ok);
  await fake.command('help');
  await request(requests);
});

test('starts though discord is down, says so, and connects when it is back', async () => {
  const fake = await startFakeDiscord();
  const { port } = fake;
  await fake.stop();
  const { discord } = await open({ fake });
  await until('the reason', async () => (await discord.health()).detail.includes('not reachable'));
  const health = await discord.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /연결할 수 없어/);
  const back = await startFakeDiscord({ port });
  closers.push(() => back.stop());
  await until('connected', async () => (await discord.health()).ok);
});

test('a refused token is named in health with what to do', async () => {
  const { discord } = await open({ token: 'MTIz.wrong0.not-a-real-token-at-all' });
  await until('refused', async () => /refused/.test((await discord.health()).detail));
  assert.match((await discord.health()).mend ?? '', /DISCORD_TOKEN/);
});

test('before start, health asks once whether token and channel are fine', async () => {
  const fake = await startFakeDiscord();
  closers.push(() => fake.stop());
  const health = async (more: { channel?: string; token?: string }) => {
    const options = {
      renderChart: async () => Buffer.from(''),
      language: 'en' as const,
      log: createLog('silent'),
    };
    const { channel, apiUrl, token } = fake;
    await using discord = await openDiscord({ kind: 'discord', channel, apiUrl, token, ...more }, options);
    return discord.health();
  };
  assert.equal((await health({})).ok, true);
  assert.match((await health({ channel: '404' })).mend ?? '', /channel id/);
  assert.match((await health({ token: 'wrong' })).mend ?? '', /DISCORD_TOKEN/);
});
