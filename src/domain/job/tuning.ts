import type { AlertModel } from '../alert/alert-model.ts';
import type { AnomalyStatus } from '../alert/anomaly.ts';
import type { Incident } from '../alert/incident.ts';
import type { FineTuneTask } from './job.ts';

/** Where a label comes from: what people did in threads; `agreed`: kept quiet, and nobody objected. */
export const LABEL_SOURCES = ['confirmed', 'rejected', 'corrected', 'resolved', 'agreed'] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];

const NOTE_AT_LEAST = 12;

/** The note of how it was resolved, where it is long enough to tell something. */
export function noteOf(history: Incident['history']): string | undefined {
  const note = history.findLast(({ what, note: text }) => what === 'resolved' && text)?.note?.trim();
  return note && note.length >= NOTE_AT_LEAST ? note : undefined;
}

/** What people said or did that tells whether an incident was real; undefined where nothing does. */
export function saidOf({
  history,
  verdict,
  state,
  quiet,
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
  return !quiet && state === 'resolved' && noteOf(history) ? { real: true, source: 'resolved' } : undefined;
}

export const SENTIMENTS = ['negative', 'neutral', 'positive'] as const;
export type SentimentLabel = (typeof SENTIMENTS)[number];

/** One text and what the model should have said: a sentiment, a status, or the words of a summary. Masked. */
export interface Example {
  id: string;
  task: FineTuneTask;
  input: string;
  output: SentimentLabel | AnomalyStatus | string;
  /** Epoch milliseconds of what it is about. */
  at: number;
  incident?: string;
  /** The id of the template its incident began with. */
  template?: string;
  source?: LabelSource;
}

/** What a set of examples is made of; kept with every model that was trained on it. */
export interface DatasetCard {
  /** The first letters of `hash`. */
  version: string;
  /** SHA-256 over all examples in order, hexadecimal. */
  hash: string;
  /** Epoch milliseconds of the first and the last example. */
  from: number;
  to: number;
  /** Examples by part: the alerts that were judged, and each task. */
  counts: Record<'alerts' | FineTuneTask, { train: number; test: number }>;
  sources: Record<LabelSource, number>;
  /** Left out because a later example has the same text, or says the same of the same template. */
  repeated: number;
}

/** What serves a task after a training: the embedded model of alerts, or a model by the name its server knows. */
export type Tuned = { kind: 'alerts'; model: AlertModel } | { kind: 'model'; base: string; name: string };

/** One training and what became of it. Kept in the state store under `fact`, so that it can be looked up and rolled back. */
export interface TuningRecord {
  /** Of what: the alerts' own model, or a task of a language model. */
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
