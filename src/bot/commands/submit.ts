import { randomUUID } from 'node:crypto';
import type { JobName, JobStatus, Jobs } from '../../domain/job/job.ts';
import type { LiveMessage } from '../chat/chat.ts';
import { putEntry } from '../delivery/delivery.ts';
import { jobView } from '../views/jobs.ts';
import type { JobMessages } from './analyze.ts';
import { type Asked, askerOf, type Services } from './context.ts';

/** The report is looked for by itself this long after a change was announced last. */
const LOOK_AFTER_MS = 15_000;

export const hasEnded = (job: JobStatus): boolean =>
  job.state === 'done' || job.state === 'failed' || job.state === 'stopped';

/**
 * Queues a person's job. Its progress is shown in `live`, its report comes to the place it was asked in, once, also
 * where this process does not live to see it.
 */
export async function submit<N extends JobName>(
  services: Services,
  asked: Asked,
  live: LiveMessage,
  messages: JobMessages,
  job: { name: N; payload: Omit<Jobs[N]['payload'], 'language' | 'asker' | 'replyTo'> },
): Promise<void> {
  const { command, speech, request, chat } = asked;
  const id = `job-${randomUUID().slice(0, 13)}`;
  const place = {
    chat: chat.name,
    channel: live.ref?.channel ?? request.place.channel,
    ...(request.place.thread ? { thread: request.place.thread } : {}),
  };
  const payload = {
    ...job.payload,
    language: speech.language,
    asker: askerOf(asked),
    replyTo: { ...place, ...(live.ref ? { message: live.ref.id } : {}) },
  } as Jobs[N]['payload'];
  const hidden = command.private;
  messages.follow(id, live, hidden);
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
    else if (status) messages.changed(status);
  } catch (error) {
    messages.forget(id);
    throw error;
  }
}
