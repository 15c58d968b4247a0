import assert from 'node:assert/strict';
import { request as plainRequest } from 'node:http';
import { test } from 'node:test';
import { AppError } from '../../../src/domain/errors.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { rawGet, startWeb } from '../harness.ts';
import { firing, hookServer, notification, SECRET, sign, TOKEN } from './harness.ts';

interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}
const problemOf = async (response: Response): Promise<Problem> => {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  return (await response.json()) as Problem;
};
const bearer = { authorization: `Bearer ${SECRET}` };
const withSecret = { BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET, BONGSU_TOKEN: TOKEN };

test('alerts are published as anomalies, and the answer comes when they are safe', async () => {
  let safe = false;
  await using server = await hookServer({
    publish: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      safe = true;
    },
  });
  const over = firing({ status: 'resolved', fingerprint: 'other', endsAt: '2026-11-21T08:58:00Z' });
  const response = await server.post('alertmanager', notification(firing(), over));
  assert.ok(safe);
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { alerts: 2 });
  assert.deepEqual(
    server.published.map(({ service, anomaly_status, alert }) => [service, anomaly_status, alert?.source]),
    [
      ['checkout', 'critical', 'Alertmanager'],
      ['checkout', 'normal', 'Alertmanager'],
    ],
  );
  assert.deepEqual(server.web.hooks.health()['hook alertmanager']?.detail, '2 alerts taken');
  // What is no alert is taken and changes nothing.
  assert.equal((await server.post('sentry', { action: 'created', data: { installation: {} } })).status, 202);
  assert.equal(server.published.length, 2);
});

test('a body that has not the form of its sender says what is wrong, is counted, and is told by /health', async () => {
  const metrics = createMetrics();
  await using server = await startWeb({ metrics });
  const send = (body: string) =>
    fetch(`${server.address}/hooks/alertmanager`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
  const wrong = await send(JSON.stringify(notification(firing({ startsAt: 'soon' }))));
  assert.equal(wrong.status, 400);
  const said = await problemOf(wrong);
  assert.deepEqual([said.code, said.errors?.[0]?.path], ['malformed', 'alerts.0.startsAt']);
  for (const body of ['{', '', '\u0000', 'null', '[]', '7']) {
    const response = await send(body);
    assert.equal(response.status, 400, body);
    await response.arrayBuffer();
  }
  assert.match(server.web.hooks.health()['hook alertmanager']!.detail, /refused 7 \(malformed 7\)/);
  assert.match(
    await metrics.registry.metrics(),
    /bongsu_hook_refused_total\{hook="alertmanager",reason="malformed"\} 7/,
  );
});

test('one alert that cannot be read does not cost the others', async () => {
  await using server = await hookServer();
  const response = await server.post('grafana', notification(firing(), firing({ labels: 7 })));
  assert.equal(response.status, 202);
  const answer = (await response.json()) as { alerts: number; refused: { path: string }[] };
  assert.deepEqual([answer.alerts, answer.refused[0]?.path], [1, 'alerts.1.labels']);
  assert.equal(server.published.length, 1);
});

test('bodies are bounded, and so are the alerts in one', async () => {
  await using server = await hookServer();
  const huge = await server.post('alertmanager', `"${'x'.repeat(5 * 1024 * 1024)}"`);
  assert.equal(huge.status, 413);
  const many = notification(
    ...Array.from({ length: 5_001 }, () => ({ status: 'firing', labels: {}, startsAt: 1e9 })),
  );
  assert.equal((await server.post('alertmanager', many)).status, 413);
  assert.equal(server.published.length, 0);
  assert.match(server.web.hooks.health()['hook alertmanager']!.detail, /too_large 2/);
});

test('a bus that cannot take them: 503 with the time to come again', async () => {
  await using server = await hookServer({
    publish: async () => {
      throw new AppError('unavailable', 'secret-host:9092 is away');
    },
  });
  const response = await server.post('alertmanager', notification(firing()));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '10');
  const said = await problemOf(response);
  assert.ok(!said.detail.includes('secret-host'));
  assert.match(server.web.hooks.health()['hook alertmanager']!.detail, /0 alerts taken.*unavailable 1/);
});

test('above its rate a hook answers 429; another hook goes on', async () => {
  await using server = await hookServer({ hooks: { requestsPerSecond: 1 } });
  const statuses: number[] = [];
  for (let index = 0; index < 6; index += 1)
    statuses.push((await server.post('alertmanager', notification(firing()))).status);
  assert.deepEqual(statuses.slice(0, 2), [202, 202]);
  assert.ok(statuses.includes(429), String(statuses));
  const refused = await server.post('alertmanager', notification(firing()));
  if (refused.status === 429) assert.equal(refused.headers.get('retry-after'), '1');
  assert.equal((await server.post('grafana', notification(firing()))).status, 202);
});

test('ten requests a second and many more lose nothing by default', async () => {
  await using server = await hookServer();
  const sent = Array.from({ length: 60 }, (_, index) =>
    server.post('alertmanager', notification(firing({ fingerprint: `f${index}` }))),
  );
  assert.ok((await Promise.all(sent)).every(({ status }) => status === 202));
  assert.equal(new Set(server.published.map(({ id }) => id)).size, 60);
});

test('a hook with a secret takes nothing without it, also on a loopback server without a token', async () => {
  await using server = await hookServer({ env: { BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET } });
  const refused = await server.post('alertmanager', notification(firing()));
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer');
  assert.match((await problemOf(refused)).detail, /BONGSU_HOOK_SECRET_ALERTMANAGER/);
  assert.equal((await server.post('alertmanager', notification(firing()), bearer)).status, 202);
  assert.equal(server.published.length, 1);
});

test('on a server with a token a hook without a secret is refused with the name of the variable', async () => {
  await using server = await hookServer({ env: withSecret });
  const refused = await server.post('grafana', notification(firing()));
  assert.equal(refused.status, 403);
  assert.match((await problemOf(refused)).detail, /BONGSU_HOOK_SECRET_GRAFANA/);
  // The server's own token opens no hook, and a hook's secret nothing but the hook.
  const own = { authorization: `Bearer ${TOKEN}` };
  assert.equal((await server.post('grafana', notification(firing()), own)).status, 403);
  assert.equal((await server.post('alertmanager', notification(firing()), own)).status, 401);
  assert.equal((await server.post('alertmanager', notification(firing()), bearer)).status, 202);
  assert.equal(await rawGet(`${server.address}/metrics`, bearer), 401);
  assert.match(server.web.hooks.health()['hook grafana']!.detail, /secret 2/);
  // Nobody learns which names there are.
  const unknown = await server.post('prod-us', notification(firing()), bearer);
  assert.equal(unknown.status, 403);
  assert.match((await problemOf(unknown)).detail, /BONGSU_HOOK_SECRET_PROD_US/);
});

test('a signature is enough, over the bytes as they were sent', async () => {
  await using server = await hookServer({ env: { BONGSU_HOOK_SECRET_GRAFANA: SECRET } });
  const body = JSON.stringify(notification(firing()), null, 3);
  const signature = { 'x-grafana-alerting-signature': sign(body) };
  assert.equal((await server.post('grafana', body, signature)).status, 202);
  assert.equal((await server.post('grafana', `${body}\n`, signature)).status, 401);
});

test('no page of another site can use an open hook, and no name of another host', async () => {
  await using server = await hookServer();
  const foreign = { origin: 'https://evil.example', 'content-type': 'text/plain' };
  assert.equal((await server.post('alertmanager', notification(firing()), foreign)).status, 403);
  assert.equal(server.published.length, 0);
});

test('a hook of another name has the form, the title and the labels that the configuration gives it', async () => {
  const hooks = {
    senders: { 'prod-eu': { form: 'alertmanager', title: 'Prometheus EU', serviceLabels: ['team'] } },
  };
  await using server = await hookServer({ hooks, env: { BONGSU_HOOK_SECRET_PROD_EU: SECRET } });
  const labels = { alertname: 'A', team: 'shop', service: 'checkout' };
  assert.equal((await server.post('prod-eu', notification(firing({ labels })), bearer)).status, 202);
  assert.deepEqual(
    server.published.map(({ service, alert }) => [service, alert?.source, alert?.hook]),
    [['shop', 'Prometheus EU', 'prod-eu']],
  );
  const unknown = await server.post('prod-us', notification(firing()));
  assert.equal(unknown.status, 404);
  assert.match((await problemOf(unknown)).detail, /prod-eu/);
});

test('without anything that proves the secret the body is not read', async () => {
  await using server = await hookServer({ env: { BONGSU_HOOK_SECRET_SENTRY: SECRET } });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = plainRequest(`${server.address}/hooks/sentry`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 4_000_000 },
  });
  // Nothing of the body is sent: only who does not wait for it can answer.
  sent.on('response', ({ statusCode }) => resolve(statusCode!)).on('error', reject);
  sent.flushHeaders();
  assert.equal(await promise, 401);
  sent.destroy();
});
