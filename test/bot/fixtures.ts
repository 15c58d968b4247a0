import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { Analyst, AnswerEvent } from '../../src/analysis/analyst.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import type { Actor } from '../../src/bot/incidents/audit.ts';
import { createIncidents, type Incidents, type IncidentsOptions } from '../../src/bot/incidents/incidents.ts';
import { type Anomaly, type AnomalyWire, completeAnomaly } from '../../src/domain/alert/anomaly.ts';
import type { SystemHealth } from '../../src/domain/health.ts';
import type { JobStatus } from '../../src/domain/job/job.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Question } from '../../src/domain/question/question.ts';
import { createMetrics } from '../../src/metrics.ts';

export const log = pino({ level: 'silent' });
export const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);

let made = 0;

/** A critical anomaly of `service`; any field can be replaced. */
export function anomaly(service: string, fields: Partial<AnomalyWire> & { names?: string[] } = {}): Anomaly {
  made += 1;
  return completeAnomaly(
    {
      anomaly_status: 'critical',
      confidence: 0.9,
      detected_issues: [`${service} is failing`],
      explanation: 'errors rose from 0 to 40 a minute',
      id: `a-${made}`,
      service,
      detected_at: new Date(NOW + made).toISOString(),
      ...fields,
    },
    `t/0/${made}`,
    NOW,
  );
}

/** A state store on the disk that can be opened again, as after a crash. */
export async function temporaryState(t: TestContext): Promise<{ open: () => Promise<StateStore> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-bot-'));
  const stores: StateStore[] = [];
  t.after(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    async open() {
      const store = checkedState(await openSqliteState({ file: join(folder, 'state.db') }, log), log);
      stores.push(store);
      return store;
    },
  };
}

export const answer: Answer = {
  anomaly_status: 'critical',
  confidence: 0.9,
  detected_issues: ['pool exhausted'],
  explanation: 'The connection pool of payment ran dry.',
  statements: [],
  error_type: 'pool',
  root_cause: 'pool exhausted',
  solution: 'raise the limit',
  severity: 5,
  sentiment: 'negative',
  summary: 'Payment failed for four minutes.',
  verdict: 'likely',
  causes: [
    { service: 'payment', cause: 'pool exhausted', confidence: 0.9, evidence: [{ id: 'r1', line: 'pool' }] },
    { service: 'orders', cause: 'slow', confidence: 0.2, evidence: [] },
  ],
  ruled_out: ['a deploy'],
  evidence: [
    { id: 'r1', timestamp: '2026-11-21T09:00:00Z', service: 'payment', line: 'ERROR pool', count: 12 },
  ],
  model: 'none',
  tokens: { prompt: 0, completion: 0 },
  usd: 0,
  cached: false,
  duration_ms: 120,
};

/** Resolves when `check` no longer throws; throws its last error after `limitMs`. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 5_000): Promise<T> {
  for (const start = Date.now(); ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() - start > limitMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** What a bot needs of the machine it runs on: one without a GPU that does nothing. */
export const idleSystem = async (): Promise<SystemHealth> => ({
  gpus: [],
  cpu: { load: 0, cores: 1 },
  memory: { usedMb: 0, totalMb: 0 },
  at: 0,
});
/** A ledger that limits nothing. */
export const NO_BUDGET = { usd: null, usdPerUser: null, tokens: null, tokensPerUser: null };

/** An analyst that says the same to every question, in all its steps. */
export function fakeAnalyst(): Analyst & { questions: Question[] } {
  const questions: Question[] = [];
  async function* events(): AsyncGenerator<AnswerEvent> {
    yield { kind: 'step', step: 'evidence' };
    yield { kind: 'draft', answer };
    yield { kind: 'text', text: 'The connection pool' };
    yield { kind: 'answer', answer };
  }
  return {
    questions,
    ask(question) {
      questions.push(question);
      return events();
    },
    assess: events,
    assessAll: async (texts) => texts.map(() => answer),
  };
}

/** A log store that counts how often it is asked anything. */
export function fakeLogs(): LogStore & { asked: number } {
  const store: LogStore & { asked: number } = {
    asked: 0,
    async write() {},
    async search() {
      store.asked += 1;
      return { records: [], total: 0 };
    },
    async get() {
      return [];
    },
    async *scan() {},
    async histogram({ from, to }, bucketMs) {
      store.asked += 1;
      const count = Math.ceil((to - from) / bucketMs);
      return Array.from({ length: count }, (_, index) => ({
        at: from + index * bucketMs,
        total: 5,
        errors: 1,
      }));
    },
    async counts() {
      store.asked += 1;
      return ['cart', 'payment'].map((key) => ({ key, label: key, count: 1, errors: 0, first: 0, last: 0 }));
    },
    async requests() {
      return { requests: 0, endpoints: [], statuses: [] };
    },
    async extent() {
      store.asked += 1;
      return undefined;
    },
    async health() {
      return { ok: true, kind: 'fake', detail: '' };
    },
    async [Symbol.asyncDispose]() {},
  };
  return store;
}

/** A queue whose jobs a test moves on by hand. */
export function fakeQueue(): Queue & {
  jobs: Map<string, JobStatus>;
  change(id: string, to: Partial<JobStatus>): void;
} {
  const jobs = new Map<string, JobStatus>();
  const listeners = new Set<(job: JobStatus) => void>();
  return {
    jobs,
    change(id, to) {
      const job = { ...jobs.get(id)!, ...to } as JobStatus;
      jobs.set(id, job);
      for (const listener of listeners) listener(job);
    },
    async add(name, payload, options) {
      const id = options?.id ?? `job-${jobs.size}`;
      const job = { id, name, payload, state: 'waiting', attempts: 0, createdAt: Date.now() };
      if (!jobs.has(id)) jobs.set(id, job as unknown as JobStatus);
      return id;
    },
    async status(id) {
      return jobs.get(id);
    },
    async stop(id) {
      const job = jobs.get(id);
      if (!job || job.state === 'done') return false;
      this.change(id, { state: 'stopped' });
      return true;
    },
    async list(states) {
      return [...jobs.values()].filter((job) => states.includes(job.state)).reverse();
    },
    async retry(id) {
      if (jobs.get(id)?.state !== 'failed') return false;
      this.change(id, { state: 'waiting' });
      return true;
    },
    async drop(id) {
      return jobs.get(id)?.state === 'failed' && jobs.delete(id);
    },
    async work() {
      return { async [Symbol.asyncDispose]() {} };
    },
    async watch(listener) {
      listeners.add(listener);
      return { [Symbol.asyncDispose]: async () => void listeners.delete(listener) };
    },
    async counts() {
      return { waiting: 0, active: 0, done: 0, failed: 0 };
    },
    async health() {
      return { ok: true, kind: 'fake', detail: '' };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A person on Slack. */
export const mina: Actor = { id: 'U1', name: 'mina', chat: 'slack', channel: 'C1' };

/**
 * Incidents that neither flap nor end by themselves unless a test says so.
 * @param more `clock` is what they take for the time
 */
export function incidentsOn(
  state: StateStore,
  chats: IncidentsOptions['chats'],
  more: Partial<IncidentsOptions> & { clock?: { now: number } } = {},
): Incidents {
  const { clock, ...rest } = more;
  return createIncidents({
    state,
    chats,
    windowMs: 30 * 60_000,
    inhibitMs: 5 * 60_000,
    debounceMs: 0,
    flapMs: 0,
    timing: { resolveAfterMs: () => 0, escalation: { severity: 4, steps: [] } },
    routes: [],
    shadow: false,
    keepMs: 90 * 86_400_000,
    metrics: createMetrics(),
    log,
    wake: () => {},
    ...(clock ? { now: () => clock.now } : {}),
    ...rest,
  });
}
