import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { open, request, say, until } from './harness.ts';

test('an answer in place is edited at most once a second, the latest state wins, the last one arrives', async () => {
  const { fake, requests } = await open();
  await fake.command('why');
  const live = await (await request(requests)).reply(say('step 0'), 'place');
  const since = Date.now();
  for (let step = 1; step <= 60; step += 1) {
    live.update(say(`step ${step}`));
    await sleep(20);
  }
  fake.fail('chat.update', { status: 429, retryAfter: 1 }, { status: 500 });
  await live.finish(say('done'));
  const updates = fake.of('chat.update').filter(({ status }) => status === 200);
  const most = (Date.now() - since) / 1000 + 1;
  assert.ok(updates.length >= 2 && updates.length <= most, `${updates.length} edits`);
  live.update(say('too late'));
  const messages = await fake.messages();
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['done'],
  );
  assert.equal(live.ref?.id, messages[0]?.ts);
});

test('a reply whose answer was lost is not posted twice', async () => {
  const { fake, requests } = await open();
  await fake.command('why');
  fake.fail('chat.postMessage', { cut: true });
  await (await request(requests)).reply(say('once'), 'place');
  assert.equal((await fake.messages()).length, 1);
});

test('an answer to the asker goes through the response URL five times, then as an ephemeral message', async () => {
  const { fake, requests } = await open();
  await fake.command('help');
  const asked = await request(requests);
  const live = await asked.reply(say('first'), 'asker');
  assert.equal(live.ref, undefined);
  await live.finish(say('second'));
  for (const text of ['third', 'fourth', 'fifth', 'sixth']) await asked.reply(say(text), 'asker');
  assert.deepEqual(
    fake.responses.map(({ body }) => [body.text, body.response_type, body.replace_original]),
    [
      ['first', 'ephemeral', false],
      ['second', 'ephemeral', true],
      ['third', 'ephemeral', false],
      ['fourth', 'ephemeral', false],
      ['fifth', 'ephemeral', false],
    ],
  );
  assert.deepEqual(
    fake.of('chat.postEphemeral').map(({ args }) => [args.text, args.user]),
    [['sixth', fake.kim]],
  );
  fake.fail('response_url', { status: 404 });
  await fake.command('help');
  await (await request(requests, 2)).reply(say('expired'), 'asker');
  assert.equal(fake.of('chat.postEphemeral').at(-1)?.args.text, 'expired');
});

test('an answer to a click never replaces the message with the button', async () => {
  const { fake, requests } = await open();
  await fake.press('why|inc-1', { ts: '5.5' });
  const live = await (await request(requests)).reply(say('thinking'), 'asker');
  await live.finish(say('done'));
  assert.deepEqual(
    fake.responses.map(({ body }) => [body.replace_original, body.thread_ts]),
    [
      [false, '5.5'],
      [false, '5.5'],
    ],
  );
});

test('a command where the bot is no member is answered through the response URL', async () => {
  const { fake, requests } = await open();
  await fake.command('why');
  fake.fail('chat.postMessage', { error: 'not_in_channel' });
  const live = await (await request(requests)).reply(say('thinking'), 'place');
  await live.finish(say('done'));
  assert.deepEqual(
    fake.responses.map(({ body }) => [body.text, body.response_type, body.replace_original]),
    [
      ['thinking', 'in_channel', false],
      ['done', 'in_channel', true],
    ],
  );
});

test('streams natively in a thread where the server can, and ends as a full message', async () => {
  const { fake, requests } = await open({ streaming: true });
  await fake.mention('why', { thread: '7.7' });
  const live = await (await request(requests)).reply(say('The pool *ran*'), 'place');
  live.update(say('The pool *ran* dry'));
  await until('appended', () => fake.of('chat.appendStream').length);
  await live.finish(say('The pool ran dry', { kind: 'lines', lines: ['pool exhausted'] }));
  assert.match(fake.of('chat.startStream')[0]?.args.chunks ?? '', /The pool \\\\\*ran\\\\\*/);
  assert.match(fake.of('chat.appendStream')[0]?.args.chunks ?? '', /"text":" dry"/);
  assert.equal(fake.of('chat.stopStream').length, 1);
  assert.match(fake.of('chat.update').at(-1)?.args.blocks ?? '', /pool exhausted/);
});

test('falls back to edits for good where the server knows no streaming', async () => {
  const { fake, requests } = await open();
  await fake.mention('why', { thread: '7.7' });
  await fake.mention('why', { thread: '7.7' });
  for (const count of [1, 2])
    await (await (await request(requests, count)).reply(say('thinking'), 'place')).finish(say('done'));
  assert.equal(fake.of('chat.startStream').length, 1);
  assert.equal(fake.of('chat.update').length, 2);
});
