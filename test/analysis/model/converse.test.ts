import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fakeModel } from '../../../scripts/eval/fake-model.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { type Breaker, createBreaker } from '../../../src/analysis/model/circuit-breaker.ts';
import { converse } from '../../../src/analysis/model/converse.ts';
import { createMeter } from '../../../src/analysis/model/meter.ts';
import { readObject } from '../../../src/analysis/model/reply.ts';
import { replySchema } from '../../../src/analysis/verify/claim.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../../src/backends/model/openai.ts';
import { queued } from '../../../src/backends/model/request-lanes.ts';
import { AppError } from '../../../src/domain/errors.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics, type Metrics } from '../../../src/metrics.ts';
import { NOON, poolIncident } from '../../fakes/incident-logs.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';
import { analyst, drain, whyQuestion } from '../harness.ts';

const log = createLog('silent');
const logs = readerOver(poolIncident().filter((_, index) => index % 4 === 0));
const said = { claims: [{ type: 'count', of: 'S1', than: '' }] };
const good: Reply = { say: JSON.stringify(said), tokens: { prompt: 500, completion: 20 } };
const why = { kind: 'why' as const, text: '', language: 'en' as const };

async function answerOf(models: Model[], signal?: AbortSignal, over = {}): Promise<Answer> {
  const analyst = createAnalyst({ logs, models, language: 'en', timeZone: 'UTC', log, ...over });
  let answer: Answer | undefined;
  for await (const event of analyst.ask(why, { signal })) if (event.kind === 'answer') answer = event.answer;
  assert.ok(answer);
  return answer;
}

const openai = async (url: string, id: string, timeoutMs = 30_000) =>
  queued(
    await openOpenAi(
      { kind: 'openai', id, baseUrl: `${url}/v1`, model: id, contextTokens: 8_192, timeoutMs },
      log,
    ),
    { concurrency: 2 },
  );
const ollama = async (url: string, id: string, timeoutMs = 30_000) =>
  queued(await openOllama({ kind: 'ollama', id, url, model: id, contextTokens: 8_192, timeoutMs }, log), {
    concurrency: 2,
  });

/** What a server does, how often it is asked before the next one is, and whether it is left alone afterwards. */
const TROUBLE: [name: string, script: Reply[], asked: number, leftAlone: boolean, outcome: string][] = [
  ['401', [{ status: 401 }], 1, true, 'unauthorized'],
  ['403', [{ status: 403 }], 1, true, 'unauthorized'],
  ['429 with a long wait', [{ status: 429, headers: { 'retry-after': '120' } }], 1, true, 'rate_limited'],
  ['429 with a short wait', [{ status: 429, headers: { 'retry-after-ms': '5' } }], 3, false, 'rate_limited'],
  ['500', [{ status: 500 }], 3, false, 'unavailable'],
  ['a timeout', [{ hang: true }], 1, false, 'timeout'],
  ['an answer without end', [{ endless: ' ' }], 1, false, 'timeout'],
  ['a cut stream', [{ cut: '{"claims":[{"type":"co' }], 1, false, 'unavailable'],
  ['an empty answer', [{ say: '' }], 1, false, 'done'],
  ['an empty object', [{ say: '{}' }], 1, false, 'done'],
  ['malformed JSON', [{ say: 'I am sorry, I cannot do that.' }], 1, false, 'done'],
  ['garbage instead of a stream', [{ garbage: 'data: no json\n\n' }], 1, false, 'malformed'],
];

/** A conversation without the evidence around it: what is asked, and what comes of it. */
async function talk(models: Model[], breaker: Breaker, metrics: Metrics): Promise<string> {
  const events = converse({
    models,
    breaker,
    meter: createMeter({ metrics, log }),
    asker: { id: 'slack/U1', name: 'mina' },
    task: 'why',
    lane: 'person',
    temperature: 0,
    signal: new AbortController().signal,
    log,
    judges: true,
    async *attempt(_model, _shrink, ask) {
      let raw = '';
      const request = { system: 's', prompt: 'p', schema: {}, schemaName: 'answer', maxTokens: 100 };
      for await (const piece of ask(request)) {
        raw += piece;
        yield raw;
      }
      return readObject(raw, replySchema).claims[0]!.of;
    },
  });
  for await (const event of events) {
    if (event.kind === 'reply') return `${event.model.name}: ${event.reply}`;
    if (event.kind === 'none') return 'none';
  }
  return 'nothing';
}

for (const [kind, open] of [
  ['openai', openai],
  ['ollama', ollama],
] as const)
  test(`${kind}: the next model answers whatever happens to the first, and the third is not asked`, async () => {
    await using second = await startModelServer([good]);
    await using third = await startModelServer([good]);
    const others = [await ollama(second.url, 'second', 30_000), await openai(third.url, 'third', 30_000)];
    await Promise.all(
      TROUBLE.map(async ([name, script, asked, leftAlone, outcome]) => {
        await using first = await startModelServer(script);
        const models = [await open(first.url, 'first', outcome === 'timeout' ? 400 : 30_000), ...others];
        const metrics = createMetrics();
        const breaker = createBreaker(Date.now);
        assert.equal(await talk(models, breaker, metrics), 'ollama/second: S1', name);
        assert.equal(first.received.length, asked, name);
        if (outcome) {
          const text = await metrics.registry.getSingleMetricAsString('bongsu_model_calls_total');
          assert.match(text, new RegExp(`model="${kind}/first",task="why",outcome="${outcome}"`), name);
        }
        assert.equal(await talk(models, breaker, metrics), 'ollama/second: S1', name);
        assert.equal(first.received.length > asked, !leftAlone, `${name}: left alone afterwards`);
        assert.equal(await talk(models.slice(0, 1), breaker, metrics), 'none', name);
      }),
    );
    assert.equal(third.received.length, 0);
  });

test('each task has its own order of models', async () => {
  await using small = await startModelServer([good]);
  await using large = await startModelServer([good]);
  const models = [await openai(large.url, 'large'), await ollama(small.url, 'small')];
  const answers = {
    tasks: { summarize: ['small', 'large'], assess: ['small'] },
    cacheMs: 1_000,
    mask: { addresses: false, names: false },
    hypothesis: 'local' as const,
  };
  const analyst = createAnalyst({ logs, models, language: 'en', timeZone: 'UTC', log, answers });
  const used = async (events: ReturnType<typeof analyst.ask>) => {
    for await (const event of events) if (event.kind === 'answer') return event.answer.model;
    return undefined;
  };
  assert.equal(await used(analyst.ask(why)), 'openai/large');
  assert.equal(await used(analyst.ask({ ...why, kind: 'summarize' })), 'ollama/small');
  assert.equal(await used(analyst.assess(poolIncident().slice(-90), { language: 'en' })), 'ollama/small');
  assert.equal(large.received.length, 1);
});

test('a broken JSON is repaired once; where no model can be used the evidence answers', async () => {
  await using cut = await startModelServer([
    { say: '```json\n{"claims":[{"type":"count","of":"S1","than":""}', finish: 'length' },
  ]);
  assert.equal((await answerOf([await openai(cut.url, 'cut')])).model, 'openai/cut');
  await using broken = await startModelServer([{ say: '<html>busy</html>' }]);
  const answer = await answerOf([await openai(broken.url, 'broken')]);
  assert.equal(answer.model, 'none');
  assert.equal(answer.causes[0]?.service, 'orders-db-proxy');
  assert.match(answer.explanation, /reply could not be used/);
  assert.deepEqual([broken.received.length, answer.tokens.completion > 0], [1, true], 'what it used counts');
});

/** Turns of the event loop until a promise is settled; no timer and no server is waited for meanwhile. */
async function turnsUntilSettled(promise: Promise<unknown>): Promise<number> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  let turns = 0;
  for (; !settled; turns += 1) await nextTurn();
  return turns;
}

test('stopping ends every wait at once: for the first word, for a retry, in the middle of the text', async () => {
  await using hanging = await startModelServer([{ hang: true }]);
  await using limited = await startModelServer([{ status: 429, headers: { 'retry-after': '9' } }]);
  await using talking = await startModelServer([{ endless: '{"claims":[{"type":"a ' }]);
  const full = await openai(hanging.url, 'full', 60_000);
  const cases: [string, Model, () => boolean][] = [
    ['first word', full, () => hanging.received.length === 1],
    ['retry', await ollama(limited.url, 'limited', 60_000), () => limited.received.length === 1],
    ['text', await ollama(talking.url, 'talking', 60_000), () => talking.received.length === 1],
  ];
  for (const [name, model, reached] of cases) {
    const controller = new AbortController();
    const asked = answerOf([model], controller.signal);
    asked.catch(() => undefined);
    while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    // A wait for the retry or for the time-out of the model would take many thousand turns.
    const turns = await turnsUntilSettled(asked);
    assert.ok(turns <= 100, `${name}: ${turns} turns`);
    await assert.rejects(asked, (error) => error instanceof AppError && error.code === 'stopped', name);
  }
  await hanging.received[0]!.closed;
  await talking.received[0]!.closed;
});

test('a model that cannot be reached is one plain line in the log, not a stack for each question', async () => {
  const written: string[] = [];
  const log = createLog('info', { write: (line) => void written.push(line) });
  let time = NOON;
  const unreachable = fakeModel(() => {
    throw new AppError('unavailable', 'no answer at http://u:hunter2@models');
  });
  const asked = analyst({ models: [unreachable], now: () => time, log });
  for (let question = 0; question < 8; question += 1) {
    await drain(asked.ask(whyQuestion('en', { text: `what broke, ${question}?` })));
    time += 60_000;
  }
  assert.equal(written.length, 1);
  const line = JSON.parse(written[0]!);
  assert.equal(line.level, 40);
  assert.equal(line.model, 'fake/model');
  assert.doesNotMatch(written[0]!, /stack|hunter2/);
});
