import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../src/analysis/ledger.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { createBot } from '../../src/bot/bot.ts';
import { parseCommand } from '../../src/bot/commands/parse.ts';
import { parseControl } from '../../src/bot/commands/parse-control.ts';
import { parseConfig } from '../../src/config.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Action, Message } from '../../src/domain/message.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type FakeChat, fakeChat, type Reply, wordsOf } from '../fakes/chat.ts';
import {
  anomaly,
  answer,
  eventually,
  fakeAnalyst,
  fakeLogs,
  fakeQueue,
  log,
  temporaryState,
} from './fixtures.ts';

interface World {
  chat: FakeChat;
  bus: ReturnType<typeof openMemoryBus>;
  analyst: ReturnType<typeof fakeAnalyst>;
  logs: ReturnType<typeof fakeLogs>;
  queue: ReturnType<typeof fakeQueue>;
  metrics: ReturnType<typeof createMetrics>;
  healthAsked: () => number;
  ledger: ReturnType<typeof createLedger>;
  publish(...values: (string | Buffer)[]): Promise<void>;
}

/** The whole bot on the memory bus and a state store on the disk. */
async function world(t: TestContext): Promise<World> {
  const state = await (await temporaryState(t)).open();
  const bus = openMemoryBus(log);
  const chat = fakeChat();
  const analyst = fakeAnalyst();
  const logs = fakeLogs();
  const queue = fakeQueue();
  const metrics = createMetrics();
  let healthAsked = 0;
  const ledger = createLedger({
    state,
    budget: { usd: 10, usdPerUser: 2, tokens: null, tokensPerUser: null },
    timeZone: 'UTC',
  });
  const bot = createBot({
    bus,
    state,
    logs,
    queue,
    analyst,
    ledger,
    chats: [chat],
    config: parseConfig({ incidents: { debounceMs: 0 } }),
    backendsHealth: async () => {
      healthAsked += 1;
      return { bus: { ok: false, kind: 'kafka', detail: 'down', mend: 'start it' } };
    },
    systemHealth: async () => ({
      gpus: [{ name: 'H200', memoryUsedMb: 1_024, memoryTotalMb: 2_048, utilisation: 0.5 }],
      cpu: { load: 0.25, cores: 4 },
      memory: { usedMb: 1_024, totalMb: 4_096 },
      at: 0,
    }),
    metrics,
    log,
  });
  await bot.start();
  t.after(async () => {
    await bot.stop();
    await bus[Symbol.asyncDispose]();
  });
  return {
    chat,
    ledger,
    bus,
    analyst,
    logs,
    queue,
    metrics,
    healthAsked: () => healthAsked,
    publish: (...values) =>
      bus.publish(
        'log-anomalies',
        values.map((value) => ({ key: 'k', value })),
      ),
  };
}

const last = (reply: Reply | undefined): Message => reply!.states.at(-1)!;
const said = (replies: Reply[]): string => wordsOf(last(replies[0]));
/** A critical incident whose thread is open and complete. */
async function opened(w: World): Promise<{ id: string; thread: string }> {
  await w.publish(JSON.stringify(anomaly('payment')));
  await eventually(() => assert.equal(w.chat.messages.length, 3));
  const parent = w.chat.messages.find((message) => message.ref.id === message.ref.thread)!;
  const buttons = parent.message.blocks.find((block) => block.kind === 'buttons')!;
  return { id: buttons.buttons[0]!.action.subject, thread: parent.ref.thread! };
}

test('wrong input gets one line with the right form, only to the asker, and asks no server', async (t) => {
  const w = await world(t);
  const wrong: [string, RegExp][] = [
    ['', /for example: \/logs why 30m/],
    ['   ', /for example/],
    ['wyh 30m', /don't know “wyh”/],
    ['모르는말', /“모르는말”은 모르는 명령/],
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

test('why streams: step, draft, words, answer, in one message', async (t) => {
  const w = await world(t);
  const [reply, ...none] = await w.chat.command('why is checkout slow 30m service:cart,payment');
  assert.deepEqual(none, []);
  assert.equal(reply!.to, 'place');
  assert.ok(reply!.finished);
  const states = reply!.states.map(wordsOf);
  assert.match(states[0]!, /Gathering evidence/);
  assert.ok(states.some((state) => /Likely/.test(state) && /Stop/.test(state)));
  assert.ok(states.some((state) => /\nThe connection pool\n/.test(state)));
  assert.match(states.at(-1)!, /The connection pool of payment ran dry/);
  assert.doesNotMatch(states.at(-1)!, /Stop/);
  const [question] = w.analyst.questions;
  assert.equal(question?.kind, 'why');
  assert.equal(question?.text, 'is checkout slow');
  assert.deepEqual(question?.services, ['cart', 'payment']);
  assert.equal(question!.window!.to - question!.window!.from, 1_800_000);
  assert.equal(question?.language, 'en');
});

test('Korean names, flags and answers', async (t) => {
  const w = await world(t);
  const replies = await w.chat.command('/logs 요약 2시간 비공개');
  assert.equal(replies[0]!.to, 'asker');
  assert.match(said(replies), /요약/);
  assert.equal(w.analyst.questions[0]?.language, 'ko');
  assert.equal(w.analyst.questions[0]?.kind, 'summarize');
  assert.match(said(await w.chat.command('도움말')), /할 수 있는 일/);
  assert.match(said(await w.chat.command('help', { language: 'ko' })), /할 수 있는 일/);
  assert.match(said(await w.chat.command('help')), /What I can do/);
  assert.match(said(await w.chat.command('검색 타임아웃')), /일치하는 줄이 없어요/);
});

test('health names what is wrong and shows the machine', async (t) => {
  const words = said(await (await world(t)).chat.command('health'));
  for (const part of [/1 part needs attention/, /✗ bus \(kafka\): down → start it/, /✓ outbox/, /✓ slack/])
    assert.match(words, part);
  assert.match(words, /GPU: H200 · 1 of 2 GB · 50 %/);
  assert.match(words, /CPU: 25 % of 4 cores/);
});

test('the same delivery twice is answered once', async (t) => {
  const w = await world(t);
  await w.chat.command('why', { id: 'same' });
  assert.deepEqual(await w.chat.command('why', { id: 'same' }), []);
  assert.equal(w.analyst.questions.length, 1);
});

test('words in an incident’s thread are a question about it', async (t) => {
  const w = await world(t);
  const { id, thread } = await opened(w);
  await w.chat.command('did a deploy cause this?', { thread });
  const question = w.analyst.questions.at(-1);
  assert.equal(question?.incidentId, id);
  assert.equal(question?.text, 'did a deploy cause this?');
  assert.ok(question?.window);
  // Elsewhere the same words are no command.
  assert.match(said(await w.chat.command('did a deploy cause this?')), /I don't know “did”/);
});

test('buttons: acknowledge, mute, unmute, resolve, why', async (t) => {
  const w = await world(t);
  const { id, thread } = await opened(w);
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
  const w = await world(t);
  const { thread } = await opened(w);
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
  await w.chat.command('deploy?', { thread });
  assert.equal(w.analyst.questions.at(-1)?.text, 'deploy?');
});

test('a button of nothing and a mute of what is resolved are answered with a sentence', async (t) => {
  const w = await world(t);
  const { id, thread } = await opened(w);
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
  const w = await world(t);
  const { thread } = await opened(w);
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

test('stop ends an answer that is being made; try again asks once more', async (t) => {
  const w = await world(t);
  const ask = w.analyst.ask;
  w.analyst.ask = async function* (_question, { signal } = {}) {
    yield { kind: 'draft', answer };
    await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  };
  const running = w.chat.command('why');
  const button = await eventually(() => {
    const shown = w.chat.replies
      .at(-1)
      ?.states.at(-1)
      ?.blocks.find((block) => block.kind === 'buttons');
    assert.ok(shown);
    return shown.buttons[0]!;
  });
  assert.equal(button.label, 'Stop');
  await w.chat.press(button.action);
  assert.match(said(await running), /Stopped/);

  w.analyst.ask = async function* () {
    yield { kind: 'step', step: 'window' };
    throw new AppError('unavailable', 'elastic:9200 refused; secret detail');
  };
  const failed = await w.chat.command('why 1h');
  assert.match(said(failed), /cannot be reached right now[\s\S]*Try again/);
  assert.doesNotMatch(said(failed), /secret detail/);
  w.analyst.ask = ask;
  const retry = last(failed[0]).blocks.find((block) => block.kind === 'buttons')!.buttons[0]!;
  const again = await w.chat.press(retry.action);
  assert.match(said(again), /pool of payment ran dry/);
});

test('analyze: queued, progress, stop button, report with a chart', async (t) => {
  const w = await world(t);
  const [reply] = await w.chat.command('analyze 24h service:cart');
  const [id] = [...w.queue.jobs.keys()];
  assert.ok(id);
  assert.equal(w.queue.jobs.get(id)?.payload.replyTo?.channel, 'C1');
  assert.match(wordsOf(last(reply)), /Analysis of 1 day is queued[\s\S]*Stop/);
  w.queue.change(id, {
    state: 'active',
    progress: { fraction: 0.5, step: 'step.scan', done: 500, total: 1_000 },
  });
  assert.match(wordsOf(last(reply)), /Reading logs… 500 of 1,000 lines/);
  w.queue.change(id, {
    state: 'done',
    result: {
      answer,
      records: 1_000,
      templates: 7,
      window: { from: 0, to: 86_400_000 },
      series: [{ at: 0, total: 10, errors: 2 }],
      top: [],
    },
  });
  await eventually(() => assert.ok(w.chat.messages.some((entry) => entry.nonce === `report/${id}`)));
  assert.match(wordsOf(last(reply)), /Analysis done/);
  const report = w.chat.messages.find((entry) => entry.nonce === `report/${id}`)!.message;
  assert.ok(report.blocks.some((block) => block.kind === 'chart'));
  assert.deepEqual(report.blocks.at(-1), { kind: 'report', jobId: id, language: 'en' });
  assert.match(wordsOf(report), /1,000 lines, 7 templates/);

  await w.chat.command('analyze 1d');
  const second = [...w.queue.jobs.keys()][1]!;
  await w.chat.press({ name: 'stop', subject: second });
  assert.equal(w.queue.jobs.get(second)?.state, 'stopped');
});

test('poison on the topic is dead-lettered byte for byte, and the stream goes on', async (t) => {
  const w = await world(t);
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
  assert.match(w.chat.messages[0]!.message.summary, /unknown: 연결 실패/);
  assert.match(await w.metrics.registry.metrics(), /bongsu_dead_letters_total\{topic="log-anomalies"\} 6/);
  await reading[Symbol.asyncDispose]();
});

test('suggestions while a command is typed', async (t) => {
  const { chat } = await world(t);
  assert.deepEqual(await chat.handlers().complete('service', 'CA'), ['cart']);
  assert.deepEqual(await chat.handlers().complete('window', '1'), ['15m', '1h']);
});

test('commands as they are typed', () => {
  assert.deepEqual(parseCommand('/logs why 30m service:cart 왜 느려?'), {
    name: 'why',
    text: '왜 느려?',
    private: false,
    windowMs: 1_800_000,
    services: ['cart'],
  });
  assert.deepEqual(parseCommand('search 500ms "connection reset" 2h'), {
    name: 'search',
    text: '500ms "connection reset"',
    private: false,
    windowMs: 7_200_000,
  });
  assert.deepEqual(parseCommand('왜 5xx 오류가 나?'), {
    name: 'why',
    text: '5xx 오류가 나?',
    private: false,
  });
  const span = (typed: string): [number | undefined, string] => {
    const parsed = parseCommand(typed);
    assert.ok('name' in parsed, typed);
    return [parsed.windowMs && parsed.windowMs / 60_000, parsed.text];
  };
  // The window stands first or last; a span alone or inside is what is looked for, as is anything in quotes.
  assert.deepEqual(span('search 2h timed'), [120, 'timed']);
  assert.deepEqual(span('search 30m timed out --private'), [30, 'timed out']);
  assert.deepEqual(span('검색 2h 고갈'), [120, '고갈']);
  assert.deepEqual(span('search timed 2h --private'), [120, 'timed']);
  assert.deepEqual(span('search timed 1h 30m'), [90, 'timed']);
  assert.deepEqual(span('search 1시간 30분 timed'), [90, 'timed']);
  assert.deepEqual(span('search 2h'), [undefined, '2h']);
  assert.deepEqual(span('search took 5s twice'), [undefined, 'took 5s twice']);
  assert.deepEqual(span('search "2h" timed'), [undefined, '"2h" timed']);
  assert.deepEqual(span('왜 1시간 30분'), [90, '']);
  assert.deepEqual(span('why was it slow 1d 2h 30m'), [1_590, 'was it slow']);
  assert.deepEqual(span('summarize 1h 30m service:cart'), [90, '']);
  assert.deepEqual(span('분석 2일 12시간'), [3_600, '']);
  assert.deepEqual(parseControl('음소거 1시간 30분 배포 중'), {
    name: 'mute',
    note: '배포 중',
    forMs: 5_400_000,
  });
  assert.deepEqual(parseControl('음소거 해제'), { name: 'unmute' });
  assert.deepEqual(parseCommand('WHY?'), { name: 'why', text: '', private: false });
  assert.deepEqual(parseCommand('분석 1일 --비공개'), {
    name: 'analyze',
    text: '',
    private: true,
    windowMs: 86_400_000,
  });
});

test('cost: today and this week by person and by task, in both languages', async (t) => {
  const w = await world(t);
  const charged = { asker: { id: 'slack/U1', name: 'mina' }, task: 'why', model: 'openai/m' };
  const reserved = await w.ledger.reserve(charged, { usd: 0.5, tokens: 2_000 });
  assert.ok('hold' in reserved);
  const spent = { usd: 0.25, prompt: 1_200, completion: 34, calls: 1 };
  await w.ledger.settle(reserved.hold, charged, spent);
  const english = wordsOf(last((await w.chat.command('cost'))[0]));
  for (const said of ['Models today: $0.25', 'mina: $0.25', '1,234 tokens', '1 question', '$2.00', '$10.00'])
    assert.ok(english.includes(said), `${said} in ${english}`);
  const korean = wordsOf(last((await w.chat.command('비용'))[0]));
  for (const said of ['오늘 모델 비용: $0.25', '원인 찾기: $0.25', '토큰 1,234', '이번 주 사람별'])
    assert.ok(korean.includes(said), `${said} in ${korean}`);
});

test('--fresh asks anew, and has no place in commands that keep nothing', () => {
  const why = parseCommand('why 30m --fresh');
  assert.ok('name' in why && why.fresh);
  const korean = parseCommand('왜 30분 --새로');
  assert.ok('name' in korean && korean.fresh);
  assert.deepEqual(parseCommand('health --fresh'), { wrong: 'option', word: '--fresh' });
});
