import type { StateStore } from '../../backends/state/store.ts';
import type { JobStatus } from '../../domain/job/job.ts';
import type { Button } from '../../domain/question/message.ts';
import { DAY } from '../../domain/time/units.ts';
import { speech as speechOf } from '../../i18n/format.ts';
import { usd } from '../../i18n/numbers.ts';
import type { Log } from '../../log.ts';
import type { Chat, LiveMessage } from '../chat/chat.ts';
import { IDLE, loadTask, putEntry } from '../delivery/delivery.ts';
import { jobView, reportView } from '../views/jobs.ts';
import { sentence } from '../views/replies.ts';
import { retryButton } from './ask.ts';
import { type Asked, lastWindow, type Services, windowOf } from './context.ts';
import { hasEnded, submit } from './submit.ts';

const DEFAULT_WINDOW_MS = DAY;
const EDIT_EVERY_MS = 1_000;

/** Progress messages of analyses: they follow the queue wherever the job runs. */
export interface JobMessages {
  follow(id: string, live: LiveMessage, hidden: boolean): void;
  forget(id: string): void;
  changed(job: JobStatus): void;
}

export function createJobMessages(options: {
  chats: readonly Chat[];
  state: StateStore;
  timeZone: string;
  log: Log;
  wake: () => void;
}): JobMessages {
  const { chats, state, timeZone, log, wake } = options;
  const lives = new Map<string, { live: LiveMessage; hidden: boolean }>();
  // After a restart the progress message is known from the job alone, and is edited at most once a second.
  const edited = new Map<string, number>();

  async function end(job: JobStatus): Promise<void> {
    const speech = speechOf(job.payload.language, timeZone);
    const known = lives.get(job.id);
    lives.delete(job.id);
    edited.delete(job.id);
    const report = known?.hidden ? reportView(job, speech) : undefined;
    if (known) await known.live.finish(report ?? jobView(job, speech));
    else await editPlain(job);
    // Whoever waits for its report: the asker, or the channels that a scheduled one was announced for.
    const ids = [job.id, ...chats.map(({ name, alertChannel }) => `${job.id}/${name}/${alertChannel}`)];
    for (const id of ids) {
      const task = await loadTask(state, `task/job/${id}`);
      // One that is over stays over.
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

/** `analyze`: queues a thorough analysis of a long window; progress, stop button and report come to this place. */
export async function analyze(
  services: Services,
  asked: Asked,
  live: LiveMessage,
  messages: JobMessages,
): Promise<void> {
  const { command, speech } = asked;
  const { say, number } = speech;
  const window = (await windowOf(services, asked)) ?? (await lastWindow(services.logs, DEFAULT_WINDOW_MS));
  const { askAboveUsd, most } = services.analyses;
  if (most.usd > askAboveUsd && !command.yes) {
    const filter = { ...window, ...(command.services ? { services: command.services } : {}) };
    const { total } = await services.logs.search(filter, { limit: 1 });
    // The button says the same again, with a yes.
    const [again] = await retryButton(services, { ...asked, typed: `${asked.typed} --yes` });
    const text = say.analyzeCost(number(total), usd(most.usd, 2), usd(askAboveUsd, 2));
    const start: Button = { ...again!, label: say['button.start'], style: 'primary' };
    return live.finish(sentence(text, 'neutral', [start]));
  }
  const payload = {
    window,
    text: command.text,
    most,
    ...(command.services ? { services: command.services } : {}),
  };
  await submit(services, asked, live, messages, { name: 'analyze', payload });
}
