import type { Analyst } from '../../analysis/analyst.ts';
import { findBulk } from '../../analysis/logs/log-extent.ts';
import type { Ledger } from '../../analysis/model/ledger.ts';
import type { LogStore } from '../../backends/logs/store.ts';
import type { Queue } from '../../backends/queue/queue.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { Health, SystemHealth, SystemHistory } from '../../domain/health.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Asker, Estimate } from '../../domain/question/spend.ts';
import { dayOf, daysWindow, plusDays } from '../../domain/time/calendar.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Log } from '../../log.ts';
import type { Chat, ChatRequest } from '../chat/chat.ts';
import type { RunningAnswers } from '../chat/running-answers.ts';
import type { Actor } from '../incidents/audit.ts';
import type { Incidents } from '../incidents/incidents.ts';
import type { Command } from './parse.ts';

/** What commands work with. */
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
  /** Above so many US dollars an analysis is begun only when the asker says yes, and what one may cost at most. */
  analyses: { askAboveUsd: number; most: Estimate };
  /** Who gets digests; the first one's is shown where no team's channel is. */
  teams: Config['jobs']['digest']['teams'];
  roles: Config['roles'];
  /** How long the audit log is kept. */
  keepMs: number;
  log: Log;
  /** Aborted when the bot stops. */
  signal: AbortSignal;
  /** Answers that are being made, by the id their stop button carries. */
  runningAnswers: RunningAnswers;
  /** Has the model asked again about an incident whose analysis stands in its threads; false where that is gone. */
  explainAgain: (incidentId: string) => Promise<boolean>;
}

/** One command of one person. */
export interface Asked {
  chat: Chat;
  request: ChatRequest;
  command: Command;
  speech: Speech;
  /** The incident whose thread it was asked in. */
  incident?: Incident;
  /** As typed, for the retry button. */
  typed: string;
}

/** Who pays for what a person asks: the same one in every channel of a chat. */
export const askerOf = ({ chat, request }: Pick<Asked, 'chat' | 'request'>): Asker => ({
  id: `${chat.name}/${request.user.id}`,
  name: request.user.name,
});

/** Who does something, for history and audit log. */
export const actorOf = (
  chat: Pick<Chat, 'name'>,
  { user, place }: Pick<ChatRequest, 'user' | 'place'>,
): Actor => ({
  id: user.id,
  name: user.name,
  chat: chat.name,
  channel: place.channel,
  ...(place.thread ? { thread: place.thread } : {}),
});

/**
 * The window of the last `ms`. Where the store has nothing that recent (recorded logs), or all of it lies in the future, it
 * ends with the last record of the bulk instead of now.
 */
export async function lastWindow(logs: LogStore, ms: number): Promise<TimeWindow> {
  const now = Date.now();
  const extent = (await findBulk(logs, now))?.extent;
  const to = extent && (extent.to < now - ms || extent.from > now) ? extent.to : now;
  return { from: to - ms, to };
}

/** The window a command names: a length back, or a day in the reader's zone (today ends now); undefined where it names none. */
export async function windowOf(
  services: Services,
  { command, speech }: Asked,
): Promise<TimeWindow | undefined> {
  if (command.windowMs !== undefined) return lastWindow(services.logs, command.windowMs);
  if (!command.day) return undefined;
  const today = dayOf(Date.now(), speech.timeZone);
  if (command.day === 'yesterday') return daysWindow(plusDays(today, -1), 1, speech.timeZone);
  return { from: daysWindow(today, 1, speech.timeZone).from, to: Date.now() };
}
