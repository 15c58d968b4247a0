import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Analyst, AnswerEvent } from '../../../src/analysis/analyst.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { isTask } from '../../../src/bot/delivery/delivery.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { type FakeChat, type FakeMessage, fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { deliveryHarness, started } from '../delivery/harness.ts';
import { anomaly, answer, eventually, NOW } from '../fixtures.ts';
import { actionsOf, openThread, said, startBot } from '../harness.ts';

/** An analyst whose model answers when it is let, or not at all; the evidence comes at once. */
function slow(analyst: Analyst) {
  const asked: { incidentId: string | undefined; let: (how: AnswerEvent | Error) => void }[] = [];
  analyst.ask = async function* (question, { signal, useModel = true } = {}) {
    yield { kind: 'draft', answer };
    if (useModel === 'later') {
      yield { kind: 'answer', answer, later: true };
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<AnswerEvent>();
    signal?.addEventListener('abort', () => reject(signal.reason));
    asked.push({
      incidentId: question.incidentId,
      let: (how) => (how instanceof Error ? reject(how) : resolve(how)),
    });
    yield await promise;
  };
  return asked;
}
const spoken: AnswerEvent = {
  kind: 'answer',
  answer: { ...answer, explanation: 'The model says: the pool ran dry.', model: 'ollama/m' },
};

const analysisOf = (chat: FakeChat): FakeMessage[] =>
  chat.messages.filter(({ nonce }) => nonce?.endsWith('/analysis'));
const shown = (chat: FakeChat): string => wordsOf(analysisOf(chat)[0]!.message);
const button = (message: Message, label: RegExp) => {
  const found = actionsOf(message).find((one) => label.test(one.label));
  assert.ok(found, wordsOf(message));
  return found.action;
};

test('evidence and cause stand in the thread while the model is asked; its answer is edited into them', async (t) => {
  const chat = fakeChat();
  const made = started(t, deliveryHarness(memoryState(), [chat]));
  const asked = slow(made.analyst);
  await made.incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(chat.messages.length, 3));
  await eventually(() => assert.equal(asked.length, 1));
  assert.match(
    shown(chat),
    /Likely: payment: pool exhausted[\s\S]*ERROR pool[\s\S]*model is writing[\s\S]*Stop/,
  );
  asked[0]!.let(spoken);
  await eventually(() => assert.match(shown(chat), /The model says/));
  assert.doesNotMatch(shown(chat), /Stop|Try again/);
  assert.equal(chat.messages.length, 3, 'nothing is posted twice');
});

test('models that do not answer hold up no other incident and no message', async (t) => {
  const chat = fakeChat({ pace: { perSecond: 1_000, burst: 1_000 } });
  const stopping = new AbortController();
  const made = started(t, deliveryHarness(memoryState(), [chat], { signal: stopping.signal }));
  const asked = slow(made.analyst);
  for (let index = 0; index < 8; index += 1) await made.incidents.record(anomaly(`s${index}`), NOW);
  await eventually(() => assert.equal(chat.messages.length, 24));
  assert.equal(asked.length, 2, 'two models are waited for at a time');
  for (const one of asked) one.let(spoken);
  await eventually(() => assert.equal(asked.length, 4));
  stopping.abort();
});

test('Stop keeps what was shown and offers to try again, in Korean too', async (t) => {
  for (const language of ['en', 'ko'] as const) {
    const w = await startBot(t, { language });
    const asked = slow(w.analyst);
    await w.publish(JSON.stringify(anomaly('payment')));
    await eventually(() => assert.equal(asked.length, 1));
    await eventually(() => assert.equal(w.chat.messages.length, 3));
    await w.chat.press(button(analysisOf(w.chat)[0]!.message, /^(Stop|중지)$/));
    await eventually(() => assert.match(shown(w.chat), /Stopped\. This is|중지했어요/));
    assert.match(shown(w.chat), /pool exhausted[\s\S]*ERROR pool/);
    await w.chat.press(button(analysisOf(w.chat)[0]!.message, /^(Try again|다시 시도)$/));
    await eventually(() => assert.equal(asked.length, 2));
    await eventually(() => assert.match(shown(w.chat), /Stop|중지/));
    asked[1]!.let(spoken);
    await eventually(() => assert.match(shown(w.chat), /The model says/));
    assert.equal(w.chat.messages.length, 3);
  }
});

test('only a responder stops it', async (t) => {
  const w = await startBot(t, { roles: { responder: ['U2'] } });
  const asked = slow(w.analyst);
  await w.publish(JSON.stringify(anomaly('payment')));
  await eventually(() => assert.equal(asked.length, 1));
  await eventually(() => assert.equal(w.chat.messages.length, 3));
  const stop = button(analysisOf(w.chat)[0]!.message, /Stop/);
  assert.match(said(await w.chat.press(stop, { userId: 'U3' })), /responder/);
  await w.chat.press(stop, { userId: 'U2' });
  await eventually(() => assert.match(shown(w.chat), /Stopped/));
});

test('why there is no answer is said, with a button to try again; what cannot help has none', async (t) => {
  for (const unexplained of [true, undefined]) {
    const w = await startBot(t);
    const asked = slow(w.analyst);
    await w.publish(JSON.stringify(anomaly('payment')));
    await eventually(() => assert.equal(asked.length, 1));
    const explanation = 'ollama/m: it gave no answer in time.';
    asked[0]!.let({
      kind: 'answer',
      answer: { ...answer, explanation },
      ...(unexplained ? { unexplained } : {}),
    });
    await eventually(() => assert.match(shown(w.chat), /no answer in time/));
    assert.equal(/Try again/.test(shown(w.chat)), unexplained === true);
  }
});

test('a bot that is stopped says so and offers to try again; started again it asks by itself', async () => {
  const state = memoryState();
  const platform: FakeMessage[] = [];
  const chat = fakeChat({ messages: platform });
  const stopping = new AbortController();
  const before = deliveryHarness(state, [chat], { signal: stopping.signal });
  const asked = slow(before.analyst);
  before.outbox.start();
  await before.incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(asked.length, 1));
  await eventually(() => assert.equal(platform.length, 3));
  stopping.abort();
  await eventually(() => assert.match(shown(chat), /was stopped while[\s\S]*Try again/));
  assert.match(shown(chat), /pool exhausted/);
  await before.outbox.stop();

  const after = deliveryHarness(state, [fakeChat({ messages: platform })]);
  const askedAgain = slow(after.analyst);
  await hurry(state);
  after.outbox.start();
  await eventually(() => assert.equal(askedAgain.length, 1));
  askedAgain[0]!.let(spoken);
  await eventually(() => assert.match(shown(chat), /The model says/));
  await after.outbox.stop();
  assert.equal(platform.length, 3);
});

/** What waits is due now. */
async function hurry(state: StateStore): Promise<void> {
  for (const { id, value } of await state.list('outbox', { to: Date.now() + 60_000 }))
    await state.commit({ put: [{ kind: 'outbox', id, value: { ...value, due: 0 }, rank: 0 }] });
}

test('a question that ends early keeps what was shown, and can be asked again', async (t) => {
  const w = await startBot(t);
  const asked = slow(w.analyst);
  const running = w.chat.command('why');
  await eventually(() => assert.equal(asked.length, 1));
  const live = w.chat.replies[0]!;
  await w.chat.press(button(live.states.at(-1)!, /Stop/));
  assert.match(said(await running), /pool exhausted[\s\S]*Stopped\. This is[\s\S]*Try again/);
  const again = w.chat.press(button(live.states.at(-1)!, /Try again/));
  await eventually(() => assert.equal(asked.length, 2));
  asked[1]!.let({
    kind: 'answer',
    answer: { ...answer, explanation: 'It gave no answer in time.' },
    unexplained: true,
  });
  assert.match(said(await again), /no answer in time[\s\S]*Try again/);
  const failed = w.chat.command('why 1h');
  await eventually(() => assert.equal(asked.length, 3));
  asked[2]!.let(new Error('a defect'));
  assert.match(said(await failed), /pool exhausted[\s\S]*Something went wrong[\s\S]*Try again/);
});

test('a question whose process dies ends as what was found, once, when nobody speaks for it any more', async (t) => {
  const state = memoryState();
  const made = await startBot(t, {}, { store: state });
  const asked = slow(made.analyst);
  const running = made.chat.command('why');
  await eventually(() => assert.equal(asked.length, 1));
  await eventually(async () => assert.equal((await answers(state)).length, 1));
  const [kept] = await answers(state);
  assert.ok(kept!.value.due > Date.now() + 30_000, 'not while it is being made');
  asked[0]!.let(spoken);
  await running;
  assert.equal((await answers(state)).length, 0, 'nothing is left of one that ended');
  // As it is after a crash: the entry stands, and nobody puts it off.
  const { value } = kept!;
  assert.ok(!isTask(value));
  const { ref } = value;
  await state.commit({ put: [{ kind: 'outbox', id: kept!.id, value: { ...value, due: 0 }, rank: 0 }] });
  await eventually(() => {
    const message = made.chat.messages.find((one) => one.ref.id === ref?.id);
    assert.match(wordsOf(message!.message), /pool exhausted[\s\S]*was stopped while[\s\S]*Try again/);
  });
});
const answers = async (state: StateStore) =>
  (await state.list('outbox', { to: Date.now() + 600_000 })).filter(({ id }) => id.startsWith('answer/'));

test('muted meanwhile: what stands does not go on saying that the model is writing', async (t) => {
  const w = await startBot(t);
  const asked = slow(w.analyst);
  const { thread } = await openThread(w);
  await eventually(() => assert.equal(asked.length, 1));
  await w.chat.command('mute 1h', { thread });
  asked[0]!.let(spoken);
  await eventually(() => assert.match(shown(w.chat), /The model says/));
  assert.doesNotMatch(shown(w.chat), /Stop/);
});
