import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Kafka } from 'kafkajs';
import type { Bus, BusMessage, OutgoingMessage } from '../../../src/backends/bus/bus.ts';
import { putAsideOn } from '../../../src/backends/bus/deliver.ts';
import { Subscription } from '../../../src/backends/bus/kafka-consumer.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { healthText } from '../../../src/i18n/health.ts';
import { createLog } from '../../../src/log.ts';
import { batch, spoiled } from './fixtures.ts';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const Batch = require('kafkajs/src/consumer/batch') as new (
  topic: string,
  from: string,
  data: object,
) => { messages: object[]; lastOffset(): string; isEmptyDueToFiltering(): boolean };

/** What a broker holds of each partition, by the offset a batch begins with, in order. */
type Held = Map<number, { base: number; last: number; bytes: Buffer }[]>;

/**
 * kafkajs with the connection left out: its own decoding and batches of what `held` has, asked for from the offset
 * resolved last, one partition after another, as its runner does.
 */
function fakeKafka(held: Held, fetched: () => void, abortedTransactions: object[]): Kafka {
  const decode = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
    decoder: object,
  ) => Promise<object[]>;
  const consumer = () => {
    let stopped = false;
    const on = new Map<string, (event: object) => void>();
    const fetch = async (partition: number, from: number, eachBatch: (payload: object) => Promise<void>) => {
      fetched();
      const all = held.get(partition)!;
      const bytes = Buffer.concat(all.filter(({ last }) => last >= from).map((one) => one.bytes));
      if (bytes.length === 0) return from;
      const set = Buffer.concat([Buffer.alloc(4), bytes]);
      set.writeInt32BE(bytes.length);
      const highWatermark = String(Math.max(...all.map(({ last }) => last)) + 1);
      const messages = await decode(new Decoder(set));
      const data = { partition, highWatermark, abortedTransactions, messages };
      const given = new Batch('t', String(from), data);
      let next = from;
      if (given.isEmptyDueToFiltering()) return Number(given.lastOffset()) + 1;
      await eachBatch({
        batch: given,
        heartbeat: async () => {},
        resolveOffset: (offset: string) => {
          next = Number(offset) + 1;
        },
        isRunning: () => !stopped,
        isStale: () => false,
        pause: () => {
          paused.add(partition);
          return () => paused.delete(partition);
        },
        commitOffsetsIfNecessary: async () => {},
        uncommittedOffsets: () => ({}),
      });
      return next;
    };
    const paused = new Set<number>();
    return {
      events: { CRASH: 'crash', REBALANCING: 'rebalancing', GROUP_JOIN: 'join' },
      on: (name: string, listener: (event: object) => void) => on.set(name, listener),
      connect: async () => {},
      subscribe: async () => {},
      disconnect: async () => {
        stopped = true;
      },
      run: async ({ eachBatch }: { eachBatch: (payload: object) => Promise<void> }) => {
        on.get('join')!({ payload: { memberAssignment: { t: [...held.keys()] } } });
        const offsets = new Map([...held.keys()].map((partition) => [partition, 0]));
        void (async () => {
          while (!stopped) {
            for (const [partition, from] of offsets)
              if (!paused.has(partition)) offsets.set(partition, await fetch(partition, from, eachBatch));
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        })().catch((error) => on.get('crash')!({ payload: { error } }));
      },
    };
  };
  return { consumer } as unknown as Kafka;
}

interface Reading extends AsyncDisposable {
  subscription: Subscription;
  messages: BusMessage[];
  letters: OutgoingMessage[];
  counted: string[];
  until(enough: () => boolean): Promise<void>;
}

function readingOf(
  held: Held,
  handle: (batch: BusMessage[]) => Promise<void> = async () => {},
  fetched = (): void => {},
  aborted: object[] = [],
): Reading {
  const messages: BusMessage[] = [];
  const letters: OutgoingMessage[] = [];
  const counted: string[] = [];
  const bus: Pick<Bus, 'publish'> = {
    publish: async (topic, sent) => {
      assert.equal(topic, 't.dlq');
      letters.push(...sent);
    },
  };
  const log = createLog('silent');
  const subscription = new Subscription({
    kafka: fakeKafka(held, fetched, aborted),
    topic: 't',
    groupId: 'g',
    handle: async (batch) => {
      await handle(batch);
      messages.push(...batch);
    },
    putAside: putAsideOn(bus, log, (topic) => counted.push(topic)),
    log,
    prepare: async () => new Map(),
  });
  return {
    subscription,
    messages,
    letters,
    counted,
    until: async (enough) => {
      while (!enough()) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    [Symbol.asyncDispose]: () => subscription.stop(),
  };
}
const held = (...batches: [base: number, last: number, bytes: Buffer][]) =>
  batches.map(([base, last, bytes]) => ({ base, last, bytes }));
const texts = (messages: BusMessage[], partition: number): string[] =>
  messages.filter((message) => message.partition === partition).map(({ value }) => value.toString());

test('all codecs are read, and nothing is put aside', async () => {
  const all = [0, 1, 2, 3, 4].map((codec): [number, number, Buffer] => [
    codec * 2,
    codec * 2 + 1,
    batch([`${codec} first`, `${codec} second`], { base: codec * 2, codec }),
  ]);
  await using reading = readingOf(new Map([[0, held(...all)]]));
  await reading.until(() => reading.messages.length >= 10);
  assert.deepEqual(
    texts(reading.messages, 0),
    [0, 1, 2, 3, 4].flatMap((codec) => [`${codec} first`, `${codec} second`]),
  );
  assert.deepEqual(reading.letters, []);
  assert.equal(reading.subscription.trouble, undefined);
});

const packed = batch(['b', 'c', 'd'], { base: 1, codec: 2 });
for (const [what, wrong, last] of [
  ['an unknown codec', batch(['b', 'c', 'd'], { base: 1, codec: 5 }), '3'],
  ['a wrong checksum', spoiled(packed, packed.length - 1), '3'],
  ['a message format nobody knows', batch(['b', 'c', 'd'], { base: 1, magic: 7 }), '3'],
] as const)
  test(`${what}: the batch goes to the dead-letter topic as it came, is counted and named; all else goes on`, async () => {
    await using reading = readingOf(
      new Map([
        [0, held([0, 0, batch(['a'])], [1, 3, wrong], [4, 4, batch(['e'], { base: 4, codec: 4 })])],
        [1, held([0, 0, batch(['other'])])],
      ]),
    );
    await reading.until(() => reading.messages.length >= 3);
    assert.deepEqual([texts(reading.messages, 0), texts(reading.messages, 1)], [['a', 'e'], ['other']]);
    assert.deepEqual(reading.counted, ['t']);
    const [letter, ...more] = reading.letters;
    assert.deepEqual(more, []);
    assert.ok(wrong.equals(letter!.value as Buffer));
    const { 'bongsu-error': error, ...headers } = letter!.headers!;
    assert.match(error!, /^undecodable: /);
    assert.deepEqual(headers, {
      'bongsu-holds': 'batch',
      'bongsu-topic': 't',
      'bongsu-partition': '0',
      'bongsu-offset': '1',
      'bongsu-last-offset': last,
    });
    const [phrase] = reading.subscription.undecoded();
    for (const language of ['en', 'ko'] as const) {
      const said = healthText(language, phrase!);
      assert.match(said, /1-3/);
      assert.match(said, /t\.dlq/);
      assert.match(said, language === 'en' ? /compress/ : /압축/);
    }
  });

test('a batch that does not say where it ends is put aside once, however often it comes', async () => {
  // The broker gives it for each of its offsets.
  const garbled = Buffer.concat([batch(['b']).subarray(0, 8), Buffer.alloc(80, 0)]);
  await using reading = readingOf(
    new Map([[0, held([0, 0, batch(['a'])], [1, 6, garbled], [7, 7, batch(['z'], { base: 7 })])]]),
  );
  await reading.until(() => reading.messages.length >= 2);
  assert.deepEqual(texts(reading.messages, 0), ['a', 'z']);
  assert.equal(reading.letters.length, 1);
  assert.equal(reading.letters[0]!.headers!['bongsu-offset'], '1');
});

test('what was damaged on the way only is read when it comes again', async () => {
  const good = batch(['a', 'b'], { codec: 1 });
  const partition = held([0, 1, spoiled(good, 65)]);
  let fetches = 0;
  await using reading = readingOf(new Map([[0, partition]]), undefined, () => {
    fetches += 1;
    if (fetches === 2) partition[0]!.bytes = good;
  });
  await reading.until(() => reading.messages.length >= 2);
  assert.deepEqual([texts(reading.messages, 0), reading.letters], [['a', 'b'], []]);
});

test('what belongs to an aborted transaction is left out, packed or not, and the rest of the partition is read', async () => {
  const transactional = { flags: 0x10, producerId: 7 };
  // The one record of a control batch: its key says version and that the transaction was aborted.
  const abort = batch([{ key: '\0\0\0\0', value: '\0\0\0\0\0\0' }], { base: 3, producerId: 7, flags: 0x30 });
  await using reading = readingOf(
    new Map([
      [
        0,
        held(
          [0, 1, batch(['aborted', 'aborted'], { ...transactional, codec: 2 })],
          [2, 2, batch(['of another'], { base: 2, codec: 4 })],
          [3, 3, abort],
          [4, 4, batch(['of the next'], { ...transactional, base: 4 })],
        ),
      ],
    ]),
    undefined,
    undefined,
    [{ producerId: '7', firstOffset: '0' }],
  );
  await reading.until(() => reading.messages.length >= 2);
  assert.deepEqual([texts(reading.messages, 0), reading.letters], [['of another', 'of the next'], []]);
});

test('a store that is away holds back its partition alone, from where it was refused, and health says so', async () => {
  let away = true;
  await using reading = readingOf(
    new Map([
      [0, held([0, 1, batch(['a', 'held'])])],
      [1, held([0, 0, batch(['other'])])],
    ]),
    async (messages) => {
      if (away && messages.some(({ partition }) => partition === 0))
        throw new AppError('unavailable', 'the store is away');
    },
  );
  await reading.until(() => reading.subscription.refused().length > 0);
  assert.deepEqual(texts(reading.messages, 1), ['other']);
  const [[word, values] = []] = reading.subscription.refused();
  assert.equal(word, 'heldBack');
  const { times, ...rest } = values!;
  assert.ok(Number(times) > 3);
  assert.deepEqual(rest, { topic: 't', partition: 0, offset: '0', error: 'unavailable: the store is away' });
  away = false;
  await reading.until(() => reading.messages.length >= 3);
  assert.deepEqual([texts(reading.messages, 0), reading.letters], [['a', 'held'], []]);
  assert.deepEqual(reading.subscription.refused(), []);
});
