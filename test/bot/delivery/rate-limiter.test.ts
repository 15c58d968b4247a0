import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putEntry } from '../../../src/bot/delivery/delivery.ts';
import { createRateLimiter, createTokenBucket } from '../../../src/bot/delivery/rate-limiter.ts';
import { fakeChat } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { eventually } from '../fixtures.ts';
import { outboxOf, waiting } from './harness.ts';

test('a bucket starts with one token and fills at its pace', () => {
  let now = 0;
  const bucket = createTokenBucket({ perSecond: 2, burst: 3 }, { now: () => now, behindMs: () => 0 });
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
  const limiter = createRateLimiter([createTokenBucket({ perSecond: 1, burst: 3 }, clock)], clock);
  assert.equal(limiter.take(true), false);
  assert.deepEqual([limiter.notBefore, limiter.sparingNotBefore], [0, 1_000]);
  assert.equal(limiter.take(), true);
  assert.equal(limiter.take(), false);
  assert.equal(limiter.notBefore, 1_000);
  now = 3_000;
  assert.deepEqual([limiter.take(true), limiter.take(true), limiter.take(true)], [true, true, false]);
  assert.equal(limiter.take(), true);
  // A channel that takes one at a time has none to spare.
  const narrow = createRateLimiter([createTokenBucket({ perSecond: 1, burst: 1 }, clock)], clock);
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
