import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { failureKind, recordFailure } from '../../../src/analysis/evidence/failure.ts';
import { readerOver } from '../../../src/analysis/evidence/reader.ts';
import { findWindow } from '../../../src/analysis/evidence/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { healthyLogs, NOON, poolIncident, record } from '../../fakes/incident-logs.ts';

const MINUTE = 60_000;

async function analyse(records: LogRecord[]) {
  const reader = readerOver(records);
  const span = await findWindow(reader, {});
  assert.ok(span);
  const evidence = await gatherEvidence(reader, span);
  return { span, evidence, ranking: rankCauses(evidence) };
}

test('the window is the burst of errors, compared with the time before it', async () => {
  const { span } = await analyse(poolIncident());
  assert.equal(span.found, 'burst');
  assert.ok(
    Math.abs(span.window.from - (NOON + 12 * MINUTE)) < MINUTE,
    new Date(span.window.from).toISOString(),
  );
  assert.ok(span.window.to > NOON + 19 * MINUTE);
  assert.ok(span.baseline && span.baseline.to === span.window.from);
});

test('a burst is found in days of logs', async () => {
  const quiet = Array.from({ length: 2_000 }, (_, i) =>
    record(NOON - 20 * 3_600_000 + i * 36_000, 'orders', i % 400 === 0 ? 'error' : 'info', `tick ${i}`),
  );
  const { span } = await analyse([...quiet, ...poolIncident()]);
  assert.equal(span.found, 'burst');
  assert.ok(span.window.from > NOON + 10 * MINUTE && span.window.from < NOON + 13 * MINUTE);
});

test('without a burst the window is everything, up to an hour', async () => {
  const { span, ranking } = await analyse(healthyLogs());
  assert.equal(span.found, 'all');
  assert.equal(ranking.verdict, 'inconclusive');
});

test('an empty store has no window', async () => {
  assert.equal(await findWindow(readerOver([]), {}), undefined);
});

for (const korean of [false, true])
  test(`the quiet culprit is named, not its loud callers (${korean ? 'ko' : 'en'})`, async () => {
    const { ranking } = await analyse(poolIncident({ korean }));
    const [first] = ranking.causes;
    assert.equal(first?.service, 'orders-db-proxy');
    assert.equal(ranking.verdict, 'confirmed');
    assert.ok(first.lines.some((line) => line.message.includes(korean ? '풀 고갈' : 'pool exhausted')));
    assert.deepEqual(first.reporters, ['checkout', 'invoices', 'orders']);
    const ruledOut = ranking.ruledOut.map((entry) => entry.service).sort();
    assert.deepEqual(ruledOut, ['checkout', 'invoices', 'orders']);
  });

test('start-up noise that healed is not blamed', async () => {
  const { ranking } = await analyse(poolIncident());
  assert.ok(!ranking.causes.slice(0, 2).some((cause) => cause.service === 'ledger'));
});

test('counts are exact and changes are seen', async () => {
  const { evidence } = await analyse(poolIncident());
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

test('a service without a line of its own is found through those who call it', async () => {
  const logs = poolIncident().filter((entry) => entry.service !== 'orders-db-proxy');
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'orders-db-proxy');
  assert.equal(ranking.causes[0]?.silent, true);
});

test('blame passes through a service in the middle', async () => {
  const logs = healthyLogs();
  for (let i = 0; i < 200; i += 1) {
    const at = NOON + 14 * MINUTE + i * 1_000;
    logs.push(record(at, 'front', 'error', `call to middle:8001 failed: timeout ${i}`));
    logs.push(record(at, 'middle', 'error', `call to backend-store:8002 failed: connection refused ${i}`));
  }
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'backend-store');
});

test('a port stands for the service that listens on it', async () => {
  const logs = healthyLogs();
  logs.push(record(NOON, 'pricing', 'info', 'server listening on port 7419'));
  for (let i = 0; i < 50; i += 1)
    logs.push(
      record(NOON + 15 * MINUTE + i * 500, 'basket', 'error', `dial tcp 10.2.3.4:7419: connection refused`),
    );
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'pricing');
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
  const { evidence } = await analyse(logs);
  const silence = evidence.silences.find((entry) => entry.service === 'mailer');
  assert.equal(silence?.last.message, 'closing queue');
});

test('the reason of a structured line is read from its own field', () => {
  const entry = record(NOON, 'a', 'error', 'request error', {
    attributes: { error: 'dial tcp: lookup billing on 10.0.0.2:53: no such host' },
  });
  assert.equal(recordFailure(entry), 'dns');
});

test('failure vocabulary: kinds, and lines that only look like failures', () => {
  assert.equal(failureKind('java.lang.OutOfMemoryError: Java heap space'), 'memory');
  assert.equal(failureKind('remaining connection slots are reserved'), 'pool');
  assert.equal(failureKind('데이터베이스 연결이 거부되었습니다'), 'refused');
  assert.equal(failureKind('request finished'), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'finished with 0 errors')), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'registered error handler')), undefined);
  assert.equal(
    recordFailure(record(NOON, 'a', 'error', '    at com.shop.Cart.add(Cart.java:41)')),
    undefined,
  );
});

test('a caller with a wrong address is itself at fault', async () => {
  const logs = healthyLogs();
  logs.push(record(NOON, 'ledger-store', 'info', 'server listening on port 7500'));
  for (let i = 0; i < 60; i += 1) {
    const at = NOON + 15 * MINUTE + i * 4_000;
    logs.push(record(at, 'ledger-store', 'info', `tick ${i}`));
    logs.push(record(at, 'billing', 'error', `cannot connect to ledger-store-old:7500, try ${i}`));
    if (i % 3 === 0)
      logs.push(
        record(at, 'storefront', 'error', `billing said: cannot connect to ledger-store-old:7500, ${i}`),
      );
  }
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'billing');
});

test('one service whose resolver fails is at fault, not the name it asks for', async () => {
  const logs = healthyLogs();
  for (let i = 0; i < 60; i += 1)
    logs.push(
      record(
        NOON + 15 * MINUTE + i * 4_000,
        'billing',
        'error',
        `lookup control-plane on 10.0.0.10:53: read udp 10.1.1.1:${40_000 + i}: i/o timeout`,
      ),
    );
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'billing');
});

test('what every service says sets nobody apart', async () => {
  const logs = healthyLogs();
  const names = ['a1', 'b1', 'c1', 'd1', 'e1', 'f1'].map((name) => `${name}-service`);
  for (let i = 0; i < 30; i += 1) {
    const at = NOON + 15 * MINUTE + i * 8_000;
    for (const name of names) logs.push(record(at, name, 'error', 'certificate verify failed for telemetry'));
    logs.push(record(at, 'b1-service', 'error', `no space left on device, segment ${i}`));
  }
  const { ranking } = await analyse(logs);
  assert.equal(ranking.causes[0]?.service, 'b1-service');
  assert.equal(ranking.causes[0]?.kind, 'disk');
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
