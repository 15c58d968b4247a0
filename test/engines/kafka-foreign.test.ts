import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';
import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { createLog } from '../../src/log.ts';
import { eventually, runApp } from '../acceptance/harness.ts';
import { javaProducer, kcatProducer, type Producer } from './servers/producers.ts';
import { available, startKafka } from './servers.ts';

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
let server: Awaited<ReturnType<typeof startKafka>>;
before(async () => {
  server = await startKafka();
});
after(() => server[Symbol.asyncDispose]());

const counted: string[] = [];
const open = (): Promise<Bus> =>
  openKafkaBus(
    { brokers: server.brokers, group: 'foreign', onDeadLetter: (topic) => counted.push(topic) },
    log,
  );

/** Forty lines of 2 KB: blocks of every framing are smaller than all of them. */
const LINES = Array.from(
  { length: 40 },
  (_, i) => `line ${i} ${'upstream timed out while connecting to db-7; '.repeat(50)}`,
);

/** What a group gets of a topic, from the beginning. */
async function reading(bus: Bus, topic: string) {
  const messages: BusMessage[] = [];
  const subscription = await bus.subscribe(
    topic,
    { group: `reader of ${topic}`, from: 'earliest' },
    async (batch) => {
      messages.push(...batch);
    },
  );
  return {
    messages,
    until: async (enough: () => boolean): Promise<void> => {
      while (!enough()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  };
}
const texts = (messages: BusMessage[]): string[] => messages.map(({ value }) => value.toString());

const PRODUCERS: [name: string, send: Producer, why: string | undefined][] = [
  ['Java', javaProducer, undefined],
  ['kcat', kcatProducer, available('kcat')],
];
for (const [name, send, why] of PRODUCERS)
  test(`what ${name} packs with each codec is read, and what comes behind it`, {
    skip: why ?? false,
  }, async () => {
    await using bus = await open();
    const topic = `codecs-${name}`;
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    await using got = await reading(bus, topic);
    for (const codec of codecs) await send({ brokers: server.brokers, topic, codec, lines: LINES });
    await bus.publish(topic, [{ value: 'behind' }]);
    await got.until(() => got.messages.length > codecs.length * LINES.length);
    assert.deepEqual(texts(got.messages), [...codecs.flatMap(() => LINES), 'behind']);
    assert.deepEqual(counted, []);
    assert.equal((await bus.health()).ok, true);
  });

test('a batch that is damaged on the disk of the broker is put aside, and the others are read', async () => {
  await using bus = await open();
  const topic = 'damaged';
  for (const line of ['first', 'second', 'third'])
    await javaProducer({ brokers: server.brokers, topic, codec: 'snappy', lines: [line.repeat(50), line] });
  const segment = join(server.dir, 'data', `${topic}-0`, '00000000000000000000.log');
  const bytes = readFileSync(segment);
  // The second batch begins behind the first.
  const at = 12 + bytes.readInt32BE(8);
  const end = at + 12 + bytes.readInt32BE(at + 8);
  bytes[end - 5]! ^= 0xff;
  writeFileSync(segment, bytes, { flag: 'r+' });
  await using got = await reading(bus, topic);
  await using letters = await reading(bus, `${topic}.dlq`);
  await got.until(() => got.messages.length >= 4);
  await letters.until(() => letters.messages.length >= 1);
  assert.deepEqual(
    texts(got.messages),
    ['first', 'third'].flatMap((line) => [line.repeat(50), line]),
  );
  const [letter] = letters.messages;
  assert.ok(letter!.value.equals(bytes.subarray(at, end)));
  assert.deepEqual(letter!.headers, {
    'bongsu-holds': 'batch',
    'bongsu-topic': topic,
    'bongsu-partition': '0',
    'bongsu-offset': '2',
    'bongsu-last-offset': '3',
    'bongsu-error': 'undecodable: its checksum is wrong',
  });
  assert.deepEqual(counted, [topic]);
  const health = await bus.health();
  assert.equal(health.ok, true);
  assert.match(
    health.detail,
    /damaged: 1 batch\(es\) could not be decoded, .*offset\(s\) 2-3 .*damaged\.dlq.*compress/,
  );
  // What was read is committed: who comes later begins behind it.
  await got[Symbol.asyncDispose]();
  await bus.publish(topic, [{ value: 'later' }]);
  await using again = await reading(bus, topic);
  await again.until(() => again.messages.length >= 1);
  assert.deepEqual(texts(again.messages), ['later']);
});

test('anomalies that a foreign producer packs become threads, and metrics count what was put aside', async () => {
  const topics = { logs: 'app-logs', anomalies: 'app-anomalies' };
  await using running = await runApp({ raw: { bus: { kind: 'kafka', brokers: server.brokers }, topics } });
  const { bus } = running.app.backends;
  const anomaly = (service: string): string =>
    JSON.stringify({
      anomaly_status: 'critical',
      confidence: 0.92,
      detected_issues: [`${service} writes no more`],
      explanation: `the volume of ${service} is read-only; `.repeat(20),
      service,
    });
  const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];
  for (const codec of codecs)
    await javaProducer({
      brokers: server.brokers,
      topic: topics.anomalies,
      codec,
      lines: [anomaly(`db-${codec}`)],
    });
  // Lines of logs have no value to read in a tombstone; those around it are stored.
  const at = new Date().toISOString();
  const lines = [`${at} INFO [shop] quince-1 packed`, '', `${at} INFO [shop] quince-2 packed`];
  await javaProducer({ brokers: server.brokers, topic: topics.logs, codec: 'snappy', lines });
  for (const codec of codecs) await running.person.sees(new RegExp(`db-${codec}`));
  await eventually('both lines in the store', async () =>
    (await running.app.backends.logs.search({ text: 'quince' })).total === 2 ? true : undefined,
  );
  await eventually('the tombstone put aside', async () => {
    const metrics = await (await fetch(`${running.app.address}/metrics`)).text();
    return /bongsu_dead_letters_total\{topic="app-logs"\} 1/.test(metrics) ? true : undefined;
  });
  // The dead letters of both topics are read, and told.
  await javaProducer({ brokers: server.brokers, topic: topics.anomalies, codec: 'lz4', lines: ['not json'] });
  await eventually('both topics in health', async () => {
    const { backends } = (await running.person.health()).body as { backends: Record<string, unknown> };
    const told = JSON.stringify(backends['dead letters'] ?? '');
    return /app-logs: 1 mess/.test(told) && /app-anomalies: 1 mess/.test(told) ? true : undefined;
  });
  await running.person.sees(/app-anomalies .*not JSON/);
  assert.equal((await bus.health()).ok, true);
});
