import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GRACE_MS } from '../../../src/bot/chat/chat.ts';
import { liveMessage } from '../../../src/bot/chat/live-message.ts';
import { sentence } from '../../../src/bot/views/replies.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { eventually, log } from '../fixtures.ts';

/** A message whose first edit fails with `error`; what was shown, and when. */
function failing(error: AppError, signal?: AbortSignal) {
  const shown: { text: string; at: number }[] = [];
  let tries = 0;
  const live = liveMessage({
    intervalMs: 0,
    log,
    ...(signal ? { signal } : {}),
    async edit(message) {
      tries += 1;
      shown.push({ text: message.summary, at: Date.now() });
      if (tries === 1) throw error;
    },
  });
  return { live, shown };
}

test('the last state waits for an edit that may still be on its way, which would undo it', async () => {
  const { live, shown } = failing(new AppError('unavailable', 'cut'));
  live.update(sentence('half'));
  await eventually(() => assert.equal(shown.length, 1));
  await live.finish(sentence('whole'));
  assert.equal(shown[1]!.text, 'whole');
  assert.ok(shown[1]!.at - shown[0]!.at >= GRACE_MS - 5);
});

test('what the platform answered is not waited for, and a bot that stops says how it ended at once', async () => {
  const refused = failing(new AppError('rate_limited', '429', { answered: true, retryAfterMs: 60_000 }));
  refused.live.update(sentence('half'));
  await eventually(() => assert.equal(refused.shown.length, 1));
  await refused.live.finish(sentence('whole'));
  assert.equal(refused.shown[1]!.text, 'whole');
  const stopping = new AbortController();
  const cut = failing(new AppError('unavailable', 'cut'), stopping.signal);
  cut.live.update(sentence('half'));
  await eventually(() => assert.equal(cut.shown.length, 1));
  stopping.abort();
  await cut.live.finish(sentence('whole'));
  assert.equal(cut.shown[1]!.text, 'whole');
});
