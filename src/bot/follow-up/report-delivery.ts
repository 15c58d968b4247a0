import type { Queue } from '../../backends/queue/queue.ts';
import type { Put } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Language } from '../../domain/question/question.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Speech, speech } from '../../i18n/format.ts';
import { CONSOLE_CHANNEL } from '../chat/chat.ts';
import { type Delivery, putEntry, type Task } from '../delivery/delivery.ts';
import type { Outcome } from '../delivery/tasks.ts';
import { reportView } from '../views/jobs.ts';

const POLL_MS = 15_000;
const FAILED_POLL_MS = MINUTE;

/** Where a team reads its digest: its own channel, else the alert channel of each chat. */
export function digestTargets(
  config: Pick<Config, 'chats'>,
  team: Config['jobs']['digest']['teams'][number],
): { chat: string; channel: string }[] {
  const all = [
    { chat: 'console', channel: CONSOLE_CHANNEL },
    ...config.chats.map(({ kind, channel }) => ({ chat: kind, channel })),
  ];
  const { chat, channel } = team;
  // A channel alone belongs to the chat that is configured, the console where none is.
  if (channel) return [{ chat: chat ?? all.at(-1)!.chat, channel }];
  return chat ? all.filter((one) => one.chat === chat) : all;
}

/**
 * The write that makes the bot post a job's report in a place; written twice, it is posted once. The job has to be in the
 * queue before, so that the bot finds it.
 */
export function reportPut(jobId: string, place: { chat: string; channel: string }, language: Language): Put {
  const at = `${jobId}/${place.chat}/${place.channel}`;
  return putEntry(
    `task/job/${at}`,
    { task: 'job', subject: jobId, due: Date.now(), attempts: 0, place, language, report: `report/${at}` },
    0,
  );
}

/** Posts a job's report when it is ready. It looks at the queue itself, so a missed event of the queue does no harm. */
export async function postReport(
  task: Task,
  options: {
    queue: Queue;
    spoken: Speech;
    timeZone: string;
    /** Where the report of a heavy analysis can be downloaded. */
    reportLink?: ((jobId: string) => string) | undefined;
  },
): Promise<Outcome> {
  const { queue, spoken, timeZone, reportLink } = options;
  const job = await queue.status(task.subject);
  if (job && (job.state === 'waiting' || job.state === 'active')) return { again: Date.now() + POLL_MS };
  // A person may let it run again. When it is deleted, the queue does not know it any more.
  if (job?.state === 'failed') return { again: Date.now() + FAILED_POLL_MS };
  const inLanguage = task.language ? speech(task.language, timeZone) : spoken;
  const message = job && task.place && reportView(job, inLanguage, reportLink?.(job.id));
  if (!message || !task.place) return { puts: [] };
  const { chat, channel, thread } = task.place;
  const delivery: Delivery = {
    chat,
    channel,
    ...(thread ? { thread } : {}),
    content: { kind: 'message', message },
    severity: 2,
    wanted: 1,
    shown: 0,
    due: Date.now(),
    attempts: 0,
  };
  return { puts: [putEntry(task.report ?? `report/${task.subject}`, delivery, 0)] };
}
