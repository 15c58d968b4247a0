import type { AppError } from '../domain/errors.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { Answer } from '../domain/question/answer.ts';
import type { Language, Question } from '../domain/question/question.ts';
import type { Asker } from '../domain/question/spend.ts';

/** What an asker sees while the answer is made; the last event is always `answer` unless an error is thrown. */
export type AnswerEvent =
  /** Which step runs now: a key under `step.` in the bot's catalogues. */
  | { kind: 'step'; step: 'window' | 'evidence' | 'causes' | 'model' | 'verify' }
  /** The answer without any model: evidence and ranked causes. Shown at once. */
  | { kind: 'draft'; answer: Answer }
  /** The model's sentences so far that are whole and hold; replaced by `answer`. */
  | { kind: 'text'; text: string }
  /**
   * `later`: a model would have been asked, and was not yet (`useModel: 'later'`). `unexplained`: none gave an answer though
   * it was to be asked; the explanation ends with the reason.
   */
  | { kind: 'answer'; answer: Answer; later?: true; unexplained?: true };

export interface AssessOptions {
  /** What is asked about the lines; `why` when absent. */
  kind?: Question['kind'];
  language: Language;
  /** 0..2, passed to the model; 0.2 when absent. */
  temperature?: number;
  signal?: AbortSignal;
  useModel?: boolean;
  asker?: Asker;
  lane?: 'person' | 'batch';
  fresh?: boolean;
}

export interface AskOptions {
  signal?: AbortSignal;
  /** False gives the draft alone; `later` too, and says whether there is a model to ask; true when absent. */
  useModel?: boolean | 'later';
  /** Tokens of evidence a model is given at most; never more than fits into it. */
  budgetTokens?: number;
  /** Names of services known to exist, so that one that wrote no line can be named too. */
  catalogue?: readonly string[];
  /** The person who is charged for tokens and money; the program itself when absent. */
  asker?: Asker;
  /** Batch work waits for people at a model that is busy; `person` when absent. */
  lane?: 'person' | 'batch';
  /** Ask the model though an answer to the same question is in the cache. */
  fresh?: boolean;
}

/** Answers questions about logs: question → evidence → ranked causes → (model) → verified answer. */
export interface Analyst {
  /** Throws AppError `unavailable` when the log store cannot be asked, `stopped` when `signal` aborts. */
  ask(question: Question, options?: AskOptions): AsyncIterable<AnswerEvent>;
  /** The same answer over all of the given records, which are not stored, e.g. pasted text. Throws AppError `stopped`. */
  assess(records: LogRecord[], options: AssessOptions): AsyncIterable<AnswerEvent>;
  /**
   * Many texts at once, in as few model calls as they fit into; answers in their order, a text that fails alone as its
   * error. Throws AppError `stopped`.
   */
  assessAll(texts: readonly LogRecord[][], options: AssessOptions): Promise<(Answer | AppError)[]>;
}
