import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Delivery, isTask, loadDelivery, parentId } from '../../../src/bot/delivery/delivery.ts';
import { newsAt, shownStateOf } from '../../../src/bot/delivery/removed-messages.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { type Incident, joinOwn, openIncident } from '../../../src/domain/alert/incident.ts';
import { actOn } from '../../../src/domain/alert/incident-actions.ts';
import { type FakeChat, fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, eventually, mina, NOW } from '../fixtures.ts';
import { deliveryHarness, parents, replies, settled, started } from './harness.ts';

const again = /The earlier message was removed/;
const posts = (chat: FakeChat): number => chat.calls.filter(({ operation }) => operation === 'post').length;

test('its message was removed: when the incident goes on it is told anew, once, and the story follows', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  const incident = await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await settled(state);
  const [first] = parents(chat);
  chat.remove(first!.ref.id);
  assert.equal(chat.messages.length, 0);

  for (let index = 0; index < 5; index += 1) await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await settled(state);
  const [second, ...others] = parents(chat);
  assert.deepEqual(others, []);
  assert.notEqual(second!.ref.id, first!.ref.id);
  assert.match(wordsOf(second!.message), again);
  assert.match(wordsOf(second!.message), /How often: 6 times/);
  assert.match(wordsOf(second!.message), new RegExp(`Show ${incident!.id}`), 'leads to what was before');

  // It lives on as the first one did.
  await incidents.act(incident!.id, { what: 'acknowledged' }, mina);
  await settled(state);
  assert.deepEqual(
    replies(chat, second!.ref.thread).map(({ message }) => message.summary),
    ['mina acknowledged this.'],
  );
  assert.match(wordsOf(parents(chat)[0]!.message), /Acknowledged by mina/);
  assert.equal(parents(chat).length, 1);
});

test('what is found out while there is no message follows into the new thread', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const made = deliveryHarness(state, [chat]);
  const answered = Promise.withResolvers<void>();
  const { ask } = made.analyst;
  made.analyst.ask = async function* (...question) {
    await answered.promise;
    yield* ask.call(made.analyst, ...question);
  } as typeof ask;
  const { incidents } = started(t, made);
  await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await eventually(() => assert.equal(parents(chat).length, 1));
  chat.remove(parents(chat)[0]!.ref.id);
  // The analysis finds no thread, which shows that the message is gone.
  answered.resolve();
  const removed = async (): Promise<void> =>
    assert.equal(
      (await state.list('outbox', { to: Infinity, limit: 100 })).filter(
        ({ value }) => !isTask(value) && value.removed,
      ).length,
      1,
    );
  await eventually(removed);
  assert.equal(chat.messages.length, 0, 'nobody is told of an analysis alone');
  await incidents.record(anomaly('payment', { severity: 5 }), NOW);
  await eventually(() => {
    const [parent] = parents(chat);
    assert.match(wordsOf(parent!.message), again);
    assert.match(
      replies(chat, parent!.ref.thread)
        .map(({ message }) => wordsOf(message))
        .join(),
      /pool exhausted/,
    );
  }, 30_000);
  assert.equal(parents(chat).length, 1);
});

test('what is no news is not posted: it is acknowledged, muted, over', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const { incidents } = started(t, deliveryHarness(state, [chat]));
  const incident = await incidents.record(anomaly('payment'), NOW);
  await settled(state);
  chat.remove(parents(chat)[0]!.ref.id);
  await incidents.act(incident!.id, { what: 'acknowledged' }, mina);
  await settled(state);
  await incidents.act(incident!.id, { what: 'muted', forMs: 3_600_000 }, mina);
  await incidents.record(anomaly('payment'), NOW);
  await settled(state);
  await incidents.act(incident!.id, { what: 'resolved' }, mina);
  await settled(state);
  assert.equal(chat.messages.length, 0);
});

test('a storm message that was removed is told anew when one of its incidents goes on', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const made = deliveryHarness(state, [chat]);
  const storm = `storm/slack/C1/x`;
  const a = await made.incidents.record(anomaly('payment'), NOW);
  const b = await made.incidents.record(anomaly('orders'), NOW);
  for (const { id } of [a!, b!]) {
    const parent = (await loadDelivery(state, parentId('slack', id)))!;
    await state.commit({
      put: [{ kind: 'outbox', id: parent.id, value: { ...parent.value, storm, shown: 1 }, rank: 9e15 }],
    });
  }
  const value: Delivery = {
    chat: 'slack',
    channel: 'C1',
    content: { kind: 'storm', incidents: [a!.id, b!.id] },
    severity: 5,
    wanted: 1,
    shown: 0,
    due: 1,
    attempts: 0,
  };
  await state.commit({ put: [{ kind: 'outbox', id: storm, value, rank: 1 }] });
  started(t, made);
  await settled(state);
  assert.equal(chat.messages.length, 1);
  chat.remove(chat.messages[0]!.ref.id);
  await made.incidents.record(anomaly('orders'), NOW);
  await settled(state);
  assert.equal(chat.messages.length, 1);
  assert.match(wordsOf(chat.messages[0]!.message), again);
});

test('a reply that was removed is not posted again', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const value: Delivery = {
    chat: 'slack',
    channel: 'C1',
    thread: 't1',
    content: { kind: 'message', message: sentence('a report') },
    severity: 2,
    wanted: 2,
    shown: 1,
    due: 1,
    attempts: 0,
    ref: { channel: 'C1', id: 'gone', thread: 't1' },
  };
  await state.commit({ put: [{ kind: 'outbox', id: 'report/1', value, rank: 1 }] });
  started(t, deliveryHarness(state, [chat]));
  await settled(state);
  assert.equal(posts(chat), 0);
});

test('two bots and a lost answer: it is told anew once', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const bots = [0, 1].map(() => started(t, deliveryHarness(state, [chat], { shared: true })));
  await bots[0]!.incidents.record(anomaly('payment'), NOW);
  await eventually(() => assert.equal(parents(chat).length, 1), 15_000);
  await settled(state);
  chat.remove(parents(chat)[0]!.ref.id);
  chat.fail('post', 'cut', 'cut');
  await Promise.all(bots.map(({ incidents }) => incidents.record(anomaly('payment', { severity: 5 }), NOW)));
  await settled(state);
  assert.equal(parents(chat).length, 1);
  assert.match(wordsOf(parents(chat)[0]!.message), again);
});

test('where a removal means a mute, whoever is told mutes it, and it stays gone', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const made = deliveryHarness(state, [chat], {
    removed: async (id) =>
      void (await made.incidents.act(id, { what: 'muted', forMs: 86_400_000 }, { ...mina, name: 'bongsu' })),
  });
  const { incidents } = started(t, made);
  const incident = await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await settled(state);
  chat.remove(parents(chat)[0]!.ref.id);
  await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await settled(state);
  await incidents.record(anomaly('payment', { severity: 5 }), NOW);
  await settled(state);
  assert.equal(chat.messages.length, 0);
  assert.ok(((await incidents.get(incident!.id))!.mute?.until ?? 0) > Date.now());
});

test('it stands and may not be changed any more: news is told anew, the rest goes on in its thread, nothing is muted', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  const removals: string[] = [];
  const made = deliveryHarness(state, [chat], { removed: async (id) => void removals.push(id) });
  const { incidents } = started(t, made);
  const incident = await incidents.record(anomaly('payment', { severity: 3 }), NOW);
  await settled(state);
  const [first] = parents(chat);
  const refuse = (times: number): void =>
    chat.fail('edit', ...Array.from({ length: times }, () => ({ code: 'conflict' as const })));
  refuse(1);
  await incidents.act(incident!.id, { what: 'acknowledged' }, mina);
  await settled(state);
  assert.equal(parents(chat).length, 1, 'no news');
  assert.deepEqual(
    replies(chat, first!.ref.thread)
      .map(({ message }) => message.summary)
      .filter((said) => said.includes('mina')),
    ['mina acknowledged this.'],
  );
  await incidents.record(anomaly('payment', { severity: 5 }), NOW);
  await settled(state);
  const [, second, ...more] = parents(chat);
  assert.deepEqual(more, []);
  assert.match(wordsOf(second!.message), again);
  await incidents.act(incident!.id, { what: 'resolved' }, mina);
  await settled(state);
  assert.match(
    replies(chat, second!.ref.thread)
      .map(({ message }) => message.summary)
      .join(),
    /mina resolved/,
  );
  assert.equal(parents(chat).length, 2);
  assert.deepEqual(removals, []);
});

test('removed again and again: at once when it is worse, else when it has lasted as long again', () => {
  const MINUTE = 60_000;
  const opened = openIncident('i', anomaly('payment', { severity: 3 }), undefined);
  const open = (more: Partial<Incident> = {}): Incident => ({
    ...opened,
    lifecycle: { ...opened.lifecycle, openedAt: NOW },
    ...more,
  });
  const before = open();
  const on = joinOwn(before, anomaly('payment', { severity: 3 }));
  const at = (after: Incident, removed: number, postedMin = 10) =>
    newsAt(
      { told: shownStateOf([before]), removed, postedAt: NOW + postedMin * MINUTE },
      [after],
      NOW + 11 * MINUTE,
    );
  const now = NOW + 11 * MINUTE;
  assert.equal(at(before, 1), undefined, 'nothing came');
  assert.equal(at(on, 1), now, 'the first time');
  assert.equal(at(on, 2), NOW + 20 * MINUTE);
  assert.equal(at(on, 3, 20), NOW + 40 * MINUTE);
  assert.equal(at({ ...on, severity: 4 }, 7), now, 'worse');
  assert.equal(at({ ...before, escalation: { steps: 1 } }, 7), now, 'escalated');
  assert.equal(at({ ...before, lifecycle: { ...before.lifecycle, flaps: 1 } }, 7), now, 'came back');
  assert.equal(at({ ...on, lifecycle: { ...on.lifecycle, state: 'resolved' } }, 1), undefined);
  assert.equal(at({ ...on, mute: { until: now + 1 } }, 1), undefined);
  assert.equal(
    at(actOn(on, { what: 'acknowledged', who: 'mina', at: now }), 1),
    now,
    'it goes on all the same',
  );
  // Kept by an earlier version, which noted nothing of what it told.
  assert.equal(newsAt({ removed: 1 }, [before], now), now);
});
