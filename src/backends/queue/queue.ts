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

export interface AddOptions {
  /** The job's id; one that exists already is not added again. */
  id?: string;
  /** 1 is the most urgent; a job without one goes before all that have one. */
  priority?: number;
  /** The job does not begin before. Milliseconds. */
  delayMs?: number;
}

export interface WorkOptions {
  concurrency?: number;
  /** How long running jobs may go on after dispose. Milliseconds. */
  drainMs?: number;
}

/**
 * Work that is done elsewhere and survives restarts.
 *
 * Life cycle:
 * 1. Open: the factory resolves at once; the database is connected to in the background, or started with the first job.
 * 2. Calls may assume nothing about the database: each connects where needed. Before anything was ever queued, questions
 *    are answered without a database (nothing, or false).
 * 3. At the same time: any number of calls, workers and watchers, in any number of processes. A job runs in one worker at a
 *    time; when its worker dies, another one gets it, so handlers must be idempotent.
 * 4. Dispose, of a worker: it takes no new jobs, running ones get `drainMs`, and what is left goes back to the queue. Of
 *    the queue: its workers and watchers are disposed first. Both may be called twice, and while the database is away or
 *    calls are under way; those may throw `unavailable`, and later ones do.
 * 5. Throws: AppError `unavailable` | `timeout` | `storage_full`. `health` never rejects.
 */
export interface Queue extends AsyncDisposable {
  /**
   * Adds a job; with an `id` that exists already (waiting, running, or ended within a week), nothing is added.
   * @returns the job's id
   */
  add<N extends JobName>(name: N, payload: Jobs[N]['payload'], options?: AddOptions): Promise<string>;
  status(id: string): Promise<JobStatus | undefined>;
  /** Cancels a waiting job, or aborts the signal of an active one within 1 s, whichever process runs it. False when it has ended. */
  stop(id: string): Promise<boolean>;
  /** Jobs in these states, newest first: `failed` is the list of dead letters. At most `limit` (default 50). */
  list(states: readonly JobState[], limit?: number): Promise<JobStatus[]>;
  /** Puts a failed or stopped job back, with all its tries. False when it is neither. */
  retry(id: string): Promise<boolean>;
  /** Forgets a failed or stopped job. False when it is neither. */
  drop(id: string): Promise<boolean>;
  /** Runs jobs of one name in this process until disposed. */
  work<N extends JobName>(name: N, handler: JobHandler<N>, options?: WorkOptions): Promise<AsyncDisposable>;
  /** Reports every change of every job (progress, done, failed, stopped), of all processes, until disposed. */
  watch(listener: (job: JobStatus) => void): Promise<AsyncDisposable>;
  counts(): Promise<{ waiting: number; active: number; done: number; failed: number }>;
  health(): Promise<Health>;
}
