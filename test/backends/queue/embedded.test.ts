import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openBullQueue } from '../../../src/backends/queue/bullmq.ts';
import { createLog } from '../../../src/log.ts';
import { queueContract } from '../../contract/queue.ts';

const dir = await mkdtemp(join(tmpdir(), 'bongsu-queue-'));
after(() => rm(dir, { recursive: true, force: true }));

queueContract('embedded', async () => ({ kind: 'embedded', dir: join(dir, 'queue') }));

test('nothing is started before there is a job', async () => {
  const unused = join(dir, 'unused');
  await using queue = await openBullQueue({ kind: 'embedded', dir: unused }, createLog('silent'));
  await using _ = await queue.work('analyze', () => Promise.reject(new Error('no job was added')));
  await using _w = await queue.watch(() => {});
  assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, done: 0, failed: 0 });
  assert.equal(await queue.status('x'), undefined);
  assert.equal(await queue.stop('x'), false);
  const health = await queue.health();
  assert.equal(health.ok, true);
  assert.match(health.detail, /starts with the first job/);
  await assert.rejects(rm(unused), { code: 'ENOENT' });
});
