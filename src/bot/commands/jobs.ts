import { AppError } from '../../domain/errors.ts';
import type { LiveMessage } from '../chat.ts';
import { putEntry, type Task } from '../delivery.ts';
import { jobsView } from '../views/jobs.ts';
import { sentence } from '../views/replies.ts';
import type { Asked, Services } from './context.ts';

const LISTED = 20;

/** `jobs`: what runs and waits, and what failed; `jobs retry ID` and `jobs drop ID` decide about what failed. */
export async function jobs(services: Services, asked: Asked, live: LiveMessage): Promise<void> {
  const [verb, id] = asked.command.text.split(' ');
  if (verb && id) {
    const done = verb === 'retry' ? await retryJob(services, id) : await services.queue.drop(id);
    const { say } = asked.speech;
    const text = done ? (verb === 'retry' ? say.jobRetried : say.jobDropped) : say.jobGone(id);
    return live.finish(sentence(text, done ? 'good' : 'warning'));
  }
  const listed = await services.queue.list(['active', 'waiting', 'failed'], LISTED);
  await live.finish(jobsView(listed, asked.speech));
}

/** The buttons of a failed job. Throws AppError `not_found` when it is not there any more. */
export async function actOnJob(
  services: Services,
  verb: 'job-retry' | 'job-drop',
  id: string,
): Promise<void> {
  const done = verb === 'job-retry' ? await retryJob(services, id) : await services.queue.drop(id);
  if (!done) throw new AppError('not_found', `no failed job ${id}`);
}

/** Runs a failed job again; whoever waited for its report waits again. */
async function retryJob({ queue, state }: Services, id: string): Promise<boolean> {
  if (!(await queue.retry(id))) return false;
  const task = await state.get<Task>('outbox', `task/job/${id}`);
  if (task) await state.commit({ put: [putEntry(task.id, { ...task.value, due: Date.now(), attempts: 0 })] });
  return true;
}
