import type { Analyst } from '../analysis/analyst.ts';
import type { Ledger } from '../analysis/model/ledger.ts';
import type { Bus } from '../backends/bus/bus.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Queue } from '../backends/queue/queue.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { isMuted } from '../domain/alert/mute.ts';
import { toAppError } from '../domain/errors.ts';
import type { Health, SystemHealth } from '../domain/health.ts';
import type { ConsoleIncidents } from '../domain/question/console-room.ts';
import type { Estimate } from '../domain/question/spend.ts';
import { valueInTime } from '../domain/retry.ts';
import { StopList } from '../domain/stop-list.ts';
import { DAY } from '../domain/time/units.ts';
import { speech } from '../i18n/format.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Chat, ChatRequest } from './chat/chat.ts';
import { openRunningAnswers, type RunningAnswers } from './chat/running-answers.ts';
import { createSuggestions } from './chat/suggestions.ts';
import type { Services } from './commands/context.ts';
import { createJobMessages } from './commands/job-messages.ts';
import { createRouter } from './commands/router.ts';
import { configuredIncidents } from './configured-incidents.ts';
import { openIncidentList } from './console/incident-list.ts';
import type { FallbackChannel } from './delivery/fallback.ts';
import { createOutbox, type Outbox } from './delivery/outbox.ts';
import { createDeadLetterNotices } from './follow-up/dead-letter-notices.ts';
import { createFollowUp } from './follow-up/follow-up.ts';
import { ITSELF } from './incidents/audit.ts';
import { consumeAnomalies } from './incidents/consumer.ts';
import type { Incidents } from './incidents/incidents.ts';
import { forgetting, sweepRegularly } from './incidents/retention.ts';

const DRAIN_MS = 5_000;
/** Where the configuration says that removing a message means a mute, it lasts this long. */
const REMOVED_MUTE_MS = DAY;

export interface BotOptions {
  bus: Bus;
  state: StateStore;
  logs: LogStore;
  queue: Queue;
  analyst: Analyst;
  ledger: Pick<Ledger, 'report'>;
  /** Opened by the caller, who also disposes them after `stop`. */
  chats: readonly Chat[];
  config: Config;
  backendsHealth: () => Promise<Record<string, Health>>;
  systemHealth: () => Promise<SystemHealth>;
  systemHistory?: Services['systemHistory'];
  /** The most that one analysis by a model can cost; absent where there is no model. */
  most?: Estimate;
  /** Where the report of a heavy analysis can be downloaded. */
  reportLink?: (jobId: string) => string;
  metrics: Metrics;
  log: Log;
}

export interface Bot {
  /** Resolves when anomalies are read and the chats are connected, or go on connecting in the background. */
  start(): Promise<void>;
  /** Takes nothing new, ends answers, sends what is due for up to five seconds. What is left waits in the store. */
  stop(): Promise<void>;
  /** The outbox and every chat. */
  health(): Promise<Record<string, Health>>;
  /** What the console page lists. */
  readonly list: ConsoleIncidents;
  setCause: Incidents['setCause'];
}

/** The bot role: anomalies become threads, people's commands become answers. */
export function createBot(options: BotOptions): Bot {
  return new RunningBot(options);
}

class RunningBot implements Bot {
  readonly list: ConsoleIncidents;
  readonly setCause: Incidents['setCause'];
  readonly #options: BotOptions;
  readonly #parts: Parts;
  readonly #router: ReturnType<typeof createRouter>;
  readonly #jobs: ReturnType<typeof createJobMessages>;
  readonly #suggest: ReturnType<typeof createSuggestions>;
  readonly #stopping = new AbortController();
  readonly #stops: StopList;
  /** Requests of people that are still being answered. */
  readonly #requests = new Set<Promise<void>>();

  constructor(options: BotOptions) {
    const { chats, config, log, metrics } = options;
    const { language, timeZone } = config;
    this.#options = options;
    this.#suggest = createSuggestions(options.logs, log);
    this.#stops = new StopList(log);
    this.#parts = createParts(options, this.#stopping.signal);
    const { state, outbox, incidents } = this.#parts;
    this.list = openIncidentList({ state, wake: outbox.wake });
    this.setCause = incidents.setCause;
    this.#jobs = createJobMessages({ chats, state, timeZone, log, wake: outbox.wake });
    const services = {
      ...servicesOf(options, this.#parts, this.#stopping.signal),
      jobMessages: this.#jobs,
    };
    this.#router = createRouter({ services, language, timeZone, metrics });
  }

  async start(): Promise<void> {
    const { chats, queue, log } = this.#options;
    const { outbox, incidents, state, keepMs } = this.#parts;
    outbox.start();
    this.#stops.add('outbox', () => this.#stopOutbox());
    this.#stops.add('requests of people', () => this.#endRequests());
    for (const chat of chats) await this.#startChat(chat);
    try {
      this.#stops.use('job watch', await queue.watch(this.#jobs.changed));
    } catch (error) {
      // Reports still come, because the outbox asks the queue itself. Only the live progress is missing.
      log.warn({ err: error }, 'the queue cannot be watched');
    }
    this.#stops.use('incident timers', incidents.watch());
    this.#stops.use('retention', sweepRegularly({ state, keepMs, log }));
    await this.#startConsumers();
  }

  stop(): Promise<void> {
    return this.#stops.stop();
  }

  async health(): Promise<Record<string, Health>> {
    const { outbox, deadLetters } = this.#parts;
    const all: Record<string, Health> = {};
    const check = async (name: string, kind: string, health: () => Promise<Health>): Promise<void> => {
      all[name] = await health().catch((error) => ({ ok: false, kind, detail: toAppError(error).code }));
    };
    await Promise.all([
      check('outbox', 'outbox', outbox.health),
      deadLetterHealth(deadLetters).then((found) => Object.assign(all, found)),
      ...this.#options.chats.map((chat) => check(chat.name, chat.name, () => chat.health())),
    ]);
    return all;
  }

  async #startChat(chat: Chat): Promise<void> {
    try {
      await chat.start({
        request: (request) => this.#take(chat, request),
        complete: this.#suggest,
      });
    } catch (error) {
      // One chat that cannot be used must not stop the others; its health says what is wrong.
      this.#options.log.error({ err: error, chat: chat.name }, 'a chat could not be started');
    }
  }

  async #startConsumers(): Promise<void> {
    const { bus, config, metrics, log } = this.#options;
    const { state, incidents, deadLetters } = this.#parts;
    const anomalies = consumeAnomalies({
      bus,
      topic: config.topics.anomalies,
      group: groupOf(config, 'bot'),
      timeZone: config.timeZone,
      incidents,
      ...(config.bus.kind === 'kafka' ? { shared: state } : {}),
      metrics,
      log,
    });
    await Promise.all([
      anomalies.then((consumer) => this.#stops.use('anomaly consumer', consumer)),
      deadLetters.watch().then((consumer) => this.#stops.use('dead-letter consumer', consumer)),
    ]);
  }

  #take(chat: Chat, request: ChatRequest): Promise<void> {
    const done = this.#router.handle(chat, request).finally(() => this.#requests.delete(done));
    this.#requests.add(done);
    return done;
  }

  /** Answers under way say that they were stopped. A platform that is down is not waited for. */
  async #endRequests(): Promise<void> {
    this.#stopping.abort();
    await valueInTime(DRAIN_MS, Promise.allSettled(this.#requests), () => undefined);
  }

  async #stopOutbox(): Promise<void> {
    const { outbox } = this.#parts;
    try {
      await outbox.drain(DRAIN_MS);
    } catch (error) {
      const left = 'the outbox was not drained; what is left is sent after the next start';
      this.#options.log.warn({ err: error }, left);
    }
    await outbox.stop();
  }
}

/** What works together on incidents and their messages, over one store. */
interface Parts {
  state: StateStore;
  /** How long resolved incidents and the audit log are kept. */
  keepMs: number;
  outbox: Outbox;
  incidents: Incidents;
  followUp: ReturnType<typeof createFollowUp>;
  deadLetters: ReturnType<typeof createDeadLetterNotices>;
  runningAnswers: RunningAnswers;
}

/** @param signal aborted when the bot stops */
function createParts(options: BotOptions, signal: AbortSignal): Parts {
  const { bus, chats, config, metrics, log } = options;
  const { language, timeZone } = config;
  const keepMs = config.incidents.keepDays * DAY;
  const state = forgetting(options.state, keepMs);
  const shared = config.state.kind === 'redis';
  const spoken = speech(language, timeZone);
  // Incidents and notices wake the outbox, but it is made after them, because it needs them. So does what follows an incident.
  const wake = (): void => outbox.wake();
  const causeFound: Incidents['setCause'] = (id, cause) => incidents.setCause(id, cause);
  const deadLetters = createDeadLetterNotices({
    bus,
    state,
    topics: [config.topics.anomalies, config.topics.logs],
    group: groupOf(config, 'letters'),
    chats,
    speech: spoken,
    log,
    wake,
  });
  const runningAnswers = openRunningAnswers({ state, shared, log });
  const followUp = createFollowUp({
    ...options,
    state,
    runningAnswers,
    tellDeadLetters: deadLetters.tell,
    causeFound,
    language,
    timeZone,
    signal,
    requestsCounted: (id, requests) => incidents.setRequests(id, requests),
  });
  const incidents = configuredIncidents(config, { state, chats, metrics, log, wake });
  const outbox = createOutbox({
    state,
    chats,
    debounceMs: config.incidents.debounceMs,
    render: followUp.render,
    runTask: followUp.runTask,
    ...fallbackOf(config, chats),
    ...(config.delivery.removed === 'mute' ? { removed: (id) => muteRemoved(incidents, id) } : {}),
    metrics,
    log,
    shared,
  });
  return { state, keepMs, outbox, incidents, followUp, deadLetters, runningAnswers };
}

/** What commands work with. */
function servicesOf(options: BotOptions, parts: Parts, signal: AbortSignal): Omit<Services, 'jobMessages'> {
  const { logs, queue, analyst, ledger, config, log } = options;
  const { state, keepMs, incidents, outbox, followUp, deadLetters, runningAnswers } = parts;
  return {
    state,
    logs,
    queue,
    analyst,
    ledger,
    incidents,
    backendsHealth: async () => ({
      ...(await options.backendsHealth()),
      outbox: await outbox.health(),
      ...(await deadLetterHealth(deadLetters)),
    }),
    systemHealth: options.systemHealth,
    systemHistory: options.systemHistory ?? (async () => []),
    teams: config.jobs.digest.teams,
    analyses: { ...config.jobs.analyze, most: options.most ?? { usd: 0, tokens: 0 } },
    roles: config.roles,
    keepMs,
    log,
    signal,
    runningAnswers,
    explainAgain: async (incidentId) => {
      const found = await followUp.again(incidentId);
      outbox.wake();
      return found;
    },
  };
}

/** Nothing where the store cannot be read: the health of the store says so. */
async function deadLetterHealth({ health }: Parts['deadLetters']): Promise<Record<string, Health>> {
  const found = await health().catch(() => undefined);
  return found ? { 'dead letters': found } : {};
}

/** The place for alerts whose own channel is closed, as configured. */
function fallbackOf(config: Config, chats: readonly Chat[]): { fallback?: FallbackChannel } {
  const { fallback } = config.delivery;
  if (!fallback) return {};
  const { say } = speech(config.language, config.timeZone);
  const explain: FallbackChannel['explain'] = (from, code) => {
    const mend = chats.find(({ name }) => name === from.chat)?.mend?.(code) ?? '';
    return say.fallback(`${from.chat} ${from.channel}`, code, mend);
  };
  return { fallback: { ...fallback, explain } };
}

/** Somebody removed the message of an incident: nobody wants to hear of it for a day. */
async function muteRemoved(incidents: Incidents, id: string): Promise<void> {
  const incident = await incidents.get(id);
  if (!incident || isMuted(incident, Date.now())) return;
  await incidents.act(id, { what: 'muted', forMs: REMOVED_MUTE_MS }, ITSELF);
}

const groupOf = ({ bus }: Config, name: string): string =>
  bus.kind === 'kafka' ? `${bus.group}-${name}` : `bongsu-${name}`;
