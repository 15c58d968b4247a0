import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobWatcher } from '../../../src/backends/queue/job-watcher.ts';
import type { JobStatus } from '../../../src/domain/job/job.ts';
import { createLog } from '../../../src/log.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the end of a followed job is told once, though its event was lost', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let state = 'waiting';
  const told: string[] = [];
  const watcher = new JobWatcher(
    async (id) => ({ id, name: 'analyze', state }) as JobStatus,
    (job) => told.push(job.state),
    createLog('silent'),
  );
  watcher.follow('a');
  t.mock.timers.tick(3_000);
  await settled();
  assert.deepEqual(told, [], 'a job that still waits is not told again');
  state = 'done';
  t.mock.timers.tick(3_000);
  await settled();
  watcher.tell('a');
  t.mock.timers.tick(9_000);
  await settled();
  assert.deepEqual(told, ['done']);
  watcher.close();
});

test('a queue that is away for a moment is asked again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let away = true;
  const told: string[] = [];
  const watcher = new JobWatcher(
    async (id) => {
      if (away) throw new Error('away');
      return { id, name: 'analyze', state: 'failed' } as JobStatus;
    },
    (job) => told.push(job.state),
    createLog('silent'),
  );
  watcher.tell('a');
  await settled();
  away = false;
  t.mock.timers.tick(3_000);
  await settled();
  assert.deepEqual(told, ['failed']);
  watcher.close();
});
