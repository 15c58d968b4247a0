import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { JOB_NAMES, type JobName, type JobState, type JobStatus, type Jobs } from '../../domain/job/job.ts';
import { backoffMs } from '../../domain/retry.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import {
  CALL_MS,
  type Closable,
  type Driver,
  inTime,
  openDriver,
  type QueueConnection,
  translate,
} from './driver.ts';
import { JobConnection } from './job-connection.ts';
import { countJobs, findEnded, findJob, type JobCounts, listJobs, readJob } from './job-reader.ts';
import type { JobData } from './job-state.ts';
import { JobWatcher } from './job-watcher.ts';
import { drain, RunningJobs } from './job-worker.ts';
import type { AddOptions, JobHandler, Queue, WorkOptions } from './queue.ts';

export type { QueueConnection } from './driver.ts';

const ATTEMPTS = 3;
const DRAIN_MS = 10_000;
const HEALTH_MS = 3_000;
/** How many ended jobs are kept, and for how long (seconds), so that their result can still be read. */
const KEPT = { count: 200, age: 7 * 86_400 };
/** A job whose worker died this often is not tried again: the job itself may kill them. */
const DEATHS = 10;

export interface QueueTuning {
  /** After this long without a sign of life, a worker's job is given to another one. Milliseconds. */
  lockMs?: number;
  /** The wait before the second try of a failed job; doubled for each further one. Milliseconds. */
  retryMs?: number;
}

/**
 * The job queue on BullMQ, one BullMQ queue per job name, in Redis or in an embedded PostgreSQL.
 *
 * Resolves at once. Redis is connected to in the background and tried again until it answers. The embedded server starts
 * with the first job, or at once where an earlier run left jobs behind, so a start without jobs costs nothing. A failed
 * job is tried 3 times where its error may pass (exponential backoff, not before a vendor's `Retry-After`). The jobs of a
 * worker that died go to another one after `lockMs`.
 */
export async function openBullQueue(
  connection: QueueConnection,
  log: Log,
  { lockMs = 10_000, retryMs = 2_000 }: QueueTuning = {},
): Promise<Queue> {
  const queue = new BullJobQueue(connection, log, { lockMs, retryMs });
  return {
    add: (name, payload, options) => queue.add(name, payload, options),
    status: (id) => queue.status(id),
    stop: (id) => queue.stop(id),
    list: (states, limit) => queue.list(states, limit),
    retry: (id) => queue.retry(id),
    drop: (id) => queue.drop(id),
    work: (name, handler, options) => queue.work(name, handler, options),
    watch: (listener) => queue.watch(listener),
    counts: () => queue.counts(),
    health: () => queue.health(),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

class BullJobQueue {
  readonly #kind: QueueConnection['kind'];
  readonly #driver: Driver;
  readonly #connection: JobConnection;
  readonly #tuning: Required<QueueTuning>;
  readonly #log: Log;
  /** Workers and watchers that are not disposed yet. */
  readonly #open = new Set<AsyncDisposable>();
  readonly #watchers = new Set<JobWatcher>();

  constructor(connection: QueueConnection, log: Log, tuning: Required<QueueTuning>) {
    this.#kind = connection.kind;
    this.#driver = openDriver(connection, log);
    this.#connection = new JobConnection(this.#driver, log);
    this.#tuning = tuning;
    this.#log = log;
  }

  add<N extends JobName>(name: N, payload: Jobs[N]['payload'], options: AddOptions = {}): Promise<string> {
    // One id for all tries: Redis takes a job with the same id once.
    const jobId = options.id ?? randomUUID();
    return this.#connection.call(async (stores) => {
      const data: JobData = { payload };
      await stores.get(name)!.add(name, data, {
        jobId,
        attempts: ATTEMPTS,
        backoff: { type: 'custom' },
        removeOnComplete: KEPT,
        removeOnFail: KEPT,
        stackTraceLimit: 1,
        ...(options.priority === undefined ? {} : { priority: options.priority }),
        ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
      });
      for (const watcher of this.#watchers) watcher.follow(jobId);
      return jobId;
    });
  }

  async status(id: string): Promise<JobStatus | undefined> {
    if (this.#connection.untouched()) return undefined;
    return this.#connection.call((stores) => readJob(stores, id));
  }

  async stop(id: string): Promise<boolean> {
    if (this.#connection.untouched()) return false;
    return this.#connection.call(async (stores) => {
      const found = await findJob(stores, id);
      if (!found || found.state === 'completed' || found.state === 'failed') return false;
      const { job } = found;
      // Seen by the worker that runs it, in whatever process, and by the one that would take it.
      await job.updateData({ ...job.data, stoppedAt: job.data.stoppedAt ?? Date.now() });
      // An event, so that watchers hear of it though no worker touches the job.
      await job.updateProgress(job.progress);
      const after = await readJob(stores, id);
      return after?.state !== 'done' && after?.state !== 'failed';
    });
  }

  async list(states: readonly JobState[], limit = 50): Promise<JobStatus[]> {
    if (this.#connection.untouched()) return [];
    return this.#connection.call((stores) => listJobs(stores, states, limit));
  }

  async retry(id: string): Promise<boolean> {
    if (this.#connection.untouched()) return false;
    return this.#connection.call(async (stores) => {
      const job = await findEnded(stores, id);
      if (!job) return false;
      const { stoppedAt: _, ...data } = job.data;
      await job.updateData(data);
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    });
  }

  async drop(id: string): Promise<boolean> {
    if (this.#connection.untouched()) return false;
    return this.#connection.call(async (stores) => {
      const job = await findEnded(stores, id);
      await job?.remove();
      return job !== undefined;
    });
  }

  async work<N extends JobName>(
    name: N,
    handler: JobHandler<N>,
    { concurrency = 1, drainMs = DRAIN_MS }: WorkOptions = {},
  ): Promise<AsyncDisposable> {
    const isStopped = (id: string): Promise<boolean> =>
      this.#connection.call(async (stores) => {
        const job = await stores.get(name)!.getJob(id);
        return job?.data.stoppedAt !== undefined;
      });
    const jobs = new RunningJobs(name, handler, isStopped, this.#log);
    let end = async (): Promise<void> => {};
    return this.#begin(
      async () => {
        const worker = await this.#driver.worker(
          name,
          (job, token) => jobs.process(job, token),
          this.#workerOptions(concurrency),
          (id) => jobs.abort(id, new AppError('conflict', 'the job was given to another worker')),
        );
        end = () => drain(worker, jobs, drainMs);
      },
      () => end(),
    );
  }

  async watch(listener: (job: JobStatus) => void): Promise<AsyncDisposable> {
    const read = (id: string, progress?: unknown) =>
      this.#connection.call((stores) => readJob(stores, id, progress));
    const watcher = new JobWatcher(read, listener, this.#log);
    this.#watchers.add(watcher);
    const events: Closable[] = [];
    const closeEvents = () =>
      Promise.allSettled(events.splice(0).map((source) => inTime(CALL_MS, source.close())));
    return this.#begin(
      async () => {
        const opening = JOB_NAMES.map(async (name) => {
          events.push(await this.#driver.events(name, (id, progress) => watcher.tell(id, progress)));
        });
        const failed = (await Promise.allSettled(opening)).find(({ status }) => status === 'rejected');
        if (!failed) return;
        // It is begun again as a whole: an event that came by two of them would be told twice.
        await closeEvents();
        throw (failed as PromiseRejectedResult).reason;
      },
      async () => {
        this.#watchers.delete(watcher);
        watcher.close();
        await closeEvents();
      },
    );
  }

  async counts(): Promise<JobCounts> {
    if (this.#connection.untouched()) return { waiting: 0, active: 0, done: 0, failed: 0 };
    return this.#connection.call(countJobs);
  }

  async health(): Promise<Health> {
    const { address, mend } = this.#driver;
    try {
      if (this.#connection.untouched()) {
        await this.#driver.check();
        return healthOf(true, this.#kind, [['untouched', { place: address }]]);
      }
      const { waiting, active, failed } = await inTime(HEALTH_MS, this.counts());
      return healthOf(true, this.#kind, [['jobs', { place: address, waiting, active, failed }]]);
    } catch (error) {
      const why: Phrase = ['placeError', { place: address, error: translate(error).message }];
      return healthOf(false, this.#kind, [why], mend);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#open].map((part) => part[Symbol.asyncDispose]()));
    await this.#connection[Symbol.asyncDispose]();
  }

  /** Begins a worker or a watcher as soon as there is a connection; disposing it calls `end`. */
  async #begin(begin: () => Promise<void>, end: () => Promise<void>): Promise<AsyncDisposable> {
    const user = { begin };
    let ended: Promise<void> | undefined;
    const disposable = {
      [Symbol.asyncDispose]: () => {
        ended ??= this.#connection
          .release(user)
          .then(end)
          .finally(() => this.#open.delete(disposable));
        return ended;
      },
    };
    this.#open.add(disposable);
    await this.#connection.consume(user);
    return disposable;
  }

  #workerOptions(concurrency: number) {
    const { lockMs, retryMs } = this.#tuning;
    return {
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: DEATHS,
      drainDelay: 2,
      runRetryDelay: 2_000,
      settings: {
        backoffStrategy: (made: number, _type?: string, error?: Error) => {
          const { retryAfterMs = 0 } = (error ?? {}) as { retryAfterMs?: number };
          const waitMs = backoffMs(made, { first: retryMs, most: Number.POSITIVE_INFINITY }, 'around');
          return Math.round(Math.max(retryAfterMs, waitMs));
        },
      },
    };
  }
}
