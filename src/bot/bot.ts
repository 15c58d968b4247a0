import type { Analyst } from '../analysis/analyst.ts';
import type { Ledger } from '../analysis/model/ledger.ts';
import type { Bus } from '../backends/bus/bus.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { Queue } from '../backends/queue/queue.ts';
import { openRegistry, servingReader } from '../backends/state/registry.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { toAppError } from '../domain/errors.ts';
import type { Health, SystemHealth } from '../domain/health.ts';
import type { Estimate } from '../domain/question/spend.ts';
import { valueInTime } from '../domain/retry.ts';
import { DAY, MINUTE } from '../domain/time/units.ts';
import { speech } from '../i18n/format.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Chat, ChatRequest } from './chat/chat.ts';
import { openAsking } from './commands/asking.ts';
import type { Services } from './commands/context.ts';
import { createJobMessages } from './commands/job-messages.ts';
import { createRouter } from './commands/router.ts';
import type { Fallback } from './delivery/fallback.ts';
import { createOutbox, type Outbox } from './delivery/outbox.ts';
import { forgetting } from './delivery/retention.ts';
import { createLetters } from './follow-up/dead-letter-notices.ts';
import { createFollowup } from './follow-up/follow-up.ts';
import { ITSELF } from './incidents/audit.ts';
import { consumeAnomalies } from './incidents/consumer.ts';
import type { Timing } from './incidents/escalation.ts';
import { createIncidents } from './incidents/incidents.ts';
import { isMuted } from './views/incident.ts';

const DRAIN_MS = 5_000;
/** How long an incident is muted whose message somebody removed, where that is told to mean it. */
const REMOVED_MUTE_MS = DAY;
const SERVICE_NAMES_MS = 30_000;
const WINDOWS = ['15m', '30m', '1h', '6h', '24h', '7d'];
const SUGGESTIONS = 25;

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
  /** What the models may cost for one analysis; there is none when absent. */
  most?: Estimate;
  /** Where the report of a heavy analysis can be downloaded. */
  reportLink?: (jobId: string) => string;
  metrics: Metrics;
  log: Log;
}

export interface Bot {
  /** Resolves when alerts are consumed and the chats are listened to, or are being tried in the background. */
  start(): Promise<void>;
  /** Takes nothing new, sends for up to five seconds what is due, ends what runs. What is left waits in the store. */
  stop(): Promise<void>;
  /** The outbox and every chat. */
  health(): Promise<Record<string, Health>>;
}

/** The bot role: anomalies become threads, people's commands become answers. */
export function createBot(options: BotOptions): Bot {
  const { bus, logs, queue, analyst, ledger, chats, config, metrics, log } = options;
  const keepMs = config.incidents.keepDays * DAY;
  const state = forgetting(options.state, keepMs);
  const stopping = new AbortController();
  const { language, timeZone } = config;
  const requests = new Set<Promise<void>>();
  let consumer: AsyncDisposable | undefined;
  let watch: AsyncDisposable | undefined;
  let timers: AsyncDisposable | undefined;
  let reading: AsyncDisposable | undefined;
  let names: { at: number; list: string[] } | undefined;

  const { fallback } = config.delivery;
  const explain: Fallback['explain'] = (from, code) => {
    const mend = chats.find(({ name }) => name === from.chat)?.mend?.(code) ?? '';
    return speech(language, timeZone).say.fallback(`${from.chat} ${from.channel}`, code, mend);
  };

  const asking = openAsking({ state, shared: config.state.kind === 'redis', log });
  const groupOf = (name: string): string =>
    config.bus.kind === 'kafka' ? `${config.bus.group}-${name}` : `bongsu-${name}`;
  const letters = createLetters({
    bus,
    state,
    topics: [config.topics.anomalies, config.topics.logs],
    group: groupOf('letters'),
    chats,
    speech: speech(language, timeZone),
    log,
    wake: () => outbox.wake(),
  });
  const followup = createFollowup({
    state,
    logs,
    queue,
    analyst,
    chats,
    asking,
    letters: letters.tell,
    reportLink: options.reportLink,
    language,
    timeZone,
    log,
    signal: stopping.signal,
  });
  const muteRemoved = async (id: string): Promise<void> => {
    const incident = await incidents.get(id);
    if (!incident || isMuted(incident, Date.now())) return;
    await incidents.act(id, { what: 'muted', forMs: REMOVED_MUTE_MS }, ITSELF);
  };

  const outbox: Outbox = createOutbox({
    state,
    chats,
    debounceMs: config.incidents.debounceMs,
    ...followup,
    ...(fallback ? { fallback: { ...fallback, explain } } : {}),
    ...(config.delivery.removed === 'mute' ? { removed: muteRemoved } : {}),
    keepMs,
    metrics,
    log,
    shared: config.state.kind === 'redis',
  });
  const serving = servingReader(openRegistry(state));
  const incidents = createIncidents({
    state,
    chats,
    ...config.incidents,
    flapMs: config.incidents.flapMinutes * MINUTE,
    timing: timingOf(config),
    routes: config.routes,
    shadow: config.bot.shadow,
    keepMs,
    metrics,
    log,
    wake: outbox.wake,
    alertModel: async () => {
      const tuned = await serving('alerts');
      return tuned?.kind === 'alerts' ? tuned.model : undefined;
    },
  });
  const jobMessages = createJobMessages({ chats, state, timeZone, log, wake: outbox.wake });
  const services: Services = {
    state,
    logs,
    queue,
    analyst,
    ledger,
    incidents,
    backendsHealth: async () => ({
      ...(await options.backendsHealth()),
      outbox: await outbox.health(),
      ...(await deadLetters()),
    }),
    systemHealth: options.systemHealth,
    systemHistory: options.systemHistory ?? (async () => []),
    teams: config.jobs.digest.teams,
    analyses: { ...config.jobs.analyze, most: options.most ?? { usd: 0, tokens: 0 } },
    roles: config.roles,
    keepMs,
    log,
    signal: stopping.signal,
    asking,
    jobMessages,
    explainAgain: async (incidentId) => {
      const found = await followup.again(incidentId);
      outbox.wake();
      return found;
    },
  };
  const router = createRouter({ services, language, timeZone, metrics });

  /** Where the store cannot be read its own health says so. */
  async function deadLetters(): Promise<Record<string, Health>> {
    const found = await letters.health().catch(() => undefined);
    return found ? { 'dead letters': found } : {};
  }

  async function serviceNames(): Promise<string[]> {
    if (!names || names.at < Date.now() - SERVICE_NAMES_MS)
      names = { at: Date.now(), list: (await logs.counts({}, 'service', 200)).map((entry) => entry.key) };
    return names.list;
  }

  async function suggest(option: 'service' | 'window', typed: string): Promise<string[]> {
    try {
      const all = option === 'window' ? WINDOWS : await serviceNames();
      const wanted = typed.toLowerCase();
      return all.filter((name) => name.toLowerCase().includes(wanted)).slice(0, SUGGESTIONS);
    } catch (error) {
      log.warn({ err: error }, 'no suggestions');
      return [];
    }
  }

  const take = (chat: Chat, request: ChatRequest): Promise<void> => {
    const done = router.handle(chat, request).finally(() => requests.delete(done));
    requests.add(done);
    return done;
  };

  return {
    async start() {
      outbox.start();
      for (const chat of chats) {
        try {
          await chat.start({
            request: (request) => take(chat, request),
            complete: (option, typed) => suggest(option, typed),
          });
        } catch (error) {
          // One chat that cannot be used must not silence the others; its health says what is wrong.
          log.error({ err: error, chat: chat.name }, 'a chat could not be started');
        }
      }
      try {
        watch = await queue.watch(jobMessages.changed);
      } catch (error) {
        // Reports still come: the outbox looks at the queue by itself. Only live progress is missing.
        log.warn({ err: error }, 'the queue cannot be watched');
      }
      timers = incidents.watch();
      [consumer, reading] = await Promise.all([
        consumeAnomalies({
          bus,
          topic: config.topics.anomalies,
          group: groupOf('bot'),
          timeZone,
          incidents,
          ...(config.bus.kind === 'kafka' ? { shared: state } : {}),
          metrics,
          log,
        }),
        letters.watch(),
      ]);
    },

    async stop() {
      await reading?.[Symbol.asyncDispose]();
      await consumer?.[Symbol.asyncDispose]();
      await timers?.[Symbol.asyncDispose]();
      await watch?.[Symbol.asyncDispose]();
      stopping.abort();
      // Answers under way say that they were stopped; a platform that is down is not waited for.
      await valueInTime(DRAIN_MS, Promise.allSettled(requests), () => undefined);
      try {
        await outbox.drain(DRAIN_MS);
      } catch (error) {
        log.warn({ err: error }, 'the outbox was not drained; what is left is sent after the next start');
      }
      await outbox.stop();
    },

    async health() {
      const all: Record<string, Health> = {};
      const check = async (name: string, kind: string, health: () => Promise<Health>): Promise<void> => {
        all[name] = await health().catch((error) => ({ ok: false, kind, detail: toAppError(error).code }));
      };
      await Promise.all([
        check('outbox', 'outbox', outbox.health),
        deadLetters().then((found) => Object.assign(all, found)),
        ...chats.map((chat) => check(chat.name, chat.name, () => chat.health())),
      ]);
      return all;
    },
  };
}

/** What incidents do by themselves, as configured. */
function timingOf({ incidents, escalation }: Config): Timing {
  const minutes = Object.values(incidents.resolveAfterMinutes);
  return { resolveAfterMs: (severity) => (minutes[severity - 1] ?? 0) * MINUTE, escalation };
}
