import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../../src/domain/time/units.ts';
import { healthyLogs, NOON, poolIncident, record } from '../../fakes/incident-logs.ts';
import { analysed } from '../harness.ts';

for (const korean of [false, true])
  test(`the quiet culprit is named, not its loud callers (${korean ? 'ko' : 'en'})`, async () => {
    const { ranking } = await analysed(poolIncident({ korean }));
    const [first] = ranking.causes;
    assert.equal(first?.service, 'orders-db-proxy');
    assert.equal(ranking.verdict, 'confirmed');
    assert.ok(first.lines.some((line) => line.message.includes(korean ? '풀 고갈' : 'pool exhausted')));
    assert.deepEqual(first.reporters, ['checkout', 'invoices', 'orders']);
    const ruledOut = ranking.ruledOut.map((entry) => entry.service).sort();
    assert.deepEqual(ruledOut, ['checkout', 'invoices', 'orders']);
  });

test('start-up noise that healed is not blamed', async () => {
  const { ranking } = await analysed(poolIncident());
  assert.ok(!ranking.causes.slice(0, 2).some((cause) => cause.service === 'ledger'));
});

test('a service without a line of its own is found through those who call it', async () => {
  const logs = poolIncident().filter((entry) => entry.service !== 'orders-db-proxy');
  const { ranking } = await analysed(logs);
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
  const { ranking } = await analysed(logs);
  assert.equal(ranking.causes[0]?.service, 'backend-store');
});

test('a port stands for the service that listens on it', async () => {
  const logs = healthyLogs();
  logs.push(record(NOON, 'pricing', 'info', 'server listening on port 7419'));
  for (let i = 0; i < 50; i += 1)
    logs.push(
      record(NOON + 15 * MINUTE + i * 500, 'basket', 'error', `dial tcp 10.2.3.4:7419: connection refused`),
    );
  const { ranking } = await analysed(logs);
  assert.equal(ranking.causes[0]?.service, 'pricing');
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
  const { ranking } = await analysed(logs);
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
  const { ranking } = await analysed(logs);
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
  const { ranking } = await analysed(logs);
  assert.equal(ranking.causes[0]?.service, 'b1-service');
  assert.equal(ranking.causes[0]?.kind, 'disk');
});
