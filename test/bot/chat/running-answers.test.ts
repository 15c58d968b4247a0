import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRunningAnswers } from '../../../src/bot/chat/running-answers.ts';
import { createLog } from '../../../src/log.ts';
import { memoryState } from '../../fakes/state.ts';

const log = createLog('silent');
const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

test('an answer is stopped from its own process and from another one on the same store', async () => {
  const state = memoryState();
  const [one, other] = [
    openRunningAnswers({ state, shared: true, log }),
    openRunningAnswers({ state, shared: true, log }),
  ];
  {
    await using underway = one.begin('ask-1', 'slack/U1');
    await one.stop('ask-1');
    assert.equal((underway.signal.reason as { code: string }).code, 'stopped');
  }
  await using underway = one.begin('ask-2', 'slack/U1');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await other.asker('ask-2'), 'slack/U1');
  const ended = stopped(underway.signal);
  await other.stop('ask-2');
  await ended;
  assert.equal((underway.signal.reason as { code: string }).code, 'stopped');
});

test('what is not being answered is nobody’s, also after an answer has ended', async () => {
  const state = memoryState();
  const [one, other] = [
    openRunningAnswers({ state, shared: true, log }),
    openRunningAnswers({ state, shared: true, log }),
  ];
  {
    await using _ = one.begin('ask-3', 'slack/U1');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(await other.asker('ask-0'), undefined);
  await other.stop('ask-0');
  for (let tries = 0; (await other.asker('ask-3')) !== undefined; tries += 1) {
    assert.ok(tries < 100, 'forgotten');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
