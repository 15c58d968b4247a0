import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobContext } from '../../../src/backends/queue/queue.ts';
import { takeLease } from '../../../src/backends/state/lease.ts';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { jobView } from '../../../src/bot/views/jobs.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { JobProgress } from '../../../src/domain/job/job.ts';
import { speech } from '../../../src/i18n/format.ts';
import { fineTuneHandler } from '../../../src/jobs/fine-tune/fine-tune.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';
import { context, language, log } from './harness.ts';

const told: JobProgress[] = [];
const telling: JobContext = { ...context, progress: async (progress) => void told.push(progress) };

test('one training at a time: the command line is told since when one runs, a worker waits for its end', async () => {
  const state = memoryState();
  const since = Date.UTC(2026, 10, 27, 2);
  const first = await takeLease({ state, name: 'fine-tune', termMs: 30_000, now: () => since, log });
  await state.commit({ put: [{ kind: 'training', id: 'tuning/running', value: { since } }] });
  const train = fineTuneHandler({ state, trainers: [], log });
  const byHand = fineTuneHandler({ state, trainers: [], whenBusy: 'refuse', log });
  await assert.rejects(byHand({ day: 'a', language }, telling), {
    code: 'conflict',
    message: 'a training is running since 2026-11-27T02:00:00.000Z',
  });
  const behind = train({ day: 'b', language }, telling);
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await openRegistry(state).history('alerts'), [], 'nothing is decided meanwhile');
  await first![Symbol.asyncDispose]();
  await behind;
  assert.equal(told[0]?.behind, since);
  for (const [spoken, words] of [
    ['en', /A training is running since .*02:00/],
    ['ko', /02:00.*부터 다른 학습이 돌고 있어요/],
  ] as const) {
    const view = jobView(
      {
        id: 'j',
        name: 'fine-tune',
        state: 'active',
        payload: { day: 'b', language },
        progress: told[0]!,
        attempts: 1,
        createdAt: 0,
      },
      speech(spoken, 'UTC'),
    );
    assert.match(wordsOf(view), words);
  }
  const [only, ...more] = await openRegistry(state).history('alerts');
  assert.equal(only?.night, 'b');
  assert.deepEqual(more, []);
  await byHand({ day: 'c', language }, telling);
});

test('a training that lost its turn writes nothing and is tried again', async () => {
  const memory = memoryState();
  let owner = '';
  const state: StateStore = {
    ...memory,
    acquire(lease, by, ttlMs) {
      owner ||= by;
      return memory.acquire(lease, by, ttlMs);
    },
  };
  let stolen = false;
  const slow: JobContext = {
    ...context,
    async progress({ step }) {
      if (step !== 'tune.alerts') return;
      // As if the process had slept longer than its term.
      await state.release('fine-tune', owner);
      stolen = (await state.acquire('fine-tune', 'another', 60_000)) !== undefined;
    },
  };
  await assert.rejects(fineTuneHandler({ state, trainers: [], log })({ day: 'a', language }, slow), {
    code: 'conflict',
    retryable: true,
  });
  assert.ok(stolen);
  assert.deepEqual(await openRegistry(state).history('alerts'), []);
});

test('a store that fails as a training begins leaves the turn to the next one', async () => {
  const memory = memoryState();
  const state: StateStore = {
    ...memory,
    commit: async () => {
      throw new AppError('unavailable', 'scripted');
    },
  };
  await assert.rejects(fineTuneHandler({ state, trainers: [], log })({ day: 'a', language }, telling), {
    code: 'unavailable',
  });
  await fineTuneHandler({ state: memory, trainers: [], whenBusy: 'refuse', log })(
    { day: 'b', language },
    context,
  );
});
