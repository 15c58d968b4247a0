import type { Analyst } from '../../analysis/analyst.ts';
import { findBulk } from '../../analysis/logs/log-extent.ts';
import type { Ledger } from '../../analysis/model/ledger.ts';
import { markedWindow } from '../../analysis/queries/marks.ts';
import type { LogStore } from '../../backends/logs/store.ts';
import type { Queue } from '../../backends/queue/queue.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { Health, SystemHealth, SystemHistory } from '../../domain/health.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Asker, Estimate } from '../../domain/question/spend.ts';
import { dayOf, daysWindow, plusDays } from '../../domain/time/calendar.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat, ChatRequest } from '../chat/chat.ts';
import type { RunningAnswers } from '../chat/running-answers.ts';
import type { Actor } from '../incidents/audit.ts';
import type { Incidents } from '../incidents/incidents.ts';
import type { JobMessages } from './job-messages.ts';
import type { Command } from './parse/command.ts';
import type { When } from './parse/when.ts';
import { windowOfWhen } from './parse/when-window.ts';

/** The parts that the handlers of commands use. */
export interface Services {
  state: StateStore;
  logs: LogStore;
  queue: Queue;
  analyst: Analyst;
  ledger: Pick<Ledger, 'report'>;
  incidents: Incidents;
  backendsHealth: () => Promise<Record<string, Health>>;
  systemHealth: () => Promise<SystemHealth>;
  /** What the workers' machines measured since an instant (epoch ms). */
  systemHistory: (since: number) => Promise<SystemHistory[]>;
  /**
   * An analysis that may cost more than `askAboveUsd` (US dollars) starts only when the asker agrees; `most` is the highest cost
   * of one.
   */
  analyses: { askAboveUsd: number; most: Estimate };
  /** Who gets digests. In a channel that is no team's, the digest of the first team is shown. */
  teams: Config['jobs']['digest']['teams'];
  roles: Config['roles'];
  /** How long the audit log is kept. */
  keepMs: number;
  log: Log;
  /** Progress messages of people's jobs. */
  jobMessages: JobMessages;
  /** Aborted when the bot stops. */
  signal: AbortSignal;
  /** Answers that are being made, by the ids of their stop buttons. */
  runningAnswers: RunningAnswers;
  /** Asks the model again about an incident whose analysis is in its threads; false if that analysis is gone. */
  explainAgain: (incidentId: string) => Promise<boolean>;
}

/** A call to the bot: a command, a button or words in a thread. */
export interface Invocation {
  chat: Chat;
  request: ChatRequest;
  speech: Speech;
  /** The incident in whose thread it happens. */
  incident?: Incident;
}

/** The same, with the command that was read. */
export interface CommandInvocation extends Invocation {
  command: Command;
  /** As typed, for the retry button. */
  typed: string;
}

/** Answers with one message that does not change any more. */
export async function replyWith(
  request: ChatRequest,
  message: Message,
  to: 'asker' | 'place' = 'asker',
): Promise<void> {
  await (await request.reply(message, to)).finish(message);
}

/** The person whose budget pays for a question: the same in every channel of a chat. */
export const askerOf = ({ chat, request }: Pick<Invocation, 'chat' | 'request'>): Asker => ({
  id: `${chat.name}/${request.user.id}`,
  name: request.user.name,
});

/** The person who does something, for history and audit log. */
export const actorOf = ({ chat, request: { user, place } }: Invocation): Actor => ({
  id: user.id,
  name: user.name,
  chat: chat.name,
  channel: place.channel,
  ...(place.thread ? { thread: place.thread } : {}),
});

/**
 * The window of the last `ms`. It ends now; where the store has nothing that recent (recorded logs), or only records of the
 * future, it ends with the last record of the bulk of them.
 */
export async function lastWindow(logs: LogStore, ms: number): Promise<TimeWindow> {
  const now = Date.now();
  const extent = (await findBulk(logs, now))?.extent;
  const to = extent && (extent.to < now - ms || extent.from > now) ? extent.to : now;
  return { from: to - ms, to };
}

/** The window of a clock, a date or a stretch; undefined for a mark that the logs do not show. */
async function windowOfCommand(logs: LogStore, when: When, zone: string): Promise<TimeWindow | undefined> {
  const now = Date.now();
  const extent = (await findBulk(logs, now))?.extent;
  const named = windowOfWhen(when, { now, zone, ...(extent ? { extent } : {}) });
  if (!('mark' in named)) return named;
  return extent && (await markedWindow(logs, named, extent));
}

/**
 * The window that the words of a command give: a length back from now, or a day in the reader's zone (today ends now); undefined
 * if they give none.
 */
export async function commandWindow(
  services: Services,
  { command, speech }: CommandInvocation,
): Promise<TimeWindow | undefined> {
  if (command.windowMs !== undefined) return lastWindow(services.logs, command.windowMs);
  if (command.when) return windowOfCommand(services.logs, command.when, speech.timeZone);
  if (!command.day) return undefined;
  const today = dayOf(Date.now(), speech.timeZone);
  if (command.day === 'yesterday') return daysWindow(plusDays(today, -1), 1, speech.timeZone);
  return { from: daysWindow(today, 1, speech.timeZone).from, to: Date.now() };
}
