import type { StateStore } from '../../backends/state/store.ts';
import type { JobStatus } from '../../domain/job/job.ts';
import { SECOND } from '../../domain/time/units.ts';
import { speech as speechOf } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat, LiveMessage } from '../chat/chat.ts';
import { IDLE, loadTask, putEntry } from '../delivery/delivery.ts';
import { jobView, reportView } from '../views/jobs.ts';

const EDIT_EVERY_MS = SECOND;

/** Messages that show the progress of people's jobs: they follow the queue, whichever worker runs the job. */
export interface JobMessages {
  /** @param hidden whether only the asker sees the message; the report then comes in it */
  follow(id: string, live: LiveMessage, hidden: boolean): void;
  forget(id: string): void;
  changed(job: JobStatus): void;
}

export const hasEnded = (job: JobStatus): boolean =>
  job.state === 'done' || job.state === 'failed' || job.state === 'stopped';

export function createJobMessages(options: {
  chats: readonly Chat[];
  state: StateStore;
  timeZone: string;
  log: Log;
  wake: () => void;
}): JobMessages {
  const { chats, state, timeZone, log, wake } = options;
  const lives = new Map<string, { live: LiveMessage; hidden: boolean }>();
  /** When a message that is known from its job alone (after a restart) was edited last. */
  const edited = new Map<string, number>();

  async function end(job: JobStatus): Promise<void> {
    const speech = speechOf(job.payload.language, timeZone);
    const known = lives.get(job.id);
    lives.delete(job.id);
    edited.delete(job.id);
    const report = known?.hidden ? reportView(job, speech) : undefined;
    if (known) await known.live.finish(report ?? jobView(job, speech));
    else await editPlain(job);
    // Who waits for the report: the asker, or the channels of a scheduled job.
    const ids = [job.id, ...chats.map(({ name, alertChannel }) => `${job.id}/${name}/${alertChannel}`)];
    for (const id of ids) {
      const task = await loadTask(state, `task/job/${id}`);
      // A task that has ended is not begun again.
      if (!task || task.rank === IDLE) continue;
      const put = putEntry(task.id, { ...task.value, due: Date.now() }, task.version);
      await state.commit({ put: [put] });
    }
    wake();
  }

  async function editPlain(job: JobStatus): Promise<void> {
    const { replyTo, language } = job.payload;
    const chat = replyTo?.message ? chats.find((other) => other.name === replyTo.chat) : undefined;
    if (!chat || !replyTo?.message) return;
    const { channel, thread, message: id } = replyTo;
    await chat.edit(
      { channel, id, ...(thread ? { thread } : {}) },
      jobView(job, speechOf(language, timeZone)),
    );
  }

  return {
    follow(id, live, hidden) {
      lives.set(id, { live, hidden });
    },
    forget(id) {
      lives.delete(id);
    },
    changed(job) {
      const complain = (error: unknown): void =>
        log.warn({ err: error, job: job.id }, 'the progress of a job could not be shown');
      if (hasEnded(job)) return void end(job).catch(complain);
      const known = lives.get(job.id);
      if (known) return known.live.update(jobView(job, speechOf(job.payload.language, timeZone)));
      if ((edited.get(job.id) ?? 0) > Date.now() - EDIT_EVERY_MS) return;
      edited.set(job.id, Date.now());
      editPlain(job).catch(complain);
    },
  };
}
