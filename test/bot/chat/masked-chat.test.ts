import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chat, ChatHandlers, ChatRequest, LiveMessage } from '../../../src/bot/chat/chat.ts';
import { maskedChat } from '../../../src/bot/chat/masked-chat.ts';
import type { Message } from '../../../src/domain/question/message.ts';

const PAGE = 'http://203.0.113.9:8083';
const SECRET = ['Winter', 'kx82mq'].join('!');

/** A chat that keeps what it is given. */
function recorder() {
  const sent: unknown[] = [];
  let handlers: ChatHandlers | undefined;
  const keep = async (...given: unknown[]): Promise<never> => {
    sent.push(given);
    return undefined as never;
  };
  const chat: Chat = {
    name: 'slack',
    alertChannel: 'C1',
    start: async (given) => {
      handlers = given;
    },
    post: keep,
    edit: keep,
    find: keep,
    attach: (...given) => void sent.push(given),
    health: async () => ({ ok: true, kind: 'slack', detail: '' }),
    [Symbol.asyncDispose]: async () => {},
  };
  return { chat, sent, handlers: () => handlers! };
}

const message: Message = {
  summary: `pay: login failed password=${SECRET}`,
  tone: 'critical',
  blocks: [
    { kind: 'heading', text: `pay: login failed password=${SECRET}` },
    { kind: 'fields', fields: [{ label: 'Cause', value: `password=${SECRET} refused`, at: 5 }] },
    {
      kind: 'lines',
      lines: [`ERROR password=${SECRET} refused for kim@corp.example from 10.0.0.7 and 203.0.113.4`],
    },
    { kind: 'details', label: 'Details', text: `${SECRET} refused`, lines: [`password=${SECRET}`] },
    {
      kind: 'buttons',
      buttons: [{ label: `mute password=${SECRET}`, action: { name: 'mute', subject: '31aceab94d' } }],
    },
    { kind: 'chart', chart: { title: `password=${SECRET}`, at: [], series: [] } },
    { kind: 'footnote', text: `#31aceab94d · ${PAGE}/reports/job-1` },
    { kind: 'report', jobId: 'job-1', language: 'en' },
  ],
};
const plain: Message = {
  summary: 'stock is low',
  tone: 'neutral',
  blocks: [{ kind: 'text', text: 'order 4711' }],
};

test('whatever leaves for a chat has no credentials in any of its parts, and says where they can be seen', async () => {
  const { chat, sent } = recorder();
  const masked = maskedChat(chat, { discretion: 'secrets', language: 'ko', page: PAGE });
  await masked.post({ channel: 'C1' }, message, { nonce: 'n', opensThread: `login password=${SECRET}` });
  await masked.edit({ channel: 'C1', id: '1' }, message);
  await masked.find({ channel: 'C1' }, 'n', 0, { opensThread: `login password=${SECRET}` });
  masked.attach?.({ channel: 'C1', id: '1' }, message, 'n');
  const all = JSON.stringify(sent);
  assert.ok(!all.includes(SECRET), all);
  assert.match(
    all,
    /password=\[redacted\] refused for kim@corp\.example from 10\.0\.0\.7 and 203\.0\.113\.4/,
  );
  assert.match(all, /여기서 가린 값은 페이지에서 볼 수 있어요: http:\/\/203\.0\.113\.9:8083/);
  assert.match(all, /"action":\{"name":"mute","subject":"31aceab94d"\}/);
  assert.match(all, /"kind":"report","jobId":"job-1"/);
});

test('a value is hidden where it stands without its name, too', async () => {
  const { chat, sent } = recorder();
  await maskedChat(chat, { discretion: 'secrets', language: 'en', page: PAGE }).post(
    { channel: 'C1' },
    message,
    {
      nonce: 'n',
    },
  );
  assert.match(JSON.stringify(sent), /"text":"\[redacted\] refused"/);
});

test('with `all` people and strange machines are hidden as well, own machines and links to the page are not', async () => {
  const { chat, sent } = recorder();
  await maskedChat(chat, { discretion: 'all', language: 'en', page: PAGE }).post({ channel: 'C1' }, message, {
    nonce: 'n',
  });
  const all = JSON.stringify(sent);
  assert.match(all, /refused for \[email\] from 10\.0\.0\.7 and \[ip\]/);
  assert.match(all, /#31aceab94d · http:\/\/203\.0\.113\.9:8083\/reports\/job-1/);
});

test('a person is named by what the bot says, and a customer not by what a log says', () => {
  const { chat } = recorder();
  const masked = maskedChat(chat, { discretion: 'all', language: 'ko', page: PAGE });
  assert.equal(masked.shown?.('홍길동님 주문 실패'), '[name]님 주문 실패');
  const said: Message = { summary: '홍길동님이 맡았어요', tone: 'neutral', blocks: [] };
  const { chat: other, sent } = recorder();
  void maskedChat(other, { discretion: 'all', language: 'ko', page: PAGE }).edit(
    { channel: 'C1', id: '1' },
    said,
  );
  assert.deepEqual(sent, [[{ channel: 'C1', id: '1' }, said]]);
});

test('replies are masked in every state, in the language of who asked', async () => {
  const { chat, handlers } = recorder();
  const states: Message[] = [];
  const masked = maskedChat(chat, { discretion: 'secrets', language: 'ko', page: PAGE });
  await masked.start({
    request: async ({ reply }) => {
      const live = await reply(message, 'place');
      live.update(message);
      await live.finish(message);
    },
    complete: async () => [],
  });
  const live: LiveMessage = {
    update: (state) => void states.push(state),
    finish: async (state) => void states.push(state),
  };
  const request: ChatRequest = {
    kind: 'command',
    text: 'why',
    id: 'r',
    user: { id: 'U1', name: 'kim', language: 'en' },
    place: { channel: 'C1' },
    reply: async (state) => {
      states.push(state);
      return live;
    },
  };
  await handlers().request(request);
  assert.equal(states.length, 3);
  assert.ok(!JSON.stringify(states).includes(SECRET));
  for (const { blocks } of states)
    assert.deepEqual(blocks.at(-1), {
      kind: 'footnote',
      text: `What is hidden here is shown on the page: ${PAGE}`,
    });
});

test('what has nothing to hide is the same message, and with `none` the chat is the same', async () => {
  const { chat, sent } = recorder();
  await maskedChat(chat, { discretion: 'all', language: 'en', page: PAGE }).post({ channel: 'C1' }, plain, {
    nonce: 'n',
  });
  assert.deepEqual(sent, [[{ channel: 'C1' }, plain, { nonce: 'n' }]]);
  assert.equal(maskedChat(chat, { discretion: 'none', language: 'en', page: PAGE }), chat);
});
