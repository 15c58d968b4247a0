import { AppError } from '../../../domain/errors.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { jobsView } from '../../views/jobs.ts';
import { sentence } from '../../views/replies.ts';
import { askerOf, type CommandInvocation, type Invocation, type Services } from '../context.ts';
import { noteDone, permitted } from '../permission.ts';
import { roleFor } from '../table/table.ts';

const LISTED = 20;

/**
 * `jobs`: the jobs that run and wait, and those that failed; `jobs retry ID` and `jobs drop ID` are for failed ones, `jobs stop
 * ID` stops a job that has not ended.
 */
export async function jobs(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const [verb, id] = invocation.command.text.split(' ');
  const { say } = invocation.speech;
  if (verb === 'stop' && id) {
    const done = await stop(services, invocation, id);
    return live.finish(sentence(done ? say.jobHalted : say.jobOver(id), done ? 'good' : 'warning'));
  }
  if (verb && id) {
    const done = await (verb === 'retry' ? services.queue.retry(id) : services.queue.drop(id));
    const text = done ? (verb === 'retry' ? say.jobRetried : say.jobDropped) : say.jobGone(id);
    return live.finish(sentence(text, done ? 'good' : 'warning'));
  }
  const listed = await services.queue.list(['active', 'waiting', 'failed'], LISTED);
  await live.finish(jobsView(listed, invocation.speech));
}

/** Runs or drops a failed job. Throws AppError `not_found` when it no longer exists. */
export async function actOnJob({ queue }: Services, verb: 'retry' | 'drop', id: string): Promise<void> {
  const done = await (verb === 'retry' ? queue.retry(id) : queue.drop(id));
  if (!done) throw new AppError('not_found', `no failed job ${id}`);
}

const isAnswer = (id: string): boolean => id.startsWith('ask-');

/**
 * The person who asked for an answer that is being made, or for a job; undefined if neither exists. Answers are not in the queue.
 */
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
 * Whether this person may stop an answer or a job: the person who asked for it may, and responders may stop those of others and
 * those that nobody asked for. If not, they get a message.
 */
export async function mayStop(services: Services, invocation: Invocation, id: string): Promise<boolean> {
  const work = await workOf(services, id);
  // If there is nothing to stop, `stop` says so.
  if (!work || work.asker === askerOf(invocation).id) return true;
  return permitted(services, invocation, roleFor('jobs', 'stop'), `stop ${id}`);
}

/** Stops an answer or a job and notes that in the audit log. False when there is none, or it has ended. */
export async function stop(services: Services, invocation: Invocation, id: string): Promise<boolean> {
  if (!(await workOf(services, id))) return false;
  if (isAnswer(id)) await services.runningAnswers.stop(id);
  else if (!(await services.queue.stop(id))) return false;
  await noteDone(services, invocation, 'stop', id);
  return true;
}
