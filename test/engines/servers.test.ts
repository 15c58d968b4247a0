// Each engine is started, asked for one real thing by the client the product uses, and stopped without a trace.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { chromiumPath, type EngineName } from './provision.layout.ts';
import { groupAlive } from './servers/launch.ts';
import {
  available,
  type Server,
  startElasticsearch,
  startKafka,
  startOllama,
  startOpenAi,
  startRedis,
} from './servers.ts';

const VERDICT = {
  type: 'object',
  properties: {
    anomaly_status: { type: 'string', enum: ['normal', 'warning', 'critical'] },
    severity: { type: 'integer', enum: [1, 2, 3, 4, 5] },
  },
  required: ['anomaly_status', 'severity'],
  additionalProperties: false,
};
const QUESTION = 'Is this log line an anomaly? Answer in JSON.\nERROR payment: connection refused';

/** Skips with the reason, which the reporter prints. */
const unless = (name: EngineName) => ({ skip: available(name) ?? false, timeout: 240_000 });

async function stopsWithoutTrace(server: Server): Promise<void> {
  const { pid, dir } = server;
  assert.ok(groupAlive(pid));
  await server.stop();
  assert.equal(groupAlive(pid), false, 'no process of the group is left');
  assert.equal(existsSync(dir), false, 'its data is gone');
}

test('kafka: produces, consumes, commits, survives a crash', unless('kafka'), async (t) => {
  const begun = performance.now();
  const server = await startKafka({ partitions: 2 });
  t.after(() => server.stop());
  t.diagnostic(`ready in ${Math.round(performance.now() - begun)} ms`);
  const kafka = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'log-anomalies', messages: [{ key: 'payment', value: '결제 실패' }] });
  const read = async (group: string): Promise<string> => {
    const consumer = kafka.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topics: ['log-anomalies'], fromBeginning: true });
    const { promise, resolve } = Promise.withResolvers<string>();
    await consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString() ?? '') });
    const value = await promise;
    await consumer.disconnect();
    return value;
  };
  assert.equal(await read('first'), '결제 실패');
  await producer.disconnect();
  await server.restart();
  assert.equal(await read('second'), '결제 실패', 'what was acknowledged is still there');
  await stopsWithoutTrace(server);
});

test(
  'elasticsearch: bulk, template, search, aggregations, also frozen',
  unless('elasticsearch'),
  async (t) => {
    const begun = performance.now();
    const server = await startElasticsearch();
    t.after(() => server.stop());
    t.diagnostic(`ready in ${Math.round(performance.now() - begun)} ms`);
    const client = new Client({ node: server.url });
    await client.indices.putIndexTemplate({
      name: 'logs',
      index_patterns: ['logs-*'],
      template: {
        settings: { number_of_replicas: 0 },
        mappings: {
          properties: {
            timestamp: { type: 'date' },
            level: { type: 'keyword' },
            message: { type: 'text' },
          },
        },
      },
    });
    const start = Date.parse('2026-01-01T00:00:00Z');
    const operations = Array.from({ length: 30 }, (_, index) => [
      { index: { _index: 'logs-2026', _id: String(index) } },
      {
        timestamp: start + index * 60_000,
        level: index % 3 === 0 ? 'error' : 'info',
        message: `connection refused 결제 서비스 ${index}`,
      },
    ]).flat();
    const bulk = await client.bulk({ refresh: true, operations });
    assert.equal(bulk.errors, false);
    const result = await client.search({
      index: 'logs-*',
      query: { bool: { must: { match: { message: '결제' } }, filter: { term: { level: 'error' } } } },
      aggs: {
        perTenMinutes: { date_histogram: { field: 'timestamp', fixed_interval: '10m' } },
        levels: { terms: { field: 'level' } },
      },
    });
    assert.deepEqual(result.hits.total, { value: 10, relation: 'eq' });
    const buckets = (name: string): unknown[] =>
      (result.aggregations?.[name] as { buckets: unknown[] } | undefined)?.buckets ?? [];
    assert.equal(buckets('perTenMinutes').length, 3);
    assert.deepEqual(buckets('levels'), [{ key: 'error', doc_count: 10 }]);

    server.pause();
    const hung = new Client({ node: server.url, maxRetries: 0, requestTimeout: 500 });
    await assert.rejects(hung.count({ index: 'logs-*' }), { name: 'TimeoutError' });
    server.resume();
    await hung.close();
    assert.equal((await client.count({ index: 'logs-*' })).count, 30);
    await client.close();
    await stopsWithoutTrace(server);
  },
);

test('redis: what was acknowledged survives a crash', unless('redis'), async (t) => {
  const begun = performance.now();
  const server = await startRedis();
  t.after(() => server.stop());
  t.diagnostic(`ready in ${Math.round(performance.now() - begun)} ms`);
  const client = new Redis(server.url);
  client.on('error', () => {});
  await client.set('봉수', 'beacon');
  await server.kill();
  assert.equal(server.alive(), false);
  await server.restart();
  assert.equal(await client.get('봉수'), 'beacon');
  client.disconnect();
  await stopsWithoutTrace(server);
});

test('ollama: streams an answer in the schema it was given', unless('ollama'), async (t) => {
  const begun = performance.now();
  const server = await startOllama();
  t.after(() => server.stop());
  t.diagnostic(`ready in ${Math.round(performance.now() - begun)} ms`);
  const client = new Ollama({ host: server.url });
  let text = '';
  let parts = 0;
  let tokens: number | undefined;
  const stream = await client.generate({
    model: server.model,
    prompt: QUESTION,
    format: VERDICT,
    stream: true,
    options: { temperature: 0, num_predict: 60 },
  });
  for await (const part of stream) {
    text += part.response;
    parts += 1;
    tokens = part.eval_count ?? tokens;
  }
  t.diagnostic(`${tokens} tokens, answered ${Math.round(performance.now() - begun)} ms after the start`);
  const answer = JSON.parse(text) as { anomaly_status: string };
  assert.ok(VERDICT.properties.anomaly_status.enum.includes(answer.anomaly_status), text);
  assert.ok(parts > 3, 'it came in pieces');
  await stopsWithoutTrace(server);
});

test(
  'openai: refuses a wrong key, streams an answer in the schema it was given',
  unless('openai'),
  async (t) => {
    const begun = performance.now();
    const server = await startOpenAi();
    t.after(() => server.stop());
    t.diagnostic(`ready in ${Math.round(performance.now() - begun)} ms`);
    const request = {
      model: server.model,
      messages: [{ role: 'user' as const, content: QUESTION }],
      temperature: 0,
      max_tokens: 60,
    };
    const stranger = new OpenAI({ baseURL: server.url, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.chat.completions.create(request), { status: 401 });

    const client = new OpenAI({ baseURL: server.url, apiKey: server.apiKey });
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'verdict', strict: true, schema: VERDICT },
      },
    });
    let text = '';
    let parts = 0;
    let used: number | undefined;
    for await (const part of stream) {
      text += part.choices[0]?.delta.content ?? '';
      parts += 1;
      used = part.usage?.completion_tokens ?? used;
    }
    const answer = JSON.parse(text) as { anomaly_status: string };
    assert.ok(VERDICT.properties.anomaly_status.enum.includes(answer.anomaly_status), text);
    assert.ok(parts > 3, 'it came in pieces');
    assert.ok(used && used > 0, 'usage is reported at the end of the stream');
    await stopsWithoutTrace(server);
  },
);

test('chromium: renders a page', unless('chromium'), () => {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const page = 'data:text/html,<script>document.write(6*7)</script>';
  const html = execFileSync(chromiumPath()!, [...flags, '--dump-dom', page], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  assert.match(html, />42</);
});

test('a server goes when the test that started it is killed', unless('redis'), async () => {
  const code = `
    const { startRedis } = await import(${JSON.stringify(new URL('./servers.ts', import.meta.url).href)});
    const server = await startRedis();
    console.log(server.pid + ' ' + server.dir);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (data) => resolve(String(data))),
  );
  const [pid = '', dir = ''] = line.trim().split(' ');
  assert.ok(groupAlive(Number(pid)));
  parent.kill('SIGKILL');
  for (let wait = 0; wait < 100 && (groupAlive(Number(pid)) || existsSync(dir)); wait++) await sleep(100);
  assert.equal(groupAlive(Number(pid)), false);
  assert.equal(existsSync(dir), false);
});
