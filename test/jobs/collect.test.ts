import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bus, OutgoingMessage } from '../../src/backends/bus/bus.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { JobContext } from '../../src/backends/queue/queue.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { collectHandler } from '../../src/jobs/collect.ts';
import { createLog } from '../../src/log.ts';
import { memoryState } from '../fakes/state.ts';

const log = createLog('silent');
const DAY = '2026-03-29';
/** Berlin's day of 23 hours. */
const FROM = Date.parse('2026-03-28T23:00:00Z');
const TO = Date.parse('2026-03-29T22:00:00Z');

const record = (index: number, timestamp: number): LogRecord => ({
  id: `r${index}`,
  timestamp,
  level: index % 10 === 0 ? 'error' : 'info',
  service: 'cart',
  message: `line ${index} 결제`,
  line: `line ${index} 결제 ${'x'.repeat(Math.abs(index) % 7)}`,
  attributes: {},
});
const context = (signal = new AbortController().signal): JobContext => ({
  id: 'j',
  attempt: 1,
  attempts: 3,
  signal,
  progress: async () => {},
});

/** A store with the lines of a day, and one line before and after it. Many lines have the same millisecond. */
async function storeOf(lines: number) {
  const logs = await openSqliteLogs({ file: ':memory:' }, log);
  const records = [record(-1, FROM - 1), record(-2, TO)];
  for (let i = 0; i < lines; i += 1) records.push(record(i, FROM + Math.floor((i / lines) * 1_000) * 60_000));
  await logs.write(records);
  return logs;
}

/** Reads all that is on the topic now. */
async function topicOf(bus: Bus, topic: string, batches: number) {
  const sent: { header: string | undefined; key: string | undefined; ids: string[]; value: string }[] = [];
  const all = Promise.withResolvers<void>();
  await using _ = await bus.subscribe(
    topic,
    { group: `reader-${Math.random()}`, from: 'earliest' },
    async (messages) => {
      for (const { value, headers, key } of messages) {
        const text = value.toString();
        const { count, data } = JSON.parse(text) as { count: number; data: { id: string }[] };
        assert.equal(count, data.length);
        // Markers of a check are empty.
        if (count > 0)
          sent.push({ header: headers['bongsu-batch'], key, ids: data.map(({ id }) => id), value: text });
        if (sent.length >= batches) all.resolve();
      }
    },
  );
  await all.promise;
  return sent;
}

test('a local day goes to the topic in the envelope, whole, in order, once', async () => {
  await using logs = await storeOf(2_500);
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const handler = collectHandler({ logs, bus, state, topic: 'daily', timeZone: 'Europe/Berlin' });
  const report = await handler({ day: DAY, language: 'en' }, context());
  assert.deepEqual(report, { day: DAY, topic: 'daily', lines: 2_500, batches: 3 });
  assert.deepEqual(
    await handler({ day: DAY, language: 'en' }, context()),
    report,
    'by hand again: nothing is sent',
  );
  const sent = await topicOf(bus, 'daily', 3);
  assert.deepEqual(
    sent.map(({ header, key }) => [header, key]),
    [
      [`${DAY}/1`, `collect/${DAY}`],
      [`${DAY}/2`, `collect/${DAY}`],
      [`${DAY}/3`, `collect/${DAY}`],
    ],
  );
  const ids = sent.flatMap((batch) => batch.ids);
  assert.deepEqual(
    ids,
    Array.from({ length: 2_500 }, (_, i) => `r${i}`),
  );
  const first = JSON.parse(sent[0]!.value) as { type: string; timestamp: string; data: object[] };
  assert.equal(first.type, 'application');
  assert.equal(first.timestamp, '2026-03-28T23:00:00.000Z');
  assert.deepEqual(first.data[0], {
    id: 'r0',
    timestamp: '2026-03-28T23:00:00.000Z',
    level: 'error',
    service: 'cart',
    line: 'line 0 결제 ',
  });
});

test('killed before, while and after a batch is sent: it goes on, no line twice, none left out', async () => {
  for (const [batch, moment] of [
    [1, 'before'],
    [2, 'before'],
    [2, 'after'],
    [3, 'after'],
    [4, 'before'],
  ] as const) {
    await using logs = await storeOf(3_500);
    await using bus = openMemoryBus(log);
    const state = memoryState();
    let sends = 0;
    const dying: Bus = {
      ...bus,
      async publish(topic: string, messages: OutgoingMessage[]) {
        sends += 1;
        if (sends === batch && moment === 'before') throw new AppError('unavailable', 'killed');
        await bus.publish(topic, messages);
        if (sends === batch) throw new AppError('unavailable', 'killed');
      },
    };
    const parts = { logs, state, topic: 'daily', timeZone: 'Europe/Berlin' };
    await assert.rejects(collectHandler({ ...parts, bus: dying })({ day: DAY, language: 'en' }, context()));
    const report = await collectHandler({ ...parts, bus })({ day: DAY, language: 'en' }, context());
    assert.deepEqual(report, { day: DAY, topic: 'daily', lines: 3_500, batches: 4 });
    const sent = await topicOf(bus, 'daily', 4);
    assert.deepEqual(
      sent.flatMap(({ ids }) => ids),
      Array.from({ length: 3_500 }, (_, i) => `r${i}`),
      `${moment} ${batch}`,
    );
  }
});

test('a worker that lost the day to another one ends; a stopped one ends at once; an empty day is none', async () => {
  await using logs = await storeOf(2_500);
  await using bus = openMemoryBus(log);
  const state = memoryState();
  const parts = { logs, state, topic: 'daily', timeZone: 'Europe/Berlin' };
  const other = collectHandler({ ...parts, bus });
  let taken = false;
  const slow: Bus = {
    ...bus,
    async publish(topic: string, messages: OutgoingMessage[]) {
      await bus.publish(topic, messages);
      if (taken) return;
      taken = true;
      await other({ day: DAY, language: 'en' }, context());
    },
  };
  await assert.rejects(collectHandler({ ...parts, bus: slow })({ day: DAY, language: 'en' }, context()), {
    code: 'conflict',
    retryable: false,
  });
  assert.equal((await topicOf(bus, 'daily', 3)).flatMap(({ ids }) => ids).length, 2_500);

  const stop = new AbortController();
  stop.abort(new AppError('stopped', 'a person stopped the job'));
  const next = collectHandler({ ...parts, bus });
  await assert.rejects(next({ day: '2026-03-28', language: 'en' }, context(stop.signal)), {
    code: 'stopped',
  });
  const empty = await next({ day: '2026-01-01', language: 'en' }, context());
  assert.deepEqual(empty, { day: '2026-01-01', topic: 'daily', lines: 0, batches: 0 });
});
