import type { JobContext, JobHandler, Queue } from '../backends/queue/queue.ts';
import { toAppError } from '../domain/errors.ts';
import { JOB_NAMES, type JobName } from '../domain/job/job.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** What does each kind of job; kinds without one wait for a worker that has it. */
export type Handlers = { [N in JobName]?: JobHandler<N> };

/** How many jobs of a kind one worker runs at the same time: one where nothing is said. */
export type AtOnce = Partial<Record<JobName, number>>;

/**
 * Runs this program's jobs until disposed; disposing lets running jobs finish for a while, then gives them back to
 * the queue. Resolves though the queue is away: it is tried again in the background.
 */
export async function startWorker(options: {
  queue: Queue;
  handlers: Handlers;
  atOnce?: AtOnce;
  metrics: Metrics;
  log: Log;
}): Promise<AsyncDisposable> {
  const { queue, handlers, atOnce = {}, metrics, log } = options;
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

  const begin = async <N extends JobName>(name: N): Promise<AsyncDisposable[]> => {
    const handler = handlers[name] as JobHandler<N> | undefined;
    if (!handler) return [];
    return [await queue.work(name, observed(name, handler), { concurrency: atOnce[name] ?? 1 })];
  };
  const working = (await Promise.all(JOB_NAMES.map(begin))).flat();
  return {
    async [Symbol.asyncDispose]() {
      closing = true;
      await Promise.all(working.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
