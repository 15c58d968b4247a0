import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, judgedMonth } from '../../../scripts/eval/judged-month.ts';
import type { JobContext } from '../../../src/backends/queue/queue.ts';
import { takeLease } from '../../../src/backends/state/lease.ts';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { jobView } from '../../../src/bot/views/jobs.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { TuningRecord } from '../../../src/domain/job/job.ts';
import { GATE_LIMITS, type JobProgress } from '../../../src/domain/job/job.ts';
import { parseCron } from '../../../src/domain/time/cron.ts';
import { speech } from '../../../src/i18n/format.ts';
import { fineTuneHandler } from '../../../src/jobs/fine-tune/fine-tune.ts';
import { schedules } from '../../../src/jobs/schedules.ts';
import { createLog } from '../../../src/log.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { memoryState } from '../../fakes/state.ts';

const log = createLog('silent');
const told: JobProgress[] = [];
const context: JobContext = {
  id: 'j',
  attempt: 1,
  attempts: 1,
  signal: new AbortController().signal,
  progress: async (progress) => void told.push(progress),
};
const language = 'en' as const;
const card: TuningRecord['card'] = {
  version: 'v',
  hash: 'v',
  from: 0,
  to: 0,
  counts: {
    alerts: { train: 0, test: 0 },
    anomaly: { train: 0, test: 0 },
    sentiment: { train: 0, test: 0 },
    summary: { train: 0, test: 0 },
  },
  sources: { confirmed: 0, rejected: 0, corrected: 0, resolved: 0, agreed: 0 },
  repeated: 0,
};
const record = (at: number, promoted = true): TuningRecord => ({
  target: 'anomaly',
  trainer: 'ollama',
  at,
  night: String(at),
  card,
  promoted,
  reason: promoted ? 'better' : 'not_better',
  ...(promoted ? { tuned: { kind: 'model', base: 'small', name: `variant-${at}` } } : {}),
});

test('one training at a time: the command line is told since when one runs, a worker waits for its end', async () => {
  const state = memoryState();
  const since = Date.UTC(2026, 10, 27, 2);
  const first = await takeLease({ state, name: 'fine-tune', termMs: 30_000, now: () => since, log });
  await state.commit({ put: [{ kind: 'training', id: 'tuning/running', value: { since } }] });
  const train = fineTuneHandler({ state, trainers: [], log });
  const byHand = fineTuneHandler({ state, trainers: [], whenBusy: 'refuse', log });
  await assert.rejects(byHand({ day: 'a', language }, context), {
    code: 'conflict',
    message: 'a training is running since 2026-11-27T02:00:00.000Z',
  });
  const behind = train({ day: 'b', language }, context);
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
  await byHand({ day: 'c', language }, context);
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
      // As when the process slept through its term.
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

test('a candidate that was compared with what no longer serves is not promoted', async () => {
  const registry = openRegistry(memoryState());
  await registry.add(record(1), undefined);
  assert.equal(await registry.servingSince('anomaly'), 1);
  await registry.add(record(2), 1);
  // Compared with the first one, while a person went back to it and another training took over.
  const late = await registry.add(record(3), 1);
  assert.deepEqual([late.promoted, late.reason, late.tuned], [false, 'overtaken', undefined]);
  assert.equal(await registry.servingSince('anomaly'), 2);
  assert.deepEqual((await registry.add(record(4, false), 1)).reason, 'not_better');
  await registry.rollBack('anomaly');
  assert.equal((await registry.add(record(5), 2)).reason, 'overtaken', 'rolled back meanwhile');
  assert.equal((await registry.add(record(6), 1)).promoted, true);
});

test('how many examples a training needs is a setting', async () => {
  const state = memoryState();
  const put = judgedMonth(5, 28)
    .map(({ incident, real }) => judge(incident, real))
    .map((value) => ({ kind: 'incident' as const, id: value.id, value, rank: value.activity.lastSeen }));
  await state.commit({ put });
  for (const [day, trainAtLeast, isTooFew] of [
    ['a', 100_000, true],
    ['b', 20, false],
  ] as const) {
    const limits = { ...GATE_LIMITS, trainAtLeast };
    const { outcomes } = await fineTuneHandler({ state, trainers: [], limits, log })(
      { day, language },
      context,
    );
    assert.equal(outcomes[0]?.reason === 'too_few', isTooFew);
  }
});

test('a schedule of several times a day trains each time', async () => {
  const state = memoryState();
  const days: string[] = [];
  const all = schedules({
    config: parseConfig({ jobs: { fineTune: { schedule: '0 */6 * * *' } } }),
    queue: {
      add: async (_name, payload) => {
        days.push('day' in payload ? payload.day : '');
        return 'id';
      },
    },
    state,
    targets: () => [],
    announce: () => assert.fail('no target'),
  });
  const { run, cron } = all.find(({ name }) => name === 'fine-tune')!;
  assert.ok(parseCron(cron));
  for (const period of ['2026-11-27T00:00', '2026-11-27T06:00']) await run({ period, at: 0 });
  const train = fineTuneHandler({ state, trainers: [], log });
  for (const day of [...days, days[1]!]) await train({ day, language }, context);
  const nights = (await openRegistry(state).history('alerts')).map(({ night }) => night);
  assert.deepEqual(nights, ['2026-11-27T06:00', '2026-11-27T00:00'], 'each once');
});

test('a store that fails as a training begins leaves the turn to the next one', async () => {
  const memory = memoryState();
  const state: StateStore = {
    ...memory,
    commit: async () => {
      throw new AppError('unavailable', 'scripted');
    },
  };
  await assert.rejects(fineTuneHandler({ state, trainers: [], log })({ day: 'a', language }, context), {
    code: 'unavailable',
  });
  await fineTuneHandler({ state: memory, trainers: [], whenBusy: 'refuse', log })(
    { day: 'b', language },
    context,
  );
});
