import type { Answer } from '../domain/answer.ts';
import type { Question } from '../domain/question.ts';

/** What an asker sees while the answer is made; the last event is always `answer` unless an error is thrown. */
export type AnswerEvent =
  /** Which step runs now: a key under `step.` in the bot's catalogues. */
  | { kind: 'step'; step: 'window' | 'evidence' | 'causes' | 'model' | 'verify' }
  /** The answer without any model: evidence and ranked causes. Shown at once. */
  | { kind: 'draft'; answer: Answer }
  /** The model's words so far (explanation or summary), unverified; replaced by `answer`. */
  | { kind: 'text'; text: string }
  | { kind: 'answer'; answer: Answer };

/** Answers questions about the stored logs: question → evidence → ranked causes → (model) → verified answer. */
export interface Analyst {
  /** Throws AppError `unavailable` when the log store cannot be asked, `stopped` when `signal` aborts. */
  ask(question: Question, options?: { signal?: AbortSignal; useModel?: boolean }): AsyncIterable<AnswerEvent>;
}
