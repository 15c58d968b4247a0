import type { Put } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Language } from '../../domain/question/question.ts';
import { CONSOLE_CHANNEL } from '../console/console.ts';
import { putEntry } from '../delivery/delivery.ts';

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
 * The write that makes the bot post a job's report at a place, once however often it is written. The job is queued
 * before, so that the bot finds it.
 */
export function reportPut(jobId: string, place: { chat: string; channel: string }, language: Language): Put {
  const at = `${jobId}/${place.chat}/${place.channel}`;
  return putEntry(
    `task/job/${at}`,
    { task: 'job', subject: jobId, due: Date.now(), attempts: 0, place, language, report: `report/${at}` },
    0,
  );
}
