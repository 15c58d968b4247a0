import type { JobContext } from '../backends/queue/queue.ts';
import type { Context } from './context.ts';

/** The context of a job that a person runs on the command line: its progress is a bar, and Ctrl-C stops it. */
export function byHand(context: Context, bar: { update(done: number, total: number): void }): JobContext {
  return {
    id: 'by-hand',
    attempt: 1,
    attempts: 1,
    signal: context.signal,
    async progress({ fraction, done, total }) {
      bar.update(done ?? fraction, total ?? 1);
    },
  };
}
