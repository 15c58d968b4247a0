import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore, Stored } from '../../../src/backends/state/store.ts';
import { type Delivery, IDLE, isTask } from '../../../src/bot/delivery/delivery.ts';
import { foldStorm } from '../../../src/bot/delivery/storm.ts';
import { fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, NOW } from '../fixtures.ts';
import { deliveryHarness, parents, settled, started } from './harness.ts';

/** The deliveries that wait. */
const deliveriesIn = async (state: StateStore): Promise<Stored<Delivery>[]> =>
  (await state.list('outbox', { to: IDLE - 1, limit: 1_000 })).flatMap((stored) =>
    isTask(stored.value) ? [] : [{ ...stored, value: stored.value }],
  );

test('in a storm the worst have threads and all others are listed; a later change is seen', async (t) => {
  const state = memoryState();
  const chat = fakeChat({ pace: { perSecond: 5, burst: 100 } });
  const made = deliveryHarness(state, [chat]);
  for (let index = 0; index < 60; index += 1)
    await made.incidents.record(anomaly(`svc${index}x`, { severity: index === 40 ? 5 : 4 }), NOW);
  started(t, made);
  await settled(state);
  const single = parents(chat).filter((message) => message.ref.thread);
  const storms = parents(chat).filter((message) => !message.ref.thread);
  assert.equal(single.length, 3);
  assert.match(single[0]!.message.summary, /^svc40x/);
  assert.equal(storms.length, 3);
  const told = parents(chat)
    .map((message) => wordsOf(message.message))
    .join('\n');
  for (let index = 0; index < 60; index += 1) assert.match(told, new RegExp(`svc${index}x`));
  const listed = storms[0]!.message.blocks.map((block) => (block.kind === 'text' ? block.text : '')).join();
  const service = /svc\d+x/.exec(listed)![0];
  await made.incidents.record(anomaly(service, { severity: 4 }), NOW);
  await settled(state);
  assert.match(wordsOf(storms[0]!.message), new RegExp(`${service}: ${service} is failing \\(Open, 2 times`));
  // One of them gets worse than all the others: it has a thread of its own now.
  await made.incidents.record(anomaly(service, { severity: 5 }), NOW);
  await settled(state);
  assert.ok(parents(chat).some(({ ref, message }) => ref.thread && message.summary.startsWith(service)));
});

test('a storm that goes on fills the storm message that still waits', async () => {
  const state = memoryState();
  const chat = fakeChat();
  const made = deliveryHarness(state, [chat]);
  const pace = { perSecond: 1 };
  const fold = async (): Promise<void> => {
    const entries = await deliveriesIn(state);
    await foldStorm(state, entries, pace, Date.now());
  };
  const sizes = async (): Promise<number[]> =>
    (await deliveriesIn(state)).flatMap(({ value }) =>
      value.content.kind === 'storm' ? [value.content.incidents.length] : [],
    );
  const many = async (name: string, count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1)
      await made.incidents.record(anomaly(`${name}${index}`, { severity: 4 }), NOW);
  };
  await many('a', 15);
  await fold();
  assert.deepEqual(await sizes(), [12]);
  await many('b', 30);
  await fold();
  assert.deepEqual((await sizes()).sort(), [17, 25]);
});

test('in a storm of the worst each has a thread of its own, before a storm message tells of the others', async () => {
  const state = memoryState();
  const made = deliveryHarness(state, [fakeChat()]);
  for (let index = 0; index < 40; index += 1)
    await made.incidents.record(anomaly(`svc${index}`, { severity: index < 25 ? 5 : 4 }), NOW);
  const entries = await deliveriesIn(state);
  const left = await foldStorm(state, entries, { perSecond: 1 }, Date.now());
  assert.deepEqual(
    left.map(({ value }) => value.severity),
    Array.from({ length: 25 }, () => 5),
  );
  const storms = (await deliveriesIn(state)).flatMap(({ value }) =>
    value.content.kind === 'storm' ? [value.content.incidents.length] : [],
  );
  assert.deepEqual(storms, [15]);
});
