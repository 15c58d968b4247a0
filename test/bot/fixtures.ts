import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { type Anomaly, type AnomalyWire, completeAnomaly } from '../../src/domain/anomaly.ts';
import type { Answer } from '../../src/domain/answer.ts';

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
      const store = await openSqliteState({ file: join(folder, 'state.db') }, log);
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

/** Resolves when `check` no longer throws; throws its last error after 5 s. */
export async function eventually<T>(check: () => Promise<T> | T): Promise<T> {
  for (const start = Date.now(); ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() - start > 5_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
