import { type Job, UnrecoverableError } from 'bullmq';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { JobName, JobProgress, JobState, JobStatus } from '../../domain/job/job.ts';
import { redact } from '../../log.ts';

/** What BullMQ stores as a job's data. */
export interface JobData {
  payload: JobStatus['payload'];
  /** When a person pressed stop, in epoch milliseconds; set once. */
  stoppedAt?: number;
}
export type StoredJob = Job<JobData, JobStatus['result']>;

const MAX_REASON = 500;

interface Reason {
  code: ErrorCode;
  message: string;
}

/** The error that a BullMQ processor throws instead of ours: BullMQ keeps only the message, so code and reason are in it. */
export function jobFailure(error: unknown): Error & { retryAfterMs?: number } {
  const { code, message, retryable, retryAfterMs } = toAppError(error);
  const reason: Reason = { code, message: redact(message.split('\n', 1)[0]!).slice(0, MAX_REASON) };
  const text = JSON.stringify(reason);
  const failure = retryable ? new Error(text) : new UnrecoverableError(text);
  // BullMQ stores stack traces. They are already in the log, without secrets.
  failure.stack = '';
  return Object.assign(failure, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Reads what `jobFailure` wrote. BullMQ's own reasons (a job that stalls again and again) are plain text. */
function readReason(text: string): Reason {
  try {
    return JSON.parse(text) as Reason;
  } catch {
    return { code: 'internal', message: text.slice(0, MAX_REASON) };
  }
}

const isProgress = (value: unknown): value is JobProgress =>
  typeof value === 'object' && value !== null && 'fraction' in value;

function stateOf(bullState: string, job: StoredJob): JobState {
  if (bullState === 'completed') return 'done';
  if (bullState === 'failed') return readReason(job.failedReason).code === 'stopped' ? 'stopped' : 'failed';
  const { stoppedAt } = job.data;
  // Stopped before it began: the worker drops it without running it.
  if (bullState === 'active')
    return stoppedAt !== undefined && stoppedAt <= (job.processedOn ?? 0) ? 'stopped' : 'active';
  return stoppedAt === undefined ? 'waiting' : 'stopped';
}

/** A stored job as the rest of the program knows it. */
export function jobStatus(
  name: JobName,
  job: StoredJob,
  bullState: string,
  extra: { position?: number; progress?: unknown; expectedMs?: number } = {},
): JobStatus {
  const state = stateOf(bullState, job);
  const progress = extra.progress ?? job.progress;
  // A queue holds jobs of its own name only, so payload and result belong together.
  return {
    id: job.id!,
    name,
    state,
    payload: job.data.payload,
    ...(isProgress(progress) ? { progress } : {}),
    ...(state === 'done' ? { result: job.returnvalue } : {}),
    ...(state === 'failed' ? { error: readReason(job.failedReason) } : {}),
    ...(state === 'waiting' && extra.position !== undefined ? { position: extra.position } : {}),
    ...(state === 'waiting' && extra.expectedMs !== undefined ? { expectedMs: extra.expectedMs } : {}),
    attempts: job.attemptsStarted,
    createdAt: job.timestamp,
    ...(job.processedOn === undefined ? {} : { startedAt: job.processedOn }),
  } as JobStatus;
}

export const stoppedByPerson = (): AppError => new AppError('stopped', 'a person stopped the job');
