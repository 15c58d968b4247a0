import type { Example, FineTuneTask } from '../../domain/job/job.ts';
import type { Model } from './model.ts';

/** What a tuner learns from, for one task. Everything in it is masked. */
export interface Lesson {
  task: FineTuneTask;
  /** The instruction of the task, the same in training and in use. */
  instruction: string;
  examples: readonly Example[];
  /** The prompt around an example's text. */
  promptOf: (input: string) => string;
  /** Part of the variant's name: letters, digits and dashes. */
  version: string;
}

/**
 * Makes a variant of a model out of examples, at the model's own server.
 *
 * Life cycle:
 * 1. Open: made without a connection; there is nothing to dispose.
 * 2. Calls may assume nothing about the server. `open` and `remove` take the name that `train` gave, also in another process.
 * 3. At the same time: trainings of different lessons may run side by side; one lesson is trained once at a time.
 * 4. Aborting `signal` ends a training, also at the server, and what it left there is removed. A training that was cut off
 *    goes on, or begins again, when the same lesson is trained again. A `progress` that does not resolve makes the training
 *    wait, where it can.
 * 5. Throws: AppError `unauthorized` | `rate_limited` | `unavailable` | `timeout` | `stopped` | `malformed`.
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
  /** Removes a variant that was not promoted; it may be gone already. */
  remove(name: string): Promise<void>;
}
