import { AppError } from '../../domain/errors.ts';
import type { LiveMessage } from '../chat.ts';
import { jobsView } from '../views/jobs.ts';
import { sentence } from '../views/replies.ts';
import type { Asked, Services } from './context.ts';

const LISTED = 20;

/** `jobs`: what runs and waits, and what failed; `jobs retry ID` and `jobs drop ID` decide about what failed. */
export async function jobs(services: Services, asked: Asked, live: LiveMessage): Promise<void> {
  const [verb, id] = asked.command.text.split(' ');
  if (verb && id) {
    const done = await (verb === 'retry' ? services.queue.retry(id) : services.queue.drop(id));
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
  const done = await (verb === 'job-retry' ? services.queue.retry(id) : services.queue.drop(id));
  if (!done) throw new AppError('not_found', `no failed job ${id}`);
}
