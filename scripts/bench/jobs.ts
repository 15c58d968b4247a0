import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { completeAnomaly } from '../../src/domain/alert/anomaly.ts';
import { openIncident } from '../../src/domain/alert/incident.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { isError } from '../../src/domain/log/record.ts';
import { analyzeHandler } from '../../src/jobs/analyze.ts';
import { makeDigest } from '../../src/jobs/digest.ts';
import { createLog } from '../../src/log.ts';
import { report } from '../../test/contract/queue-jobs.ts';
import type { Figure } from './figure.ts';

const LINES = 1_000_000;
const DAY = '2026-03-02';
const FROM = Date.parse(`${DAY}T00:00:00Z`) - 86_400_000;
const INCIDENTS = 500;
const JOBS = 300;
const STOPS = 20;
const log = createLog('silent');

/** Figures of the worker role: the embedded queue, how quickly a stop arrives, a digest and an analysis of a million lines. */
export async function benchJobs(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-bench-jobs-'));
  try {
    await using queue = await openBullQueue({ kind: 'embedded', dir: join(dir, 'queue') }, log);
    return [...(await throughput(queue)), ...(await stops(queue)), ...(await digest(dir))];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const collected = { day: DAY, topic: 't', lines: 0, batches: 0 };

async function throughput(queue: Queue): Promise<Figure[]> {
  await queue.add('collect', { day: DAY, language: 'en' }, { id: 'warm' });
  const addOne = performance.now();
  for (let i = 0; i < JOBS; i += 1) await queue.add('collect', { day: DAY, language: 'en' });
  const added = performance.now() - addOne;
  const all = Promise.withResolvers<void>();
  let done = 0;
  const begun = performance.now();
  await using _ = await queue.work(
    'collect',
    async () => {
      done += 1;
      if (done === JOBS + 1) all.resolve();
      return collected;
    },
    { concurrency: 8 },
  );
  await all.promise;
  const worked = performance.now() - begun;
  return [
    {
      name: 'jobs queued, one after the other (embedded queue)',
      value: (JOBS / added) * 1_000,
      unit: 'jobs/s',
    },
    { name: 'jobs done, eight at a time (embedded queue)', value: (JOBS / worked) * 1_000, unit: 'jobs/s' },
  ];
}

async function stops(queue: Queue): Promise<Figure[]> {
  const took: number[] = [];
  let started = Promise.withResolvers<void>();
  let aborted = Promise.withResolvers<void>();
  await using _ = await queue.work('analyze', async (_payload, { signal }) => {
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.resolve();
        reject(signal.reason);
      });
      started.resolve();
    });
    return report;
  });
  for (let i = 0; i < STOPS; i += 1) {
    started = Promise.withResolvers<void>();
    aborted = Promise.withResolvers<void>();
    const window = { from: 0, to: 1 };
    const id = await queue.add('analyze', { window, text: '', language: 'en' });
    await started.promise;
    const pressed = performance.now();
    await queue.stop(id);
    await aborted.promise;
    took.push(performance.now() - pressed);
  }
  took.sort((a, b) => a - b);
  return [
    { name: 'stop pressed until the running job is aborted, median', value: took[STOPS >> 1]!, unit: 'ms' },
    { name: 'stop pressed until the running job is aborted, worst of 20', value: took.at(-1)!, unit: 'ms' },
  ];
}

/** Two days, 24 services, 400 templates; the second day has errors of its own. */
function* lines(): Generator<LogRecord[]> {
  for (let start = 0; start < LINES; start += 2_000)
    yield Array.from({ length: 2_000 }, (_, offset): LogRecord => {
      const i = start + offset;
      // Few templates make most of the lines, and each belongs to one service.
      const kind = Math.floor(400 * (((i * 7_919) % 10_007) / 10_007) ** 3);
      const late = i >= LINES / 2;
      const level = kind % 50 === 7 ? 'error' : 'info';
      const id = `t${late && level === 'error' ? kind + 400 : kind}`;
      const line = `step ${kind} of request ${i} done in ${i % 90} ms`;
      return {
        id: `b${i}`,
        timestamp: FROM + Math.floor((i / LINES) * 2 * 86_400_000),
        level,
        service: `s${kind % 24}`,
        message: line,
        line,
        attributes: {},
        template: { id, pattern: `step ${kind} of request <*> done in <*> ms` },
      };
    });
}

async function digest(dir: string): Promise<Figure[]> {
  await using logs = await openSqliteLogs({ file: join(dir, 'logs.sqlite') }, log);
  await using state = checkedState(await openSqliteState({ file: join(dir, 'state.sqlite') }, log), log);
  for (const batch of lines()) await logs.write(batch);
  for (let i = 0; i < INCIDENTS; i += 1) {
    const at = FROM + 86_400_000 + i * 60_000;
    const wire = {
      anomaly_status: 'critical' as const,
      confidence: 0.9,
      detected_issues: [`step ${i % 50} fails`],
      explanation: '',
      service: `s${i % 24}`,
      detected_at: new Date(at).toISOString(),
    };
    const value = openIncident(`i${i}`, completeAnomaly(wire, `i${i}`, at));
    await state.commit({ put: [{ kind: 'incident', id: value.id, value, rank: value.activity.lastSeen }] });
  }
  const parts = {
    logs,
    state,
    queue: { list: async () => [], counts: async () => ({ waiting: 0, active: 0, done: 0, failed: 0 }) },
    teams: [{ name: 'all' }],
    timeZone: 'UTC',
    backendsHealth: async () => ({}),
  };
  const begun = performance.now();
  const made = await makeDigest(parts, { name: 'all' }, { span: 'day', day: DAY }, 'UTC');
  const digestMs = performance.now() - begun;

  const scanBegun = performance.now();
  let total = 0;
  let errors = 0;
  for await (const batch of logs.scan({ from: FROM, to: FROM + 2 * 86_400_000 }))
    for (const { level } of batch) {
      total += 1;
      if (isError(level)) errors += 1;
    }
  const scanMs = performance.now() - scanBegun;
  if (
    total !== made.logs.lines + made.logs.before.lines ||
    errors !== made.logs.errors + made.logs.before.errors
  )
    throw new Error('the digest and the scan do not agree');

  const analyst = {
    async *ask() {
      yield { kind: 'answer' as const, answer: report.answer };
    },
  };
  const analyzeBegun = performance.now();
  const analysis = await analyzeHandler({ logs, state, analyst })(
    { window: { from: FROM, to: FROM + 2 * 86_400_000 }, text: '', language: 'en' },
    { id: 'b', attempt: 1, attempts: 1, signal: new AbortController().signal, progress: async () => {} },
  );
  const analyzeMs = performance.now() - analyzeBegun;
  if (analysis.records !== LINES) throw new Error('the analysis has not counted every line');
  return [
    {
      name: 'digest of a day, 1M lines and 500 incidents stored',
      value: digestMs,
      unit: 'ms',
      ratio: digestMs / scanMs,
      against: 'reading every line',
    },
    {
      name: 'heavy analysis of 1M lines without a model (counted in parts)',
      value: analyzeMs,
      unit: 'ms',
      ratio: analyzeMs / scanMs,
      against: 'reading every line',
    },
  ];
}
