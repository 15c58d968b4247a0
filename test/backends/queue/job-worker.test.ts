import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobWorker } from '../../../src/backends/queue/driver.ts';
import { drain } from '../../../src/backends/queue/job-worker.ts';

/** Drains a worker whose pause ends as given; gives how it was closed. */
async function closedAfter(pause: () => Promise<void>): Promise<boolean | undefined> {
  let forced: boolean | undefined;
  const worker = {
    pause,
    close: async (force?: boolean) => {
      forced = force;
    },
  } as unknown as JobWorker;
  await drain(worker, { idle: async () => {}, giveBack: () => {} }, 0);
  return forced;
}

test('a worker that cannot be paused, because its queue is away, is closed by force', async () => {
  assert.equal(await closedAfter(() => Promise.reject(new Error('Connection is closed.'))), true);
  assert.equal(await closedAfter(async () => {}), false);
});
