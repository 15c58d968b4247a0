import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { type Backoff, backoffMs } from '../../domain/retry.ts';
import type { Log } from '../../log.ts';
import { type Content, loadDelivery, putEntry, type Task } from './delivery.ts';
import type { Clock } from './monotonic-clock.ts';

/** How many tasks of each kind run at the same time. A slow model must not hold up the others. */
const AT_ONCE: Record<Task['task'], number> = { analysis: 2, job: 2, explain: 2, letters: 1 };
const BACKOFF: Backoff = { first: 1_000, most: 60_000 };

/** The new content of a message, whether it was sent already or not. Without a delivery of this id nothing happens. */
export interface Edit {
  id: string;
  content: Content;
}

/** How a task ended: with `puts` to write, or to be done `again` at that time (epoch ms); in both cases with edits. */
export type Outcome = ({ puts: Put[] } | { again: number }) & { edits?: Edit[] };

/** Does a task. */
export type RunTask = (task: Task) => Promise<Outcome>;

/** The writes of the edits, each for the version that was read. A message that was not sent yet is sent as changed. */
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

/** Runs the tasks of the outbox, some of each kind at a time. */
export function createTasks(options: {
  state: StateStore;
  runTask: RunTask;
  clock: Clock;
  /** Whether this process goes on. A task that fails while it stops is done again after the next start. */
  goesOn: () => boolean;
  log: Log;
}) {
  const { state, runTask, clock, goesOn, log } = options;
  const running = new Map<string, Task['task']>();

  /** Writes the outcome in one commit. */
  async function end(id: string, task: Task, outcome: Outcome): Promise<void> {
    const own =
      'again' in outcome
        ? putEntry(id, { ...task, due: outcome.again, attempts: 0 })
        : putEntry(id, task, undefined, true);
    const puts = 'puts' in outcome ? outcome.puts : [];
    for (;;) {
      const edits = await editPuts(state, outcome.edits ?? [], clock.now());
      if ((await state.commit({ put: [own, ...puts, ...edits] })) === 'done') return;
      // A conflict. Where messages are edited, one was just being sent: read again. Else the notes are there already:
      // another process was faster.
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
      const wait = backoffMs(task.attempts + 1, BACKOFF);
      await state.commit({
        put: [putEntry(id, { ...task, attempts: task.attempts + 1, due: clock.now() + wait })],
      });
    } finally {
      running.delete(id);
    }
  }

  return {
    /** Starts the task, unless it is running already or too many of its kind are. */
    offer(task: Stored<Task>): Promise<void> | undefined {
      const { task: kind } = task.value;
      const many = [...running.values()].filter((one) => one === kind).length;
      return running.has(task.id) || many >= AT_ONCE[kind] ? undefined : work(task);
    },
  };
}
