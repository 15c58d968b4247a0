import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AskOptions } from '../../../src/analysis/analyst.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { createLedger } from '../../../src/analysis/model/ledger.ts';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../../src/backends/model/openai.ts';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import type { Question } from '../../../src/domain/question/question.ts';
import type { Budget } from '../../../src/domain/question/spend.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { poolIncident } from '../../fakes/incident-logs.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';

const log = createLog('silent');
const logs = readerOver(poolIncident().filter((_, index) => index % 4 === 0));
const text = JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: '' }] });
const MINA = { id: 'slack/U1', name: 'mina' };
const JUN = { id: 'slack/U2', name: 'jun' };

/** A paid model and a free one behind servers that count, with the ledger on the disk. */
async function setUp(t: TestContext, budget: Partial<Budget>, script: Reply[], free = false) {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-spend-'));
  const state = checkedState(await openSqliteState({ file: join(dir, 'state.sqlite') }, log), log);
  const server = await startModelServer((received, index) =>
    received.path === '/api/chat' ? { say: text } : script[Math.min(index, script.length - 1)]!,
  );
  const paid = await openOpenAi(
    {
      kind: 'openai',
      baseUrl: `${server.url}/v1`,
      model: 'paid',
      contextTokens: 8_192,
      price: { prompt: 3, completion: 12 },
      timeoutMs: 30_000,
    },
    log,
  );
  const own = await openOllama(
    { kind: 'ollama', url: server.url, model: 'own', contextTokens: 8_192, timeoutMs: 30_000 },
    log,
  );
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });
  const metrics = createMetrics();
  const limits = { usd: null, usdPerUser: null, tokens: null, tokensPerUser: null, ...budget };
  const ledger = createLedger({ state, budget: limits, timeZone: 'UTC' });
  const analyst = createAnalyst({
    logs,
    models: free ? [paid, own] : [paid],
    state,
    ledger,
    language: 'en',
    timeZone: 'UTC',
    metrics,
    log,
  });
  const ask = async (over: Partial<Question> = {}, options: AskOptions = {}): Promise<Answer> => {
    const question: Question = { kind: 'why', text: '', language: 'en', ...over };
    for await (const event of analyst.ask(question, { asker: MINA, ...options }))
      if (event.kind === 'answer') return event.answer;
    throw new Error('no answer');
  };
  return { ask, ledger, metrics, server, analyst };
}

test('what an answer cost is what the server says it used: in the answer, the report and the metrics', async (t) => {
  const usage = [
    { prompt: 1_234, completion: 56 },
    { prompt: 987, completion: 65 },
    { prompt: 4_321, completion: 210 },
  ];
  const w = await setUp(
    t,
    {},
    usage.map((tokens) => ({ say: text, tokens })),
  );
  const answers = [
    await w.ask(),
    await w.ask({ kind: 'summarize' }),
    await w.ask({ text: 'what broke?' }, { asker: JUN }),
  ];
  const price = (i: number): number => (usage[i]!.prompt * 3 + usage[i]!.completion * 12) / 1e6;
  answers.forEach((answer, i) => {
    assert.deepEqual(answer.tokens, usage[i]);
    assert.equal(answer.usd, price(i));
  });
  const { today, week } = await w.ledger.report();
  const near = (a: number | undefined, b: number): void =>
    assert.ok(Math.abs((a ?? -1) - b) < 1e-12, `${a} ${b}`);
  near(today.all.usd, price(0) + price(1) + price(2));
  assert.equal(today.all.prompt, 1_234 + 987 + 4_321);
  assert.equal(today.all.completion, 56 + 65 + 210);
  assert.equal(today.all.calls, 3);
  near(today.users.find(({ name }) => name === 'jun')?.usd, price(2));
  near(today.users.find(({ name }) => name === 'mina')?.usd, price(0) + price(1));
  near(today.tasks.find(({ name }) => name === 'summarize')?.usd, price(1));
  assert.deepEqual(week.all, today.all);
  const metrics = await w.metrics.registry.metrics();
  assert.match(metrics, /bongsu_model_tokens_total\{model="openai\/paid",kind="prompt"\} 6542/);
  assert.match(metrics, /bongsu_model_tokens_total\{model="openai\/paid",kind="completion"\} 331/);
  const usd = Number(/bongsu_model_usd_total\{model="openai\/paid"\} (\S+)/.exec(metrics)?.[1]);
  near(usd, price(0) + price(1) + price(2));
});

test('a kept answer costs nothing and says so; --fresh asks again', async (t) => {
  const w = await setUp(t, {}, [{ say: text, tokens: { prompt: 1_000, completion: 100 } }]);
  const first = await w.ask();
  const again = await w.ask({}, { asker: JUN });
  assert.deepEqual([again.cached, again.usd, again.tokens], [true, 0, { prompt: 0, completion: 0 }]);
  assert.equal(again.model, first.model);
  assert.equal((await w.ask({}, { fresh: true })).cached, false);
  assert.equal(w.server.received.length, 2);
  assert.equal((await w.ledger.report()).today.all.calls, 2);
});

test('a spent budget refuses with the reason, in the asker’s language; others and free models go on', async (t) => {
  const big = { say: text, tokens: { prompt: 200_000, completion: 30_000 } };
  const w = await setUp(t, { usdPerUser: 0.97 }, [big]);
  await w.ask({ text: 'one' }, { fresh: true });
  const refused = await w.ask({ text: 'two' });
  assert.equal(refused.model, 'none');
  assert.match(refused.explanation, /Your budget for models is used up for today \(\$0\.96 of \$0\.97\)/);
  assert.equal(refused.causes[0]?.service, 'orders-db-proxy', 'the evidence answers all the same');
  const korean = await w.ask({ text: '왜 그래요', language: 'ko' });
  assert.match(korean.explanation, /개인 모델 예산을 모두 썼어요\(\$0\.97 중 \$0\.96\)/);
  assert.equal((await w.ask({ text: 'three' }, { asker: JUN })).model, 'openai/paid');
  const metrics = await w.metrics.registry.metrics();
  assert.match(metrics, /bongsu_budget_refusals_total\{scope="user",unit="usd"\} 2/);
  const both = await setUp(t, { usd: 0.97 }, [big], true);
  assert.equal((await both.ask({ text: 'one' })).model, 'openai/paid');
  assert.equal((await both.ask({ text: 'two' })).model, 'ollama/own');
});

test('a call that breaks off is charged by what went through', async (t) => {
  const w = await setUp(t, {}, [{ cut: '{"claims":[{"type":"count","of":"S1"' }]);
  assert.equal((await w.ask()).model, 'none');
  const { today } = await w.ledger.report();
  assert.equal(today.all.calls, 1);
  assert.ok(today.all.prompt > 100 && today.all.completion > 0 && today.all.usd > 0);
});
