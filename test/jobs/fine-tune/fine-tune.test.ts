import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { judge, judgedMonth } from '../../../scripts/eval/judged-month.ts';
import { simulateMonth } from '../../../scripts/eval/tuning.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import type { Tuner } from '../../../src/backends/model/tuner.ts';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import type { Incident } from '../../../src/domain/alert/incident.ts';
import type { Example } from '../../../src/domain/job/job.ts';
import { trainAlerts, worthOf } from '../../../src/jobs/fine-tune/alerts.ts';
import { buildDataset, leaks } from '../../../src/jobs/fine-tune/dataset.ts';
import { fineTuneHandler } from '../../../src/jobs/fine-tune/fine-tune.ts';
import { ALERT_REGRESSION } from '../../../src/jobs/fine-tune/regression.ts';
import { rouge } from '../../../src/jobs/fine-tune/scoring.ts';
import { createLog } from '../../../src/log.ts';
import { temporaryState } from '../../bot/fixtures.ts';
import { changed } from '../../fakes/incident.ts';

const log = createLog('silent');
const context = {
  id: 'j',
  attempt: 1,
  attempts: 1,
  signal: new AbortController().signal,
  progress: async () => {},
};
const night = { day: '2026-02-01', language: 'en' as const };

const openState = async (t: TestContext): Promise<StateStore> => (await temporaryState(t)).open();

async function fill(state: StateStore, incidents: Incident[]): Promise<void> {
  const put = incidents.map((value) => ({
    kind: 'incident' as const,
    id: value.id,
    value,
    rank: value.activity.lastSeen,
  }));
  await state.commit({ put });
}

const month = judgedMonth(5, 28);
const judged = month.map(({ incident, real }) => judge(incident, real));

test('what is never seen before is told, whatever was taught', () => {
  const earlier = month.map(({ incident, signal, real }) => ({ incident: incident.id, signal, real }));
  const model = trainAlerts(earlier);
  const worth = worthOf(model, { earlier, later: ALERT_REGRESSION });
  assert.ok(worth.length > 0 && worth.every((one) => one === 0));
});

test('the data: later incidents test, none is on both sides, secrets are masked, the card counts', async (t) => {
  const state = await openState(t);
  await fill(state, [
    ...judged,
    changed(judged[0]!, {
      id: 'noted',
      feedback: { verdict: undefined },
      activity: { firstSeen: judged[3]!.activity.firstSeen },
      sampleLines: ['login of kim@example.com failed, password=hunter2x9'],
      lifecycle: {
        history: [
          {
            at: 1,
            who: 'U1',
            what: 'resolved',
            note: 'rotated the key AKIAIOSFODNN7EXAMPLE for kim@example.com',
          },
        ],
      },
    }),
  ]);
  const data = await buildDataset(state);
  const end = Math.max(...data.alerts.train.map(({ signal }) => signal.at));
  assert.ok(data.alerts.test.every(({ signal }) => signal.at > end));
  const ids = new Set(data.alerts.train.map(({ incident }) => incident));
  assert.ok(data.alerts.test.every(({ incident }) => !ids.has(incident)));
  const text = JSON.stringify(data.texts);
  for (const secret of ['kim@example.com', 'hunter2x9', 'AKIAIOSFODNN7EXAMPLE'])
    assert.ok(!text.includes(secret), secret);
  assert.equal(data.texts.train.filter(({ task }) => task === 'summary').length, 1);
  assert.equal(data.card.counts.alerts.train, data.alerts.train.length);
  assert.equal(data.card.sources.resolved, 1);
  assert.equal((await buildDataset(state)).card.hash, data.card.hash);
});

test('of one template with one answer there is one text, and it is on one side', async (t) => {
  const numbered = (index: number, id: string, template?: string): Incident =>
    changed(judged[index]!, {
      id,
      activity: { firstSeen: index * 60_000, lastSeen: index * 60_000 },
      feedback: { verdict: 'real' },
      anomalyStatus: 'critical',
      lifecycle: { history: [] },
      sampleLines: Array.from(
        { length: 1 + (index % 3) },
        (_, line) => `ERROR order ${4_711 + index} failed after ${3_000 + line} ms (job-4f${index}a-90)`,
      ),
      identity: {
        template: template ? { id: template, pattern: 'ERROR order <*> failed after <*> ms' } : undefined,
      },
    });
  for (const template of [undefined, 't1']) {
    const state = await openState(t);
    const all = Array.from({ length: 40 }, (_, index) => numbered(index, `i${index}`, template));
    // The same template may be a false alarm too: that is another answer.
    const other = changed(numbered(20, 'false', template), { feedback: { verdict: 'false_alarm' } });
    await fill(state, [
      ...all,
      { ...other, sampleLines: ['ERROR order 99 failed after 1 ms (job-4f7a-90)'] },
    ]);
    const { texts, card } = await buildDataset(state);
    const ids = ({ id }: Example): string => id;
    assert.deepEqual(texts.train.map(ids), ['false/anomaly', 'false/sentiment'], String(template));
    assert.deepEqual(texts.test.map(ids), ['i39/anomaly', 'i39/sentiment']);
    assert.equal(card.repeated, 2 * 41 - 4);
    assert.deepEqual(leaks(texts), []);
  }
});

test('a text that was judged twice is not on both sides, whatever its templates are', async (t) => {
  const state = await openState(t);
  const same = (index: number, verdict: 'real' | 'false_alarm'): Incident =>
    changed(judged[index]!, {
      id: `i${index}`,
      activity: { firstSeen: index * 60_000, lastSeen: index * 60_000 },
      feedback: { verdict },
      lifecycle: { history: [] },
      identity: { template: { id: `t${index}`, pattern: 'ERROR disk is full' } },
      sampleLines: ['ERROR disk is full'],
    });
  await fill(state, [
    same(0, 'false_alarm'),
    same(1, 'false_alarm'),
    same(2, 'false_alarm'),
    same(3, 'real'),
  ]);
  const { texts } = await buildDataset(state);
  assert.deepEqual(texts.train, []);
  assert.deepEqual(
    texts.test.map(({ id }) => id),
    ['i3/anomaly', 'i3/sentiment'],
  );
});

test('a leak that was planted between training and test is found', () => {
  const example = (id: string, at: number, incident: string): Example => ({
    id,
    task: 'anomaly',
    input: `lines of ${id}`,
    output: 'normal',
    at,
    incident,
  });
  const train = [example('a', 1, 'i1'), example('b', 2, 'i2')];
  assert.deepEqual(leaks({ train, test: [example('c', 3, 'i3')] }), []);
  assert.deepEqual(leaks({ train, test: [example('c', 3, 'i2')] }), ['c'], 'the same incident');
  assert.deepEqual(
    leaks({ train, test: [{ ...example('c', 3, 'i3'), input: 'lines of a' }] }),
    ['c'],
    'the same text',
  );
  const order = (text: string): Partial<Example> => ({ input: `ERROR order ${text} ms` });
  const sold = { ...example('a', 1, 'i1'), ...order('4711 failed after 3000') };
  const later = { ...example('c', 3, 'i3'), ...order('4712 failed after 3001') };
  assert.deepEqual(leaks({ train: [sold], test: [later] }), ['c'], 'the same text but for its numbers');
  assert.deepEqual(leaks({ train: [sold], test: [{ ...later, output: 'critical' }] }), [], 'another answer');
  const named = { ...example('a', 1, 'i1'), template: 't1' };
  assert.deepEqual(
    leaks({ train: [named], test: [{ ...example('c', 3, 'i3'), template: 't1' }] }),
    ['c'],
    'the same template',
  );
  assert.deepEqual(leaks({ train, test: [example('c', 2, 'i3')] }), ['c'], 'not later');
});

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
      // Each of a template of its own: one template teaches one answer once.
      identity: { template: { id: `t${at}`, pattern: 'line <*> of <*>' } },
      sampleLines: [`line ${at} of ${incident.feedback.verdict}`],
    }),
  );
  const removed: string[] = [];
  const base = modelOf('small', () => 'warning');
  // Knows what people said: from the line itself, as a trained one would from its words.
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

test('ROUGE-1 over words and pairs of Hangul syllables', () => {
  assert.equal(rouge('the disk is full', 'the disk is full'), 1);
  assert.equal(rouge('the disk', 'the disk is full'), 2 / 3);
  assert.equal(rouge('nothing alike', 'disk full'), 0);
  assert.ok(rouge('인증서가 만료되었습니다', '인증서 만료') > 0.3);
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
