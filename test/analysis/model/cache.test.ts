import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteLogs } from '../../../src/backends/logs/sqlite.ts';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import { completeAnomaly } from '../../../src/domain/alert/anomaly.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import { actOn } from '../../../src/domain/alert/incident-actions.ts';
import { NOON, poolIncident, record } from '../../fakes/incident-logs.ts';
import { truthful } from '../fixtures.ts';
import { analyst, drain, log, mined, models, whyQuestion } from '../harness.ts';

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
    const first = await drain(asked.ask(whyQuestion()));
    assert.equal(first.answer.causes[0]?.service, 'orders-db-proxy');
    assert.equal(first.answer.cached, false);
    assert.match(first.answer.solution, /2026-02-28: "raised the pool back to 80"/);
    const again = await drain(asked.ask(whyQuestion()));
    assert.equal(again.answer.cached, true);
    assert.equal(again.answer.usd, 0);
    assert.equal(again.answer.explanation, first.answer.explanation);
    assert.equal(server.first.received.length, 1);
    await logs.write(
      mined([record(NOON + 16 * 60_000, 'orders-db-proxy', 'fatal', 'cannot allocate memory')]),
    );
    assert.equal((await drain(asked.ask(whyQuestion()))).answer.cached, false);
    const about = await drain(asked.ask(whyQuestion('en', { incidentId: 'i1' }), { useModel: false }));
    assert.equal(about.answer.verdict, 'inconclusive', 'the logs of that day are not there');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
