import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingError } from 'bullmq';
import { AppError } from '../../domain/errors.ts';
import type { JobName, JobStatus } from '../../domain/job/job.ts';
import { valueInTime } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import type { JobWorker } from './driver.ts';
import { jobFailure, type StoredJob, stoppedByPerson } from './job-state.ts';
import type { JobHandler } from './queue.ts';

/** How often it is asked whether somebody stopped a running job; `stop` promises that it ends within a second. */
const STOP_POLL_MS = 300;
/** How long a handler may take to notice the abort; then the job ends without it. */
const ABORT_GRACE_MS = 400;

/** The jobs that one worker runs at the moment, and how each is ended. */
export class RunningJobs<N extends JobName = JobName> {
  readonly #name: N;
  readonly #handler: JobHandler<N>;
  readonly #isStopped: (id: string) => Promise<boolean>;
  readonly #log: Log;
  readonly #running = new Map<string, { controller: AbortController; ended: Promise<unknown> }>();
  #closing = false;

  /** @param isStopped asks the queue whether a person stopped the job; rejects while the queue is away */
  constructor(name: N, handler: JobHandler<N>, isStopped: (id: string) => Promise<boolean>, log: Log) {
    this.#name = name;
    this.#handler = handler;
    this.#isStopped = isStopped;
    this.#log = log;
  }

  /** The function that a BullMQ worker runs for each job. */
  async process(job: StoredJob, token?: string): Promise<JobStatus['result']> {
    const id = job.id!;
    if (job.data.stoppedAt !== undefined) throw jobFailure(stoppedByPerson());
    const controller = new AbortController();
    const work = this.#runHandler(job, controller);
    this.#running.set(id, { controller, ended: work.catch(() => {}) });
    try {
      return await work;
    } catch (error) {
      if (this.#closing && controller.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const failure = jobFailure(error);
      this.#log.warn({ err: error, job: id, name: this.#name, attempt: job.attemptsStarted }, 'job failed');
      throw failure;
    } finally {
      this.#running.delete(id);
    }
  }

  /** Aborts a job that runs here; false when it does not. */
  abort(id: string, reason: AppError): boolean {
    const job = this.#running.get(id);
    job?.controller.abort(reason);
    return job !== undefined;
  }

  /** Waits until nothing runs, for at most `ms`. */
  async idle(ms: number): Promise<void> {
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended));
    await valueInTime(ms, all, () => undefined);
  }

  /** Aborts everything; the aborted jobs go back to the queue. */
  giveBack(): void {
    this.#closing = true;
    for (const { controller } of this.#running.values())
      controller.abort(new AppError('stopped', 'the worker shuts down'));
  }

  /** The handler's result. Ends soon after an abort, whether or not the handler does. */
  async #runHandler(job: StoredJob, controller: AbortController): Promise<JobStatus['result']> {
    const { signal } = controller;
    const done = new AbortController();
    this.#abortWhenStopped(job.id!, controller, done.signal).catch(() => {});
    const work = this.#callHandler(job, signal);
    work.catch(() => {});
    try {
      const result = await Promise.race([work, overdue(signal)]);
      // The person who pressed stop was shown that it is stopped.
      signal.throwIfAborted();
      return result;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      done.abort();
    }
  }

  /** An async function, so that a handler that throws at once is no special case. */
  async #callHandler(job: StoredJob, signal: AbortSignal): Promise<JobStatus['result']> {
    const id = job.id!;
    return this.#handler(job.data.payload, {
      id,
      attempt: job.attemptsStarted,
      attempts: job.opts.attempts ?? 1,
      signal,
      // Progress is for people who watch: a queue that is away for a moment must not end the work.
      progress: (progress) =>
        job.updateProgress({ ...progress }).catch((err: unknown) => {
          this.#log.debug({ err, job: id }, 'progress not stored');
        }),
    });
  }

  async #abortWhenStopped(id: string, controller: AbortController, done: AbortSignal): Promise<void> {
    while (!done.aborted && !controller.signal.aborted) {
      await sleep(STOP_POLL_MS, undefined, { signal: done });
      if (await this.#isStopped(id).catch(() => false)) controller.abort(stoppedByPerson());
    }
  }
}

/** Rejects with the reason of the abort some time after it; never resolves. */
function overdue(signal: AbortSignal): Promise<never> {
  const late = new Promise<never>((_, reject) => {
    const begin = (): void => {
      setTimeout(() => reject(signal.reason as AppError), ABORT_GRACE_MS);
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
  });
  late.catch(() => {});
  return late;
}

/** How long it may take to tell the database about the last jobs, in milliseconds. */
const GOODBYE_MS = 5_000;

/** Ends a BullMQ worker: it takes no new jobs, running ones have `drainMs`, and those that are left go back to the queue. */
export async function drain(
  worker: JobWorker,
  jobs: Pick<RunningJobs, 'idle' | 'giveBack'>,
  drainMs: number,
): Promise<void> {
  const finished = worker.pause(false);
  await jobs.idle(drainMs);
  jobs.giveBack();
  // While the queue is away the pause fails, or the last jobs never count as finished. A close that waits for them would
  // leave the timer that renews their locks, and the process would not end: then it is forced.
  const paused = await succeeds(finished);
  await succeeds(worker.close(!paused));
}

/** Whether it succeeds soon. */
const succeeds = (work: Promise<unknown>): Promise<boolean> => {
  const settled = work.then(
    () => true,
    () => false,
  );
  return valueInTime(GOODBYE_MS, settled, () => false);
};
