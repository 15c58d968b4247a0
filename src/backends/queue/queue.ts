import type { Health } from '../../domain/health.ts';
import type { JobName, JobProgress, JobState, JobStatus, Jobs } from '../../domain/job/job.ts';

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
  /**
   * Adds a job; with an `id` that exists already (waiting, running, or ended within a week), nothing is added.
   * Resolves with the job's id.
   * @param options.priority 1 is the most urgent; a job without one goes before all that have one
   * @param options.delayMs it is not begun before
   */
  add<N extends JobName>(
    name: N,
    payload: Jobs[N]['payload'],
    options?: { id?: string; priority?: number; delayMs?: number },
  ): Promise<string>;
  status(id: string): Promise<JobStatus | undefined>;
  /** Cancels a waiting job, or aborts the signal of an active one in whatever process runs it, within 1 s. False when it had ended. */
  stop(id: string): Promise<boolean>;
  /** Jobs in these states, newest first: `failed` is the list of dead letters. At most `limit` (default 50). */
  list(states: readonly JobState[], limit?: number): Promise<JobStatus[]>;
  /** Puts a failed or stopped job back, with all its tries. False when it is neither. */
  retry(id: string): Promise<boolean>;
  /** Forgets a failed or stopped job. False when it is neither. */
  drop(id: string): Promise<boolean>;
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
