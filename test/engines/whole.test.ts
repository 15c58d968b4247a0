import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { buttonsOf, eventually, type Running, runApp, textOf } from '../acceptance/harness.ts';
import { topicsContract } from '../acceptance/topics.ts';
import { OPENAI_KEY } from './provision.layout.ts';
import {
  available,
  startElasticsearch,
  startKafka,
  startOllama,
  startOpenAi,
  startRedis,
} from './servers.ts';

const ENGINES = ['kafka', 'elasticsearch', 'redis'] as const;
const reason = ENGINES.map((name) => available(name)).find((why) => why !== undefined);

/** The whole main job with nothing embedded: three roles as separate apps over real servers. */
describe('three roles on real engines', { skip: reason ?? false }, () => {
  const stack = new AsyncDisposableStack();
  const topics = { logs: `logs-${process.pid}`, anomalies: `anomalies-${process.pid}` };
  let bot: Running;
  let pipeline: Running;
  let raw: Record<string, unknown>;

  before(async () => {
    const kafka = stack.use(await startKafka());
    const elastic = stack.use(await startElasticsearch());
    const redis = stack.use(await startRedis());
    raw = {
      bus: { kind: 'kafka', brokers: kafka.brokers },
      topics,
      logs: { kind: 'elasticsearch', url: elastic.url, index: `logs-${process.pid}` },
      state: { kind: 'redis', url: redis.url },
      queue: { kind: 'redis', url: redis.url },
    };
    bot = stack.use(await runApp({ raw, roles: ['bot'] }));
    stack.use(await runApp({ raw, roles: ['worker'] }));
    pipeline = stack.use(await runApp({ raw, roles: ['pipeline'] }));
  });
  after(() => stack.disposeAsync());

  test('a recorded incident on log-stream becomes one critical thread with its victims', async () => {
    const { bus } = pipeline.app.backends;
    let batch: { key: string; value: string }[] = [];
    for (const { text, hint } of recordedIncident({ seed: 3, endsAt: Date.now() })) {
      batch.push({
        key: 'shop',
        value: JSON.stringify({ message: text, ...(hint?.service ? { service: hint.service } : {}) }),
      });
      if (batch.length < 2_000) continue;
      await bus.publish(topics.logs, batch);
      batch = [];
    }
    await bus.publish(topics.logs, batch);
    const alert = await eventually(
      'an alert with its victims',
      async () =>
        (await bot.person.messages()).find(
          ({ message }) =>
            buttonsOf(message).some(({ name }) => name === 'resolve') &&
            /gateway/.test(textOf(message)) &&
            /inventory/.test(textOf(message)),
        ),
      120_000,
    );
    assert.equal(alert.message.tone, 'critical');
    const threads = (await bot.person.messages()).filter(
      ({ message }) =>
        message.tone === 'critical' && buttonsOf(message).some(({ name }) => name === 'resolve'),
    );
    assert.equal(threads.length, 1, 'one thread for the cause and its victims');
    await eventually('the chart in its thread', async () =>
      (await bot.person.messages(alert.id)).find(({ charts }) => charts.length > 0),
    );
    await bot.person.say('/logs why');
    assert.match(
      textOf((await bot.person.sees(/(Confirmed|Likely): /, { timeoutMs: 60_000 })).message),
      /inventory/,
    );
  });

  test('/logs analyze runs on the worker and its result comes back', async () => {
    const known = new Set((await bot.person.messages()).map(({ id }) => id));
    await bot.person.say('/logs analyze 1h');
    // Neither the command itself nor its progress names a service.
    const result = await bot.person.sees(/inventory/, { after: known, timeoutMs: 120_000 });
    assert.ok(result.charts.length > 0, 'with a chart');
    await eventually(
      'a finished job',
      async () => ((await bot.app.backends.queue.counts()).done >= 1 ? true : undefined),
      120_000,
    );
  });

  test('the topics’ contract holds on Kafka', async () => {
    // One process for both ends, so that its metrics show both; topics and group of its own.
    const own = { logs: `own-logs-${process.pid}`, anomalies: `own-anomalies-${process.pid}` };
    const kafka = { ...(raw.bus as object), group: 'topics-contract' };
    await using running = await runApp({
      raw: {
        ...raw,
        bus: kafka,
        topics: own,
        state: { kind: 'sqlite' },
        queue: { kind: 'embedded' },
        logs: { kind: 'sqlite' },
      },
    });
    await topicsContract(running, own);
  });
});

const TRIES = 4;
for (const kind of ['ollama', 'openai'] as const)
  test(`/logs why and summarize are answered through ${kind}`, {
    skip: available(kind) ?? false,
  }, async (t) => {
    await using server = kind === 'ollama' ? await startOllama() : await startOpenAi();
    const model =
      kind === 'ollama'
        ? { kind, url: server.url, model: server.model, contextTokens: 2_048, timeoutMs: 240_000 }
        : { kind, baseUrl: server.url, model: server.model, contextTokens: 2_048, timeoutMs: 240_000 };
    await using running = await runApp({ raw: { models: [model] }, env: { OPENAI_API_KEY: OPENAI_KEY } });
    const { app, person } = running;
    const at = Date.now() - 60_000;
    await app.backends.logs.write(
      Array.from({ length: 60 }, (_, index) => ({
        id: `m${index}`,
        timestamp: at + index * 500,
        level: index > 40 ? ('error' as const) : ('info' as const),
        service: 'billing',
        message: index > 40 ? 'payment gateway refused the connection' : 'invoice sent',
        line: index > 40 ? 'ERROR payment gateway refused the connection' : 'INFO invoice sent',
        attributes: {},
        template:
          index > 40
            ? { id: 't1', pattern: 'payment gateway refused the connection' }
            : { id: 't2', pattern: 'invoice sent' },
      })),
    );
    /** The finished answer: it names who spoke and what it cost, or says why the evidence stands alone. */
    const ended = new RegExp(`${server.model}[\\s\\S]*tok|this is the evidence alone`, 'i');
    let inWords = 0;
    for (const command of ['/logs why', '/logs summarize']) {
      const seen: string[] = [];
      // So small a model may give a reply that nobody can read: then it is asked again, and the evidence stands meanwhile.
      for (let tries = 0; tries < TRIES && !seen.at(-1)?.includes(server.model); tries += 1) {
        const known = new Set((await person.messages()).map(({ id }) => id));
        await person.say(`${command} --fresh`);
        const { message } = await person.sees(ended, { after: known, timeoutMs: 260_000 });
        seen.push(textOf(message));
        assert.match(seen.at(-1)!, /billing/);
        assert.doesNotMatch(seen.at(-1)!, /Whoever runs Bongsu/);
      }
      if (seen.at(-1)!.includes(server.model)) inWords += 1;
      else t.diagnostic(`${command}: ${TRIES} replies of ${server.model} that nobody could use`);
    }
    assert.ok(inWords > 0, `${kind} never answered in words`);
  });
