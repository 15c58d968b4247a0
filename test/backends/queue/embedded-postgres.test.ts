import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openBullQueue } from '../../../src/backends/queue/bullmq.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { queueContract } from '../../contract/queue.ts';
import { payload, report } from '../../contract/queue-jobs.ts';

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

test('a database that dies is started again, and the same worker goes on', async () => {
  const folder = join(dir, 'dying');
  await using queue = await openBullQueue({ kind: 'embedded', dir: folder }, createLog('silent'));
  const done = Promise.withResolvers<void>();
  await using _w = await queue.watch((job) => {
    if (job.id === 'after' && job.state === 'done') done.resolve();
  });
  await using _ = await queue.work('analyze', async () => report);
  await queue.add('analyze', payload);
  const [pid] = (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  for (;;)
    try {
      await queue.add('analyze', payload, { id: 'after' });
      break;
    } catch (error) {
      assert.ok(error instanceof AppError && error.retryable, String(error));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  await done.promise;
});

test('the password is readable by its owner only, and in no health line', async () => {
  const file = join(dir, 'queue', 'password');
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
  await using queue = await openBullQueue({ kind: 'embedded', dir: join(dir, 'queue') }, createLog('silent'));
  assert.ok(!JSON.stringify(await queue.health()).includes(await readFile(file, 'utf8')));
});
