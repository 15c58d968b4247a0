import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Bus, OutgoingMessage } from '../../src/backends/bus/bus.ts';
import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { collectHandler } from '../../src/jobs/collect.ts';
import { createLog } from '../../src/log.ts';
import { memoryState } from '../fakes/state.ts';
import { startKafka } from './servers.ts';

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
const server = await startKafka();
after(() => server[Symbol.asyncDispose]());

const LINES = 3_500;
const FROM = Date.parse('2026-03-28T23:00:00Z');
const records = Array.from(
  { length: LINES },
  (_, i): LogRecord => ({
    id: `r${i}`,
    timestamp: FROM + Math.floor(i / 4) * 1_000,
    level: 'info',
    service: 'cart',
    message: `line ${i}`,
    line: `line ${i}`,
    attributes: {},
  }),
);
const job = {
  id: 'j',
  attempt: 1,
  attempts: 3,
  signal: new AbortController().signal,
  progress: async () => {},
};
const asked = { day: '2026-03-29', language: 'en' } as const;

test('Kafka: a collection that died before and after a batch was sent goes on; the topic holds each line once', async () => {
  await using logs = await openSqliteLogs({ file: ':memory:' }, log);
  await logs.write(records);
  for (const moment of ['before', 'after'] as const) {
    const topic = `daily-${moment}`;
    const state = memoryState();
    const parts = { logs, state, topic, timeZone: 'Europe/Berlin' };
    {
      await using bus = await openKafkaBus({ brokers: server.brokers, group: 'jobs' }, log);
      let sends = 0;
      const dying: Bus = {
        ...bus,
        async publish(to: string, messages: OutgoingMessage[]) {
          sends += 1;
          if (sends === 2 && moment === 'before') throw new AppError('unavailable', 'killed');
          await bus.publish(to, messages);
          if (sends === 2) throw new AppError('unavailable', 'killed');
        },
      };
      await assert.rejects(collectHandler({ ...parts, bus: dying })(asked, job));
    }
    await using bus = await openKafkaBus({ brokers: server.brokers, group: 'jobs' }, log);
    const report = await collectHandler({ ...parts, bus })(asked, job);
    assert.deepEqual(report, { day: asked.day, topic, lines: LINES, batches: 4 });
    const ids: string[] = [];
    const all = Promise.withResolvers<void>();
    await using _ = await bus.subscribe(topic, { group: 'reader', from: 'earliest' }, async (messages) => {
      for (const { value } of messages)
        for (const { id } of (JSON.parse(value.toString()) as { data: { id: string }[] }).data) ids.push(id);
      if (ids.length >= LINES) all.resolve();
    });
    await all.promise;
    assert.deepEqual(
      ids,
      records.map(({ id }) => id),
      moment,
    );
  }
});
