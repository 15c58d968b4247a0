import type { JobContext, JobHandler, Queue } from '../backends/queue/queue.ts';
import { toAppError } from '../domain/errors.ts';
import { JOB_NAMES, type JobName } from '../domain/job/job.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** The handler of each kind of job; jobs of a kind without one wait for a worker that has it. */
export type Handlers = { [N in JobName]?: JobHandler<N> };

/** How many jobs of a kind one worker runs at the same time; 1 when absent. */
export type AtOnce = Partial<Record<JobName, number>>;

/**
 * Takes jobs from the queue and runs them, until disposed.
 *
 * Life cycle:
 * 1. Starting may assume that the queue is open. It resolves also while the queue cannot be reached: taking jobs is
 * tried again in the background. Then jobs run, in parallel up to `atOnce`.
 * 2. A handler may be called again for the same job after a failure, a crash, or when another worker has taken the
 * job over. It has to go on from its checkpoint, and must end soon after its signal aborts.
 * 3. Disposing takes no new jobs, and lets running ones go on for a short while (the queue's own limit). Then their
 * signals abort and they go back to the queue. It must bear handlers that throw; it resolves when no handler runs any
 * more. The state store and the queue have to be open until then.
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

  /**
   * Logs and counts how a job ended. A failure that is tried again is no end, and neither is a job that goes back to
   * the queue.
   */
  const observed =
    <N extends JobName>(name: N, handler: JobHandler<N>): JobHandler<N> =>
    async (payload, context: JobContext) => {
      const job = { job: context.id, name, attempt: context.attempt };
      log.info(job, 'job started');
      try {
        const result = await handler(payload, context);
        // If it was stopped in the last moment, the queue counts it as stopped.
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
