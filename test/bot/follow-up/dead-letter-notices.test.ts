import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bus, BusMessage } from '../../../src/backends/bus/bus.ts';
import { deadLetter } from '../../../src/backends/bus/dead-letter.ts';
import { openMemoryBus } from '../../../src/backends/bus/memory.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { type Delivery, isTask, type Task } from '../../../src/bot/delivery/delivery.ts';
import { createDeadLetterNotices } from '../../../src/bot/follow-up/dead-letter-notices.ts';
import { deadLettersView } from '../../../src/bot/views/dead-letters.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { speech } from '../../../src/i18n/format.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { eventually, log } from '../fixtures.ts';

const HOUR = 3_600_000;
const CHATS = [
  { name: 'console', alertChannel: 'console' },
  { name: 'slack', alertChannel: 'C1' },
] as const;

const lettersOn = (
  bus: Bus,
  state: StateStore,
  clock = { now: Date.now() },
  language: 'ko' | 'en' = 'en',
): ReturnType<typeof createDeadLetterNotices> =>
  createDeadLetterNotices({
    bus,
    state,
    topics: ['log-anomalies', 'log-stream'],
    group: 'letters',
    chats: CHATS,
    speech: speech(language, 'UTC'),
    log,
    wake: () => {},
    now: () => clock.now,
  });

/** A message of a topic that could not be read. */
const unread = (offset: number, value = 'not json', topic = 'log-anomalies'): BusMessage => ({
  topic,
  partition: 3,
  offset: String(offset),
  value: Buffer.from(value),
  headers: {},
  timestamp: Date.now(),
});
const NOT_JSON = new AppError('malformed', 'not JSON');

const entriesOf = async (state: StateStore) => state.list('outbox', { limit: 1_000 });
const tasksOf = async (state: StateStore): Promise<Task[]> =>
  (await entriesOf(state)).map(({ value }) => value).filter(isTask);
const noticesOf = async (state: StateStore): Promise<{ id: string; value: Delivery }[]> =>
  (await entriesOf(state)).flatMap(({ id, value }) => (isTask(value) ? [] : [{ id, value }]));
const messageOf = ({ content }: Delivery): Message =>
  content.kind === 'message' ? content.message : assert.fail(content.kind);

test('what could not be read is told once in every alert channel, with topic, offset and reason', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const clock = { now: Date.now() };
  const letters = lettersOn(bus, state, clock);
  await using _watch = await letters.watch();
  await deadLetter(bus, unread(41), NOT_JSON);
  await deadLetter(bus, unread(7, '\u0000', 'log-stream'), new AppError('malformed', 'not valid UTF-8'));
  await eventually(async () => assert.equal((await tasksOf(state)).length, 1));
  await eventually(async () =>
    assert.match((await letters.health())?.detail ?? '', /log-stream: 1.*offset 7/),
  );
  const [task] = await tasksOf(state);
  assert.ok(task!.due > clock.now && task!.due < clock.now + 60_000, 'a burst is told by one message');
  await letters.tell(task!);
  await letters.tell(task!);
  const notices = await noticesOf(state);
  assert.deepEqual(notices.map(({ value }) => [value.chat, value.channel]).sort(), [
    ['console', 'console'],
    ['slack', 'C1'],
  ]);
  const words = wordsOf(messageOf(notices[0]!.value));
  assert.match(words, /2 messages were put aside/);
  assert.match(words, /log-anomalies 3\/41: malformed: not JSON/);
  assert.match(words, /log-stream 3\/7: malformed: not valid UTF-8/);
  assert.match(words, /log-anomalies\.dlq, log-stream\.dlq/);
});

test('at most one notice an hour: what comes meanwhile waits for the next, and none is planned without news', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const clock = { now: Date.now() };
  const letters = lettersOn(bus, state, clock);
  await using _watch = await letters.watch();
  await deadLetter(bus, unread(1), NOT_JSON);
  await eventually(async () => assert.equal((await tasksOf(state)).length, 1));
  await letters.tell((await tasksOf(state))[0]!);
  const toldAt = clock.now;
  clock.now += 60_000;
  for (const offset of [2, 3, 4]) await deadLetter(bus, unread(offset), NOT_JSON);
  await eventually(async () => assert.equal((await tasksOf(state)).length, 2));
  await eventually(async () => assert.match((await letters.health())?.detail ?? '', /: 4 message\(s\)/));
  const next = (await tasksOf(state)).find(({ subject }) => subject === '2')!;
  assert.equal(next.due, toldAt + HOUR);
  clock.now = next.due;
  await letters.tell(next);
  const second = (await noticesOf(state)).find(({ id }) => id === 'letters/2/console')!;
  assert.match(wordsOf(messageOf(second.value)), /3 messages/);
  assert.equal((await tasksOf(state)).length, 2);
});

test('several bots on one store count each letter once and plan one notice, also where a letter comes again', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const bots = Array.from({ length: 4 }, () => lettersOn(bus, state));
  await using stack = new AsyncDisposableStack();
  for (const bot of bots) stack.use(await bot.watch());
  // Its batch came again before its offset was committed: it was put aside twice.
  for (let offset = 0; offset < 120; offset += 1)
    for (let times = 0; times < (offset % 3 === 0 ? 2 : 1); times += 1)
      await deadLetter(
        bus,
        unread(offset, `${offset}`, offset % 2 ? 'log-stream' : 'log-anomalies'),
        NOT_JSON,
      );
  await eventually(async () => {
    const detail = (await bots[0]!.health())?.detail ?? '';
    assert.match(detail, /log-anomalies: 60 message\(s\)/);
    assert.match(detail, /log-stream: 60 message\(s\)/);
  });
  const tasks = await tasksOf(state);
  assert.equal(tasks.length, 1);
  await Promise.all(bots.map((bot) => bot.tell(tasks[0]!)));
  const notices = await noticesOf(state);
  assert.equal(notices.length, 2);
  assert.match(wordsOf(messageOf(notices[0]!.value)), /120 messages/);
});

test('a bot that comes later tells what lay there; one that comes back counts nothing twice', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  await deadLetter(bus, unread(1), NOT_JSON);
  const first = lettersOn(bus, state);
  await using _first = await first.watch();
  await eventually(async () => assert.match((await first.health())?.detail ?? '', /: 1 message\(s\)/));
  // In a group that has read nothing, as after offsets were lost.
  const again = createDeadLetterNotices({
    bus,
    state,
    topics: ['log-anomalies'],
    group: 'another',
    chats: CHATS,
    speech: speech('en', 'UTC'),
    log,
    wake: () => {},
  });
  await using _again = await again.watch();
  await deadLetter(bus, unread(2), NOT_JSON);
  await eventually(async () => assert.match((await again.health())?.detail ?? '', /: 2 message\(s\)/));
  assert.equal((await tasksOf(state)).length, 1);
});

test('a topic made anew counts from zero again and is told all the same', async () => {
  const state = memoryState();
  for (const value of ['before', 'after the restart']) {
    await using bus = openMemoryBus(log);
    const letters = lettersOn(bus, state);
    await using _watch = await letters.watch();
    await deadLetter(bus, unread(0, value), NOT_JSON);
    const expected = value === 'before' ? /: 1 message\(s\)/ : /: 2 message\(s\)/;
    await eventually(async () => assert.match((await letters.health())?.detail ?? '', expected));
  }
});

test('a notice that was planned and lost is planned again with the next letter', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const clock = { now: Date.now() };
  const letters = lettersOn(bus, state, clock);
  await using _watch = await letters.watch();
  await deadLetter(bus, unread(1), NOT_JSON);
  await eventually(async () => assert.equal((await tasksOf(state)).length, 1));
  clock.now += 20 * 60_000;
  await deadLetter(bus, unread(2), NOT_JSON);
  await eventually(async () => assert.equal((await tasksOf(state)).length, 2));
});

test('health: not well for an hour, told for a day, then silent', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const clock = { now: Date.now() };
  const letters = lettersOn(bus, state, clock);
  assert.equal(await letters.health(), undefined);
  await using _watch = await letters.watch();
  await deadLetter(bus, unread(41), NOT_JSON);
  const told = await eventually(async () => (await letters.health()) ?? assert.fail('nothing yet'));
  assert.equal(told.ok, false);
  assert.match(told.detail, /log-anomalies: 1 .*partition 3, offset 41.*malformed: not JSON/);
  assert.match(told.mend ?? '', /log-anomalies\.dlq/);
  clock.now += 2 * HOUR;
  assert.equal((await letters.health())?.ok, true);
  clock.now += 23 * HOUR;
  assert.equal(await letters.health(), undefined);
});

test('a reason with log text is harmless: no secret, no control character, no lines, bounded; figures are figures', async () => {
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const letters = lettersOn(bus, state, { now: Date.now() }, 'ko');
  await using _watch = await letters.watch();
  const hostile = `cannot decode password=hunter2-secret AKIAIOSFODNN7EXAMPLE \u001b[2J\u202e\r\n<!channel> @everyone ${'x'.repeat(5_000)}`;
  await deadLetter(
    bus,
    { ...unread(5), headers: { 'bongsu-element': '1e9<!here>' } },
    new AppError('malformed', hostile),
  );
  await bus.publish('log-stream.dlq', [
    {
      value: 'x',
      headers: { 'bongsu-topic': '<!channel>', 'bongsu-partition': '-1', 'bongsu-offset': '../1' },
    },
  ]);
  await eventually(async () => assert.match((await letters.health())?.detail ?? '', /log-stream/));
  await letters.tell((await tasksOf(state))[0]!);
  const message = messageOf((await noticesOf(state))[0]!.value);
  const lines = message.blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : []));
  assert.equal(lines.length, 2);
  for (const text of [...lines, (await letters.health())!.detail]) {
    assert.doesNotMatch(text, /hunter2|AKIAIOSFODNN7EXAMPLE/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  assert.ok(lines.every((line) => line.length <= 300));
  assert.match(lines[0]!, /^log-anomalies 3\/5\[\?\]: malformed: cannot decode/);
  assert.match(lines[1]!, /^log-stream \?\/\?: malformed/);
  assert.match(wordsOf(message), /읽을 수 없어 따로 둔 메시지 2개/);
});

test('the notice in both languages says one and many', () => {
  const letter = { partition: '0', offset: '9', element: '2', reason: 'malformed: not JSON', at: 0 };
  const one = { 'log-anomalies': { count: 1, since: 0, letters: [letter] } };
  const many = { 'log-anomalies': { count: 1_200, since: 0, letters: [letter] } };
  assert.match(wordsOf(deadLettersView(one, speech('en', 'UTC'))), /1 message was put aside[\s\S]*0\/9\[2\]/);
  assert.match(wordsOf(deadLettersView(many, speech('en', 'UTC'))), /1,200 messages were put aside/);
  assert.match(wordsOf(deadLettersView(many, speech('ko', 'Asia/Seoul'))), /메시지 1,200개/);
});

test('each dead-letter topic is read in a group of its own: a broker shares out the partitions of one group', async () => {
  const groups: string[] = [];
  const bus = {
    subscribe: async (_topic: string, { group }: { group: string }) => {
      groups.push(group);
      return { async [Symbol.asyncDispose]() {} };
    },
  } as unknown as Bus;
  await using _ = await lettersOn(bus, memoryState()).watch();
  assert.equal(groups.length, 2);
  assert.equal(new Set(groups).size, 2);
});
