import type { Example, FineTuneTask } from '../../domain/job/job.ts';
import type { Model } from './model.ts';

/** What a trainer is given for one task. Everything in it is masked. */
export interface Lesson {
  task: FineTuneTask;
  /** How the task is put to the model, in training and in use. */
  instruction: string;
  examples: readonly Example[];
  /** The prompt around an example's text. */
  promptOf: (input: string) => string;
  /** Names what comes out: letters, digits and dashes. */
  version: string;
}

/**
 * Makes a variant of a model out of examples, at the model's own server.
 * Methods throw AppError `unauthorized` | `rate_limited` | `unavailable` | `timeout` | `stopped` | `malformed`.
 */
export interface Tuner {
  /** `ollama`, `lora`, `openai`. */
  readonly id: string;
  /** The model it starts from, as `Model.id` names it. */
  readonly base: string;
  /** @returns the name the server knows the variant by; the same lesson again gives the same name */
  train(
    lesson: Lesson,
    options: { signal: AbortSignal; progress: (fraction: number) => Promise<void> },
  ): Promise<string>;
  /** A variant as a model. */
  open(name: string): Promise<Model>;
  /** Removes a variant that was not promoted; one that is gone is fine. */
  remove(name: string): Promise<void>;
}
