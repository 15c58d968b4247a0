import { inBatches, type SourceLine } from '../domain/log/source-line.ts';
import type { Pipeline, RunTotals } from '../pipeline/run.ts';
import { recordedIncident } from './recorded-incident.ts';

/** Called with how many lines are stored, and how many there are in all. */
export type ReplayProgress = (done: number, total: number) => void;

/**
 * Sends the recorded incident through a pipeline as if it had just ended.
 * @throws AppError `stopped` when `signal` aborts, and what `Pipeline.run` throws
 */
export async function replayIncident(
  pipeline: Pick<Pipeline, 'run'>,
  options: { seed: number; endsAt: number; signal: AbortSignal; onProgress?: ReplayProgress },
): Promise<RunTotals> {
  const { signal, onProgress } = options;
  const lines = [...recordedIncident(options)];
  return pipeline.run(batches(lines), {
    signal,
    ...(onProgress ? { progress: (totals) => onProgress(totals.lines, lines.length) } : {}),
  });
}

/** Batches of lines; the event loop turns after each, so that chat and web page stay fast. */
async function* batches(lines: Iterable<SourceLine>): AsyncGenerator<SourceLine[]> {
  for (const batch of inBatches(lines)) {
    yield batch;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
