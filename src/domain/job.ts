import type { Answer } from './answer.ts';
import type { Language } from './question.ts';
import type { TimeWindow } from './record.ts';

/** Work that runs on a worker. One entry per kind of job: what goes in, what comes out. */
export interface Jobs {
  analyze: {
    payload: {
      window: TimeWindow;
      services?: string[];
      language: Language;
      text: string;
      replyTo?: ReplyAddress;
    };
    result: AnalysisReport;
  };
}
export type JobName = keyof Jobs;
export const JOB_NAMES = ['analyze'] as const satisfies readonly JobName[];

/** Where in which chat a job's progress and result belong; opaque to the queue. */
export interface ReplyAddress {
  chat: string;
  channel: string;
  thread?: string;
  /** The message that shows progress. */
  message?: string;
}

export interface AnalysisReport {
  answer: Answer;
  records: number;
  templates: number;
  window: TimeWindow;
  /** Errors and all lines per bucket, for the chart. */
  series: { at: number; total: number; errors: number }[];
}

export interface JobProgress {
  /** 0..1 */
  fraction: number;
  /** Which step, as a message key of the catalogues. */
  step: string;
  done?: number;
  total?: number;
}

export const JOB_STATES = ['waiting', 'active', 'done', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobStatus<N extends JobName = JobName> {
  id: string;
  name: N;
  state: JobState;
  payload: Jobs[N]['payload'];
  progress?: JobProgress;
  result?: Jobs[N]['result'];
  /** An error code and a one-line reason when `failed`. */
  error?: { code: string; message: string };
  /** Jobs ahead of it while waiting. */
  position?: number;
  attempts: number;
  createdAt: number;
}
