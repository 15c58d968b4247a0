import type { AlertModel } from '../alert/alert-model.ts';
import type { AnomalyStatus } from '../alert/anomaly.ts';
import type { HistoryEntry, Incident } from '../alert/incident.ts';
import type { GpuPause } from '../health.ts';
import type { TimeWindow } from '../log/record.ts';
import type { Answer } from '../question/answer.ts';
import type { Language } from '../question/question.ts';
import type { Asker, Estimate } from '../question/spend.ts';
import type { DigestPeriod, DigestReport } from './digest.ts';

/** What every job has in common. */
interface JobBase {
  /** Language of the messages about it. */
  language: Language;
  /** The person whose budget pays for its model calls. */
  asker?: Asker;
  replyTo?: ReplyAddress;
}

/** The kinds of work that run on a worker: for each, its payload and its result. */
export interface Jobs {
  /** The thorough analysis of a long window. `most` is the highest cost, as shown to the asker before it begins. */
  analyze: {
    payload: JobBase & { window: TimeWindow; services?: string[]; text: string; most?: Estimate };
    result: AnalysisReport;
  };
  /** The report that a team reads about a day or a week. */
  digest: {
    payload: JobBase & DigestPeriod & { team: string };
    result: DigestReport;
  };
  /** Sends one day of the log store to a topic. `day` is a day in the schedule's time zone, `2026-03-29`. */
  collect: {
    payload: JobBase & { day: string };
    result: CollectReport;
  };
  /** A training; without `tasks` of all tasks. `day` is its name: the period of its schedule, or when it was asked for. */
  'fine-tune': {
    payload: JobBase & { day: string; tasks?: FineTuneTask[] };
    result: FineTuneReport;
  };
}
export type JobName = keyof Jobs;
export const JOB_NAMES = ['analyze', 'digest', 'collect', 'fine-tune'] as const satisfies readonly JobName[];

/** How long reports are kept, in days. */
export const KEEP_DAYS = { report: 30, digest: 90 } as const;

/** What a training needs, and what a candidate has to reach before it is used. */
export interface GateLimits {
  /** How many examples for learning, and how many unseen ones for testing, are needed; with fewer nothing is trained. */
  trainAtLeast: number;
  testAtLeast: number;
  /** At most this many unseen examples test a language model, so that the training ends before the morning. */
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

/** Where in which chat a job's progress and result are shown; the queue does not read it. */
interface ReplyAddress {
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

/** How often a template came over a window. Times are epoch milliseconds. */
export interface TemplateFigure {
  id: string;
  pattern: string;
  count: number;
  errors: number;
  first: number;
  last: number;
  /** The part of the window where it was most frequent: its start, and the count there. */
  peak: { at: number; count: number };
}

export interface JobProgress {
  /** 0..1 */
  fraction: number;
  /** Which step, as a message key of the catalogues. */
  step: string;
  done?: number;
  total?: number;
  /** Present while the job waits for a GPU. */
  paused?: GpuPause;
  /** Present while a training waits for another one; the time when that one began (epoch ms). */
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
  /** How many jobs are before it in the queue, while it waits. */
  position?: number;
  /** While it waits: milliseconds until it is probably done, computed from the duration of the latest jobs of its kind. */
  expectedMs?: number;
  attempts: number;
  createdAt: number;
  /** Epoch milliseconds at which its latest try began. */
  startedAt?: number;
}
/** A job as people and programs see it; `name` says which payload and result it has. */
export type JobStatus<N extends JobName = JobName> = { [K in N]: StatusOf<K> }[N];

/** Where a label comes from: what people did in threads; `agreed` means that it was suppressed and nobody objected. */
const LABEL_SOURCES = ['confirmed', 'rejected', 'corrected', 'resolved', 'agreed'] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];

const NOTE_AT_LEAST = 12;

/** The note that a person wrote when resolving it, if it is long enough to be useful. */
export function noteOf(history: readonly HistoryEntry[]): string | undefined {
  const note = history.findLast(({ what, note: text }) => what === 'resolved' && text)?.note?.trim();
  return note && note.length >= NOTE_AT_LEAST ? note : undefined;
}

/** What people said or did that shows whether an incident was real; undefined if nothing shows it. */
export function saidOf({
  lifecycle: { history, state },
  feedback: { verdict },
  suppression,
}: Incident): { real: boolean; source: LabelSource } | undefined {
  if (verdict) {
    const corrected = history.some(
      ({ what }) => (what === 'false_alarm' || what === 'real') && what !== verdict,
    );
    return {
      real: verdict === 'real',
      source: corrected ? 'corrected' : verdict === 'real' ? 'confirmed' : 'rejected',
    };
  }
  return !suppression && state === 'resolved' && noteOf(history)
    ? { real: true, source: 'resolved' }
    : undefined;
}

export const SENTIMENTS = ['negative', 'neutral', 'positive'] as const;
export type SentimentLabel = (typeof SENTIMENTS)[number];

/** One text and the answer that the model should have given: a sentiment, a status, or the words of a summary. Masked. */
export interface Example {
  id: string;
  task: FineTuneTask;
  input: string;
  output: SentimentLabel | AnomalyStatus | string;
  /** The time (epoch milliseconds) of the incident. */
  at: number;
  incident?: string;
  /** The id of the template that its incident began with. */
  template?: string;
  source?: LabelSource;
}

/** Describes a set of examples; kept with every model that was trained on it. */
export interface DatasetCard {
  /** The first letters of `hash`. */
  version: string;
  /** SHA-256 over all examples in order, hexadecimal. */
  hash: string;
  /** Epoch milliseconds of the first and the last example. */
  from: number;
  to: number;
  /** How many examples each part has: the judged alerts, and each task. */
  counts: Record<'alerts' | FineTuneTask, { train: number; test: number }>;
  sources: Record<LabelSource, number>;
  /** How many were left out because a later example has the same text, or the same answer for the same template. */
  repeated: number;
}

/** What is used for a task after a training: the embedded model of alerts, or a model by the name its server knows. */
export type Tuned = { kind: 'alerts'; model: AlertModel } | { kind: 'model'; base: string; name: string };

/** One training and its outcome. Kept in the state store, so that it can be looked up and rolled back. */
export interface TuningRecord {
  /** What was trained: the model of alerts, or a task of a language model. */
  target: 'alerts' | FineTuneTask;
  /** Which trainer made the candidate, e.g. `embedded`, `ollama`, `lora`, `openai`. */
  trainer: string;
  at: number;
  night: string;
  card: DatasetCard;
  promoted: boolean;
  reason: 'better' | 'not_better' | 'worse' | 'too_few' | 'leak' | 'failed' | 'overtaken' | 'rolled_back';
  /** Mean score on the unseen split, and the difference with its 95 % interval. */
  candidate?: number;
  serving?: number;
  difference?: { mean: number; low: number; high: number };
  regression?: { mean: number; low: number; high: number };
  tuned?: Tuned;
  /** Why it failed, one line. */
  detail?: string;
}
