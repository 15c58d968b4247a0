import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { findWindow } from '../../src/analysis/logs/window.ts';
import { createMetrics } from '../../src/metrics.ts';
import { healthyLogs, poolIncident } from '../fakes/incident-logs.ts';
import { truthful } from './fixtures.ts';
import { analyst, answerPasted, drain, models, whyQuestion } from './harness.ts';

test('without a model: draft at once, ranked causes with their lines, and it says that no model was reached', async () => {
  const { events, answer } = await drain(analyst().ask(whyQuestion()));
  assert.deepEqual(
    events.map((event) => (event.kind === 'step' ? event.step : event.kind)),
    ['window', 'evidence', 'causes', 'draft', 'model', 'answer'],
  );
  assert.equal(answer.causes[0]?.service, 'orders-db-proxy');
  assert.equal(answer.verdict, 'confirmed');
  assert.equal(answer.error_type, 'POOL_EXHAUSTED');
  assert.equal(answer.model, 'none');
  assert.match(answer.explanation, /No model is set up/);
  const lines = new Map(poolIncident().map((entry) => [entry.line, entry]));
  for (const { line } of [...answer.evidence, ...answer.causes.flatMap((cause) => cause.evidence)])
    assert.ok(lines.has(line), `verbatim: ${line}`);
});

test('the draft carries the first ranked cause as data, for an incident to keep; none where nothing fails', async () => {
  const { events } = await drain(analyst().ask(whyQuestion(), { useModel: false }));
  const draft = events.find((event) => event.kind === 'draft');
  const { service, kind, verdict, confidence, evidence } = draft!.cause!;
  assert.deepEqual([service, kind, verdict], ['orders-db-proxy', 'pool', 'confirmed']);
  assert.ok(confidence > 0 && confidence <= 1);
  const lines = poolIncident().map(({ line }) => line);
  assert.ok(evidence.length > 0 && evidence.every((line) => lines.includes(line)));
  const healthy = analyst({ logs: readerOver(healthyLogs()) });
  const fine = await drain(healthy.ask(whyQuestion(), { useModel: false }));
  assert.equal(fine.events.find((event) => event.kind === 'draft')?.cause, undefined);
});

test('an answer is in the language of the question', async () => {
  const { answer } = await drain(analyst().ask(whyQuestion('ko'), { useModel: false }));
  assert.match(answer.explanation, /가장 유력한 원인: orders-db-proxy/);
  assert.doesNotMatch(answer.explanation, /모델/);
  assert.match(answer.root_cause, /커넥션 풀/);
});

test('summarize gives the exact figures', async () => {
  const { answer } = await drain(
    analyst().ask({ kind: 'summarize', text: '', language: 'en' }, { useModel: false }),
  );
  const { window } = (await findWindow(readerOver(poolIncident()), {}))!;
  const inside = poolIncident().filter(({ timestamp }) => timestamp >= window.from && timestamp < window.to);
  const requests = inside.filter((entry) => entry.request);
  const found =
    /^([\d,]+) requests; mean response time ([\d,.]+) ms; busiest endpoint (.+) with ([\d,]+)\./.exec(
      answer.explanation,
    );
  assert.ok(found, answer.explanation);
  const number = (text: string | undefined): number => Number(text?.replaceAll(',', ''));
  assert.equal(number(found[1]), requests.length);
  assert.match(answer.explanation, /ETIMEDOUT 720/);
  assert.match(answer.explanation, /POOL_EXHAUSTED 24/);
  assert.match(answer.explanation, /Status codes of requests: .*503 240/);
});

test('healthy logs are inconclusive; an empty store says so', async () => {
  const { answer } = await drain(
    analyst({ logs: readerOver(healthyLogs()) }).ask(whyQuestion(), { useModel: false }),
  );
  assert.equal(answer.verdict, 'inconclusive');
  assert.deepEqual(answer.causes, []);
  const empty = await drain(analyst({ logs: readerOver([]) }).ask(whyQuestion()));
  assert.match(empty.answer.explanation, /No log lines/);
});

test('a model chooses: what it chose streams as it checks, lies go, the draft stays', async () => {
  await using server = await models([
    { say: JSON.stringify(truthful), tokens: { prompt: 1_000, completion: 100 } },
  ]);
  const metrics = createMetrics();
  const { events, answer } = await drain(analyst({ models: server.models, metrics }).ask(whyQuestion()));
  const texts = events.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
  assert.ok(texts.length >= 2, 'claim by claim');
  for (const text of texts) assert.doesNotMatch(text, /no error/, 'nothing unchecked is shown');
  assert.ok(
    texts.every((text, i) => i === 0 || text.startsWith(texts[i - 1]!)),
    'text grows',
  );
  const draft = events.find((event) => event.kind === 'draft')!.answer;
  assert.ok(answer.explanation.startsWith(draft.explanation));
  assert.match(answer.explanation, /orders-db-proxy \(all errors\): 24 lines from/);
  assert.doesNotMatch(answer.explanation, /no error/);
  assert.match(answer.explanation, /could not be checked against the logs: 1/);
  assert.equal(answer.root_cause, draft.root_cause);
  assert.deepEqual(answer.statements.slice(0, draft.statements.length), draft.statements);
  assert.ok(answer.statements.every(({ standing }) => standing === 'proven'));
  const known = new Set(answer.evidence.map(({ id }) => id));
  const cited = answer.statements.slice(draft.statements.length).flatMap(({ evidence }) => evidence);
  assert.ok(cited.length > 0 && cited.every((id) => known.has(id)), 'each cited line is shown');
  assert.equal(answer.model, 'openai/first');
  assert.deepEqual(answer.tokens, { prompt: 1_000, completion: 100 });
  assert.equal(answer.usd, (1_000 * 2 + 100 * 4) / 1e6);
  assert.match(
    await metrics.registry.metrics(),
    /bongsu_model_tokens_total\{model="openai\/first",kind="prompt"\} 1000/,
  );
});

test('the next model is asked when a stream is cut; what was shown of it is forgotten', async () => {
  await using server = await models([
    { cut: '{"claims":[{"type":"absence","of":"S2","than":""},{"type":"order","of":"S' },
  ]);
  const { answer } = await drain(analyst({ models: server.models }).ask(whyQuestion()));
  assert.equal(answer.model, 'ollama/second');
  assert.match(answer.explanation, /orders-db-proxy \(all errors\): 24 lines from/);
});

test('when every model fails, the evidence answers, and a broken model is left alone for a while', async () => {
  await using server = await models([{ status: 401 }], [{ say: 'no json' }]);
  let time = 1_000_000;
  const asked = analyst({ models: server.models, now: () => time });
  const { answer } = await drain(asked.ask(whyQuestion()));
  assert.equal(answer.model, 'none');
  assert.match(answer.explanation, /reply could not be used/);
  await drain(asked.ask(whyQuestion()));
  assert.equal(server.first.received.length, 1, 'a refused key is not tried at every question');
  time += 10 * 60_000;
  await drain(asked.ask(whyQuestion()));
  assert.equal(server.first.received.length, 2);
});

test('pasted records get the same answer, in the language of the page', async () => {
  const { events, answer } = await drain(
    analyst({ logs: readerOver([]) }).assess(poolIncident({ korean: true }), {
      language: 'ko',
      useModel: false,
    }),
  );
  assert.ok(events.some((event) => event.kind === 'draft'));
  assert.equal(answer.causes[0]?.service, 'orders-db-proxy');
  assert.ok(answer.severity >= 4);
  assert.equal(answer.sentiment, 'negative');
});

test('pasted lines are all looked at, and those above the first time belong to it', async () => {
  const pasted = [
    '--- copied from the terminal',
    '2026-03-01 11:20:00 INFO [checkout] started',
    '2026-03-01 11:59:00 INFO [checkout] order 17 taken',
    '2026-03-01 12:00:00 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
    '2026-03-01 12:00:01 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
    '2026-03-01 12:00:02 ERROR [checkout] connection pool exhausted: 40 of 40 in use',
  ].join('\n');
  const answer = await answerPasted(pasted);
  assert.match(answer.explanation, /^Window 2026-03-01 11:20:00 to 2026-03-01 12:00:02: 6 lines, 3 of them/);
});
