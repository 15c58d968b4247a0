import type { Model } from '../../backends/model/model.ts';
import type { AnomalyStatus } from '../../domain/alert/anomaly.ts';
import type { FineTuneTask, SentimentLabel, Tuned } from '../../domain/job/job.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { createRedactor } from '../../masking/redact.ts';
import type { Trainer } from './fine-tune.ts';
import { askTask } from './scoring.ts';

const INPUT_LENGTH = 4_000;

/**
 * Asks the variant that serves a task. A model decides nothing about evidence: only the field of the task is taken
 * from its answer, and a summary only if each of its numbers and names is in the text.
 * @returns undefined if no variant serves, the server is away, or the answer is not good
 */
export function createTuned(options: {
  trainers: readonly Trainer[];
  serving: (task: FineTuneTask) => Promise<Tuned | undefined>;
}): (task: FineTuneTask, text: string, signal: AbortSignal) => Promise<Partial<Answer> | undefined> {
  const opened = new Map<string, Promise<Model>>();
  return async (task, text, signal) => {
    const tuned = await options.serving(task);
    if (tuned?.kind !== 'model') return undefined;
    const tuner = options.trainers.find((one) => one.tuner.base === tuned.base)?.tuner;
    if (!tuner) return undefined;
    try {
      const opening = opened.get(tuned.name) ?? tuner.open(tuned.name);
      opened.set(tuned.name, opening);
      const model = await opening;
      const masker = createRedactor({ personal: model.external });
      const input = text.slice(0, INPUT_LENGTH);
      const said = await askTask(model, task, masker.mask(input), { signal });
      return said === undefined ? undefined : fieldOf(task, masker.unmask(said), input);
    } catch {
      opened.delete(tuned.name);
      signal.throwIfAborted();
      return undefined;
    }
  };
}

function fieldOf(task: FineTuneTask, said: string, text: string): Partial<Answer> | undefined {
  if (task === 'sentiment') return { sentiment: said as SentimentLabel };
  if (task === 'anomaly') return { anomaly_status: said as AnomalyStatus };
  return holds(said, text) ? { summary: said } : undefined;
}

/**
 * Whether every number and every name of a program in a summary is in the text, so that no link or mention is made
 * up.
 */
export function holds(said: string, text: string): boolean {
  const known = text.toLowerCase();
  const names =
    said.match(
      /\p{N}[\p{N}.,:]*\p{N}|\p{N}|(?<![\p{L}\p{N}])[\p{L}\p{N}]+(?:[-_./:@][\p{L}\p{N}]+)+|[@#]\S+/gu,
    ) ?? [];
  return names.every((name) => known.includes(name.toLowerCase()));
}
