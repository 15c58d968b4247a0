import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { firing, notification } from '../web/hooks/harness.ts';
import { eventually, runApp, textOf } from './harness.ts';
import { startBongsu } from './process.ts';

interface Row {
  id: string;
  title: string;
  service: string;
  status: string;
  severity: number;
  thread?: string;
  alerts?: { source: string; name: string; until?: string }[];
}

const SOON = 10_000;
const SECRET = 'a-secret-of-enough-length';
const now = (): string => new Date().toISOString();

/** The alert of a service that begins now, and its end. */
const alertOf = (service: string, fields: object = {}) =>
  firing({
    startsAt: now(),
    fingerprint: `f-${service}`,
    labels: { alertname: 'HighErrorRate', service, severity: 'critical' },
    ...fields,
  });

test('an alert of Alertmanager becomes an incident with a thread; repeated it is one; its end closes it', async () => {
  await using running = await runApp({ env: { BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET } });
  const { app, person } = running;
  const post = async (...alerts: object[]): Promise<void> => {
    const response = await fetch(`${app.address}/hooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${SECRET}` },
      body: JSON.stringify(notification(...alerts)),
    });
    assert.equal(response.status, 202, await response.text());
  };
  const list = async (all = false): Promise<Row[]> => {
    const response = await fetch(`${app.address}/api/incidents?all=${all ? 1 : 0}`);
    return ((await response.json()) as { incidents: Row[] }).incidents;
  };
  const begun = alertOf('checkout');
  await post(begun);
  // It was answered when it was taken in: a crash now loses nothing.
  const [row] = await list();
  assert.deepEqual(
    [row?.title, row?.service, row?.status, row?.severity],
    ['HighErrorRate', 'checkout', 'open', 5],
  );
  const card = await person.sees(/HighErrorRate/, { timeoutMs: SOON });
  assert.match(textOf(card.message), /Alerts: Alertmanager: HighErrorRate firing since/);
  assert.match(textOf(card.message), /Too many requests fail/);

  // The same again, as a sender does that had no answer in time, and every few hours.
  for (let times = 0; times < 3; times += 1) await post(begun);
  const [same, ...others] = await list();
  assert.deepEqual([same?.id, same?.alerts?.length, others.length], [row?.id, 1, 0]);

  await post(alertOf('mail'));
  assert.equal((await list()).length, 2);
  await post({ ...begun, status: 'resolved', endsAt: now() });
  assert.deepEqual(
    (await list()).map(({ service }) => service),
    ['mail'],
  );
  const resolved = (await list(true)).find(({ id }) => id === row?.id);
  assert.equal(resolved?.status, 'resolved');
  assert.ok(resolved?.alerts?.[0]?.until);
  await eventually(
    'the card says that it is over',
    async () => {
      const seen = (await person.messages()).find(({ id }) => id === card.id);
      return seen?.message.tone === 'good' ? seen : undefined;
    },
    SOON,
  );
  const { body } = await person.health();
  assert.ok('hook alertmanager' in (body.backends as object));
});

test('what the logs of a service say and its alert are one incident, which is over when both are', async () => {
  await using running = await runApp();
  const { app, person } = running;
  const publish = (value: object) =>
    app.backends.bus.publish('log-anomalies', [{ key: 'checkout', value: JSON.stringify(value) }]);
  const rows = async (): Promise<Row[]> => {
    const response = await fetch(`${app.address}/api/incidents?all=1`);
    return ((await response.json()) as { incidents: Row[] }).incidents;
  };
  const at = Date.now();
  const time = (seconds: number): string => new Date(at + seconds * 1_000).toISOString();
  const template = { id: 'pool', pattern: 'connection pool exhausted' };
  const ofLogs = {
    service: 'checkout',
    confidence: 0.9,
    explanation: '"connection pool exhausted" came 31 times in 10 s, usually none.',
    template,
  };
  await publish({
    ...ofLogs,
    anomaly_status: 'critical',
    detected_issues: ['connection pool exhausted'],
    window: { from: time(-60), to: time(-30) },
    sample_lines: ['ERROR connection pool exhausted (20/20)'],
  });
  await eventually(
    'the incident of the logs',
    async () => ((await rows()).length === 1 ? true : undefined),
    SOON,
  );
  const begun = alertOf('checkout', { startsAt: time(-10) });
  const post = (alert: object): Promise<Response> =>
    fetch(`${app.address}/hooks/grafana`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(notification(alert)),
    });
  assert.equal((await post(begun)).status, 202);
  const [both, ...others] = await rows();
  assert.equal(others.length, 0);
  assert.equal(both?.title, 'connection pool exhausted');
  assert.deepEqual(
    both?.alerts?.map(({ source, name }) => `${source}: ${name}`),
    ['Grafana: HighErrorRate'],
  );

  await post({ ...begun, status: 'resolved', endsAt: time(-5) });
  assert.equal((await rows())[0]?.status, 'open', 'the logs still show it');
  const { thread } = await eventually('its thread', async () => {
    const [row] = await rows();
    return row?.thread ? { thread: row.thread } : undefined;
  });
  await person.sees(/^Grafana: HighErrorRate firing since/, { thread, timeoutMs: SOON });
  await person.sees(/^Grafana: HighErrorRate resolved/, { thread, timeoutMs: SOON });
  await publish({
    ...ofLogs,
    anomaly_status: 'normal',
    detector: 'recovery',
    detected_issues: [],
    window: { from: time(-60), to: time(-20) },
  });
  await eventually(
    'the end',
    async () => ((await rows())[0]?.status === 'resolved' ? true : undefined),
    SOON,
  );
});

test('what a hook answered 202 for is there after the process was killed at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-hooks-'));
  const config = { models: [], collect: {}, jobs: {} };
  const rowsOf = async (address: string): Promise<Row[]> => {
    const response = await fetch(`${address}/api/incidents?all=1`);
    return ((await response.json()) as { incidents: Row[] }).incidents;
  };
  try {
    const alert = alertOf('ledger-export');
    const send = (address: string): Promise<Response> =>
      fetch(`${address}/hooks/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(notification(alert)),
      });
    const first = await startBongsu(folder, config, ['--no-open']);
    const { status } = await send(first.address);
    await first.end('SIGKILL');
    assert.equal(status, 202);
    const second = await startBongsu(folder, config, ['--no-open']);
    try {
      const ours = (rows: Row[]): Row[] => rows.filter(({ service }) => service === 'ledger-export');
      const [row] = ours(await rowsOf(second.address));
      assert.equal(row?.title, 'HighErrorRate');
      // It is known after the start, too: the same notification is the same alert.
      assert.equal((await send(second.address)).status, 202);
      assert.deepEqual(
        ours(await rowsOf(second.address)).map(({ id, alerts }) => [id, alerts?.length]),
        [[row?.id, 1]],
      );
    } finally {
      await second.end('SIGTERM');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
