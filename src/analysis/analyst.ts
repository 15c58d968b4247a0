import type { Answer } from '../domain/answer.ts';
import type { Language, Question } from '../domain/question.ts';
import type { LogRecord } from '../domain/record.ts';

/** What an asker sees while the answer is made; the last event is always `answer` unless an error is thrown. */
export type AnswerEvent =
  /** Which step runs now: a key under `step.` in the bot's catalogues. */
  | { kind: 'step'; step: 'window' | 'evidence' | 'causes' | 'model' | 'verify' }
  /** The answer without any model: evidence and ranked causes. Shown at once. */
  | { kind: 'draft'; answer: Answer }
  /** The model's words so far (explanation or summary), unverified; replaced by `answer`. */
  | { kind: 'text'; text: string }
  | { kind: 'answer'; answer: Answer };

export interface AssessOptions {
  language: Language;
  /** 0..2, passed to the model; 0.2 when absent. */
  temperature?: number;
  signal?: AbortSignal;
  useModel?: boolean;
}

/** Answers questions about logs: question → evidence → ranked causes → (model) → verified answer. */
export interface Analyst {
  /** Throws AppError `unavailable` when the log store cannot be asked, `stopped` when `signal` aborts. */
  ask(question: Question, options?: { signal?: AbortSignal; useModel?: boolean }): AsyncIterable<AnswerEvent>;
  /** The same answer over records that are not stored, e.g. pasted text. Throws AppError `stopped`. */
  assess(records: LogRecord[], options: AssessOptions): AsyncIterable<AnswerEvent>;
}
