import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHART, EDIT, open, request, say } from './harness.ts';

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
      ['ask', '질문'],
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
