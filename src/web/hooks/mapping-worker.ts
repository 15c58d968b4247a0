import { parentPort, workerData } from 'node:worker_threads';
import { type Mapping, parseMapping } from '../../config/mapping.ts';

/** What this thread is asked: to evaluate the mapping of a hook on a payload, which is JSON. */
export interface MappingJob {
  hook: string;
  payload: string;
}
/** The result as JSON, absent where there is none; or why there is none. */
export type MappingResult = { result?: string } | { error: string };

const mappings = new Map(
  Object.entries(workerData as Record<string, string>).map(([hook, expression]): [string, Mapping] => [
    hook,
    parseMapping(expression),
  ]),
);

async function evaluate({ hook, payload }: MappingJob): Promise<MappingResult> {
  try {
    const value = await mappings.get(hook)?.(JSON.parse(payload));
    return { result: JSON.stringify(value) };
  } catch (error) {
    return { error: String((error as { message?: unknown }).message ?? 'it failed') };
  }
}

parentPort?.on(
  'message',
  (job: MappingJob) => void evaluate(job).then((said) => parentPort?.postMessage(said)),
);
parentPort?.postMessage('ready');
