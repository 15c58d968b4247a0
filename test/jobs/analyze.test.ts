import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { AnalysisReport, JobProgress, JobStatus, Jobs } from '../../src/domain/job/job.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Question } from '../../src/domain/question/question.ts';
import { analyzeHandler, reportId } from '../../src/jobs/analyze.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { report } from '../contract/queue-jobs.ts';
import { memoryState } from '../fakes/state.ts';

const log = createLog('silent');
const START = Date.parse('2026-01-01T00:00:30Z');
const RECORDS = 2_500;
const answer: Answer = { ...report.answer, root_cause: 'the pool' };

let dir: string;
let logs: LogStore;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bongsu-jobs-'));
  logs = await openSqliteLogs({ file: join(dir, 'logs.sqlite') }, log);
  // One line a second: two services, every tenth an error, three templates.
  await logs.write(
    Array.from({ length: RECORDS }, (_, i): LogRecord => {
      const line = `line ${i}`;
      return {
        id: `r${i}`,
        timestamp: START + i * 1_000,
        level: i % 10 === 0 ? 'error' : 'info',
        service: i % 2 === 0 ? 'even' : 'odd',
        message: line,
        line,
        attributes: {},
        template: { id: `t${i % 3}`, pattern: 'line <*>' },
      };
    }),
  );
});
after(async () => {
  await logs[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** An analyst with a fixed answer, which keeps the questions. */
function scripted(events: AnswerEvent[]) {
  const asked: Question[] = [];
  return {
    asked,
    async *ask(question: Question): AsyncGenerator<AnswerEvent> {
      asked.push(question);
      yield* events;
    },
  };
}
const events: AnswerEvent[] = [
  { kind: 'step', step: 'evidence' },
  { kind: 'draft', answer: report.answer },
  { kind: 'step', step: 'model' },
  { kind: 'text', text: 'so far' },
  { kind: 'answer', answer },
];
const payload = (over: Partial<Jobs['analyze']['payload']> = {}): Jobs['analyze']['payload'] => ({
  window: { from: 0, to: START + 10 * 86_400_000 },
  language: 'ko',
  text: '왜?',
  ...over,
});
function context(signal = new AbortController().signal) {
  const told: JobProgress[] = [];
  return {
    told,
    id: 'j',
    attempt: 1,
    attempts: 3,
    signal,
    async progress(progress: JobProgress) {
      told.push(progress);
    },
  };
}

test('counts, series and answer of the whole window, clamped to what the store holds', async () => {
  const analyst = scripted(events);
  const ctx = context();
  const result = await analyzeHandler({ logs, state: memoryState(), analyst: analyst })(payload(), ctx);
  assert.equal(result.records, RECORDS);
  assert.equal(result.templates, 3);
  assert.deepEqual(result.answer, answer);
  const extent = await logs.extent();
  assert.deepEqual(result.window, { from: extent?.from, to: extent?.to });
  assert.deepEqual(analyst.asked, [{ kind: 'why', text: '왜?', language: 'ko', window: result.window }]);
  const sum = (key: 'total' | 'errors'): number =>
    result.series.reduce((all, bucket) => all + bucket[key], 0);
  assert.equal(sum('total'), RECORDS);
  assert.equal(sum('errors'), RECORDS / 10);
  assert.ok(result.series.length > 10 && result.series.length <= 120);
  const widths = new Set(result.series.slice(1).map((bucket, i) => bucket.at - result.series[i]!.at));
  assert.equal(widths.size, 1, 'no bucket is missing');
  const [width] = widths;
  assert.equal(result.series[0]!.at % width!, 0, 'aligned to the epoch');
});

test('progress grows from 0 to 1 by records, then by steps', async () => {
  const ctx = context();
  await analyzeHandler({ logs, state: memoryState(), analyst: scripted(events) })(payload(), ctx);
  const { told } = ctx;
  assert.deepEqual(told[0], { fraction: 0, step: 'step.scan', done: 0, total: RECORDS });
  assert.equal(told.at(-1)!.fraction, 1);
  for (const [i, progress] of told.entries())
    if (i > 0) assert.ok(progress.fraction >= told[i - 1]!.fraction);
  assert.deepEqual(
    [...new Set(told.map((progress) => progress.step))],
    ['step.scan', 'step.evidence', 'step.model', 'step.verify'],
  );
});

test('only the asked services and time are read', async () => {
  const analyst = scripted(events);
  const window = { from: START + 100_000, to: START + 200_000 };
  const result = await analyzeHandler({ logs, state: memoryState(), analyst: analyst })(
    payload({ window, services: ['odd'] }),
    context(),
  );
  assert.equal(result.records, 50);
  assert.deepEqual(result.window, window);
  assert.deepEqual(analyst.asked[0]?.services, ['odd']);
});

test('a window without records still gets an answer', async () => {
  const window = { from: 1_000, to: 61_000 };
  const result = await analyzeHandler({ logs, state: memoryState(), analyst: scripted(events) })(
    payload({ window }),
    context(),
  );
  assert.equal(result.records, 0);
  assert.deepEqual(result.window, window);
  assert.ok(result.series.length > 0);
});

test('a stopped job ends at the next batch, and asks no model', async () => {
  const controller = new AbortController();
  const analyst = scripted(events);
  const ctx = context(controller.signal);
  const stopped = new AppError('stopped', 'a person stopped the job');
  ctx.progress = async () => controller.abort(stopped);
  await assert.rejects(
    analyzeHandler({ logs, state: memoryState(), analyst: analyst })(payload(), ctx),
    (error) => error instanceof AppError && error.code === 'stopped',
  );
  assert.equal(analyst.asked.length, 0);
});

test('an analyst that ends without an answer is a defect, said so', async () => {
  await assert.rejects(
    analyzeHandler({ logs, state: memoryState(), analyst: scripted([]) })(payload(), context()),
    (error) => error instanceof AppError && error.code === 'internal',
  );
});

test('a report can be downloaded for as many days as are configured', async () => {
  let now = 0;
  const state = memoryState({ now: () => now });
  const handler = analyzeHandler({ logs, state, analyst: scripted(events), keepDays: 2 });
  await handler(payload(), { ...context(), id: 'kept' });
  now = 2 * 86_400_000 - 1;
  assert.ok(await state.get('analysis', reportId('kept')));
  now += 1;
  assert.equal(await state.get('analysis', reportId('kept')), undefined);
});

test('killed in the middle it goes on where it was; an answer that was given is not asked for again', async () => {
  const state = memoryState();
  const whole = await analyzeHandler({ logs, state, analyst: scripted(events) })(payload(), {
    ...context(),
    id: 'w',
  });
  for (const [counted, told] of [
    [3, 'step.scan'],
    [17, 'step.scan'],
    [99, 'step.verify'],
  ] as const) {
    const id = `killed-${counted}`;
    let asked = 0;
    // Each part was counted once before, and the part that was in hand once more.
    const dying: LogStore = {
      ...logs,
      async counts(...args) {
        asked += 1;
        if (asked > counted) throw new AppError('unavailable', 'killed');
        return logs.counts(...args);
      },
    };
    const first = context();
    if (told === 'step.verify')
      first.progress = async ({ step, fraction }) => {
        if (step === told && fraction === 1) throw new AppError('unavailable', 'killed');
      };
    const analyst = scripted(events);
    await assert.rejects(analyzeHandler({ logs: dying, state, analyst })(payload(), { ...first, id }));
    const result = await analyzeHandler({ logs, state, analyst })(payload(), { ...context(), id });
    assert.deepEqual(result, whole);
    assert.equal(analyst.asked.length, 1, told);
    assert.deepEqual((await state.get('analysis', `report/${id}`))?.value, result, 'kept for download');
    assert.deepEqual(
      (await state.get('checkpoint', `job/${id}`))?.value,
      {},
      'nothing is left of its progress',
    );
  }
});

test('templates of the report: errors first, with their first and last time and their peak', async () => {
  const { top } = await analyzeHandler({ logs, state: memoryState(), analyst: scripted(events) })(
    payload(),
    context(),
  );
  assert.equal(
    top.reduce((sum, { count }) => sum + count, 0),
    RECORDS,
  );
  assert.equal(
    top.reduce((sum, { errors }) => sum + errors, 0),
    RECORDS / 10,
  );
  for (const [index, { errors, first, last, peak, count }] of top.entries()) {
    assert.ok(index === 0 || errors <= top[index - 1]!.errors);
    assert.ok(first >= START && last < START + RECORDS * 1_000 && first <= last);
    assert.ok(peak.count > 0 && peak.count <= count);
  }
});

test('through the queue: queued, told, answered; a stop reaches the analyst; ends are counted', async () => {
  await using queue = await openBullQueue({ kind: 'embedded', dir: join(dir, 'queue') }, log, {
    retryMs: 10,
  });
  const metrics = createMetrics();
  const asking = Promise.withResolvers<void>();
  const analyst = {
    async *ask(question: Question, options?: { signal?: AbortSignal }): AsyncGenerator<AnswerEvent> {
      if (question.text === 'slow') {
        asking.resolve();
        await new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        });
      }
      if (question.text === 'down') throw new AppError('unavailable', 'the log store is away');
      yield { kind: 'answer', answer };
    },
  };
  const ended = new Map<string, JobStatus>();
  let wake = (): void => {};
  await using _w = await queue.watch((job) => {
    if (job.state !== 'waiting' && job.state !== 'active') ended.set(job.id, job);
    wake();
  });
  const end = async (id: string): Promise<JobStatus> => {
    while (!ended.has(id))
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return ended.get(id)!;
  };
  await using _ = await startWorker({
    queue,
    handlers: { analyze: analyzeHandler({ logs, state: memoryState(), analyst: analyst }) },
    metrics,
    log,
  });
  const fine = await queue.add('analyze', payload());
  assert.equal(((await end(fine)).result as AnalysisReport).records, RECORDS);
  const down = await queue.add('analyze', payload({ text: 'down' }));
  assert.equal((await end(down)).error?.code, 'unavailable');
  const slow = await queue.add('analyze', payload({ text: 'slow' }));
  await asking.promise;
  assert.equal(await queue.stop(slow), true);
  assert.equal((await end(slow)).state, 'stopped');
  const { values } = await metrics.jobs.get();
  assert.deepEqual(
    Object.fromEntries(values.map(({ labels, value }) => [labels.state, value])),
    { done: 1, failed: 1, stopped: 1 },
    'three tries of one job are one failure',
  );
});
