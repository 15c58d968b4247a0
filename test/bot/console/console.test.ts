import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Chat, ChatRequest } from '../../../src/bot/chat/chat.ts';
import { openConsole } from '../../../src/bot/console/console.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { ConsoleMessage, ConsoleRoom } from '../../../src/domain/question/console-room.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { chatContract } from '../../contract/chat.ts';
import { fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';

const log = pino({ level: 'silent' });
const open = (state = memoryState()): Promise<Chat & ConsoleRoom> =>
  openConsole({ state, language: 'en', log });
const text = (words: string): Message => ({
  summary: words,
  tone: 'neutral',
  blocks: [{ kind: 'text', text: words }],
});

chatContract('console', async () => {
  const chat = await open();
  return {
    chat,
    async shown(ref) {
      const inThread = ref.thread ? await chat.history(ref.thread) : [];
      const found = [...(await chat.history()), ...inThread].find((message) => message.id === ref.id);
      return found && wordsOf(found.message);
    },
    command: (words, place) =>
      chat.say({ session: 's1', user: 'mina', language: 'en', text: words, thread: place?.thread }),
    dispose: async () => {},
  };
});

chatContract('fake', async () => {
  const chat = fakeChat();
  // The fake is no renderer: cleaning control characters is the business of real adapters.
  const clean = (words: string): string => words.replaceAll('\u0000', '').replaceAll('\u001b', '');
  return {
    chat,
    shown: async (ref) => {
      const found = chat.messages.find((message) => message.ref.id === ref.id);
      return found && clean(wordsOf(found.message));
    },
    command: async (words, place) => void (await chat.command(words, { thread: place?.thread })),
    dispose: async () => {},
  };
});

test('the console is a room', async () => {
  const chat: Chat & ConsoleRoom = await open();
  const seen: ConsoleMessage[] = [];
  const stop = chat.listen((message) => seen.push(message));
  await chat.start({ request: async () => {}, complete: async () => [] });
  await chat.say({ session: 's1', user: 'mina', language: 'ko', text: '/logs 왜 30분' });
  assert.equal(seen[0]?.author, 'mina');
  assert.equal(seen[0]?.fromBot, false);
  stop();
  await chat.say({ session: 's1', user: 'mina', language: 'ko', text: 'more' });
  assert.equal(seen.length, 1);
});

test('the bot can be spoken to by name, in the channel and in a thread', async () => {
  const chat = await open();
  const typed: string[] = [];
  const remarks: boolean[] = [];
  await chat.start({
    request: async (request) =>
      void (request.kind === 'command' && typed.push(request.text) && remarks.push(request.remark ?? false)),
    complete: async () => [],
  });
  const { id } = await chat.post({ channel: 'console' }, text('alert'), { nonce: 'n', opensThread: 'alert' });
  const by = { session: 's1', user: 'mina', language: 'en' } as const;
  for (const words of ['@bongsu mute 2h', '@봉수 해결 풀을 늘림', '@Bongsu, why?', 'what now @bongsu'])
    await chat.say({ ...by, thread: id, text: words });
  await chat.say({ ...by, text: '@bongsu summarize 30m' });
  await chat.say({ ...by, text: '/logs search admin@bongsu.example @bongsuite' });
  assert.deepEqual(typed, [
    'mute 2h',
    '해결 풀을 늘림',
    'why?',
    'what now',
    'summarize 30m',
    '/logs search admin@bongsu.example @bongsuite',
  ]);
  await chat.say({ ...by, thread: id, text: 'I raised the pool size' });
  // Only what is said in a thread, and to nobody by name, is a remark.
  assert.deepEqual(remarks, [false, false, false, false, false, false, true]);
  // What was said is shown as it was said.
  assert.match(
    wordsOf((await chat.history(id)).find((message) => !message.fromBot)!.message),
    /@bongsu mute/,
  );
});

test('a press in a thread that is gone is answered in the channel, only to the presser', async () => {
  const chat = await open();
  await chat.start({
    request: async (request) => {
      await (await request.reply(text('gone'), 'asker')).finish(text('gone'));
    },
    complete: async () => [],
  });
  const action = { name: 'resolve', subject: 'nope' } as const;
  await chat.press({ session: 's1', user: 'mina', language: 'en', thread: 'nope', action });
  await new Promise((resolve) => setImmediate(resolve));
  const [message] = await chat.history();
  assert.equal(message?.onlyFor, 's1');
  assert.match(wordsOf(message!.message), /gone/);
});

test('threads, edits, reply counts and charts outlast a restart; what one asker saw does not', async () => {
  const state = memoryState();
  const before = await open(state);
  let request: ChatRequest | undefined;
  await before.start({
    request: async (given) => {
      request = given;
    },
    complete: async () => [],
  });
  const place = { channel: before.alertChannel };
  const parent = await before.post(place, text('parent'), { nonce: 'n1', opensThread: 'title' });
  await before.post({ ...place, thread: parent.thread }, text('reply'), { nonce: 'n2' });
  await before.post(
    { ...place, thread: parent.thread },
    {
      summary: 'chart',
      tone: 'neutral',
      blocks: [
        {
          kind: 'chart',
          chart: {
            title: '오류',
            at: [0],
            series: [{ name: 'e', kind: 'bar', values: [1], tone: 'critical' }],
          },
        },
      ],
    },
    { nonce: 'n3' },
  );
  await before.edit(parent, text('parent, changed'));
  await before.say({ session: 's1', user: 'mina', language: 'en', text: 'hush --private' });
  await (await request!.reply(text('for you'), 'asker')).finish(text('for you alone'));
  const mine = (await before.history()).filter((message) => message.onlyFor === 's1');
  assert.deepEqual(
    mine.map((message) => message.message.summary),
    ['hush --private', 'for you alone'],
  );
  await before[Symbol.asyncDispose]();

  const after = await open(state);
  const [root, ...rest] = await after.history();
  assert.equal(root?.message.summary, 'parent, changed');
  assert.equal(root?.replies, 2);
  assert.deepEqual(rest, []);
  const thread = await after.history(parent.thread);
  assert.deepEqual(
    thread.map((message) => message.message.summary),
    ['reply', 'chart'],
  );
  assert.match(thread[1]!.charts[0]!, /^<svg.*오류/s);
  assert.equal((await after.find(place, 'n1', 0))?.id, parent.id);
});

test('an answer that a crash interrupted says so', async () => {
  const state = memoryState();
  const before = await open(state);
  let request: ChatRequest | undefined;
  await before.start({
    request: async (given) => {
      request = given;
    },
    complete: async () => [],
  });
  await before.say({ session: 's1', user: 'mina', language: 'en', text: 'why' });
  await request!.reply(text('thinking'), 'place');
  const after = await open(state);
  assert.match((await after.history()).at(-1)!.message.summary, /Interrupted by a restart/);
});

test('the channel keeps its last 500 messages, and forgets older ones with their threads', async () => {
  const state = memoryState();
  const chat = await open(state);
  const place = { channel: chat.alertChannel };
  const first = await chat.post(place, text('first'), { nonce: 'first', opensThread: 'first' });
  await chat.post({ ...place, thread: first.thread }, text('reply'), { nonce: 'reply' });
  for (let index = 0; index < 500; index += 1)
    await chat.post(place, text(`m${index}`), { nonce: `n${index}` });
  assert.equal((await chat.history()).length, 500);
  assert.deepEqual(await chat.history(first.thread), []);
  assert.equal(await state.count('message'), 500);
});

test('a store that is away at the start delays the messages of before, and does not stop the bot', async () => {
  const state = memoryState();
  const before = await open(state);
  const ref = await before.post({ channel: 'console' }, text('told before'), { nonce: 'n1' });
  const { list } = state;
  state.list = () => Promise.reject(new AppError('unavailable', 'the store is away'));
  const chat = await open(state);
  assert.equal((await chat.health()).ok, false);
  await assert.rejects(chat.post({ channel: 'console' }, text('lost?'), { nonce: 'n2' }), {
    code: 'unavailable',
  });
  state.list = list;
  await chat.edit(ref, text('told again'));
  assert.deepEqual(
    (await chat.history()).map((message) => message.message.summary),
    ['told again'],
  );
  assert.equal((await chat.health()).ok, true);
});
