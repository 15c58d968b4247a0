// One run on what a team already has: a Kafka and an Elasticsearch with passwords and TLS, and an Alertmanager.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';
import { eventually, Person } from '../acceptance/harness.ts';
import { freePort } from './servers/launch.ts';
import { startSecuredKafka } from './servers/secured-kafka.ts';
import { startAlertmanager } from './servers/senders.ts';
import { available, startSecuredElasticsearch } from './servers.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const SECRET = 'a-secret-of-the-hook-1';
/** Documents before the run begins, at least. */
const DOCUMENTS = Number(process.env.BONGSU_PLUG_IN_DOCUMENTS ?? 30_000);
const HOUR = 3_600_000;

/** Puts recordings of the incident into the index as Filebeat does, one an hour, the newest last, until there are enough. */
async function fill(client: Client): Promise<number> {
  const index = 'filebeat-8.19.0-2026.11';
  await client.indices.create({
    index,
    settings: { number_of_replicas: 0 },
    mappings: { properties: { '@timestamp': { type: 'date' } } },
  });
  const normalize = createNormalizer({ timeZone: 'UTC' });
  let count = 0;
  for (let hour = 0; count < DOCUMENTS; hour++) {
    const operations: object[] = [];
    const send = async (): Promise<void> => {
      const reply = await client.bulk({ index, operations: operations.splice(0) });
      assert.equal(reply.errors, false);
    };
    for (const { text, source } of recordedIncident({ endsAt: Date.now() - hour * HOUR, seed: hour + 1 })) {
      const { timestamp } = normalize({ text, source, position: '0' });
      const fields = {
        agent: { type: 'filebeat' },
        ecs: { version: '8.0.0' },
        log: { file: { path: `/var/log/${source}` } },
      };
      operations.push(
        { create: {} },
        { '@timestamp': new Date(timestamp).toISOString(), message: text, ...fields },
      );
      count += 1;
      if (operations.length === 4_000) await send();
    }
    await send();
  }
  await client.indices.refresh({ index });
  return count;
}

/** Runs the program as a person would, with everything it prints. */
function bongsu(args: string[], folder: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, ...args, '--config', join(folder, 'config.json')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, OLLAMA_API_URL: 'http://127.0.0.1:9', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said.text += String(chunk);
    });
  return { child, said, ended: new Promise<number | null>((done) => child.once('close', done)) };
}

const why = available('kafka') ?? available('elasticsearch') ?? available('alertmanager');

test('a secured Kafka, a secured Elasticsearch with documents, an Alertmanager: doctor, first thread, right cause', {
  skip: why ?? false,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-plug-in-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const kafka = stack.use(await startSecuredKafka());
  const search = stack.use(await startSecuredElasticsearch({ heapMb: 1_024 }));
  const admin = new Client({
    node: search.url,
    auth: search.admin,
    tls: { ca: readFileSync(search.ca, 'utf8') },
  });
  const documents = await fill(admin);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ dataDir: join(folder, 'data'), timeZone: 'UTC', language: 'en', http: { port } }),
  );
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: kafka.sasl['scram-sha-512'].join(','),
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_USERNAME: kafka.user.username,
    KAFKA_PASSWORD: kafka.user.password,
    KAFKA_CA: kafka.ca,
    ELASTICSEARCH_URL: search.url.replace('//', `//${search.reader.username}:${search.reader.password}@`),
    ELASTICSEARCH_CA: search.ca,
    ELASTICSEARCH_INDEX: 'filebeat-*',
    BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET,
  };

  const start = Date.now();
  const since = (): string => `${((Date.now() - start) / 1_000).toFixed(1)} s`;
  const running = bongsu(['start'], folder, env);
  stack.defer(async () => {
    running.child.kill('SIGTERM');
    await running.ended;
  });
  await eventually('the page', async () => (running.said.text.includes(address) ? true : undefined), 60_000);
  t.diagnostic(`${documents} documents; the page is there after ${since()}`);
  const alertmanager = stack.use(
    await startAlertmanager({ webhook: `${address}/hooks/alertmanager`, secret: SECRET }),
  );
  const alert = {
    labels: { alertname: 'SlowCheckout', service: 'inventory', severity: 'critical' },
    annotations: { summary: 'stock cannot be looked up' },
  };
  await fetch(`${alertmanager.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  const person = new Person(address);
  await person.sees(/SlowCheckout/, { timeoutMs: 120_000 });
  t.diagnostic(`the first thread is there after ${since()}`);

  const doctor = bongsu(['doctor'], folder, env);
  assert.equal(await doctor.ended, 0, doctor.said.text);
  assert.match(doctor.said.text, /reads filebeat-\* as it is, \d+ documents/);
  t.diagnostic(`doctor is green after ${since()}`);

  await person.say('/logs why');
  const answer = await person.sees(/inventory.*connection pool/s, { timeoutMs: 240_000 });
  assert.ok(answer);
  t.diagnostic(`/logs why names the cause after ${since()}`);

  const health = JSON.stringify((await person.health()).body);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  const messages = JSON.stringify(await person.messages());
  const secrets = [kafka.user.password, search.reader.password, SECRET];
  for (const text of [running.said.text, doctor.said.text, health, metrics, messages])
    for (const secret of secrets) assert.ok(!text.includes(secret));
  await admin.close();
});
