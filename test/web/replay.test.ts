import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents, startWeb } from './harness.ts';

test('a replay tells its progress; one at a time, and only where there is a pipeline', async () => {
  await using without = await startWeb();
  assert.equal((await fetch(`${without.address}/replay`, { method: 'POST' })).status, 501);
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = await startWeb({
    replay: async (onProgress) => {
      onProgress(1, 2);
      await promise;
      return { lines: 2 };
    },
  });
  const first = await fetch(`${server.address}/replay`, { method: 'POST' });
  assert.equal((await fetch(`${server.address}/replay`, { method: 'POST' })).status, 409);
  resolve();
  assert.deepEqual(await readEvents(first), [
    { event: 'progress', data: { done: 1, total: 2 } },
    { event: 'end', data: { lines: 2 } },
  ]);
});
