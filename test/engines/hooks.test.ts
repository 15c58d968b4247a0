// The hooks with a real Alertmanager, and on a real Kafka.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, runApp, textOf } from '../acceptance/harness.ts';
import { firing, notification } from '../web/hooks/harness.ts';
import { onPath } from './provision.layout.ts';
import { startAlertmanager } from './servers/senders.ts';
import { available, startKafka } from './servers.ts';

const run = promisify(execFile);
const SECRET = 'a-secret-of-enough-length';
const SOON = 30_000;

interface Row {
  id: string;
  title: string;
  service: string;
  status: string;
  alerts?: { source: string; name: string; since: string; until?: string; url?: string }[];
}

/** Stands before the hook, says of some requests that they cannot be taken now, and counts all of them. */
async function gateBefore(hook: string) {
  const gate = { refuse: 0, statuses: [] as number[] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      let status = 503;
      if (gate.refuse > 0) gate.refuse -= 1;
      else {
        const { authorization = '' } = request.headers;
        const headers = { authorization, 'content-type': 'application/json' };
        const answer = await fetch(hook, { method: 'POST', headers, body: Buffer.concat(chunks) });
        await answer.arrayBuffer();
        status = answer.status;
      }
      gate.statuses.push(status);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    gate,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('an alert of a real Alertmanager is one incident, however often it is sent, and its end closes it', {
  skip: available('alertmanager') ?? false,
}, async () => {
  await using running = await runApp({ env: { BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET } });
  const { app, person } = running;
  await using before = await gateBefore(`${app.address}/hooks/alertmanager`);
  await using alertmanager = await startAlertmanager({ webhook: before.url, secret: SECRET });
  const amtool = (name: string, ...more: string[]) =>
    run(onPath('amtool')!, [
      `--alertmanager.url=${alertmanager.url}`,
      ...['alert', 'add', `alertname=${name}`, 'service=checkout', 'severity=critical'],
      '--annotation=summary=Too many requests fail',
      '--generator-url=http://prometheus.example:9090/graph',
      ...more,
    ]);
  const rows = async (): Promise<Row[]> => {
    const response = await fetch(`${app.address}/api/incidents?all=1`);
    return ((await response.json()) as { incidents: Row[] }).incidents;
  };
  const accepted = (): number => before.gate.statuses.filter((status) => status === 202).length;

  // The first two times nobody can take it: it is sent again.
  before.gate.refuse = 2;
  await amtool('HighErrorRate');
  const [row] = await eventually(
    'the incident',
    async () => {
      const found = await rows();
      return found.length > 0 ? found : undefined;
    },
    SOON,
  );
  assert.deepEqual(before.gate.statuses.slice(0, 2), [503, 503]);
  assert.deepEqual([row?.title, row?.service, row?.status], ['HighErrorRate', 'checkout', 'open']);
  assert.equal(row?.alerts?.[0]?.url, 'http://prometheus.example:9090/graph');
  const card = await person.sees(/HighErrorRate/, { timeoutMs: SOON });
  assert.match(textOf(card.message), /Alertmanager: HighErrorRate firing since/);

  // It says so again and again; another alert of the service joins.
  await eventually('it is repeated', async () => (accepted() >= 3 ? true : undefined), SOON);
  await amtool('HighLatency');
  const joined = await eventually(
    'the second alert',
    async () => {
      const [only, ...others] = await rows();
      assert.equal(others.length, 0);
      return only?.alerts?.length === 2 ? only : undefined;
    },
    SOON,
  );
  assert.equal(joined.id, row?.id);

  const past = new Date(Date.now() - 1_000).toISOString();
  await amtool('HighErrorRate', `--end=${past}`);
  await eventually(
    'the first is over',
    async () => ((await rows())[0]?.alerts?.some(({ until }) => until) ? true : undefined),
    SOON,
  );
  assert.equal((await rows())[0]?.status, 'open', 'the other still fires');
  await amtool('HighLatency', `--end=${new Date(Date.now() - 500).toISOString()}`);
  await eventually(
    'the incident is over',
    async () => ((await rows())[0]?.status === 'resolved' ? true : undefined),
    SOON,
  );
  assert.equal((await rows()).length, 1);
  assert.ok(before.gate.statuses.slice(2).every((status) => status === 202));
});

test('while Kafka is away the sender is told to come again; then the same notification is one incident', {
  skip: available('kafka') ?? false,
}, async () => {
  await using kafka = await startKafka();
  await using running = await runApp({ raw: { bus: { kind: 'kafka', brokers: kafka.brokers } } });
  const { app } = running;
  const alert = firing({ startsAt: new Date().toISOString() });
  const post = () =>
    fetch(`${app.address}/hooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(notification(alert)),
    });
  const rows = async (): Promise<Row[]> => {
    const response = await fetch(`${app.address}/api/incidents?all=1`);
    return ((await response.json()) as { incidents: Row[] }).incidents;
  };
  kafka.pause();
  const refused = await post();
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '10');
  kafka.resume();
  const taken = await eventually(
    'it is taken',
    async () => {
      const response = await post();
      await response.arrayBuffer();
      return response.status === 202 ? response : undefined;
    },
    SOON * 2,
  );
  assert.ok(taken);
  await eventually('the incident', async () => ((await rows()).length > 0 ? true : undefined), SOON * 2);
  assert.equal((await post()).status, 202);
  const [row, ...others] = await rows();
  assert.deepEqual([row?.alerts?.length, others.length], [1, 0]);
});
