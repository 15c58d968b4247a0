import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readerOver } from '../../src/analysis/evidence/reader.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { completeAnomaly } from '../../src/domain/alert/anomaly.ts';
import { openIncident } from '../../src/domain/alert/incident.ts';
import { actOn } from '../../src/domain/alert/incident-actions.ts';
import { AppError } from '../../src/domain/errors.ts';
import { NOON, poolIncident, record } from '../fakes/incident-logs.ts';
import { startModelServer } from '../fakes/model-server.ts';
import { analyst, drain, log, mined, models, truthful, why } from './analyst.ts';

test('abort stops the model and the asker within the same turn', async () => {
  const slow = await startModelServer([{ endless: '{"explanation":"a' }]);
  const model = await openOllama(
    { kind: 'ollama', url: slow.url, model: 'slow', contextTokens: 8_192, timeoutMs: 60_000 },
    log,
  );
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const event of analyst({ models: [model] }).ask(why(), { signal: controller.signal }))
        if (event.kind === 'text') controller.abort();
    },
    (error) => error instanceof AppError && error.code === 'stopped',
  );
  await slow.received[0]!.closed;
  await slow[Symbol.asyncDispose]();
});

test('the same question asked twice at once runs once; one asker may leave', async () => {
  await using server = await models([{ say: JSON.stringify(truthful) }]);
  const asked = analyst({ models: server.models });
  const leaving = new AbortController();
  const leaver = (async () => {
    for await (const event of asked.ask(why(), { signal: leaving.signal }))
      if (event.kind === 'draft') leaving.abort();
  })();
  const [left, first, second] = await Promise.all([
    leaver.then(
      () => 'finished',
      (error: unknown) => (error as AppError).code,
    ),
    drain(asked.ask(why())),
    drain(asked.ask(why())),
  ]);
  assert.equal(left, 'stopped');
  assert.equal(server.first.received.length, 1);
  assert.deepEqual(first.answer, second.answer);
});

test('over SQLite: cached for the same evidence, fresh for other; past incidents give the solution', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-analysis-'));
  try {
    await using logs = await openSqliteLogs({ file: join(dir, 'logs.db') }, log);
    await using state = checkedState(await openSqliteState({ file: join(dir, 'state.db') }, log), log);
    await logs.write(mined(poolIncident()));
    const anomaly = completeAnomaly(
      {
        anomaly_status: 'critical',
        confidence: 0.9,
        detected_issues: ['connection pool exhausted'],
        explanation: '',
        service: 'orders-db-proxy',
        sample_lines: ['connection pool exhausted: 40 of 40 in use, 9 waiting'],
      },
      't/0/1',
      NOON - 86_400_000,
    );
    const resolved = actOn(openIncident('i1', anomaly), {
      what: 'resolved',
      who: 'mina',
      at: NOON - 80_000_000,
      note: 'raised the pool back to 80',
    });
    await state.commit({ put: [{ kind: 'incident', id: 'i1', value: resolved }] });
    await using server = await models([{ say: JSON.stringify(truthful) }]);
    const asked = analyst({ logs, state, models: server.models });
    const first = await drain(asked.ask(why()));
    assert.equal(first.answer.causes[0]?.service, 'orders-db-proxy');
    assert.equal(first.answer.cached, false);
    assert.match(first.answer.solution, /2026-02-28: "raised the pool back to 80"/);
    const again = await drain(asked.ask(why()));
    assert.equal(again.answer.cached, true);
    assert.equal(again.answer.usd, 0);
    assert.equal(again.answer.explanation, first.answer.explanation);
    assert.equal(server.first.received.length, 1);
    await logs.write(
      mined([record(NOON + 16 * 60_000, 'orders-db-proxy', 'fatal', 'cannot allocate memory')]),
    );
    assert.equal((await drain(asked.ask(why()))).answer.cached, false);
    const about = await drain(asked.ask(why('en', { incidentId: 'i1' }), { useModel: false }));
    assert.equal(about.answer.verdict, 'inconclusive', 'the logs of that day are not there');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
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
