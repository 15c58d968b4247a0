import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDelivery, parentId, putEntry } from '../../../src/bot/delivery/delivery.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { fakeChat, wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { eventually } from '../fixtures.ts';
import { outboxOf, waiting } from './harness.ts';

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
