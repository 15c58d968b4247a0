import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedLease } from '../../../src/backends/state/lease.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import type { Chat } from '../../../src/bot/chat/chat.ts';
import {
  type Delivery,
  IDLE,
  loadDelivery,
  loadTask,
  parentId,
  putEntry,
} from '../../../src/bot/delivery/delivery.ts';
import { createClock } from '../../../src/bot/delivery/monotonic-clock.ts';
import { createOutbox } from '../../../src/bot/delivery/outbox.ts';
import { reclaim } from '../../../src/bot/delivery/priority.ts';
import { createBucket, createLane } from '../../../src/bot/delivery/rate-limiter.ts';
import { forgetting, sweepResolved } from '../../../src/bot/delivery/retention.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { type IncidentState, openIncident } from '../../../src/domain/alert/incident.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { fakeChat, wordsOf } from '../../fakes/chat.ts';
import { changed } from '../../fakes/incident.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, eventually, log } from '../fixtures.ts';

const waiting = (more: Partial<Delivery>): Delivery => ({
  chat: 'slack',
  channel: 'C1',
  content: { kind: 'incident' },
  incidentId: 'i1',
  severity: 5,
  wanted: 1,
  shown: 0,
  due: 1,
  attempts: 0,
  ...more,
});

/** An outbox that says of every delivery what kind it is. */
function outboxOf(state: StateStore, chats: Chat[], more: Partial<Parameters<typeof createOutbox>[0]> = {}) {
  return createOutbox({
    state,
    chats,
    render: async ({ content }) => ({ message: sentence(content.kind), opensThread: 'title' }),
    runTask: async () => ({ puts: [] }),
    debounceMs: 0,
    graceMs: 20,
    metrics: createMetrics(),
    log,
    ...more,
  });
}

test('the clock does not go back when the machine’s does, and says so', (t) => {
  const clock = createClock();
  const before = clock.now();
  assert.equal(clock.behindMs() < 1_000, true);
  const real = Date.now;
  t.mock.method(Date, 'now', () => real() - 3_600_000);
  assert.ok(clock.now() >= before);
  assert.ok(clock.now() < before + 60_000);
  assert.ok(clock.behindMs() > 3_590_000);
});

test('a bucket starts with one token and fills at its pace', () => {
  let now = 0;
  const bucket = createBucket({ perSecond: 2, burst: 3 }, { now: () => now, behindMs: () => 0 });
  assert.equal(bucket.wait(), 0);
  bucket.take();
  assert.equal(bucket.wait(), 500);
  now = 10_000;
  for (let taken = 0; taken < 3; taken += 1) {
    assert.equal(bucket.wait(), 0);
    bucket.take();
  }
  assert.equal(bucket.wait(), 500);
});

test('the last token of a channel is left to what is urgent', () => {
  let now = 0;
  const clock = { now: () => now, behindMs: () => 0 };
  const lane = createLane([createBucket({ perSecond: 1, burst: 3 }, clock)], clock);
  assert.equal(lane.take(true), false);
  assert.deepEqual([lane.notBefore, lane.sparingNotBefore], [0, 1_000]);
  assert.equal(lane.take(), true);
  assert.equal(lane.take(), false);
  assert.equal(lane.notBefore, 1_000);
  now = 3_000;
  assert.deepEqual([lane.take(true), lane.take(true), lane.take(true)], [true, true, false]);
  assert.equal(lane.take(), true);
  // A channel that takes one at a time has none to spare.
  const narrow = createLane([createBucket({ perSecond: 1, burst: 1 }, clock)], clock);
  assert.equal(narrow.take(true), true);
});

test('all channels of a workspace share its pace', async (t) => {
  const state = memoryState();
  const chat = fakeChat({
    pace: { perSecond: 1_000, burst: 1_000, workspace: { perSecond: 0.001, burst: 1 } },
  });
  for (const channel of ['C1', 'C2', 'C3'])
    await state.commit({ put: [putEntry(`parent/${channel}`, waiting({ channel, incidentId: channel }))] });
  const outbox = outboxOf(state, [chat]);
  outbox.start();
  t.after(() => outbox.stop());
  await eventually(() => assert.equal(chat.messages.length, 1));
  await outbox.drain(200);
  assert.equal(chat.messages.length, 1);
});

test('of two owners one has the lease; the other’s commits are refused, and it has it when the first gives it back', async () => {
  const state = memoryState();
  const [one, two] = [0, 1].map(() =>
    sharedLease({ state, name: 'sender', termMs: 4_000, now: Date.now, changed: () => {}, log }),
  );
  const put = { put: [{ kind: 'asked' as const, id: 'a', value: { typed: '' } }] };
  one!.start();
  await eventually(() => assert.ok(one!.term()));
  two!.start();
  assert.equal(await one!.fenced.commit(put), 'done');
  assert.equal(two!.term(), undefined);
  await assert.rejects(two!.fenced.commit(put), { code: 'stopped' });
  const first = one!.term()!.id;
  await one!.stop();
  await eventually(() => assert.ok(two!.term()));
  assert.equal(one!.holds(first), false);
  await two!.stop();
});

test('a process that slept through its term writes nothing: its token is old', async () => {
  const state = memoryState();
  const lease = sharedLease({ state, name: 'sender', termMs: 4_000, now: Date.now, changed: () => {}, log });
  lease.start();
  await eventually(() => assert.ok(lease.term()));
  // Another one took over, as after the term's end by the store's clock.
  await state.release('sender', lease.term()!.id.split('/')[0]!);
  assert.ok(await state.acquire('sender', 'another', 60_000));
  await assert.rejects(lease.fenced.commit({ put: [{ kind: 'asked', id: 'a', value: { typed: '' } }] }), {
    code: 'stopped',
  });
  assert.equal(await state.get('asked', 'a'), undefined);
  await lease.stop();
});

for (const code of ['not_found', 'forbidden', 'unauthorized'] as const)
  test(`a channel that answers ${code}: its alert goes to the fallback, which says what to mend`, async (t) => {
    const state = memoryState();
    const closed = fakeChat({ name: 'slack' });
    const open = fakeChat({ name: 'discord' });
    closed.fail('post', ...Array.from({ length: 5 }, () => ({ code })));
    const outbox = outboxOf(state, [closed, open], {
      fallback: {
        chat: 'discord',
        channel: 'D9',
        explain: (from, why) => `${from.chat}/${from.channel} says ${why}`,
      },
    });
    await state.commit({ put: [putEntry(parentId('slack', 'i1'), waiting({}))] });
    outbox.start();
    t.after(() => outbox.stop());
    await eventually(() => assert.equal(open.messages.length, 1));
    const [moved] = open.messages;
    assert.equal(moved!.ref.channel, 'D9');
    assert.match(wordsOf(moved!.message), new RegExp(`slack/C1 says ${code}`));
    // A second alert does not ask the closed channel first, and a reply follows its parent.
    const reply = waiting({ content: { kind: 'message', message: sentence('analysis') } });
    await state.commit({
      put: [
        putEntry(parentId('slack', 'i2'), waiting({ incidentId: 'i2' })),
        putEntry('note/slack/i1/analysis', reply),
      ],
    });
    outbox.wake();
    await eventually(() => assert.equal(open.messages.length, 3));
    assert.equal(closed.calls.length, 1);
    assert.equal(open.messages.filter(({ ref }) => ref.thread === moved!.ref.id).length, 2);
    const health = await outbox.health();
    assert.equal(health.ok, false);
    assert.match(health.detail, new RegExp(`slack/C1: ${code}, 2 messages went to the fallback`));
  });

test('a thread whose channel was closed goes on in the fallback with all that is known', async (t) => {
  const state = memoryState();
  const closed = fakeChat({ name: 'slack' });
  const open = fakeChat({ name: 'discord' });
  const outbox = outboxOf(state, [closed, open], {
    fallback: { chat: 'discord', channel: 'D9', explain: () => 'mend it' },
  });
  const id = parentId('slack', 'i1');
  await state.commit({ put: [putEntry(id, waiting({}))] });
  outbox.start();
  t.after(() => outbox.stop());
  await eventually(async () => assert.ok((await loadDelivery(state, id))?.value.ref));
  closed.fail('edit', { code: 'forbidden' });
  const { value } = (await loadDelivery(state, id))!;
  await state.commit({ put: [putEntry(id, { ...value, wanted: value.wanted + 1, due: 1 })] });
  outbox.wake();
  await eventually(() => assert.equal(open.messages.length, 1));
  assert.equal((await loadDelivery(state, id))?.value.ref?.channel, 'D9');
});

test('an entry that waits for a time an hour ahead is brought back; tasks keep theirs', async () => {
  const state = memoryState();
  const now = Date.now();
  const due = now + 3_600_000;
  const task = { task: 'job' as const, subject: 'j', due, attempts: 0 };
  await state.commit({ put: [putEntry('late', waiting({ due })), putEntry('task', task)] });
  await reclaim(state, now, () => true);
  assert.equal((await loadDelivery(state, 'late'))?.rank, now);
  assert.equal((await loadTask(state, 'task'))?.rank, due);
});

test('a thousand and more that are due are all seen, the worst of them first', async (t) => {
  const state = memoryState();
  const chat = fakeChat();
  for (let index = 0; index < 1_200; index += 1)
    await state.commit({
      put: [
        putEntry(
          `parent/${index}`,
          waiting({ incidentId: `i${index}`, severity: index === 1_199 ? 5 : 4, due: index }),
        ),
      ],
    });
  const outbox = outboxOf(state, [chat], {
    render: async ({ incidentId }) => ({ message: sentence(incidentId ?? 'storm') }),
  });
  outbox.start();
  t.after(() => outbox.stop());
  await eventually(() => assert.ok(chat.messages.length > 0));
  assert.equal(chat.messages[0]!.message.summary, 'i1199');
});

test('what is over is forgotten: deliveries by their time to live, resolved incidents by the sweep', async () => {
  let now = 0;
  const store = memoryState({ now: () => now });
  const state = forgetting(store, 1_000);
  const incidentIn = (state: IncidentState) =>
    changed(openIncident('i', anomaly('payment')), { lifecycle: { state } });
  const idle = putEntry('done', waiting({ shown: 1 }));
  assert.equal(idle.rank, IDLE);
  await state.commit({
    once: [{ kind: 'seen', id: 'a', ttlMs: 86_400_000 }],
    put: [
      idle,
      { kind: 'incident', id: 'old', value: incidentIn('resolved'), rank: 10 },
      { kind: 'incident', id: 'open', value: incidentIn('open'), rank: 10 },
      { kind: 'incident', id: 'new', value: incidentIn('resolved'), rank: 5_000 },
      { kind: 'asked', id: 'kept', value: { typed: '' }, ttlMs: 86_400_000 },
    ],
  });
  now = 1_001;
  assert.equal(await state.count('seen'), 0);
  assert.equal(await state.count('outbox'), 0);
  assert.equal(await state.count('asked'), 1);
  await sweepResolved(state, 4_000);
  assert.deepEqual((await state.list('incident')).map(({ id }) => id).sort(), ['new', 'open']);
});
