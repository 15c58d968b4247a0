import { randomUUID } from 'node:crypto';
import type { JobName, Jobs } from '../../../domain/job/job.ts';
import { SECOND } from '../../../domain/time/units.ts';
import type { LiveMessage } from '../../chat/chat.ts';
import { putEntry } from '../../delivery/delivery.ts';
import { jobView } from '../../views/jobs.ts';
import { askerOf, type CommandInvocation, type Services } from '../context.ts';
import { hasEnded } from '../job-messages.ts';

/** If there is no change of the job for this long, its report is looked up. */
const LOOK_AFTER_MS = 15 * SECOND;

/**
 * Queues a person's job. Its progress is shown in `live`. Its report is posted once in the place where it was asked for, even if
 * this process has ended by then.
 */
export async function submitJob<N extends JobName>(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
  job: { name: N; payload: Omit<Jobs[N]['payload'], 'language' | 'asker' | 'replyTo'> },
): Promise<void> {
  const { command, speech, request, chat } = invocation;
  const { jobMessages } = services;
  const id = `job-${randomUUID().slice(0, 13)}`;
  const place = {
    chat: chat.name,
    channel: live.ref?.channel ?? request.place.channel,
    ...(request.place.thread ? { thread: request.place.thread } : {}),
  };
  const payload = {
    ...job.payload,
    language: speech.language,
    asker: askerOf(invocation),
    replyTo: { ...place, ...(live.ref ? { message: live.ref.id } : {}) },
  } as Jobs[N]['payload'];
  const hidden = command.private;
  jobMessages.follow(id, live, hidden);
  try {
    if (!hidden)
      // Written before the job exists, so that its report cannot be forgotten.
      await services.state.commit({
        put: [
          putEntry(`task/job/${id}`, {
            task: 'job',
            subject: id,
            due: Date.now() + LOOK_AFTER_MS,
            attempts: 0,
            place,
            language: speech.language,
          }),
        ],
      });
    await services.queue.add(job.name, payload, { id });
    const status = await services.queue.status(id);
    if (status && !hasEnded(status)) live.update(jobView(status, speech));
    // It may have ended before anyone listened for it.
    else if (status) jobMessages.changed(status);
  } catch (error) {
    jobMessages.forget(id);
    throw error;
  }
}
