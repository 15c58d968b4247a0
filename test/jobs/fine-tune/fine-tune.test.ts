import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateMonth } from '../../../scripts/eval/tuning.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import type { Tuner } from '../../../src/backends/model/tuner.ts';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { GATE_LIMITS } from '../../../src/domain/job/job.ts';
import { parseCron } from '../../../src/domain/time/cron.ts';
import { fineTuneHandler } from '../../../src/jobs/fine-tune/fine-tune.ts';
import { schedules } from '../../../src/jobs/schedules.ts';
import { changed } from '../../fakes/incident.ts';
import { memoryState } from '../../fakes/state.ts';
import { context, fill, judged, language, log, openState } from './harness.ts';

const night = { day: '2026-02-01', language };

test('a night without enough data changes nothing and says so', async (t) => {
  const state = await openState(t);
  const report = await fineTuneHandler({ state, trainers: [], log })(night, context);
  assert.deepEqual(
    report.outcomes.map(({ target, promoted, reason }) => [target, promoted, reason]),
    [['alerts', false, 'too_few']],
  );
  assert.equal(await openRegistry(state).serving('alerts'), undefined);
});

test('a better model of alerts serves, is not trained twice in a night, and can be rolled back', async (t) => {
  const state = await openState(t);
  await fill(state, judged);
  const run = fineTuneHandler({ state, trainers: [], log });
  const registry = openRegistry(state);
  const report = await run(night, context);
  assert.deepEqual(
    report.outcomes.map(({ promoted, reason }) => [promoted, reason]),
    [[true, 'better']],
  );
  assert.equal((await registry.serving('alerts'))?.kind, 'alerts');
  await run(night, context);
  assert.equal((await registry.history('alerts')).length, 1);
  const equal = await run({ ...night, day: '2026-02-02' }, context);
  assert.deepEqual(
    equal.outcomes.map(({ reason }) => reason),
    ['not_better'],
  );
  assert.equal(await registry.rollBack('alerts'), undefined);
  assert.equal(await registry.serving('alerts'), undefined);
  await assert.rejects(registry.rollBack('alerts'), { code: 'not_found' });
});

/** A model that answers each example with what `answer` makes of it. */
function modelOf(id: string, answer: (prompt: string, system: string) => string): Model {
  return {
    id,
    name: id,
    external: false,
    contextTokens: 4_096,
    price: { prompt: 0, completion: 0 },
    tools: false,
    async *ask({ prompt, system }) {
      yield { kind: 'text', text: JSON.stringify({ answer: answer(prompt, system) }) };
      yield { kind: 'end', tokens: { prompt: 1, completion: 1 } };
    },
    health: async () => ({ ok: true, kind: 'ollama', detail: '' }),
    async [Symbol.asyncDispose]() {},
  };
}

test('variants of a model: the better one serves its task, the worse one is removed', async (t) => {
  const texts = judged.map((incident, at) =>
    changed(incident, {
      // Each has a template of its own: of one template an answer is learned once.
      identity: { template: { id: `t${at}`, pattern: 'line <*> of <*>' } },
      sampleLines: [`line ${at} of ${incident.feedback.verdict}`],
    }),
  );
  const removed: string[] = [];
  const base = modelOf('small', () => 'warning');
  // Knows what people said by the line itself; a trained model would by its words.
  const knowing = (prompt: string): string =>
    prompt.includes('false_alarm') ? 'normal' : prompt.includes('of real') ? 'critical' : 'warning';
  const tuner = (open: Model): Tuner => ({
    id: 'ollama',
    base: 'small',
    train: async ({ task, version }) => `${task}:${version}`,
    open: async () => open,
    remove: async (name) => void removed.push(name),
  });
  for (const [variant, promoted] of [
    [modelOf('v', knowing), true],
    [modelOf('v', () => 'nonsense'), false],
  ] as const) {
    const state = await openState(t);
    await fill(state, texts);
    const run = fineTuneHandler({ state, trainers: [{ model: base, tuner: tuner(variant) }], log });
    const report = await run({ ...night, tasks: ['anomaly'] }, context);
    const outcome = report.outcomes.find(({ trainer }) => trainer === 'ollama')!;
    assert.equal(outcome.promoted, promoted, JSON.stringify(outcome));
    const serving = await openRegistry(state).serving('anomaly');
    assert.equal(serving?.kind === 'model' && serving.name.startsWith('anomaly:'), promoted);
  }
  assert.equal(removed.length, 1);
});

test('a stopped training ends at once and decides nothing', async (t) => {
  const state = await openState(t);
  await fill(state, judged);
  const stop = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(
    fineTuneHandler({ state, trainers: [], log })(night, { ...context, signal: stop }),
    /stopped/,
  );
  assert.deepEqual(await openRegistry(state).history('alerts'), []);
});

test('three simulated weeks: false alarms fall silent, real ones do not', async () => {
  const { weeks, promotions } = await simulateMonth(1, 21);
  assert.ok(promotions > 0);
  assert.ok(weeks[2]!.keptQuiet > weeks[2]!.falseAlarms / 4, JSON.stringify(weeks));
  assert.ok(
    weeks.every(({ lost, real }) => lost <= real * 0.02),
    JSON.stringify(weeks),
  );
});

test('how many examples a training needs is a setting', async () => {
  const state = memoryState();
  await fill(state, judged);
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
