import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { AppError } from '../../src/domain/errors.ts';
import { createLog } from '../../src/log.ts';
import { busContract } from '../contract/bus.ts';
import { javaProducer } from './servers/producers.ts';
import { startKafka } from './servers.ts';

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
let server: Awaited<ReturnType<typeof startKafka>>;
const warnings: string[] = [];
const warned = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);

before(async () => {
  process.on('warning', warned);
  server = await startKafka();
});
after(async () => {
  process.off('warning', warned);
  await server[Symbol.asyncDispose]();
});

const open = () => openKafkaBus({ brokers: server.brokers, group: 'bongsu' }, log);

busContract('kafka', {
  open,
  reopen: async (bus) => {
    await bus[Symbol.asyncDispose]();
    return open();
  },
  sendBare: (topic) => javaProducer({ brokers: server.brokers, topic, codec: 'none', lines: [''] }),
  openUnreachable: () => openKafkaBus({ brokers: ['127.0.0.1:1'], group: 'bongsu' }, log),
});

test('kafkajs causes no warning about negative timeouts', () => {
  assert.deepEqual(
    warnings.filter((warning) => warning.startsWith('TimeoutNegativeWarning')),
    [],
  );
});

test('a broker that dies and comes back: published again, consumed on, nothing lost', async () => {
  await using bus = await open();
  const topic = `outage-${Date.now()}`;
  const seen = new Set<string>();
  await using _ = await bus.subscribe(topic, { group: 'outage', from: 'earliest' }, async (batch) => {
    for (const message of batch) seen.add(message.value.toString());
  });
  await bus.publish(topic, [{ key: 'k', value: 'before' }]);
  await server.kill();
  const down = await bus.health();
  assert.equal(down.ok, false);
  assert.match(down.detail, /no broker answers/);
  await assert.rejects(
    bus.publish(topic, [{ key: 'k', value: 'refused' }]),
    (error) => error instanceof AppError && error.retryable,
  );
  await server.restart();
  const again = async (): Promise<void> => {
    // As the outbox and the pipeline do: what was refused is published again.
    for (;;)
      try {
        return await bus.publish(topic, [{ key: 'k', value: 'after' }]);
      } catch (error) {
        assert.ok(error instanceof AppError && error.retryable, String(error));
      }
  };
  await again();
  while (!seen.has('before') || !seen.has('after')) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await bus.health()).ok, true);
});

test('a handler that takes longer than the heartbeat interval keeps its partitions', async () => {
  await using bus = await open();
  const topic = `slow-${Date.now()}`;
  const handled: string[] = [];
  const done = Promise.withResolvers<void>();
  await using _ = await bus.subscribe(topic, { group: 'slow', from: 'earliest' }, async (batch) => {
    if (handled.length === 0) await new Promise((resolve) => setTimeout(resolve, 4_000));
    handled.push(...batch.map((message) => message.value.toString()));
    if (handled.includes('last')) done.resolve();
  });
  await bus.publish(topic, [{ key: 'k', value: 'first' }]);
  await bus.publish(topic, [{ key: 'k', value: 'last' }]);
  await done.promise;
  assert.deepEqual(handled, ['first', 'last']);
});
