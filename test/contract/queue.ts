import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { QueueConnection } from '../../src/backends/queue/bullmq.ts';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { AnalysisReport } from '../../src/domain/job/job.ts';

import { log, payload, report, tuning, watching } from './queue-jobs.ts';

/** What every queue must do; each adapter's test file runs it on a connection of its own. */
export function queueContract(name: string, connect: () => Promise<QueueConnection>): void {
  let connection: QueueConnection;
  let queue: Queue;
  before(async () => {
    connection = await connect();
    queue = await openBullQueue(connection, log, tuning);
  });
  after(() => queue[Symbol.asyncDispose]());

  test(`${name}: a job runs, tells its progress, keeps its result`, async () => {
    await using watch = await watching(queue);
    await using _ = await queue.work('analyze', async (given, context) => {
      assert.deepEqual(given, payload);
      assert.equal(context.attempt, 1);
      await context.progress({ fraction: 0.5, step: 'step.evidence', done: 1, total: 2 });
      return report;
    });
    const id = await queue.add('analyze', payload);
    const done = await watch.until(id, 'done');
    assert.deepEqual(done.result, report);
    assert.deepEqual(done.payload, payload);
    assert.equal(done.attempts, 1);
    assert.equal(done.error, undefined);
    assert.ok(
      watch.seen.some((job) => job.id === id && job.progress?.fraction === 0.5 && job.progress.total === 2),
      'progress was told',
    );
    assert.deepEqual(await queue.status(id), done);
  });

  test(`${name}: an id that exists is not added again`, async () => {
    let runs = 0;
    await using watch = await watching(queue);
    assert.equal(await queue.add('analyze', payload, { id: 'same' }), 'same');
    assert.equal(await queue.add('analyze', { ...payload, text: 'other' }, { id: 'same' }), 'same');
    await using _ = await queue.work('analyze', async () => {
      runs += 1;
      return report;
    });
    const done = await watch.until('same', 'done');
    assert.deepEqual(done.payload, payload);
    assert.equal(await queue.add('analyze', payload, { id: 'same' }), 'same', 'not even after it ended');
    assert.equal((await queue.counts()).waiting, 0);
    assert.equal(runs, 1);
    assert.equal(await queue.status('unknown'), undefined);
  });

  test(`${name}: waiting jobs know their position, and run in order`, async () => {
    await using watch = await watching(queue);
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.push(await queue.add('analyze', payload));
    for (const [i, id] of ids.entries()) {
      const status = await queue.status(id);
      assert.equal(status?.state, 'waiting');
      assert.equal(status.position, i);
    }
    assert.equal((await queue.counts()).waiting, 3);
    const order: string[] = [];
    await using _ = await queue.work('analyze', async (_payload, { id }) => {
      order.push(id);
      return report;
    });
    for (const id of ids) await watch.until(id, 'done');
    assert.deepEqual(order, ids);
  });

  test(`${name}: stopping a waiting job keeps it from ever running`, async () => {
    await using watch = await watching(queue);
    const before = await queue.counts();
    const first = await queue.add('analyze', payload);
    const second = await queue.add('analyze', payload);
    assert.equal(await queue.stop(first), true);
    assert.equal((await queue.status(first))?.state, 'stopped');
    await watch.until(first, 'stopped');
    assert.equal((await queue.counts()).waiting, before.waiting + 1);
    const ran: string[] = [];
    await using _ = await queue.work('analyze', async (_payload, { id }) => {
      ran.push(id);
      return report;
    });
    await watch.until(second, 'done');
    assert.deepEqual(ran, [second]);
    assert.equal((await queue.status(first))?.state, 'stopped');
    assert.equal((await queue.counts()).failed, before.failed, 'stopped is not failed');
    assert.equal(watch.states(first).filter((state) => state === 'stopped').length, 1, 'told once');
    assert.equal(await queue.stop(second), false, 'what has ended cannot be stopped');
    assert.equal(await queue.stop('unknown'), false);
  });

  test(`${name}: stopping an active job from another process aborts its signal`, async () => {
    await using watch = await watching(queue);
    // Another connection, as another process has one.
    await using other = await openBullQueue(connection, log, tuning);
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    await using _ = await queue.work('analyze', async (_payload, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      started.resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      return report;
    });
    const id = await queue.add('analyze', payload);
    await started.promise;
    assert.equal((await other.counts()).active, 1);
    assert.equal(await other.stop(id), true);
    const reason = await aborted.promise;
    assert.ok(reason instanceof AppError && reason.code === 'stopped');
    const status = await watch.until(id, 'stopped');
    assert.equal(status.error, undefined);
    assert.equal(status.result, undefined);
  });

  test(`${name}: a handler that ignores the abort cannot keep a job from stopping`, async () => {
    await using watch = await watching(queue);
    const started = Promise.withResolvers<void>();
    const released = Promise.withResolvers<AnalysisReport>();
    await using _ = await queue.work('analyze', () => {
      started.resolve();
      return released.promise;
    });
    const id = await queue.add('analyze', payload);
    await started.promise;
    assert.equal(await queue.stop(id), true);
    await watch.until(id, 'stopped');
    released.resolve(report);
    assert.equal((await queue.status(id))?.state, 'stopped');
  });

  test(`${name}: what may pass is tried again, what cannot fails at once with its code`, async () => {
    await using watch = await watching(queue);
    const attempts: Record<string, number[]> = {};
    await using _ = await queue.work('analyze', async ({ text }, { attempt }) => {
      attempts[text] = [...(attempts[text] ?? []), attempt];
      if (text === 'passes' && attempt < 3) throw new AppError('unavailable', 'not yet');
      if (text === 'never') throw new AppError('timeout', 'too slow');
      if (text === 'hopeless')
        throw new AppError('malformed', 'key sk-0123456789abcdef is broken\nsecond line');
      if (text === 'defect') throw new TypeError('x is not a function');
      return report;
    });
    const add = (text: string): Promise<string> => queue.add('analyze', { ...payload, text });
    const [passes, never, hopeless, defect] = [
      await add('passes'),
      await add('never'),
      await add('hopeless'),
      await add('defect'),
    ];
    assert.equal((await watch.until(passes, 'done')).attempts, 3);
    assert.deepEqual((await watch.until(never, 'failed')).error, { code: 'timeout', message: 'too slow' });
    assert.deepEqual((await watch.until(hopeless, 'failed')).error, {
      code: 'malformed',
      message: 'key [redacted] is broken',
    });
    assert.equal((await watch.until(defect, 'failed')).error?.code, 'internal');
    assert.deepEqual(attempts, { passes: [1, 2, 3], never: [1, 2, 3], hopeless: [1], defect: [1] });
    assert.ok((await queue.counts()).failed >= 3);
  });

  test(`${name}: what failed is listed, and is run again or forgotten as a person says`, async () => {
    await using watch = await watching(queue);
    let broken = true;
    await using _ = await queue.work('analyze', async () => {
      if (broken) throw new AppError('malformed', 'broken');
      return report;
    });
    const again = await queue.add('analyze', payload);
    const gone = await queue.add('analyze', payload);
    await watch.until(again, 'failed');
    await watch.until(gone, 'failed');
    const failed = (await queue.list(['failed'])).map(({ id }) => id);
    assert.ok(failed.indexOf(gone) >= 0 && failed.indexOf(gone) < failed.indexOf(again), 'newest first');
    assert.equal((await queue.list(['failed'], 1)).length, 1);
    assert.equal(await queue.drop(gone), true);
    assert.equal(await queue.drop(gone), false);
    assert.equal(await queue.status(gone), undefined);
    broken = false;
    assert.equal(await queue.retry(again), true);
    const done = await watch.until(again, 'done');
    assert.equal(done.attempts, 1, 'with all its tries');
    assert.equal(await queue.retry(again), false, 'what is done is not done again');
    assert.equal(await queue.drop(again), false);
    assert.equal(await queue.retry('unknown'), false);
    assert.ok((await queue.list(['done'])).some(({ id }) => id === again));
  });

  test(`${name}: the urgent goes first, and what has time waits its time`, async () => {
    await using watch = await watching(queue);
    const later = await queue.add('collect', { day: '2026-01-01', language: 'en' }, { delayMs: 300 });
    const added = Date.now();
    const low = await queue.add('collect', { day: '2026-01-02', language: 'en' }, { priority: 9 });
    const high = await queue.add('collect', { day: '2026-01-03', language: 'en' }, { priority: 1 });
    const first = await queue.add('collect', { day: '2026-01-04', language: 'en' });
    const order: string[] = [];
    await using _ = await queue.work('collect', async ({ day }, { id }) => {
      order.push(id);
      return { day, topic: 't', lines: 0, batches: 0 };
    });
    const last = await watch.until(later, 'done');
    for (const id of [first, high, low]) await watch.until(id, 'done');
    // On a slow machine its time may come before the worker does.
    assert.deepEqual(
      order.filter((id) => id !== later),
      [first, high, low],
    );
    assert.ok((last.startedAt ?? 0) >= added + 250, 'not before its time');
    const next = await queue.add('collect', { day: '2026-01-05', language: 'en' }, { delayMs: 60_000 });
    assert.equal((await queue.status(next))?.state, 'waiting');
    assert.equal(await queue.stop(next), true);
  });

  test(`${name}: a worker that shuts down gives its job back`, async () => {
    await using watch = await watching(queue);
    const started = Promise.withResolvers<void>();
    const worker = await queue.work(
      'analyze',
      async (_payload, { signal }) => {
        started.resolve();
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        return report;
      },
      { drainMs: 10 },
    );
    const id = await queue.add('analyze', payload);
    await started.promise;
    await worker[Symbol.asyncDispose]();
    assert.equal((await queue.status(id))?.state, 'waiting');
    await using _ = await queue.work('analyze', async () => report);
    assert.equal((await watch.until(id, 'done')).attempts, 2);
  });

  test(`${name}: the job of a killed worker goes to another one`, async () => {
    await using watch = await watching(queue);
    const id = await queue.add('analyze', payload);
    const dying = await startWorkerProcess(connection, id);
    dying.kill('SIGKILL');
    await using _ = await queue.work('analyze', async (_payload, { attempt }) => {
      assert.equal(attempt, 2);
      return report;
    });
    assert.deepEqual((await watch.until(id, 'done')).result, report);
  });

  test(`${name}: what was queued survives closing and opening again`, async () => {
    const id = await queue.add('analyze', payload);
    await Promise.all([queue[Symbol.asyncDispose](), queue[Symbol.asyncDispose]()]);
    await assert.rejects(queue.counts(), AppError);
    await queue[Symbol.asyncDispose]();
    queue = await openBullQueue(connection, log, tuning);
    await using watch = await watching(queue);
    await using _ = await queue.work('analyze', async () => report);
    await watch.until(id, 'done');
    assert.equal((await queue.health()).ok, true);
    assert.equal((await queue.health()).kind, name);
  });
}

/** A process that works on the queue and is killed in the middle of the job. */
async function startWorkerProcess(connection: QueueConnection, id: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./queue-worker.ts', import.meta.url)), JSON.stringify(connection)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of child.stdout) if (String(line).includes(id)) return child;
  throw new Error('the worker process ended before it took the job');
}
