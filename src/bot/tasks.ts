import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import type { Log } from '../log.ts';
import type { Clock } from './clock.ts';
import { putEntry, type Task } from './delivery.ts';

const AT_ONCE = 2;
const BACKOFF_MS = { first: 1_000, most: 60_000 };

/** Does a task. Resolves with what to write when it is over, or when to look again (epoch ms). */
export type RunTask = (task: Task) => Promise<{ puts: Put[] } | { again: number }>;

/** Runs the tasks of the outbox, two at a time, each until it is over. */
export function createTasks(options: {
  state: StateStore;
  runTask: RunTask;
  clock: Clock;
  /** Whether this process goes on; a task that fails while it stops comes again after the next start. */
  goesOn: () => boolean;
  log: Log;
}) {
  const { state, runTask, clock, goesOn, log } = options;
  const running = new Set<string>();

  async function work({ id, value: task }: Stored<Task>): Promise<void> {
    running.add(id);
    try {
      const outcome = await runTask(task);
      if ('again' in outcome) {
        await state.commit({ put: [putEntry(id, { ...task, due: outcome.again, attempts: 0 })] });
        return;
      }
      const over = putEntry(id, task, undefined, true);
      // A conflict means that its notes are there already: another process was faster.
      if ((await state.commit({ put: [over, ...outcome.puts] })) === 'conflict')
        await state.commit({ put: [over] });
    } catch (cause) {
      if (!goesOn()) return;
      log.warn({ err: cause, task: id }, 'a task failed and waits');
      const wait = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(task.attempts, 12));
      await state.commit({
        put: [putEntry(id, { ...task, attempts: task.attempts + 1, due: clock.now() + wait })],
      });
    } finally {
      running.delete(id);
    }
  }

  return {
    /** Starts it if it is not running and there is room. */
    offer: (task: Stored<Task>): Promise<void> | undefined =>
      running.has(task.id) || running.size >= AT_ONCE ? undefined : work(task),
  };
}
