import type { Analyst } from '../analysis/analyst.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { JobContext, JobHandler, Queue } from '../backends/queue/queue.ts';
import { toAppError } from '../domain/errors.ts';
import type { JobName } from '../domain/job.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { analyzeHandler } from './analyze.ts';

export interface WorkerParts {
  queue: Queue;
  logs: LogStore;
  analyst: Pick<Analyst, 'ask'>;
  metrics: Metrics;
  log: Log;
}

/**
 * Runs this program's jobs until disposed; disposing lets running jobs finish for a while, then gives them back to
 * the queue. Resolves though the queue is away: it is tried again in the background.
 */
export async function startWorker({
  queue,
  logs,
  analyst,
  metrics,
  log,
}: WorkerParts): Promise<AsyncDisposable> {
  let closing = false;
  const count = (name: JobName, state: 'done' | 'failed' | 'stopped'): void =>
    metrics.jobs.inc({ name, state });

  /** Logs and counts how a job ended; a try that is followed by another one, or given back, has not ended. */
  const observed =
    <N extends JobName>(name: N, handler: JobHandler<N>): JobHandler<N> =>
    async (payload, context: JobContext) => {
      const job = { job: context.id, name, attempt: context.attempt };
      log.info(job, 'job started');
      try {
        const result = await handler(payload, context);
        // Stopped in its last moment: the queue will say stopped.
        if (!context.signal.aborted) count(name, 'done');
        log.info(job, 'job done');
        return result;
      } catch (error) {
        const { code, retryable } = toAppError(error);
        if (code === 'stopped') {
          if (!closing) count(name, 'stopped');
        } else if (!retryable || context.attempt >= context.attempts) count(name, 'failed');
        throw error;
      }
    };

  const working = await queue.work('analyze', observed('analyze', analyzeHandler(logs, analyst)));
  return {
    async [Symbol.asyncDispose]() {
      closing = true;
      await working[Symbol.asyncDispose]();
    },
  };
}
