import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openMemoryBus } from '../../../src/backends/bus/memory.ts';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { Forwarder } from '../../../src/pipeline/outputs/forwarder.ts';
import { openOtlpOutput } from '../../../src/pipeline/outputs/otlp.ts';
import type { Output } from '../../../src/pipeline/outputs/output.ts';
import { syslogLine } from '../../../src/pipeline/sources/syslog/message.ts';
import { outputContract, sampleAnomaly } from '../../contract/output.ts';
import { until } from '../sources/harness.ts';
import { mqttReceiver, otlpReceiver, syslogReceiver } from './harness.ts';

outputContract('syslog', syslogReceiver);
outputContract('mqtt', mqttReceiver);
outputContract('otlp grpc', () => otlpReceiver('grpc'));
outputContract('otlp http/protobuf', () => otlpReceiver('http/protobuf'));
outputContract('otlp http/json', () => otlpReceiver('http/json'));

test('syslog: a frame is RFC 5424 with severity and structured data', async () => {
  await using receiver = await syslogReceiver();
  await using output = receiver.open();
  await output.send([{ ...sampleAnomaly(2), id: 'a"]\\' }]);
  await receiver.arrived(1);
  const { fields } = syslogLine(receiver.frames[0]!, { sender: 'x', position: '1', receivedAt: 0 });
  assert.equal(fields?.level, 'crit');
  assert.equal(fields?.service, 'bongsu');
  assert.equal(fields?.['bongsu@32473.id'], 'a"]\\');
  assert.equal(fields?.['bongsu@32473.service'], '주문');
});

/** A receiver; the test decides whether it takes anomalies. */
function moody(): Output & { got: Anomaly[]; mood: (anomalies: Anomaly[]) => void } {
  const got: Anomaly[] = [];
  const output = {
    name: 'mqtt',
    endpoint: 'here',
    got,
    mood: (_: Anomaly[]): void => undefined,
    async send(anomalies: Anomaly[]) {
      output.mood(anomalies);
      got.push(...anomalies);
    },
    async [Symbol.asyncDispose]() {},
  };
  return output;
}
const away = () => {
  throw new AppError('unavailable', 'away', { retryAfterMs: 1 });
};

async function startForwarder(output: Output, options: { durable?: boolean; limit?: number } = {}) {
  const log = createLog('silent');
  const bus = openMemoryBus(log);
  const metrics = createMetrics();
  const sender = await Forwarder.start(output, {
    bus,
    topic: 'log-anomalies',
    group: 'g',
    timeZone: 'UTC',
    durable: options.durable ?? false,
    limit: options.limit ?? 10_000,
    metrics,
    log,
  });
  return {
    sender,
    publish: (from: number, to: number) =>
      bus.publish(
        'log-anomalies',
        Array.from({ length: to - from }, (_, n) => ({
          key: 'one',
          value: JSON.stringify(sampleAnomaly(from + n)),
        })),
      ),
    raw: (value: string) => bus.publish('log-anomalies', [{ key: 'one', value }]),
    dropped: async () => (await metrics.anomaliesDropped.get()).values[0]?.value ?? 0,
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}
const numbers = (anomalies: Anomaly[]): number[] => anomalies.map(({ id }) => Number(id.slice(3)));

test('a receiver that is away gets everything in order when it is back', async () => {
  const output = moody();
  output.mood = away;
  await using to = await startForwarder(output);
  await to.publish(0, 500);
  await until(() => !to.sender.health().ok, 'the trouble to show');
  await to.raw('not json');
  output.mood = () => undefined;
  await to.publish(500, 600);
  await until(() => output.got.length === 600, 'all anomalies');
  assert.deepEqual(
    numbers(output.got),
    Array.from({ length: 600 }, (_, n) => n),
  );
  assert.equal(await to.dropped(), 0);
  assert.equal(to.sender.health().ok, true);
});

test('beyond the bound the oldest is dropped, counted and shown; the pipeline is not held up', async () => {
  const output = moody();
  output.mood = away;
  await using to = await startForwarder(output, { limit: 50 });
  await to.publish(0, 10_000);
  await until(() => /dropped/.test(to.sender.health().detail), 'drops');
  await until(() => /, 9950 dropped/.test(to.sender.health().detail), 'all drops');
  output.mood = () => undefined;
  await until(() => output.got.length === 50, 'the rest');
  assert.deepEqual(
    numbers(output.got),
    Array.from({ length: 50 }, (_, n) => 9_950 + n),
  );
  assert.equal(await to.dropped(), 9_950);
});

test('on a durable bus nothing is dropped: the bus keeps what was not sent', async () => {
  const output = moody();
  let rejections = 0;
  output.mood = () => {
    rejections += 1;
    if (rejections < 4) away();
  };
  await using to = await startForwarder(output, { durable: true, limit: 1 });
  await to.publish(0, 300);
  await until(() => output.got.length >= 300, 'all anomalies');
  assert.deepEqual(
    [...new Set(numbers(output.got))],
    Array.from({ length: 300 }, (_, n) => n),
  );
  assert.equal(await to.dropped(), 0);
});

test('what the receiver will never take is left out and counted, the others arrive', async () => {
  const output = moody();
  output.mood = (anomalies) => {
    if (anomalies.some(({ id }) => id === 'an-7')) throw new AppError('malformed', 'will not have it');
  };
  await using to = await startForwarder(output);
  await to.publish(0, 20);
  await until(() => output.got.length === 19, 'the others');
  assert.equal(await to.dropped(), 1);
});

test('what could not be sent before the end is counted', async () => {
  const output = moody();
  output.mood = () => {
    throw new AppError('unavailable', 'away', { retryAfterMs: 60_000 });
  };
  const to = await startForwarder(output);
  await to.publish(0, 5);
  await until(() => /5 waiting/.test(to.sender.health().detail) && !to.sender.health().ok, 'the buffer');
  await to[Symbol.asyncDispose]();
  assert.equal(await to.dropped(), 5);
});

test('otlp: a receiver that took it and says no more than ok has it; one that breaks off is tried again', async () => {
  let says = 'ok';
  const server = createServer((_request, response) => {
    if (says !== '') return void response.end(says);
    response.writeHead(200, { 'content-length': '100' });
    response.write('{', () => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  try {
    for (const protocol of ['http/json', 'http/protobuf'] as const) {
      await using output = openOtlpOutput({ url, protocol }, () => assert.fail('nothing was rejected'));
      for (says of ['ok', 'null']) await output.send([sampleAnomaly(1)]);
      says = '';
      await assert.rejects(output.send([sampleAnomaly(1)]), { code: 'unavailable', retryable: true });
    }
  } finally {
    server.close();
  }
});
