import type { Health } from '../../domain/health.ts';
import type { JobName, JobProgress, JobStatus, Jobs } from '../../domain/job.ts';

export interface JobContext {
  id: string;
  /** 1 for the first try. */
  attempt: number;
  /** How many tries there are in all; a job that was given to another worker may get more. */
  attempts: number;
  /** Aborted when a person stops the job or the worker shuts down; `reason` is an AppError `stopped`. */
  signal: AbortSignal;
  progress(progress: JobProgress): Promise<void>;
}

export type JobHandler<N extends JobName> = (
  payload: Jobs[N]['payload'],
  context: JobContext,
) => Promise<Jobs[N]['result']>;

/**
 * Work that runs elsewhere and survives restarts. Methods throw AppError `unavailable` | `timeout`.
 */
export interface Queue extends AsyncDisposable {
  /** Adds a job; with an `id` that exists already, nothing is added. Resolves with the job's id. */
  add<N extends JobName>(
    name: N,
    payload: Jobs[N]['payload'],
    options?: { id?: string; priority?: number },
  ): Promise<string>;
  status(id: string): Promise<JobStatus | undefined>;
  /** Cancels a waiting job, or aborts the signal of an active one in whatever process runs it, within 1 s. False when it had ended. */
  stop(id: string): Promise<boolean>;
  /** Runs jobs of one name in this process until disposed; disposing drains (running jobs are given `drainMs`, then go back to the queue). */
  work<N extends JobName>(
    name: N,
    handler: JobHandler<N>,
    options?: { concurrency?: number; drainMs?: number },
  ): Promise<AsyncDisposable>;
  /** Tells every change of every job (progress, done, failed, stopped), from whichever process. */
  watch(listener: (job: JobStatus) => void): Promise<AsyncDisposable>;
  counts(): Promise<{ waiting: number; active: number; done: number; failed: number }>;
  health(): Promise<Health>;
}
