import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKafkaBus } from '../../../src/backends/bus/kafka.ts';
import { createLog } from '../../../src/log.ts';

test('one group reads one topic: the broker shares out the partitions of all of them among its members', async () => {
  await using bus = await openKafkaBus({ brokers: ['127.0.0.1:1'], group: 'g' }, createLog('silent'));
  const nothing = async (): Promise<void> => {};
  await using _one = await bus.subscribe('one', { group: 'readers' }, nothing);
  await assert.rejects(bus.subscribe('two', { group: 'readers' }, nothing), { code: 'internal' });
  await using _again = await bus.subscribe('one', { group: 'readers' }, nothing);
  await using _two = await bus.subscribe('two', { group: 'others' }, nothing);
});
