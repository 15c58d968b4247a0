import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { createAnalyst } from '../../src/analysis/answer.ts';
import { packText } from '../../src/analysis/pack.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import type { LogRecord } from '../../src/domain/record.ts';
import { createLog } from '../../src/log.ts';
import { startModelServer } from '../../test/fakes/model-server.ts';
import type { Figure } from './figure.ts';

const LINES = 1_000_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const SPAN = 6 * 3_600_000;
/** The trouble begins here, as a share of the span. */
const ONSET = 0.9;
const SERVICES = ['gateway', 'orders', 'stock', 'billing', 'mailer', 'search'];

/** A million lines of six services with 300 templates; in the last tenth `stock` loses its database. */
function* lines(): Generator<LogRecord[]> {
  let batch: LogRecord[] = [];
  for (let i = 0; i < LINES; i += 1) {
    const at = START + Math.floor((i / LINES) * SPAN);
    const service = SERVICES[i % SERVICES.length]!;
    const kind = (i * 7) % 50;
    const broken = i / LINES >= ONSET;
    let level: LogRecord['level'] = 'info';
    let message = `step ${kind} of request ${i} done in ${i % 90} ms`;
    let pattern = `step ${kind} of request <*> done in <*> ms`;
    if (broken && service === 'stock' && i % 5 === 0) {
      level = 'error';
      message = `connection pool exhausted: 20 of 20 in use, ${i % 30} waiting`;
      pattern = 'connection pool exhausted: 20 of 20 in use, <*> waiting';
    } else if (broken && service === 'orders' && i % 2 === 0) {
      level = 'error';
      message = `call to stock:8080 timed out after 3000 ms, request ${i}`;
      pattern = 'call to stock:8080 timed out after 3000 ms, request <*>';
    }
    batch.push({
      id: `b${i}`,
      timestamp: at,
      level,
      service,
      message,
      line: `${new Date(at).toISOString()} ${level} ${service} ${message}`,
      attributes: {},
      request:
        service === 'gateway'
          ? { endpoint: `GET /v1/${kind % 9}`, status: 200, durationMs: i % 90 }
          : undefined,
      template: { id: `${service}-${level}-${kind}`, pattern },
    });
    if (batch.length === 2_000) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function timed(events: AsyncIterable<AnswerEvent>): Promise<{ draft: number; answer: number }> {
  const start = performance.now();
  let draft = 0;
  for await (const event of events) if (event.kind === 'draft') draft = performance.now() - start;
  return { draft, answer: performance.now() - start };
}

/** Time to evidence and to answers over a million stored lines; what caching and asking together save. */
export async function benchAnalysis(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-bench-'));
  const log = createLog('silent');
  try {
    await using logs = await openSqliteLogs({ file: join(dir, 'logs.db') }, log);
    await using state = await openSqliteState({ file: join(dir, 'state.db') }, log);
    for (const batch of lines()) await logs.write(batch);
    const reply = JSON.stringify({
      explanation: 'The connection pool of stock is exhausted.',
      root_cause: 'stock',
    });
    await using server = await startModelServer([{ say: reply }]);
    const model = await openOllama(
      { kind: 'ollama', url: server.url, model: 'fake', contextTokens: 8_192, timeoutMs: 30_000 },
      log,
    );
    const shared = { logs, state, language: 'en' as const, timeZone: 'UTC', log };
    const why = { kind: 'why' as const, text: '', language: 'en' as const };
    const plain = await timed(createAnalyst({ ...shared, models: [] }).ask(why, { useModel: false }));
    const analyst = createAnalyst({ ...shared, models: [model] });
    const cold = await timed(analyst.ask(why));
    const cached = await timed(analyst.ask(why));
    const together = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => timed(analyst.ask({ ...why, text: 'what broke?' }))));
    const ten = performance.now() - together;
    const text = Array.from({ length: 20_000 }, (_, i) => `${i} step ${i % 70} of the build`).join('\n');
    const packing = performance.now();
    packText(`${text}\nerror: it does not fit\n`, 4_000);
    return [
      { name: 'why over 1M lines, no model: evidence and ranked causes', value: plain.draft, unit: 'ms' },
      { name: 'why, instant model, cold', value: cold.answer, unit: 'ms' },
      {
        name: 'why, cached',
        value: cached.answer,
        unit: 'ms',
        ratio: cached.answer / cold.answer,
        against: 'cold',
      },
      {
        name: 'ten people ask the same at once',
        value: ten,
        unit: 'ms',
        ratio: ten / cold.answer,
        against: 'one cold',
      },
      { name: 'pack 20,000 lines into 4,000 tokens', value: performance.now() - packing, unit: 'ms' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
