import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { backoffMs } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import { type Content, loadDelivery, putEntry, type Task } from './delivery.ts';
import type { Clock } from './monotonic-clock.ts';

/** Tasks of a kind that run at the same time. A model may take minutes, and must not hold up what takes none. */
const AT_ONCE: Record<Task['task'], number> = { analysis: 2, job: 2, explain: 2, letters: 1 };
const BACKOFF_MS = { first: 1_000, most: 60_000 };

/** What a message that may stand already is to show from now on; where there is none, nothing is. */
export interface Edit {
  id: string;
  content: Content;
}

/** How a task ended: with what to write, or when to look again (epoch ms); both with messages that change. */
export type Outcome = ({ puts: Put[] } | { again: number }) & { edits?: Edit[] };

/** Does a task. */
export type RunTask = (task: Task) => Promise<Outcome>;

/** The writes that change messages, each only as it is now. One that was not sent yet is sent as changed. */
export async function editPuts(state: StateStore, edits: readonly Edit[], now: number): Promise<Put[]> {
  const puts: Put[] = [];
  for (const { id, content } of edits) {
    const stored = await loadDelivery(state, id);
    if (!stored) continue;
    const { value, version } = stored;
    const due = Math.max(now, value.due);
    puts.push(putEntry(id, { ...value, content, wanted: value.wanted + 1, due }, version));
  }
  return puts;
}

/** Runs the tasks of the outbox, some of each kind at a time, each until it is over. */
export function createTasks(options: {
  state: StateStore;
  runTask: RunTask;
  clock: Clock;
  /** Whether this process goes on; a task that fails while it stops comes again after the next start. */
  goesOn: () => boolean;
  log: Log;
}) {
  const { state, runTask, clock, goesOn, log } = options;
  const running = new Map<string, Task['task']>();

  /** Writes how it ended, in one commit. */
  async function end(id: string, task: Task, outcome: Outcome): Promise<void> {
    const own =
      'again' in outcome
        ? putEntry(id, { ...task, due: outcome.again, attempts: 0 })
        : putEntry(id, task, undefined, true);
    const puts = 'puts' in outcome ? outcome.puts : [];
    for (;;) {
      const edits = await editPuts(state, outcome.edits ?? [], clock.now());
      if ((await state.commit({ put: [own, ...puts, ...edits] })) === 'done') return;
      // Messages change while they are sent: as they are now, then. New notes are there already: another was faster.
      if (edits.length === 0) break;
    }
    await state.commit({ put: [own] });
  }

  async function work({ id, value: task }: Stored<Task>): Promise<void> {
    running.set(id, task.task);
    try {
      await end(id, task, await runTask(task));
    } catch (cause) {
      if (!goesOn()) return;
      log.warn({ err: cause, task: id }, 'a task failed and waits');
      const wait = backoffMs(task.attempts + 1, BACKOFF_MS);
      await state.commit({
        put: [putEntry(id, { ...task, attempts: task.attempts + 1, due: clock.now() + wait })],
      });
    } finally {
      running.delete(id);
    }
  }

  return {
    /** Starts it if it is not running and there is room. */
    offer(task: Stored<Task>): Promise<void> | undefined {
      const { task: kind } = task.value;
      const many = [...running.values()].filter((one) => one === kind).length;
      return running.has(task.id) || many >= AT_ONCE[kind] ? undefined : work(task);
    },
  };
}
