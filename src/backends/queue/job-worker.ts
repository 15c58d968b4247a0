import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingError } from 'bullmq';
import { AppError } from '../../domain/errors.ts';
import type { JobName, JobStatus } from '../../domain/job/job.ts';
import type { Log } from '../../log.ts';
import type { JobWorker } from './driver.ts';
import { jobFailure, type StoredJob, stoppedByPerson } from './job-state.ts';
import type { JobHandler } from './queue.ts';

/** How often a running job asks whether somebody stopped it: within the second that `stop` promises. */
const STOP_POLL_MS = 300;
/** How long a handler may take to notice the abort before the job ends without it. */
const ABORT_GRACE_MS = 400;

/** The jobs one worker runs now, and how each is ended. */
export interface RunningJobs {
  /** The function a BullMQ worker runs for each job. */
  process(job: StoredJob, token?: string): Promise<JobStatus['result']>;
  /** Aborts a job that runs here; false when it does not. */
  abort(id: string, reason: AppError): boolean;
  /** Waits until nothing runs, for at most `ms`. */
  idle(ms: number): Promise<void>;
  /** Aborts everything; aborted jobs go back to the queue. */
  giveBack(): void;
}

/** @param isStopped asks the queue whether a person stopped the job; rejects while the queue is away */
export function runningJobs<N extends JobName>(
  name: N,
  handler: JobHandler<N>,
  isStopped: (id: string) => Promise<boolean>,
  log: Log,
): RunningJobs {
  const running = new Map<string, { controller: AbortController; ended: Promise<unknown> }>();
  let closing = false;

  const runHandler = async (job: StoredJob, controller: AbortController): Promise<JobStatus['result']> => {
    const { signal } = controller;
    const id = job.id!;
    const done = new AbortController();
    const watch = async (): Promise<void> => {
      while (!done.signal.aborted && !signal.aborted) {
        await sleep(STOP_POLL_MS, undefined, { signal: done.signal });
        if (await isStopped(id).catch(() => false)) controller.abort(stoppedByPerson());
      }
    };
    watch().catch(() => {});
    const overdue = new Promise<never>((_, reject) => {
      const late = (): void => {
        setTimeout(() => reject(signal.reason as AppError), ABORT_GRACE_MS);
      };
      if (signal.aborted) late();
      else signal.addEventListener('abort', late, { once: true });
    });
    overdue.catch(() => {});
    // An async function, so that a handler that throws at once is no special case.
    const work = (async () =>
      handler(job.data.payload, {
        id,
        attempt: job.attemptsStarted,
        attempts: job.opts.attempts ?? 1,
        signal,
        // Progress is for people who watch; a queue that is away for a moment must not end the work.
        progress: (progress) =>
          job.updateProgress({ ...progress }).catch((err: unknown) => {
            log.debug({ err, job: id }, 'progress not stored');
          }),
      }))();
    work.catch(() => {});
    try {
      const result = await Promise.race([work, overdue]);
      // Whoever pressed stop was told that it is stopped.
      signal.throwIfAborted();
      return result;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      done.abort();
    }
  };

  return {
    async process(job, token) {
      const id = job.id!;
      if (job.data.stoppedAt !== undefined) throw jobFailure(stoppedByPerson());
      const controller = new AbortController();
      const work = runHandler(job, controller);
      running.set(id, { controller, ended: work.catch(() => {}) });
      try {
        return await work;
      } catch (error) {
        if (closing && controller.signal.aborted) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        const failure = jobFailure(error);
        log.warn({ err: error, job: id, name, attempt: job.attemptsStarted }, 'job failed');
        throw failure;
      } finally {
        running.delete(id);
      }
    },
    abort(id, reason) {
      const job = running.get(id);
      job?.controller.abort(reason);
      return job !== undefined;
    },
    async idle(ms) {
      const late = new AbortController();
      await Promise.race([
        Promise.all([...running.values()].map(({ ended }) => ended)),
        sleep(ms, undefined, { signal: late.signal }).catch(() => {}),
      ]);
      late.abort();
    },
    giveBack() {
      closing = true;
      for (const { controller } of running.values())
        controller.abort(new AppError('stopped', 'the worker shuts down'));
    },
  };
}

/** How long the database may take to hear of the last jobs, in milliseconds. */
const GOODBYE_MS = 5_000;

/** Ends a BullMQ worker: no new jobs, `drainMs` for the running ones, the rest back to the queue. */
export async function drain(worker: JobWorker, jobs: RunningJobs, drainMs: number): Promise<void> {
  const finished = worker.pause(false);
  await jobs.idle(drainMs);
  jobs.giveBack();
  // With the queue away the last jobs never count as finished, and a close that waits for them would leave the
  // timer that renews their locks running: the process would not end. So it is forced then.
  const inTime = await ended(finished);
  await ended(worker.close(!inTime));
}

/** Whether it came to its end soon, with or without an error. */
async function ended(work: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      sleep(GOODBYE_MS, false, { signal: late.signal }).catch(() => false),
    ]);
  } finally {
    late.abort();
  }
}
