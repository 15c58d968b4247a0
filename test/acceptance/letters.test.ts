import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, runApp, textOf } from './harness.ts';

const GOOD = {
  anomaly_status: 'CRITICAL',
  confidence: '0.92',
  detected_issues: 'disk failure on shelf 4',
  explanation: 'spelled by another producer',
  detected_at: 1_700_000_000,
};

test('criticals that another producer spells otherwise are alerts; what cannot be read is told in chat and health', async () => {
  await using running = await runApp();
  const { app, person } = running;
  const { bus } = app.backends;
  await bus.publish('log-anomalies', [
    { value: JSON.stringify(GOOD) },
    {
      value: JSON.stringify([
        null,
        { ...GOOD, service: 'ledger', detected_issues: ['ransom note found', null] },
        { ...GOOD, confidence: 'very' },
      ]),
    },
  ]);
  assert.equal((await person.sees(/disk failure on shelf 4/)).message.tone, 'critical');
  await person.sees(/ransom note found/);
  const notice = await person.sees(/2 messages were put aside/);
  const words = textOf(notice.message);
  assert.match(words, /log-anomalies \d+\/\d+\[0\]: malformed: \(top level\)/);
  assert.match(words, /log-anomalies \d+\/\d+\[2\]: malformed: confidence/);
  assert.match(words, /log-anomalies\.dlq/);

  const { status, body } = await person.health();
  assert.equal(status, 200, 'a message that cannot be read takes nothing down');
  assert.equal(body.status, 'degraded');
  const told = (body.backends as Record<string, { ok: boolean; detail: string }>)['dead letters']!;
  assert.equal(told.ok, false);
  assert.match(told.detail, /log-anomalies: 2 message\(s\)/);
  await person.say('/logs health');
  await person.sees(/✗ dead letters.*log-anomalies: 2 message\(s\)/);
  await person.say('/logs health', undefined, 'ko');
  await person.sees(/✗ dead letters.*메시지 2개를 따로 두었어요/);

  // One more within the hour is counted, and not told again.
  const before = (await person.messages()).filter(({ message }) => /put aside/.test(message.summary)).length;
  await bus.publish('log-anomalies', [{ value: 'not json' }]);
  await eventually('the third', async () => {
    const now = (await person.health()).body.backends as Record<string, { detail: string }>;
    return /3 message\(s\)/.test(now['dead letters']?.detail ?? '') ? true : undefined;
  });
  const after = (await person.messages()).filter(({ message }) => /put aside/.test(message.summary)).length;
  assert.deepEqual([before, after], [1, 1]);
});
