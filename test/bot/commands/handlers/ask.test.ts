import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/domain/errors.ts';
import type { Action } from '../../../../src/domain/question/message.ts';
import { wordsOf } from '../../../fakes/chat.ts';
import { answer, eventually, temporaryState } from '../../fixtures.ts';
import { last, openThread, said, startBot } from '../../harness.ts';

test('why streams: step, draft, words, answer, in one message', async (t) => {
  const w = await startBot(t);
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
  const w = await startBot(t);
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
  const words = said(await (await startBot(t)).chat.command('health'));
  for (const part of [/1 part needs attention/, /✗ bus \(kafka\): down → start it/, /✓ outbox/, /✓ slack/])
    assert.match(words, part);
  assert.match(words, /GPU: H200 · 1 of 2 GB · 50 %/);
  assert.match(words, /CPU: 25 % of 4 cores/);
});

test('health tells of the backends also where the count of dead letters cannot be read', async (t) => {
  const store = await (await temporaryState(t)).open();
  const get = store.get.bind(store);
  store.get = async (kind, id) => {
    if (id === 'dead-letters') throw new AppError('unavailable', 'the state store is away');
    return get(kind, id);
  };
  const words = said(await (await startBot(t, {}, { store })).chat.command('health'));
  assert.match(words, /✗ bus \(kafka\): down → start it/);
  assert.match(words, /✓ outbox/);
});

test('words in an incident’s thread are a question about it', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await openThread(w);
  await w.chat.command('did a deploy cause this?', { thread });
  const question = w.analyst.questions.at(-1);
  assert.equal(question?.incidentId, id);
  assert.equal(question?.text, 'did a deploy cause this?');
  assert.ok(question?.window);
  // Elsewhere the same words are a question about all logs.
  await w.chat.command('did a deploy cause this?');
  assert.equal(w.analyst.questions.at(-1)?.text, 'did a deploy cause this?');
  assert.equal(w.analyst.questions.at(-1)?.incidentId, undefined);
});

test('stop ends an answer that is being made; try again asks once more', async (t) => {
  const w = await startBot(t);
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

test('who asked may stop; what others asked for needs a responder', async (t) => {
  const w = await startBot(t, { roles: { responder: ['U2'] } });
  const press = async (id: string, userId: string) => w.chat.press({ name: 'stop', subject: id }, { userId });
  for (const [userId, stopped] of [
    ['U3', false],
    ['U1', true],
  ] as const) {
    await w.chat.command('analyze 1d', { userId: 'U1' });
    const id = [...w.queue.jobs.keys()].at(-1)!;
    const replies = await press(id, userId);
    assert.equal(w.queue.jobs.get(id)?.state === 'stopped', stopped, userId);
    if (!stopped) assert.match(said(replies), /responder/);
    await press(id, 'U2');
    assert.equal(w.queue.jobs.get(id)?.state, 'stopped');
  }
  w.analyst.ask = async function* (_question, { signal } = {}) {
    yield { kind: 'draft', answer };
    await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  };
  const running = w.chat.command('why', { userId: 'U1' });
  const button = await eventually(() => {
    const shown = w.chat.replies.at(-1)?.states.at(-1)?.blocks;
    const found = shown?.find((block) => block.kind === 'buttons');
    assert.ok(found?.kind === 'buttons');
    return found.buttons[0]!;
  });
  assert.match(said(await press(button.action.subject, 'U3')), /responder/);
  await press(button.action.subject, 'U1');
  assert.match(said(await running), /Stopped/);
});

test('an answer is stopped at another bot on the same store: by its asker or a responder, by nobody else', async (t) => {
  const state = await (await temporaryState(t)).open();
  // Only said to be shared: what is tested is not the store.
  const raw = { state: { kind: 'redis', url: 'redis://127.0.0.1:9' }, roles: { responder: ['U2'] } };
  const [one, other] = [await startBot(t, raw, { store: state }), await startBot(t, raw, { store: state })];
  one.analyst.ask = async function* (_question, { signal } = {}) {
    yield { kind: 'draft', answer };
    await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  };
  // Both stand for one platform, whose events have ids of their own.
  let events = 0;
  const press = (action: Action, userId: string) => {
    events += 1;
    return other.chat.press(action, { userId, id: `press-${events}` });
  };
  for (const userId of ['U1', 'U2']) {
    let ended = false;
    const running = one.chat.command('why', { userId: 'U1' }).finally(() => {
      ended = true;
    });
    const action = await eventually(() => {
      const shown = one.chat.replies
        .at(-1)
        ?.states.at(-1)
        ?.blocks.find((block) => block.kind === 'buttons');
      // The answer before stands there with a button to try again.
      assert.ok(shown?.buttons[0]?.action.name === 'stop' && !ended);
      return shown.buttons[0].action;
    });
    assert.match(said(await press(action, 'U3')), /responder/);
    assert.equal(ended, false);
    await press(action, userId);
    assert.match(said(await running), /Stopped/);
    // What has ended cannot be stopped any more, and whoever tries is told so.
    await eventually(async () => assert.match(said(await press(action, userId)), /no longer valid/));
  }
});

test('analyze: queued, progress, stop button, report with a chart', async (t) => {
  const w = await startBot(t);
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

test('cost: today and this week by person and by task, in both languages', async (t) => {
  const w = await startBot(t);
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
