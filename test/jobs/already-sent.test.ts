import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { wasSent } from '../../src/jobs/already-sent.ts';
import { createLog } from '../../src/log.ts';

test('two days in doubt: each is looked for by itself, whatever the other check has read past', async () => {
  await using bus = openMemoryBus(createLog('silent'));
  const { signal } = new AbortController();
  const send = (day: string) =>
    bus.publish('daily', [{ key: day, value: '{"count":0,"data":[]}', headers: { batch: `${day}/1` } }]);
  const check = (day: string, batch: number) =>
    wasSent(bus, { topic: 'daily', key: day, header: 'batch', value: `${day}/${batch}`, signal });
  await send('x');
  await send('y');
  assert.deepEqual(await Promise.all([check('x', 1), check('y', 1)]), [true, true]);
  assert.deepEqual([await check('x', 1), await check('y', 1), await check('y', 2)], [true, true, false]);
});
