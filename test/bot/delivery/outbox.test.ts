import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Analyst } from '../../../src/analysis/analyst.ts';
import { soleLease } from '../../../src/backends/state/lease.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { deliveryContext } from '../../../src/bot/delivery/attempt.ts';
import { type Delivery, IDLE, loadDelivery, parentId, putEntry } from '../../../src/bot/delivery/delivery.ts';
import { createClock } from '../../../src/bot/delivery/monotonic-clock.ts';
import { fail } from '../../../src/bot/delivery/stages.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { type FakeChat, type FakeMessage, fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, answer, eventually, log, mina, NOW } from '../fixtures.ts';
import {
  type DeliveryHarness,
  delivery,
  deliveryHarness,
  parents,
  replies,
  settled,
  started,
} from './harness.ts';

test('a thread opens, and one analysis and one chart follow in it', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents, analyst } = started(t, deliveryHarness(state, [chat]));
  const incident = await incidents.record(anomaly('payment', { sample_lines: ['ERROR pool'] }), NOW);
  await settled(state);
  const [parent, ...others] = parents(chat);
  assert.deepEqual(others, []);
  assert.match(wordsOf(parent!.message), /payment is failing/);
  const notes = replies(chat, parent!.ref.thread).map((message) => message.message);
  assert.equal(notes.length, 2);
  assert.match(wordsOf(notes[0]!), /Likely: payment: pool exhausted/);
  assert.equal(notes[1]!.blocks[0]?.kind, 'chart');
  assert.equal(analyst.questions.length, 1);
  assert.equal(analyst.questions[0]?.incidentId, incident?.id);
});

test('many updates become few edits of the one parent, which ends up current', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat], { debounceMs: 60 }));
  for (let index = 0; index < 50; index += 1) await incidents.record(anomaly('payment'), NOW);
  await settled(state);
  assert.equal(parents(chat).length, 1);
  assert.match(wordsOf(parents(chat)[0]!.message), /How often: 50 times/);
  assert.ok(parents(chat)[0]!.edits < 25, `${parents(chat)[0]!.edits} edits`);
});

test('a person acts: the parent shows it and the thread tells it', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  const incident = await incidents.record(anomaly('payment'), NOW);
  await settled(state);
  await incidents.act(incident!.id, { what: 'acknowledged' }, mina);
  await incidents.act(incident!.id, { what: 'resolved' }, { ...mina, name: 'jun' });
  await settled(state);
  const [parent] = parents(chat);
  assert.match(wordsOf(parent!.message), /State: Resolved by jun/);
  assert.equal(parent!.message.tone, 'good');
  const told = replies(chat, parent!.ref.thread).map((message) => message.message.summary);
  assert.deepEqual(told.slice(-2), ['mina acknowledged this.', 'jun resolved this.']);
});

test('a victim that was posted already points to its cause, and is told so once', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  await settled(state);
  await incidents.record(anomaly('payment', { names: [] }), NOW);
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  await settled(state);
  const [victim, cause] = parents(chat);
  assert.match(victim!.message.summary, /^Joined → payment/);
  assert.match(wordsOf(cause!.message), /Also affected: orders \(2 times\)/);
  const joined = replies(chat, victim!.ref.thread).filter((entry) => /^Joined/.test(entry.message.summary));
  assert.equal(joined.length, 1);
});

test('victims that come first wait a moment, and no thread opens for them', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat], { debounceMs: 150 }));
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  await incidents.record(anomaly('web', { names: ['payment'] }), NOW);
  await incidents.record(anomaly('payment', { names: [] }), NOW);
  await settled(state);
  assert.equal(parents(chat).length, 1);
  assert.match(wordsOf(parents(chat)[0]!.message), /payment is failing/);
});

test('429, 5xx and a cut connection: everything arrives, nothing twice', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  chat.fail('post', { code: 'rate_limited', retryAfterMs: 30 }, 'cut', { code: 'unavailable' }, 'cut');
  chat.fail('edit', { code: 'timeout' }, { code: 'rate_limited', retryAfterMs: 10 });
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  await incidents.record(anomaly('payment'), NOW);
  await incidents.record(anomaly('cart'), NOW);
  await incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(chat.messages.length, 6), 20_000);
  await settled(state);
  assert.equal(new Set(chat.messages.map((message) => message.nonce)).size, 6);
  assert.match(wordsOf(parents(chat).find((m) => /payment/.test(m.message.summary))!.message), /2 times/);
});

test('a channel that is gone keeps its entries with a long wait, said in health; other chats go on', async (t) => {
  const state = memoryState();
  const broken = fakeChat({ name: 'discord' });
  const good = fakeChat({ name: 'slack' });
  broken.fail('post', { code: 'not_found' }, { code: 'not_found' });
  const { incidents, outbox } = started(t, deliveryHarness(state, [broken, good]));
  const incident = await incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(replies(good, parents(good)[0]?.ref.thread).length, 2));
  const health = await outbox.health();
  assert.equal(health.ok, false);
  assert.match(health.detail, /discord\/C1: not_found/);
  const kept = await loadDelivery(state, parentId('discord', incident!.id));
  assert.ok(kept!.rank < IDLE && kept!.value.due > Date.now() + 10_000);
});

test('a message the platform refuses as it is arrives as its one line in the end', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  chat.fail('post', { code: 'malformed' }, { code: 'malformed' }, { code: 'malformed' });
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  await incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(parents(chat).length, 1));
  assert.deepEqual(parents(chat)[0]!.message.blocks, [{ kind: 'text', text: 'payment: payment is failing' }]);
});

test('what waits for a chat that is configured no more is kept, and blocks nothing', async (t) => {
  const state = memoryState();
  const gone = { ...delivery('gone'), content: { kind: 'message' as const, message: sentence('old') } };
  for (let index = 0; index < 1_100; index += 1)
    await state.commit({ put: [putEntry(`old/${index}`, gone)] });
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  await incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(parents(chat).length, 1));
  assert.equal((await loadDelivery(state, 'old/0'))?.value.shown, 0);
});

test('a reply into a thread that is gone for good is given up; an alert never is', async () => {
  const state = memoryState();
  const options = {
    chats: [fakeChat({ name: 'console' })],
    render: async () => undefined,
    debounceMs: 0,
    log,
  };
  const clock = createClock();
  const context = deliveryContext(
    { ...options, metrics: createMetrics() },
    soleLease(state, clock.now),
    clock,
  );
  const shownAfter = async (content: Delivery['content']): Promise<number> => {
    const tired = { ...delivery('console'), content, attempts: 150 };
    await state.commit({ put: [putEntry(content.kind, tired)] });
    const stored = (await loadDelivery(state, content.kind))!;
    await fail(stored, new AppError('not_found', 'x'), context);
    return (await loadDelivery(state, content.kind))!.value.shown;
  };
  assert.equal(await shownAfter({ kind: 'message', message: sentence('analysis') }), 1);
  assert.equal(await shownAfter({ kind: 'incident' }), 0);
});

test('the most severe goes first', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const made = deliveryHarness(state, [chat]);
  await made.incidents.record(anomaly('one', { severity: 4 }), NOW);
  await made.incidents.record(anomaly('two', { severity: 5 }), NOW);
  await made.incidents.record(anomaly('three', { severity: 4 }), NOW);
  started(t, made);
  await settled(state);
  assert.match(parents(chat)[0]!.message.summary, /^two/);
});

/** Stops answering at one point, as a killed process does. */
function mortal(state: StateStore, chat: FakeChat, lives: number) {
  let steps = 0;
  let died = false;
  const step = async (): Promise<void> => {
    steps += 1;
    if (steps <= lives) return;
    died = true;
    await new Promise(() => {});
  };
  const guard = <T extends object>(target: T, names: string[]): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        if (!names.includes(String(name))) return value.bind(object);
        return async (...args: unknown[]) => {
          await step();
          const result = await value.apply(object, args);
          await step();
          return result;
        };
      },
    });
  return {
    state: guard(state, ['get', 'list', 'commit']),
    chat: guard(chat, ['post', 'edit', 'find']),
    died: () => died,
  };
}

/** The evidence first, then a model that answers at once. */
const withModel: Analyst['ask'] = async function* (_question, { useModel = true } = {}) {
  if (useModel === 'later') yield { kind: 'answer', answer, later: true };
  else yield { kind: 'answer', answer: { ...answer, explanation: 'The model says so.' } };
};

test('killed at any step and started again: none lost, none twice', async () => {
  let died = 0;
  for (let lives = 1; ; lives += 1) {
    const state = memoryState();
    const platform: FakeMessage[] = [];
    const before = fakeChat({ messages: platform });
    const world = mortal(state, before, lives);
    const safe = deliveryHarness(state, [before]);
    const incident = await safe.incidents.record(anomaly('payment'), NOW);
    const doomed = deliveryHarness(world.state, [world.chat]);
    doomed.analyst.ask = withModel;
    doomed.outbox.start();
    await eventually(async () => {
      const waiting = await state.list('outbox', { to: IDLE - 1 });
      assert.ok(world.died() || (waiting.length === 0 && platform.length === 3));
    });
    const survived = !world.died();
    if (survived) await doomed.outbox.stop();
    else died += 1;

    const chat = fakeChat({ messages: platform });
    const after = deliveryHarness(state, [chat]);
    after.analyst.ask = withModel;
    await after.incidents.record(anomaly('payment'), NOW);
    after.outbox.start();
    await settled(state);
    await eventually(() => assert.equal(platform.length, 3, `killed at step ${lives}`));
    await after.outbox.stop();
    const analysis = platform.find(({ nonce }) => nonce?.endsWith('/analysis'));
    assert.match(wordsOf(analysis!.message), /The model says/, `killed at step ${lives}`);
    const nonces = platform.map((message) => message.nonce).sort();
    assert.deepEqual(
      nonces,
      ['analysis', 'chart']
        .map((name) => `note/slack/${incident!.id}/${name}`)
        .concat(parentId('slack', incident!.id)),
      `killed at step ${lives}`,
    );
    assert.match(wordsOf(parents(chat)[0]!.message), /2 times/, `killed at step ${lives}`);
    if (survived) break;
  }
  assert.ok(died > 30, `only ${died} points of death were tried`);
});

test('of two processes on one store only one sends, and the other takes over', async () => {
  const state = memoryState();
  const platform: FakeMessage[] = [];
  const chats = [fakeChat({ messages: platform }), fakeChat({ messages: platform })];
  const [one, two] = chats.map((chat) => deliveryHarness(state, [chat], { shared: true })) as [
    DeliveryHarness,
    DeliveryHarness,
  ];
  one.outbox.start();
  two.outbox.start();
  for (let index = 0; index < 10; index += 1)
    await (index % 2 ? one : two).incidents.record(anomaly(`s${index}`), NOW);
  await settled(state);
  assert.equal(new Set(platform.map((message) => message.nonce)).size, 30);
  assert.equal(platform.length, 30);
  assert.ok(chats.some((chat) => chat.calls.length === 0));
  await Promise.all([one.outbox.stop(), two.outbox.stop()]);
});
