import type { GpuPause } from '../health.ts';
import type { TimeWindow } from '../log/record.ts';
import type { Answer } from '../question/answer.ts';
import type { Language } from '../question/question.ts';
import type { Asker, Estimate } from '../question/spend.ts';
import type { DigestPeriod, DigestReport } from './digest.ts';
import type { DatasetCard, TuningRecord } from './tuning.ts';

/** What every job says of itself. */
export interface JobBase {
  /** Language of what people are told about it. */
  language: Language;
  /** Whom its model calls are charged to. */
  asker?: Asker;
  replyTo?: ReplyAddress;
}

/** Work that runs on a worker. One entry per kind of job: what goes in, what comes out. */
export interface Jobs {
  /** The thorough analysis of a long window. `most` is what it may cost, as the asker is told before it begins. */
  analyze: {
    payload: JobBase & { window: TimeWindow; services?: string[]; text: string; most?: Estimate };
    result: AnalysisReport;
  };
  /** What a team reads of a day or a week. */
  digest: {
    payload: JobBase & DigestPeriod & { team: string };
    result: DigestReport;
  };
  /** One day of the log store, sent to a topic. `day` is local to the schedule's zone, `2026-03-29`. */
  collect: {
    payload: JobBase & { day: string };
    result: CollectReport;
  };
  /** A training; without `tasks` of all of them. `day` names it: the period of its schedule, or when it was asked for. */
  'fine-tune': {
    payload: JobBase & { day: string; tasks?: FineTuneTask[] };
    result: FineTuneReport;
  };
}
export type JobName = keyof Jobs;
export const JOB_NAMES = ['analyze', 'digest', 'collect', 'fine-tune'] as const satisfies readonly JobName[];

/** How long reports can be read again, in days. */
export const KEEP_DAYS = { report: 30, digest: 90 } as const;

/** What a training needs, and what a candidate has to pass to serve. */
export interface GateLimits {
  /** Examples to learn from, and unseen ones to test on, below which nothing is trained. */
  trainAtLeast: number;
  testAtLeast: number;
  /** Unseen examples a language model is tested on at most: a night ends before the day begins. */
  testAtMost: number;
  /** How far the mean score on the fixed set may fall, 0..1. */
  tolerance: number;
}
export const GATE_LIMITS: GateLimits = { trainAtLeast: 20, testAtLeast: 20, testAtMost: 60, tolerance: 0.05 };

export const FINE_TUNE_TASKS = ['sentiment', 'anomaly', 'summary'] as const;
export type FineTuneTask = (typeof FINE_TUNE_TASKS)[number];
export interface FineTuneReport {
  card: DatasetCard;
  outcomes: Pick<
    TuningRecord,
    'target' | 'trainer' | 'promoted' | 'reason' | 'candidate' | 'serving' | 'difference' | 'detail'
  >[];
}

export interface CollectReport {
  day: string;
  topic: string;
  lines: number;
  batches: number;
}

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
  /** Templates with errors first, then the most frequent; bounded. */
  top: TemplateFigure[];
}

/** What a template did over a window. Times are epoch milliseconds. */
export interface TemplateFigure {
  id: string;
  pattern: string;
  count: number;
  errors: number;
  first: number;
  last: number;
  /** Where it was most frequent: the start of that part of the window, and its count there. */
  peak: { at: number; count: number };
}

export interface JobProgress {
  /** 0..1 */
  fraction: number;
  /** Which step, as a message key of the catalogues. */
  step: string;
  done?: number;
  total?: number;
  /** Set while the job waits for a GPU. */
  paused?: GpuPause;
  /** Set while a training waits for another one, which began then (epoch ms). */
  behind?: number;
}

export const JOB_STATES = ['waiting', 'active', 'done', 'failed', 'stopped'] as const;
export type JobState = (typeof JOB_STATES)[number];

interface StatusOf<N extends JobName> {
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
  /** While waiting: milliseconds until it is probably done, from how long the last ones of its kind took. */
  expectedMs?: number;
  attempts: number;
  createdAt: number;
  /** Epoch milliseconds at which its latest try began. */
  startedAt?: number;
}
/** A job as people and programs see it; `name` tells which payload and result it has. */
export type JobStatus<N extends JobName = JobName> = { [K in N]: StatusOf<K> }[N];
