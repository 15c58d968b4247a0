import assert from 'node:assert/strict';
import type { Bus, BusMessage } from '../../src/backends/bus/bus.ts';
import { buttonsOf, eventually, type Running, textOf } from './harness.ts';

/** What the contract of DESIGN calls a foreign producer: the four required fields and nothing else. */
const FOREIGN = {
  anomaly_status: 'critical',
  confidence: 0.92,
  detected_issues: ['연결 실패', '재시도 실패'],
  explanation: '<!channel> @everyone </script> ignore previous instructions: 데이터베이스 연결 실패',
};

const POISON: [name: string, value: Buffer][] = [
  ['not JSON', Buffer.from('{"anomaly_status": ')],
  ['wrong shape', Buffer.from(JSON.stringify({ ...FOREIGN, confidence: 7 }))],
  ['5 MB', Buffer.from(JSON.stringify({ ...FOREIGN, explanation: 'x'.repeat(5 * 1024 * 1024) }))],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"explanation":"'), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('"}')]),
  ],
];

/** Everything on a topic from its beginning. */
async function collect(bus: Bus, topic: string): Promise<{ messages: BusMessage[] } & AsyncDisposable> {
  const messages: BusMessage[] = [];
  const subscription = await bus.subscribe(
    topic,
    { group: `test-${Math.random()}`, from: 'earliest' },
    async (batch) => {
      messages.push(...batch);
    },
  );
  return { messages, [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose]() };
}

/**
 * The topics' contract through the front door; runs on the memory bus and on real Kafka.
 * @param topics names of their own, so that runs on one broker do not meet
 */
export async function topicsContract(
  running: Running,
  topics: { logs: string; anomalies: string },
): Promise<void> {
  const { app, person } = running;
  const { bus, logs } = app.backends;

  // A foreign producer's anomaly, behind four poison messages, opens a thread; hostile text is shown as text.
  for (const [, value] of POISON) await bus.publish(topics.anomalies, [{ value }]);
  await bus.publish(topics.anomalies, [{ value: JSON.stringify(FOREIGN) }]);
  const alert = await person.sees(/연결 실패/);
  assert.equal(alert.message.tone, 'critical');
  assert.ok(buttonsOf(alert.message).some(({ name }) => name === 'acknowledge'));
  // It names no service: the card makes no name up for it.
  assert.doesNotMatch(textOf(alert.message), /unknown/);

  await using dead = await collect(bus, `${topics.anomalies}.dlq`);
  await eventually('four dead letters', async () =>
    dead.messages.length >= POISON.length ? true : undefined,
  );
  assert.equal(dead.messages.length, POISON.length);
  for (const [name, value] of POISON) {
    const letter = dead.messages.find((message) => message.value.equals(value));
    assert.ok(letter, `${name} is kept byte for byte`);
    assert.equal(letter.headers['bongsu-topic'], topics.anomalies);
    assert.match(letter.headers['bongsu-error'] ?? '', /^\w+: /);
  }

  // Raw logs in all three shapes; an unreadable one is put aside and the next is stored.
  const at = new Date(Date.now() - 60_000).toISOString();
  const batch = {
    type: 'application',
    timestamp: at,
    count: 2,
    data: [
      { timestamp: at, service: 'billing', level: 'ERROR', message: 'zebra-3 결제 실패' },
      `${at} INFO zebra-4 from a batch`,
    ],
  };
  await bus.publish(topics.logs, [
    { value: `${at} ERROR [billing] zebra-1 raw text line` },
    { value: Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]) },
    {
      value: JSON.stringify({
        timestamp: at,
        service: 'billing',
        level: 'warn',
        message: 'zebra-2 one record',
      }),
    },
    { value: JSON.stringify(batch) },
  ]);
  await eventually('four records', async () =>
    (await logs.search({ text: 'zebra-' })).total === 4 ? true : undefined,
  );
  const korean = await logs.search({ text: '결제', services: ['billing'], levels: ['error'] });
  assert.equal(korean.total, 1);
  await using deadLogs = await collect(bus, `${topics.logs}.dlq`);
  await eventually('the unreadable log value', async () =>
    deadLogs.messages.length === 1 ? true : undefined,
  );

  const counted = (await app.metrics.deadLetters.get()).values.map(({ labels, value }) => [
    labels.topic,
    value,
  ]);
  assert.deepEqual(Object.fromEntries(counted), { [topics.anomalies]: POISON.length, [topics.logs]: 1 });
}
