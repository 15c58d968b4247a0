import { AppError } from '../../domain/errors.ts';
import type { LiveMessage } from '../chat/chat.ts';
import { jobsView } from '../views/jobs.ts';
import { sentence } from '../views/replies.ts';
import { type Asked, askerOf, type Services } from './context.ts';
import { noteDone, permitted, type Wish } from './control.ts';

const LISTED = 20;

/**
 * `jobs`: what runs and waits, and what failed; `jobs retry ID` and `jobs drop ID` decide about what failed, `jobs stop ID`
 * stops what has not ended.
 */
export async function jobs(services: Services, asked: Asked, live: LiveMessage): Promise<void> {
  const [verb, id] = asked.command.text.split(' ');
  const { say } = asked.speech;
  if (verb === 'stop' && id) {
    const done = await stop(services, asked, id);
    return live.finish(sentence(done ? say.jobHalted : say.jobOver(id), done ? 'good' : 'warning'));
  }
  if (verb && id) {
    const done = await (verb === 'retry' ? services.queue.retry(id) : services.queue.drop(id));
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

const isAnswer = (id: string): boolean => id.startsWith('ask-');

/** An answer that is being made, or a job, with who asked for it; undefined where there is none. No queue is asked for an answer. */
async function workOf(
  { runningAnswers, queue }: Services,
  id: string,
): Promise<{ asker?: string | undefined } | undefined> {
  if (!isAnswer(id)) {
    const job = await queue.status(id);
    return job && { asker: job.payload.asker?.id };
  }
  const asker = await runningAnswers.asker(id);
  return asker === undefined ? undefined : { asker };
}

/**
 * Whether this person may stop an answer or a job: whoever asked may think better of it; what others asked for, or nobody,
 * is a responder's. Who may not was told.
 */
export async function mayStop(services: Services, wish: Wish, id: string): Promise<boolean> {
  const work = await workOf(services, id);
  // That there is nothing to stop is said by `stop`.
  if (!work || work.asker === askerOf(wish).id) return true;
  return permitted(services, wish, 'responder', `stop ${id}`);
}

/** Stops an answer or a job, which is noted in the audit log. False when there is none, or it has ended. */
export async function stop(services: Services, wish: Wish, id: string): Promise<boolean> {
  if (!(await workOf(services, id))) return false;
  if (isAnswer(id)) await services.runningAnswers.stop(id);
  else if (!(await services.queue.stop(id))) return false;
  await noteDone(services, wish, 'stop', id);
  return true;
}
