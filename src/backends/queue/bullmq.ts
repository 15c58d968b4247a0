import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { JOB_NAMES, type JobName, type JobState, type JobStatus } from '../../domain/job/job.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import {
  CALL_MS,
  type Closable,
  type JobStore,
  openDriver,
  type QueueConnection,
  translate,
  within,
} from './driver.ts';
import { type ConnectionUser, type JobStores, openJobConnection } from './job-connection.ts';
import { listJobs, usualTime } from './job-list.ts';
import { type JobData, jobStatus, type StoredJob } from './job-state.ts';
import { JobWatcher } from './job-watcher.ts';
import { drain, runningJobs } from './job-worker.ts';
import type { Queue } from './queue.ts';

export type { QueueConnection } from './driver.ts';

const ATTEMPTS = 3;
const DRAIN_MS = 10_000;
/** How many ended jobs are kept, and for how long (seconds), so that their result can still be read. */
const KEPT = { count: 200, age: 7 * 86_400 };
const WAITING = ['wait', 'prioritized'] as const;
/** A job whose worker died this often is not tried again: it may be what kills them. */
const DEATHS = 10;

export interface QueueTuning {
  /** After this long without a sign of life, a worker's job is given to another one. */
  lockMs?: number;
  /** Wait before the second try of a failed job; doubled for each further one. */
  retryMs?: number;
}

/**
 * The job queue on BullMQ, one BullMQ queue per job name, in Redis or in an embedded PostgreSQL.
 *
 * Resolves at once. Redis is connected to in the background and tried again until it answers. The embedded server
 * starts with the first job, or at once where an earlier run left jobs behind, so that a start without jobs costs
 * nothing. A failed job is tried 3 times where its error may pass (exponential backoff, not before a vendor's
 * `Retry-After`). Jobs of a worker that died go to another one after `lockMs`.
 */
export async function openBullQueue(
  connection: QueueConnection,
  log: Log,
  { lockMs = 10_000, retryMs = 2_000 }: QueueTuning = {},
): Promise<Queue> {
  const driver = openDriver(connection, log);
  const { kind } = connection;
  const open = new Set<AsyncDisposable>();
  const watchers = new Set<JobWatcher>();
  const link = openJobConnection(driver, log);
  const { call, untouched } = link;

  const find = async (
    opened: JobStores,
    id: string,
  ): Promise<{ name: JobName; store: JobStore; job: StoredJob; state: string } | undefined> => {
    for (const [name, store] of opened) {
      // The state first: what is read after it can only be newer, so a job that is done has its result.
      const state = await store.getJobState(id);
      const job = state === 'unknown' ? undefined : await store.getJob(id);
      if (job) return { name, store, job: job as StoredJob, state };
    }
    return undefined;
  };

  const read = async (opened: JobStores, id: string, progress?: unknown): Promise<JobStatus | undefined> => {
    const found = await find(opened, id);
    if (!found) return undefined;
    const { name, store, job, state } = found;
    const position =
      state === 'waiting' || state === 'prioritized'
        ? (await store.getRanges([...WAITING], 0, -1, true)).indexOf(id)
        : -1;
    const usualMs = position >= 0 ? await usualTime(store) : undefined;
    return jobStatus(name, job, state, {
      progress,
      ...(position >= 0 ? { position } : {}),
      ...(usualMs === undefined ? {} : { expectedMs: Math.round(usualMs * (position + 1)) }),
    });
  };

  /** A failed or stopped job, which nothing runs. */
  const findEnded = async (opened: JobStores, id: string): Promise<StoredJob | undefined> => {
    const found = await find(opened, id);
    return found?.state === 'failed' ? found.job : undefined;
  };

  const queue: Queue = {
    add(name, payload, options = {}) {
      // One name for all tries: Redis takes a job of the same name once.
      const jobId = options.id ?? randomUUID();
      return call(async (opened) => {
        const data: JobData = { payload };
        await opened.get(name)!.add(name, data, {
          jobId,
          attempts: ATTEMPTS,
          backoff: { type: 'custom' },
          removeOnComplete: KEPT,
          removeOnFail: KEPT,
          stackTraceLimit: 1,
          ...(options.priority === undefined ? {} : { priority: options.priority }),
          ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
        });
        for (const watcher of watchers) watcher.follow(jobId);
        return jobId;
      });
    },

    async status(id) {
      return untouched() ? undefined : call((opened) => read(opened, id));
    },

    async stop(id) {
      if (untouched()) return false;
      return call(async (opened) => {
        const found = await find(opened, id);
        if (!found) return false;
        const { job } = found;
        const ended = (state: string): boolean => state === 'completed' || state === 'failed';
        if (ended(found.state)) return false;
        // Seen by the worker that runs it, in whatever process, and by the one that would take it up.
        await job.updateData({ ...job.data, stoppedAt: job.data.stoppedAt ?? Date.now() });
        // An event, so that watchers hear of it though no worker touches the job.
        await job.updateProgress(job.progress);
        const after = await read(opened, id);
        return after?.state !== 'done' && after?.state !== 'failed';
      });
    },

    async list(states, limit = 50) {
      return untouched() ? [] : call((opened) => listJobs(opened, states, limit));
    },

    async retry(id) {
      if (untouched()) return false;
      return call(async (opened) => {
        const job = await findEnded(opened, id);
        if (!job) return false;
        const { stoppedAt: _, ...data } = job.data;
        await job.updateData(data);
        await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
        return true;
      });
    },

    async drop(id) {
      if (untouched()) return false;
      return call(async (opened) => {
        const job = await findEnded(opened, id);
        await job?.remove();
        return job !== undefined;
      });
    },

    async work(name, handler, { concurrency = 1, drainMs = DRAIN_MS } = {}) {
      const isStopped = async (id: string): Promise<boolean> =>
        call(async (opened) => {
          const job = await opened.get(name)!.getJob(id);
          return job?.data.stoppedAt !== undefined;
        });
      const jobs = runningJobs(name, handler, isStopped, log);
      let end = async (): Promise<void> => {};
      const consumer: ConnectionUser = {
        begun: false,
        async begin() {
          const options = {
            concurrency,
            lockDuration: lockMs,
            stalledInterval: lockMs,
            maxStalledCount: DEATHS,
            drainDelay: 2,
            runRetryDelay: 2_000,
            settings: {
              backoffStrategy: (made: number, _type?: string, error?: Error) => {
                const { retryAfterMs = 0 } = (error ?? {}) as { retryAfterMs?: number };
                const jitter = 0.75 + Math.random() / 2;
                return Math.round(Math.max(retryAfterMs, retryMs * 2 ** (made - 1) * jitter));
              },
            },
          };
          const worker = await driver.worker(
            name,
            (job, token) => jobs.process(job, token),
            options,
            (id) => jobs.abort(id, new AppError('conflict', 'the job was given to another worker')),
          );
          end = () => drain(worker, jobs, drainMs);
        },
      };
      const working = {
        async [Symbol.asyncDispose]() {
          link.release(consumer);
          open.delete(working);
          await end();
        },
      };
      open.add(working);
      await link.consume(consumer);
      return working;
    },

    async watch(listener) {
      const watcher = new JobWatcher(
        (id, progress) => call((opened) => read(opened, id, progress)),
        listener,
        log,
      );
      watchers.add(watcher);
      const events: Closable[] = [];
      const consumer: ConnectionUser = {
        begun: false,
        async begin() {
          await Promise.all(
            JOB_NAMES.map(async (name) => {
              events.push(await driver.events(name, (id, progress) => watcher.tell(id, progress)));
            }),
          );
        },
      };
      const watching = {
        async [Symbol.asyncDispose]() {
          link.release(consumer);
          watchers.delete(watcher);
          watcher.close();
          open.delete(watching);
          await Promise.allSettled(events.map((source) => within(CALL_MS, source.close())));
        },
      };
      open.add(watching);
      await link.consume(consumer);
      return watching;
    },

    async counts() {
      const sum = { waiting: 0, active: 0, done: 0, failed: 0 };
      if (untouched()) return sum;
      return call(async (opened) => {
        for (const [name, store] of opened) {
          const all = await store.getJobCounts('active', 'completed');
          sum.active += all.active ?? 0;
          sum.done += all.completed ?? 0;
          // Stopped jobs lie among the waiting and the failed ones, but are neither.
          const count = async (types: Parameters<JobStore['getJobs']>[0], bull: string, state: JobState) =>
            (await store.getJobs(types)).filter(
              (job) => job && jobStatus(name, job as StoredJob, bull).state === state,
            ).length;
          sum.waiting += await count([...WAITING, 'delayed'], 'waiting', 'waiting');
          sum.failed += await count(['failed'], 'failed', 'failed');
        }
        return sum;
      });
    },

    async health(): Promise<Health> {
      try {
        if (untouched()) {
          await driver.check();
          return healthOf(true, kind, [['untouched', { place: driver.address }]]);
        }
        const { waiting, active, failed } = await within(3_000, queue.counts());
        return healthOf(true, kind, [['jobs', { place: driver.address, waiting, active, failed }]]);
      } catch (error) {
        const why: Phrase = ['placeError', { place: driver.address, error: translate(error).message }];
        return healthOf(false, kind, [why], driver.mend);
      }
    },

    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...open].map((part) => part[Symbol.asyncDispose]()));
      await link[Symbol.asyncDispose]();
    },
  };
  return queue;
}
