import { createHash } from 'node:crypto';
import type { Example } from '../../domain/job/job.ts';
import type { Log } from '../../log.ts';
import { derivedModel, type Model } from './model.ts';
import { openOllama } from './ollama.ts';
import { connect, type OllamaEntry, translate } from './ollama-client.ts';
import type { Lesson, Tuner } from './tuner.ts';

/** Creating a variant copies no weights, so it is quick; removing one is as well. */
const CALL_MS = 120_000;
/** This many examples are put before a question: with more, a small model would have no room for it. */
const SHOTS = 8;

/**
 * Variants of an Ollama model with an instruction and chosen examples built in (`ollama create`). Needs no GPU and no
 * training time; the weights stay as they are.
 */
export function ollamaTuner(entry: OllamaEntry, log: Log): Tuner {
  const call = callsTo(entry, CALL_MS);
  return {
    id: 'ollama',
    base: entry.id ?? 'ollama',
    async train(lesson, { signal, progress }) {
      const shots = chooseShots(lesson.examples, SHOTS);
      const name = variantName(lesson);
      await call(signal, (within) =>
        connect(entry.url, within).create({
          model: name,
          from: entry.model,
          system: lesson.instruction,
          messages: shots.flatMap(({ input, output }) => [
            { role: 'user', content: lesson.promptOf(input) },
            { role: 'assistant', content: JSON.stringify({ answer: output }) },
          ]),
          stream: false,
        }),
      );
      await progress(1);
      return name;
    },
    open: (name) => openVariant(entry, name, log),
    remove: (name) => removeVariant(entry, name, call),
  };
}

/** A call to the model's server that takes at most `ms` milliseconds. Throws AppErrors. */
export const callsTo =
  (entry: OllamaEntry, ms: number) =>
  async <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const deadline = AbortSignal.timeout(ms);
    try {
      return await work(signal ? AbortSignal.any([signal, deadline]) : deadline);
    } catch (cause) {
      throw translate(cause, { entry, asker: signal, deadline, estimate: 0, context: entry.contextTokens });
    }
  };

/** Such as `bongsu-anomaly:1f00ba5c0ffe`: it names nothing from the examples. */
export const variantName = ({ task, version }: Lesson): string => `bongsu-${task}:${version}`;

/** A variant as a model; it has its instruction built in. */
export async function openVariant(entry: OllamaEntry, name: string, log: Log): Promise<Model> {
  const model = await openOllama({ ...entry, id: name, model: name }, log);
  return derivedModel(model, { ask: (request) => model.ask({ ...request, system: '' }) });
}

export async function removeVariant(
  entry: OllamaEntry,
  name: string,
  call: <T>(signal: undefined, work: (signal: AbortSignal) => Promise<T>) => Promise<T>,
): Promise<void> {
  await call(undefined, async (signal) => {
    const client = connect(entry.url, signal);
    const { models } = await client.list();
    if (models.some((known) => known.name === name)) await client.delete({ model: name });
  });
}

/**
 * Examples that stand for the rest: one of each answer in turn, and always the one that shares the fewest words with those
 * chosen before (farthest-point selection: Gonzalez, 1985). The same examples give the same choice.
 */
export function chooseShots(examples: readonly Example[], most: number): Example[] {
  const words = new Map(
    examples.map(
      (example) => [example, new Set(example.input.toLowerCase().match(/\p{L}{2,}/gu) ?? [])] as const,
    ),
  );
  const overlap = (a: Example, b: Example): number => {
    const [left, right] = [words.get(a)!, words.get(b)!];
    let shared = 0;
    for (const word of left) if (right.has(word)) shared += 1;
    return shared / Math.max(1, Math.min(left.size, right.size));
  };
  const isLabelled = new Set(examples.map(({ output }) => output)).size <= 3;
  const groups = new Map<string, Example[]>();
  for (const example of [...examples].sort((a, b) => (digest(a) < digest(b) ? -1 : 1))) {
    const group = isLabelled ? example.output : '';
    groups.set(group, [...(groups.get(group) ?? []), example]);
  }
  const chosen: Example[] = [];
  while (chosen.length < most && [...groups.values()].some((group) => group.length > 0))
    for (const group of groups.values()) {
      if (chosen.length >= most || group.length === 0) continue;
      const nearest = (example: Example): number =>
        chosen.reduce((max, other) => Math.max(max, overlap(example, other)), 0);
      const best = group.reduce((a, b) => (nearest(b) < nearest(a) ? b : a));
      group.splice(group.indexOf(best), 1);
      chosen.push(best);
    }
  return chosen;
}

const digest = ({ id }: Example): string => createHash('sha256').update(id).digest('hex');
