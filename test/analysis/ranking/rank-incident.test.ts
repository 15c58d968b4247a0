import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { completeAnomaly } from '../../../src/domain/alert/anomaly.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { createLog } from '../../../src/log.ts';
import { healthyLogs, NOON, record } from '../../fakes/incident-logs.ts';
import { memoryState } from '../../fakes/state.ts';

/** Two troubles at the same time that have nothing to do with each other. */
const lines: LogRecord[] = [
  ...healthyLogs(),
  ...Array.from({ length: 60 }, (_, at) => [
    record(NOON + at * 1_000, 'billing', 'error', `card declined by acquirer, code ${at}`),
    record(NOON + at * 1_000 + 500, 'mailer', 'error', `SMTP connection refused: mailbox ${at} unavailable`),
  ]).flat(),
];

async function why(service: string): Promise<Answer> {
  const state = memoryState();
  const incident = openIncident(
    'i1',
    completeAnomaly(
      {
        anomaly_status: 'critical',
        confidence: 0.9,
        detected_issues: ['errors'],
        explanation: 'errors rose',
        service,
        detected_at: new Date(NOON + 60_000).toISOString(),
        window: { from: new Date(NOON).toISOString(), to: new Date(NOON + 60_000).toISOString() },
      },
      't/0/1',
      NOON,
    ),
  );
  await state.commit({ put: [{ kind: 'incident', id: incident.id, value: incident }] });
  const analyst = createAnalyst({
    logs: readerOver(lines),
    models: [],
    state,
    language: 'en',
    timeZone: 'UTC',
    log: createLog('silent'),
  });
  for await (const event of analyst.ask({ kind: 'why', text: '', language: 'en', incidentId: incident.id }))
    if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}

test('in the thread of an incident the trouble of another service is not its cause', async () => {
  for (const service of ['billing', 'mailer']) {
    const { causes, verdict } = await why(service);
    assert.notEqual(verdict, 'inconclusive');
    assert.deepEqual(
      causes.map((cause) => cause.service),
      [service],
    );
  }
});
