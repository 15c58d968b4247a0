import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../../src/domain/question/message.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { eventually } from '../fixtures.ts';
import { last, openThread, said, startBot } from '../harness.ts';

test('wrong input gets one line with the right form, only to the asker, and asks no server', async (t) => {
  const w = await startBot(t);
  const wrong: [string, RegExp][] = [
    ['', /for example: \/logs why 30m/],
    ['   ', /for example/],
    ['wyh 30m', /don't know “wyh”/],
    ['모르는말', /그런 명령은 없어요: “모르는말”/],
    ['why 30x', /“30x” is not a time span/],
    ['analyze soon', /“soon” is not a time span/],
    ['why 91d', /“91d”/],
    ['why window:x', /“x” is not a time span/],
    ['summarize --loud', /don't know the option “--loud”/],
    ['search', /Say what to look for/],
    ['summarize tomorrow', /“tomorrow” has no place there\. The form is \/logs summarize \[window\]/],
    ['summarize 30x', /“30x” is not a time span/],
    ['analyze 1d slow', /“slow” has no place there/],
    ['health 30m', /“30m” has no place there\. The form is \/logs health/],
    ['incidents everything', /The form is \/logs incidents/],
    ['help why', /The form is \/logs help/],
    ['요약 내일', /“내일”은 여기에 쓸 수 없어요.*\/logs 요약/],
    [`why ${'x'.repeat(5_000)}`, /2000 are allowed/],
    ['x'.repeat(5_000), /2000 are allowed/],
  ];
  for (const [text, form] of wrong) {
    const replies = await w.chat.command(text);
    assert.equal(replies.length, 1, text);
    assert.equal(replies[0]!.to, 'asker', text);
    const words = last(replies[0]).blocks.map((block) => (block.kind === 'text' ? block.text : ''));
    assert.match(words.join(), form);
    assert.ok(!words.join().includes('\n'));
  }
  assert.equal(w.analyst.questions.length, 0);
  assert.equal(w.logs.asked, 0);
  assert.equal(w.healthAsked(), 0);
  assert.equal(w.queue.jobs.size, 0);
  assert.equal(w.chat.messages.length, 0);
});

test('the same delivery twice is answered once', async (t) => {
  const w = await startBot(t);
  await w.chat.command('why', { id: 'same' });
  assert.deepEqual(await w.chat.command('why', { id: 'same' }), []);
  assert.equal(w.analyst.questions.length, 1);
});

test('buttons: acknowledge, mute, unmute, resolve, why', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await openThread(w);
  const press = (name: Action['name'], value?: string) =>
    w.chat.press({ name, subject: id, ...(value ? { value } : {}) }, { user: 'jun' });
  const parent = (): string => wordsOf(w.chat.messages.find((entry) => entry.ref.id === thread)!.message);
  await press('acknowledge');
  await eventually(() => assert.match(parent(), /Acknowledged by jun/));
  await press('mute', '3600000');
  await eventually(() => assert.match(parent(), /muted until .*\n[\s\S]*Unmute/));
  await press('unmute');
  await eventually(() => assert.match(parent(), /Mute 1 h/));
  await press('resolve');
  await eventually(() => assert.match(parent(), /Resolved by jun/));
  // Pressed in the channel, the answer goes into the thread.
  await press('why');
  await eventually(() => {
    const answers = w.chat.messages.filter(
      (entry) => entry.ref.thread === thread && /Likely/.test(wordsOf(entry.message)),
    );
    assert.equal(answers.length, 2);
  });
  const gone = await w.chat.press({ name: 'resolve', subject: 'nope' });
  assert.equal(gone[0]!.to, 'asker');
  assert.match(said(gone), /no longer valid/);
});

test('one word in a thread that is no command and no question gets one line, only to the asker', async (t) => {
  const w = await startBot(t);
  const { thread } = await openThread(w);
  const asked = w.analyst.questions.length;
  for (const [words, form] of [
    ['blah', /don't know “blah”\. Ask a question/],
    ['뭐라고', /“뭐라고”는 모르는 말/],
    ['mute 30x', /“30x” is not a time span/],
  ] as const) {
    const replies = await w.chat.command(words, { thread });
    assert.equal(replies[0]!.to, 'asker');
    assert.match(said(replies), form);
  }
  assert.equal(w.analyst.questions.length, asked);
  // A question that is not understood is not answered as if it were one for the cause.
  assert.match(said(await w.chat.command('deploy?', { thread })), /I cannot answer that from the logs/);
  assert.equal(w.analyst.questions.length, asked);
  await w.chat.command('why deploy?', { thread });
  assert.equal(w.analyst.questions.at(-1)?.text, 'deploy?');
});

test('a button of nothing and a mute of what is resolved are answered with a sentence', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await openThread(w);
  w.queue.stop = () => assert.fail('no queue is asked for what is no job');
  for (const name of ['why', 'acknowledge', 'mute', 'unmute', 'resolve', 'stop', 'retry'] as const) {
    const replies = await w.chat.press({ name, subject: 'nope' });
    assert.equal(replies[0]!.to, 'asker', name);
    assert.match(said(replies), /no longer valid/, name);
  }
  assert.deepEqual(await w.chat.press({ name: 'resolve', subject: id }), []);
  for (const name of ['mute', 'unmute', 'acknowledge'] as const) {
    const replies = await w.chat.press({ name, subject: id });
    assert.equal(replies[0]!.to, 'asker', name);
    assert.match(said(replies), /resolved already/, name);
  }
  const typed = await w.chat.command('음소거 2시간', { thread });
  assert.equal(typed[0]!.to, 'asker');
  assert.match(said(typed), /이미 해결된/);
});

test('actions said in the thread take a note', async (t) => {
  const w = await startBot(t);
  const { thread } = await openThread(w);
  const replies = (): string[] =>
    w.chat.messages.filter((entry) => entry.ref.thread === thread).map((entry) => wordsOf(entry.message));
  assert.deepEqual(await w.chat.command('mute 2h', { thread, user: 'mina' }), []);
  assert.deepEqual(await w.chat.command('해결 풀 크기를 늘림', { thread, user: 'mina' }), []);
  await eventually(() => {
    assert.ok(replies().some((words) => /mina muted this until/.test(words)));
    assert.ok(replies().some((words) => /mina resolved this\.\n풀 크기를 늘림/.test(words)));
  });
  // Outside of a thread it has to be said which one.
  assert.match(said(await w.chat.command('resolve it')), /Say which incident: \/logs resolve ID/);
});

test('poison on the topic is dead-lettered byte for byte, and the stream goes on', async (t) => {
  const w = await startBot(t);
  const poison: Buffer[] = [
    Buffer.from('not json'),
    Buffer.from([0xff, 0xfe, 0x7b]),
    Buffer.from('{"anomaly_status":"critical"}'),
    Buffer.from('{"anomaly_status":"on fire","confidence":1,"detected_issues":[],"explanation":""}'),
    Buffer.alloc(5_000_000, 'x'),
    Buffer.alloc(0),
  ];
  const dead: Buffer[] = [];
  const reading = await w.bus.subscribe(
    'log-anomalies.dlq',
    { group: 'test', from: 'earliest' },
    async (batch) => {
      for (const message of batch) dead.push(message.value);
    },
  );
  // A foreign producer that sends only the four required fields.
  const foreign =
    '{"anomaly_status":"critical","confidence":0.92,"detected_issues":["연결 실패","재시도 실패"],"explanation":"…"}';
  await w.publish(...poison, foreign);
  await eventually(() => assert.equal(w.chat.messages.length, 3));
  await eventually(() => assert.equal(dead.length, poison.length));
  assert.ok(poison.every((value) => dead.some((other) => other.equals(value))));
  assert.match(w.chat.messages[0]!.message.summary, /^연결 실패/);
  assert.match(await w.metrics.registry.metrics(), /bongsu_dead_letters_total\{topic="log-anomalies"\} 6/);
  await reading[Symbol.asyncDispose]();
});

test('suggestions while a command is typed', async (t) => {
  const { chat } = await startBot(t);
  assert.deepEqual(await chat.handlers().complete('service', 'CA'), ['cart']);
  assert.deepEqual(await chat.handlers().complete('window', '1'), ['15m', '1h']);
});

test('a double click asks once, though the platform gives each click an id; another person may ask the same', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await openThread(w);
  const asked = () => w.analyst.questions.length;
  const before = asked();
  const why = { name: 'why', subject: id } as const;
  await Promise.all([w.chat.press(why, { thread, id: 'one' }), w.chat.press(why, { thread, id: 'two' })]);
  assert.equal(asked(), before + 1);
  await w.chat.press(why, { thread, id: 'three', userId: 'U7' });
  assert.equal(asked(), before + 2);
});
