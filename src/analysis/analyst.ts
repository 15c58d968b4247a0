import type { RootCause } from '../domain/alert/incident.ts';
import type { AppError } from '../domain/errors.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { Answer } from '../domain/question/answer.ts';
import type { Language, Question } from '../domain/question/question.ts';
import type { Asker } from '../domain/question/spend.ts';
import type { Query } from './queries/query.ts';

/** The events while an answer is made; the last one is always `answer` unless an error is thrown. */
export type AnswerEvent =
  /** Which step runs now: a key under `step.` in the bot's catalogues. */
  | { kind: 'step'; step: 'window' | 'evidence' | 'causes' | 'model' | 'verify' }
  /** The answer without any model: evidence and ranked causes. Shown at once. `cause`: the first of them, as data. */
  | { kind: 'draft'; answer: Answer; cause?: RootCause }
  /** The model's complete and checked sentences so far; replaced by `answer`. */
  | { kind: 'text'; text: string }
  /**
   * `later`: a model could be asked but was not yet (`useModel: 'later'`). `unexplained`: models were asked and none gave an
   * answer; the explanation ends with the reason.
   */
  | { kind: 'answer'; answer: Answer; later?: true; unexplained?: true };

export interface AssessOptions {
  /** The task; `why` when absent. */
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
  /** False gives only the draft; `later` gives the draft and says whether there is a model to ask; true when absent. */
  useModel?: boolean | 'later';
  /** The most tokens of evidence for a model; never more than fit into its context. */
  budgetTokens?: number;
  /** Names of services that are known to exist, so that one that wrote no line can be named too. */
  catalogue?: readonly string[];
  /** The person whose budget pays; the program itself when absent. */
  asker?: Asker;
  /** Where a model is busy, batch work waits for people's questions; `person` when absent. */
  lane?: 'person' | 'batch';
  /** Ask the model even if an answer to the same question is in the cache. */
  fresh?: boolean;
}

/** Answers questions about logs: question → evidence → ranked causes → (model) → verified answer. */
export interface Analyst {
  /** Throws AppError `unavailable` when the log store cannot be asked, `stopped` when `signal` aborts. */
  ask(question: Question, options?: AskOptions): AsyncIterable<AnswerEvent>;
  /**
   * Lets a model choose the query for a plain question that its words alone did not tell. Absent where no model is configured.
   * Throws AppError `stopped`.
   */
  chooseQuery?(
    text: string,
    services: readonly string[],
    options: { asker: Asker; signal: AbortSignal },
  ): Promise<Query | undefined>;
  /** The same answer over the given records, which are not stored, for example pasted text. Throws AppError `stopped`. */
  assess(records: LogRecord[], options: AssessOptions): AsyncIterable<AnswerEvent>;
  /**
   * Many texts at once, in as few model calls as possible. Answers are in the order of the texts; a text that fails has an error
   * in its place. Throws AppError `stopped`.
   */
  assessAll(texts: readonly LogRecord[][], options: AssessOptions): Promise<(Answer | AppError)[]>;
}
