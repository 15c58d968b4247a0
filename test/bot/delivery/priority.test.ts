import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDelivery, loadTask, putEntry } from '../../../src/bot/delivery/delivery.ts';
import { reclaim } from '../../../src/bot/delivery/priority.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { fakeChat } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { eventually } from '../fixtures.ts';
import { outboxOf, waiting } from './harness.ts';

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
