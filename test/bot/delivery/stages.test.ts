import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soleLease } from '../../../src/backends/state/lease.ts';
import type { Stored } from '../../../src/backends/state/store.ts';
import { deliveryContext, type Ready } from '../../../src/bot/delivery/attempt.ts';
import { type Delivery, loadDelivery, putEntry } from '../../../src/bot/delivery/delivery.ts';
import { createClock } from '../../../src/bot/delivery/monotonic-clock.ts';
import { fail, prepare, transmit } from '../../../src/bot/delivery/stages.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { fakeChat } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { log } from '../fixtures.ts';
import { delivery } from './harness.ts';

/** One delivery `a` of a message, and stages that wait a minute for what may still be on its way. */
async function stageHarness(also: Partial<Delivery> = {}, fallback = false) {
  const state = memoryState();
  const chat = fakeChat();
  const clock = createClock();
  const lease = soleLease(state, clock.now);
  const options = {
    chats: [chat],
    debounceMs: 0,
    ...(fallback ? { fallback: { chat: 'slack', channel: 'C9', explain: () => 'closed' } } : {}),
    log,
    render: async () => ({ message: sentence('one') }),
    graceMs: 60_000,
    metrics: createMetrics(),
  };
  const context = deliveryContext(options, lease, clock);
  const content = { kind: 'message' as const, message: sentence('one') };
  await state.commit({ put: [putEntry('a', { ...delivery('slack'), thread: 't', content, ...also })] });
  const term = lease.term()!;
  const stored = async () => (await loadDelivery(state, 'a'))!;
  const sender = {
    prepare: (listed: Stored<Delivery>) => prepare({ stored: listed, term }, context),
    transmit: (ready: Ready) => transmit(ready, context),
    failed: (failed: Stored<Delivery>, error: AppError) => fail(failed, error, context),
    move: context.fallback.move,
  };
  return {
    chat,
    sender,
    stored,
    /** Lets one try fail; resolves with how long the next one waits, ms. */
    async fails(operation: 'post' | 'edit', error: AppError): Promise<number> {
      chat.fail(operation, error);
      const ready = (await sender.prepare(await stored()))!;
      await assert.rejects(sender.transmit(ready));
      const before = clock.now();
      await sender.failed(ready.stored, error);
      return (await stored()).value.due - before;
    },
  };
}

test('what is in doubt is looked for once it can have arrived: soon where the platform itself answered', async () => {
  const { chat, stored, fails } = await stageHarness();
  assert.ok((await fails('post', new AppError('unavailable', 'cut'))) > 50_000);
  assert.ok((await stored()).value.sending, 'in doubt');
  assert.ok((await fails('post', new AppError('unavailable', 'HTTP 500', { answered: true }))) < 10_000);
  assert.ok((await stored()).value.sending, 'in doubt');
  // It was looked for and is not there, and now the platform refused it: nothing is in doubt any more.
  await fails('post', new AppError('rate_limited', '429', { retryAfterMs: 10 }));
  assert.equal((await stored()).value.sending, undefined);
  assert.equal(chat.calls.filter(({ operation }) => operation === 'find').length, 2);
});

test('an entry that was listed before it failed waits all the same', async () => {
  const { chat, sender, stored, fails } = await stageHarness();
  const listed = await stored();
  await fails('post', new AppError('unavailable', 'HTTP 502'));
  assert.equal(await sender.prepare(listed), undefined);
  assert.equal(chat.calls.length, 1, 'neither looked for nor sent again');
  // Listed again when it is due, it goes on.
  assert.ok(await sender.prepare(await stored()));
});

test('an edit that may still be on its way is not overtaken by a newer one', async () => {
  const ref = { channel: 'C1', id: 'm1' };
  const { fails } = await stageHarness({ ref });
  assert.ok((await fails('edit', new AppError('unavailable', 'HTTP 502'))) > 50_000);
  assert.ok((await fails('edit', new AppError('rate_limited', '429', { retryAfterMs: 10 }))) < 10_000);
});

test('the files of a message that is found are sent', async () => {
  const { chat, sender, stored } = await stageHarness();
  const attached: string[] = [];
  chat.attach = (_ref, _message, nonce) => void attached.push(nonce);
  chat.fail('post', 'cut');
  const first = (await sender.prepare(await stored()))!;
  await assert.rejects(sender.transmit(first));
  assert.deepEqual(attached, []);
  await sender.transmit((await sender.prepare(await stored()))!);
  assert.deepEqual(attached, ['a']);
  assert.ok((await stored()).value.ref);
});

test('what was moved to the fallback already is not moved again by whoever listed it before', async () => {
  const { chat, sender, stored } = await stageHarness({ content: { kind: 'incident' } }, true);
  const listed = await stored();
  assert.equal(await sender.move(listed, 'not_found'), true);
  await sender.transmit((await sender.prepare(await stored()))!);
  assert.equal((await stored()).value.ref?.channel, 'C9');
  assert.equal(await sender.move(listed, 'not_found'), true);
  assert.ok((await stored()).value.ref, 'what stands there is not forgotten');
  assert.equal(chat.messages.length, 1);
});
