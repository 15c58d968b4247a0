import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { packText } from '../../src/analysis/model/pack.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { answerTo } from '../../src/cli/commands/ask.ts';
import { openContext } from '../../src/cli/context.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { createLog } from '../../src/log.ts';
import { startModelServer } from '../../test/fakes/model-server.ts';
import type { Figure } from './figure.ts';

const run = promisify(execFile);
const LINES = 1_000_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const SPAN = 6 * 3_600_000;
/** The failure begins here, as a fraction of the span. */
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

/** Milliseconds of the plain way: every line that says error, read from the file. It names no cause. */
async function plainly(file: string): Promise<number> {
  const start = performance.now();
  const count = await run('grep', ['-ciE', 'error|exception|fail|timed out', file]);
  if (Number(count.stdout) === 0) throw new Error('nothing found');
  return performance.now() - start;
}

/** Milliseconds of `why` over a file in this process, read, mined and ranked; the second of two runs. */
async function onFiles(file: string): Promise<number> {
  const context = openContext({ json: true }, new AbortController().signal);
  let ms = 0;
  for (let i = 0; i < 2; i += 1) {
    const start = performance.now();
    const answer = await answerTo(context, 'why', '', { logs: [file], model: false, language: 'en' });
    ms = performance.now() - start;
    if (answer.causes[0]?.service !== 'stock') throw new Error('the wrong cause');
  }
  return ms;
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
    await using state = checkedState(await openSqliteState({ file: join(dir, 'state.db') }, log), log);
    const file = join(dir, 'all.log');
    const small = join(dir, 'case.json');
    const end: Record<string, string[]> = {};
    let written = 0;
    for (const batch of lines()) {
      await logs.write(batch);
      await appendFile(file, `${batch.map((record) => record.line).join('\n')}\n`);
      written += batch.length;
      // The last lines, some of which are failures and some not, as one case of a few streams.
      if (written > LINES * (ONSET + 0.002) || written <= LINES * (ONSET - 0.018)) continue;
      for (const { service, line } of batch) end[service] = [...(end[service] ?? []), line];
    }
    await writeFile(small, JSON.stringify(end));
    const grep = await plainly(file);
    const grepCase = await plainly(small);
    const asked = await onFiles(small);
    const reply = JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: '' }] });
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
      {
        name: 'why over 1M lines, no model: evidence and ranked causes',
        value: plain.draft,
        unit: 'ms',
        ratio: plain.draft / grep,
        against: 'grep for errors in the same lines as a file',
      },
      {
        name: 'why over one case of 20,000 lines from a file, no model',
        value: asked,
        unit: 'ms',
        ratio: asked / grepCase,
        against: 'grep for errors in it',
      },
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
