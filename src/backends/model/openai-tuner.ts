import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { AppError } from '../../domain/errors.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { type OpenAiEntry, openOpenAi, translate } from './openai.ts';
import type { Tuner } from './tuner.ts';

/** A fine-tune at the vendor takes from minutes to hours. */
const POLL_MS = 20_000;
const LONGEST_MS = 6 * HOUR;
const USUAL_MS = 30 * MINUTE;

/**
 * Variants made by the fine-tuning API of OpenAI, or of a server like it. The examples are masked; their file is removed
 * when the training has ended. Stopping cancels the training at the vendor, who then charges nothing more.
 */
export function openAiTuner(entry: OpenAiEntry, log: Log, { pollMs = POLL_MS } = {}): Tuner {
  const client = new OpenAI({
    baseURL: entry.baseUrl,
    apiKey: entry.apiKey ?? 'none',
    maxRetries: 2,
    timeout: entry.timeoutMs,
    logLevel: 'off',
  });
  return {
    id: 'openai',
    base: entry.id ?? 'openai',
    async train({ task, instruction, examples, promptOf, version }, { signal, progress }) {
      const lines = examples.map(({ input, output }) =>
        JSON.stringify({
          messages: [
            { role: 'system', content: instruction },
            { role: 'user', content: promptOf(input) },
            { role: 'assistant', content: JSON.stringify({ answer: output }) },
          ],
        }),
      );
      let file: string | undefined;
      let job: string | undefined;
      try {
        const data = await toFile(Buffer.from(`${lines.join('\n')}\n`), `bongsu-${task}-${version}.jsonl`);
        file = (await client.files.create({ file: data, purpose: 'fine-tune' }, { signal })).id;
        let state = await client.fineTuning.jobs.create(
          {
            model: entry.model,
            training_file: file,
            suffix: `bongsu-${task}`,
            method: { type: 'supervised' },
            // The same night again is the same training.
            metadata: { bongsu: `${task}-${version}` },
          },
          { signal, idempotencyKey: `bongsu-${task}-${version}` },
        );
        job = state.id;
        const began = Date.now();
        while (!['succeeded', 'failed', 'cancelled'].includes(state.status)) {
          if (Date.now() - began > LONGEST_MS)
            throw new AppError('timeout', `${entry.model}: the fine-tune did not end in 6 hours`, {
              retryable: false,
            });
          await sleep(pollMs, undefined, { signal });
          state = await client.fineTuning.jobs.retrieve(job, { signal });
          await progress(Math.min(0.95, (Date.now() - began) / USUAL_MS));
        }
        job = undefined;
        if (state.status !== 'succeeded' || !state.fine_tuned_model)
          throw new AppError('unavailable', `${entry.model}: the fine-tune ended as ${state.status}`, {
            retryable: false,
          });
        await progress(1);
        return state.fine_tuned_model;
      } catch (error) {
        throw translate(error, entry, signal, undefined);
      } finally {
        if (job)
          await client.fineTuning.jobs.cancel(job).catch(() => log.warn({ job }, 'fine-tune not cancelled'));
        if (file)
          await client.files.delete(file).catch(() => log.warn({ file }, 'training file not removed'));
      }
    },
    open: (name) => openOpenAi({ ...entry, id: name, model: name }, log),
    async remove(name) {
      try {
        await client.models.delete(name);
      } catch (error) {
        if (error instanceof OpenAI.NotFoundError) return;
        throw translate(error, entry, undefined, undefined);
      }
    },
  };
}
