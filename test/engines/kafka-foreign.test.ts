import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';
import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { createLog } from '../../src/log.ts';
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
