import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completions } from '../../src/bot/commands/table/completion.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/question/message.ts';
import type { PageMessage } from '../../src/web/console.ts';
import { personOf } from '../../src/web/guard.ts';
import { fakeRoom } from '../fakes/room.ts';
import { postJson, readEvents, startWeb } from './harness.ts';

const said = (text: string): Message => ({
  summary: text,
  tone: 'neutral',
  blocks: [{ kind: 'text', text }],
});
const sessionOf = async (address: string): Promise<string> => {
  const response = await fetch(`${address}/api/console`);
  return response.headers.get('set-cookie')!.split(';')[0]!;
};
const history = async (address: string, cookie: string, thread?: string): Promise<PageMessage[]> => {
  const response = await fetch(`${address}/api/messages${thread ? `?thread=${thread}` : ''}`, {
    headers: { cookie },
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { messages: PageMessage[] }).messages;
};

test('the page learns how it is set up', async () => {
  const commands = completions();
  await using server = await startWeb({ room: fakeRoom(), commands });
  const response = await fetch(`${server.address}/api/console`);
  assert.deepEqual(await response.json(), {
    version: '1.2.3',
    language: 'en',
    timeZone: 'UTC',
    chat: true,
    commands,
    token: false,
  });
  assert.match(
    response.headers.get('set-cookie')!,
    /^bongsu_session=[\w-]{22}; Path=\/; HttpOnly; SameSite=Strict/,
  );
});

test('what is said and pressed reaches the room with its session, language and thread', async () => {
  const room = fakeRoom();
  await using server = await startWeb({ room });
  const cookie = await sessionOf(server.address);
  const session = personOf(cookie.split('=')[1]!);
  const parent = room.post(said('alert'));
  const say = await postJson(
    `${server.address}/api/say`,
    { text: '/logs 왜', user: '지민', language: 'ko', thread: parent.id },
    { cookie },
  );
  assert.equal(say.status, 202);
  const press = await postJson(
    `${server.address}/api/press`,
    { action: { name: 'mute', subject: 'i1', value: '3600000' } },
    { cookie },
  );
  assert.equal(press.status, 202);
  assert.deepEqual(room.inputs, [
    { session, user: '지민', language: 'ko', thread: parent.id, text: '/logs 왜' },
    { session, user: 'operator', language: 'en', action: { name: 'mute', subject: 'i1', value: '3600000' } },
  ]);
});

test('wrong input never reaches the room, and its refusals are problems', async () => {
  const room = fakeRoom();
  await using server = await startWeb({ room });
  const status = async (path: string, body: unknown) =>
    (await postJson(`${server.address}${path}`, body)).status;
  assert.equal(await status('/api/say', { text: '' }), 400);
  assert.equal(await status('/api/say', { text: 'x'.repeat(8_001) }), 400);
  assert.equal(await status('/api/say', { text: 'x', language: 'fr' }), 400);
  assert.equal(await status('/api/press', { action: { name: 'explode', subject: 'x' } }), 400);
  assert.equal(await status('/api/say', { text: 'x'.repeat(70_000) }), 413);
  assert.deepEqual(room.inputs, []);
  room.failNext = new AppError('not_found', 'no such thread');
  assert.equal(await status('/api/say', { text: 'hello', thread: 'gone' }), 404);
});

test('private answers are shown only to the session they are for', async () => {
  const room = fakeRoom();
  await using server = await startWeb({ room });
  const [mine, other] = [await sessionOf(server.address), await sessionOf(server.address)];
  room.post(said('for all'));
  room.post(said('for me'), { onlyFor: personOf(mine.split('=')[1]!) });
  const seen = await history(server.address, mine);
  assert.deepEqual(
    seen.map((message) => [message.message.summary, message.private]),
    [
      ['for all', undefined],
      ['for me', true],
    ],
  );
  assert.ok(!JSON.stringify(seen).includes('onlyFor'));
  assert.equal((await history(server.address, other)).length, 1);

  const stream = await fetch(`${server.address}/api/events`, { headers: { cookie: other } });
  const events = readEvents(stream, (all) => all.some((event) => event.event === 'message'));
  room.post(said('again for me'), { onlyFor: personOf(mine.split('=')[1]!) });
  room.post(said('again for all'));
  const messages = (await events).filter((event) => event.event === 'message');
  assert.deepEqual(
    messages.map((event) => (event.data as PageMessage).message.summary),
    ['again for all'],
  );
});

test('threads are fetched by their parent', async () => {
  const room = fakeRoom();
  await using server = await startWeb({ room });
  const cookie = await sessionOf(server.address);
  const parent = room.post(said('alert'));
  room.post(said('analysis'), { thread: parent.id });
  assert.deepEqual(
    (await history(server.address, cookie)).map((message) => [message.id, message.replies]),
    [[parent.id, 1]],
  );
  assert.deepEqual(
    (await history(server.address, cookie, parent.id)).map((message) => message.message.summary),
    ['analysis'],
  );
});

test('a client that reconnects gets what it missed, or is told to fetch everything', async () => {
  const room = fakeRoom();
  await using server = await startWeb({ room });
  const open = (headers: Record<string, string> = {}) => fetch(`${server.address}/api/events`, { headers });
  const first = readEvents(
    await open(),
    (all) => all.filter((event) => event.event === 'message').length === 2,
  );
  room.post(said('one'));
  room.post(said('two'));
  const seen = await first;
  assert.deepEqual(seen[0]?.data, { resumed: false });
  const [one] = seen.filter((event) => event.event === 'message');
  room.post(said('three'));

  const resumed = await readEvents(
    await open({ 'last-event-id': one!.id! }),
    (all) => all.filter((event) => event.event === 'message').length === 2,
  );
  assert.deepEqual(resumed.find((event) => event.event === 'hello')?.data, { resumed: true });
  assert.deepEqual(
    resumed
      .filter((event) => event.event === 'message')
      .map((event) => (event.data as PageMessage).message.summary),
    ['two', 'three'],
  );
  for (let index = 0; index < 600; index += 1) room.post(said(`storm ${index}`));
  for (const id of [one!.id!, 'another-1', 'x']) {
    const [hello] = await readEvents(await open({ 'last-event-id': id }), (all) => all.length > 0);
    assert.deepEqual(hello?.data, { resumed: false });
  }
});

test('the number of event streams is bounded', async () => {
  await using server = await startWeb({ room: fakeRoom() });
  const streams = await Promise.all(Array.from({ length: 100 }, () => fetch(`${server.address}/api/events`)));
  assert.ok(streams.every((response) => response.status === 200));
  const refused = await fetch(`${server.address}/api/events`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '10');
  await Promise.all(streams.map((response) => response.body?.cancel()));
});

test('a process without a bot says so and still tells its health', async () => {
  await using server = await startWeb();
  assert.equal((await fetch(`${server.address}/api/messages`)).status, 404);
  assert.equal((await postJson(`${server.address}/api/say`, { text: 'x' })).status, 404);
  const events = await readEvents(await fetch(`${server.address}/api/events`), (all) => all.length === 2);
  assert.deepEqual(
    events.map((event) => event.event),
    ['hello', 'health'],
  );
});

test('services are suggested from the store', async () => {
  await using server = await startWeb({ room: fakeRoom() });
  const response = await fetch(`${server.address}/api/services`);
  assert.deepEqual(await response.json(), { services: ['orders'] });
});

test('the public name of a session does not lead back to its cookie', async () => {
  const secret = 'abcdefghijklmnopqrstuv';
  const person = personOf(secret);
  assert.match(person, /^[\w-]{22}$/);
  assert.notEqual(person, secret);
  await using server = await startWeb({ room: fakeRoom() });
  const said = await fetch(`${server.address}/api/messages`, {
    headers: { cookie: `bongsu_session=${person}` },
  });
  assert.equal(said.status, 200);
  assert.notEqual(personOf(person), person, 'the name, used as a cookie, is another session');
});
