import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import { AppError } from '../../src/domain/errors.ts';
import { createLog } from '../../src/log.ts';
import { queueContract } from '../contract/queue.ts';
import { payload, report } from '../contract/queue-jobs.ts';
import { startRedis } from './servers.ts';

const server = await startRedis();
after(() => server[Symbol.asyncDispose]());

queueContract('redis', async () => ({ kind: 'redis', url: server.url, prefix: 'contract' }));

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');

test('Redis away at start: it opens, says so without the password, and refuses jobs', async () => {
  await using down = await openBullQueue(
    { kind: 'redis', url: 'redis://:secret@127.0.0.1:1/0', prefix: 'x' },
    log,
  );
  const health = await down.health();
  assert.equal(health.ok, false);
  assert.ok(health.mend);
  assert.doesNotMatch(JSON.stringify(health), /secret/);
  await assert.rejects(
    down.add('analyze', payload),
    (error) => error instanceof AppError && error.code === 'unavailable' && error.retryable,
  );
});

test('Redis dies and comes back: the same worker goes on', async () => {
  await using queue = await openBullQueue({ kind: 'redis', url: server.url, prefix: 'outage' }, log);
  const done = Promise.withResolvers<void>();
  await using _w = await queue.watch((job) => {
    if (job.state === 'done') done.resolve();
  });
  await using _ = await queue.work('analyze', async () => report);
  await server.kill();
  assert.equal((await queue.health()).ok, false);
  await assert.rejects(queue.add('analyze', payload), AppError);
  await server.restart();
  for (;;)
    try {
      await queue.add('analyze', payload, { id: 'after-outage' });
      break;
    } catch (error) {
      assert.ok(error instanceof AppError && error.retryable, String(error));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  await done.promise;
  assert.equal((await queue.status('after-outage'))?.state, 'done');
});

test('closing ends though Redis is away, and nothing keeps the process', async () => {
  await using own = await startRedis();
  const script = new URL('../contract/queue-closing.ts', import.meta.url);
  const connection = JSON.stringify({ kind: 'redis', url: own.url, prefix: 'closing' });
  const child = spawn(process.execPath, [fileURLToPath(script), connection], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  const ready = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('ready')) ready.resolve();
  });
  const ended = once(child, 'exit');
  try {
    await Promise.race([ready.promise, ended]);
    await own.kill();
    child.stdin.write('close\n');
    const [code] = await Promise.race([ended, sleep(60_000, ['still there'], { ref: false })]);
    assert.equal(code, 0, said);
    assert.match(said, /closed/);
  } finally {
    child.kill('SIGKILL');
  }
});
