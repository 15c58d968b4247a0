import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { NOON, poolIncident, record } from '../../fakes/incident-logs.ts';
import { analysed } from '../harness.ts';

test('counts are exact and changes are seen', async () => {
  const { evidence } = await analysed(poolIncident());
  const errors = poolIncident().filter(
    (entry) =>
      entry.level === 'error' &&
      entry.timestamp >= evidence.span.window.from &&
      entry.timestamp < evidence.span.window.to,
  );
  assert.equal(evidence.errors, errors.length);
  const pool = evidence.failures.find((group) => group.service === 'orders-db-proxy');
  assert.equal(pool?.kind, 'pool');
  assert.equal(pool.count, errors.filter((entry) => entry.service === 'orders-db-proxy').length);
  assert.ok(evidence.events.some((entry) => entry.message.startsWith('config reloaded')));
});

test('a service that falls silent is noticed, with its last words', async () => {
  const logs = poolIncident();
  for (let second = 0; second < 760; second += 1)
    logs.push(
      record(
        NOON + second * 1_000,
        'mailer',
        'info',
        second === 759 ? 'closing queue' : `mail ${second} sent`,
      ),
    );
  const { evidence } = await analysed(logs);
  const silence = evidence.silences.find((entry) => entry.service === 'mailer');
  assert.equal(silence?.last.message, 'closing queue');
});

test('a failed request is followed over the services that wrote its trace id', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const hop = (offset: number, service: string, level: 'info' | 'error', message: string) =>
    record(NOON + offset, service, level, message, { traceId });
  const records = [
    hop(0, 'edge', 'info', 'POST /orders received'),
    hop(10, 'desk', 'info', 'order begun'),
    hop(30, 'ledger', 'error', 'deadlock detected, transaction rolled back'),
    hop(40, 'desk', 'error', 'order failed'),
    hop(50, 'edge', 'error', 'POST /orders 500'),
  ];
  const logs = readerOver(records);
  const span = await findWindow(logs, { whole: true });
  const evidence = await gatherEvidence(logs, span!);
  const [trace] = evidence.traces;
  assert.deepEqual(trace?.services, ['edge', 'desk', 'ledger']);
  assert.equal(trace.failedIn, 'ledger');
  assert.equal(trace.lines.length, 5);
  const again = await logs.search(trace.asked, { limit: 10 });
  assert.equal(again.total, 5);
});

test('every item says what the store was asked, and asking again gives its lines', async () => {
  const logs = readerOver(poolIncident());
  const span = await findWindow(logs, {});
  const evidence = await gatherEvidence(logs, span!);
  assert.ok(evidence.failures.length > 0 && evidence.changes.length > 0);
  for (const { asked, lines } of [...evidence.failures, ...evidence.changes]) {
    const { records } = await logs.search(asked, { limit: 10_000 });
    const ids = new Set(records.map(({ id }) => id));
    assert.ok(lines.every(({ id }) => ids.has(id)));
  }
});
