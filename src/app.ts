import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAnalyst } from './analysis/create-analyst.ts';
import { mostCost } from './analysis/model/estimate.ts';
import { createLedger } from './analysis/model/ledger.ts';
import { type Backends, claimDataDir, openBackends, openTuners } from './backends/open.ts';
import { openProcesses } from './backends/state/processes.ts';
import { openRegistry, servingReader } from './backends/state/registry.ts';
import { createBot } from './bot/bot.ts';
import type { Attachments, Chat } from './bot/chat/chat.ts';
import { openConsole } from './bot/console/console.ts';
import { callerActor, createPermit } from './bot/console/permit.ts';
import { announceReport, digestTargets } from './bot/follow-up/report-delivery.ts';
import { tunePut } from './bot/incidents/audit.ts';
import { chartPng } from './bot/views/chart.ts';
import { reportFiles, reportHtml, STYLE_HASH } from './bot/views/report.ts';
import { type Config, checkRoles, type Role } from './config/config.ts';
import { replayIncident } from './demo/replay.ts';
import type { Health, ProcessHealth, SystemHealth } from './domain/health.ts';
import type { AnalysisReport } from './domain/job/job.ts';
import type { Chart } from './domain/question/message.ts';
import { speech } from './i18n/format.ts';
import { reportId } from './jobs/analyze.ts';
import { createTuned } from './jobs/fine-tune/tuned.ts';
import { readHistory } from './jobs/gpu/history.ts';
import { readSystem } from './jobs/gpu/system.ts';
import { startJobs } from './jobs/jobs.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { recordsOfText } from './pipeline/offline.ts';
import { type Outputs, openOutputs } from './pipeline/outputs/outputs.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from './pipeline/run.ts';
import { type Collectors, openCollectors } from './pipeline/sources/collectors.ts';
import { openRefusedFile, type RefusedFile } from './pipeline/sources/refused-records.ts';
import { VERSION } from './version.ts';
import type { Replay } from './web/replay.ts';
import { createWeb } from './web/web.ts';

export interface App extends AsyncDisposable {
  /** Starts sinks first and sources last. Throws AppError when a port is taken or a folder cannot be written. */
  start(): Promise<void>;
  /** Stops in reverse order, drains, then closes the backends. Safe to call twice. */
  stop(): Promise<void>;
  /** `http://…` of this process, once started. */
  readonly address: string;
  readonly backends: Backends;
  /** Present in the role `pipeline`. */
  readonly pipeline?: Pipeline;
  /** What listens for logs, once started, in the role `pipeline`. */
  readonly collectors: Collectors | undefined;
  readonly metrics: Metrics;
}

/** What tests replace; everything else is made from the config. */
export interface Overrides {
  backends?: Partial<Backends>;
  chats?: Chat[];
}

/**
 * Wires the roles onto one set of backends; nothing runs before `start`.
 * @throws AppError `config_invalid` when a role cannot run on a configured backend, `conflict` when another process
 *   runs on the same data folder, `storage_full` when it cannot be written
 */
export async function createApp(
  config: Config,
  roles: readonly Role[],
  log: Log,
  overrides: Overrides = {},
): Promise<App> {
  checkRoles(config, roles);
  const metrics = createMetrics();
  // Disposed in reverse: everything opened later leans on what was opened before it.
  await using opened = new AsyncDisposableStack();
  opened.use(claimDataDir(config, log));
  const backends = opened.use(await openBackends(config, log, overrides.backends, metrics));
  const { bus, logs, state, queue, models } = backends;
  const { language, timeZone } = config;

  const ledger = createLedger({ state, budget: config.answers.budget, timeZone });
  const { answers } = config;
  const analyst = createAnalyst({ logs, models, state, language, timeZone, answers, ledger, metrics, log });
  const trainers = await openTuners(config, models, log);
  const room = roles.includes('bot') ? await openConsole({ state, language, timeZone, log }) : undefined;
  const reportOf = async (jobId: string): Promise<AnalysisReport | undefined> =>
    (await state.get('analysis', reportId(jobId)))?.value;
  const attached: Attachments['reportFiles'] = async (jobId, spoken) => {
    const found = await reportOf(jobId);
    return found ? reportFiles(jobId, found, speech(spoken, timeZone)) : [];
  };
  const chats = room ? [room, ...(overrides.chats ?? (await openChats(config, log, attached)))] : [];
  for (const chat of chats) opened.use(chat);
  let address = '';
  let collectors: Collectors | undefined;
  let outputs: Outputs | undefined;
  // Processes can only share a store that is on the network.
  const processes = config.state.kind === 'redis' ? openProcesses({ state, log }) : undefined;
  const me = (): string => `${hostname()} ${address}`;
  const others = async () => (await processes?.others(me())) ?? { parts: {}, gpus: [] };
  const refused = refusedFile(config, log);
  /** Where no lines were refused there is nothing to say. */
  const refusedHealth = async (): Promise<Record<string, Health>> => {
    const found = roles.includes('pipeline') ? await refused.health() : undefined;
    return found ? { 'refused lines': found } : {};
  };
  /** What this process and the others have to say, for people who ask the bot. */
  const everyHealth = async (): Promise<Record<string, Health>> => ({
    ...(await backends.health()),
    ...collectors?.health(),
    ...outputs?.health(),
    ...(await refusedHealth()),
    ...(await others()).parts,
  });
  /** This machine, with the GPUs that workers elsewhere tell of. */
  const systemHealth = async (): Promise<SystemHealth> => {
    const [here, { gpus }] = await Promise.all([readSystem(), others()]);
    return { ...here, gpus: [...here.gpus, ...gpus.filter(({ host }) => host !== hostname())] };
  };
  const bot = room
    ? createBot({
        bus,
        state,
        logs,
        queue,
        analyst,
        ledger,
        chats,
        config,
        backendsHealth: everyHealth,
        systemHealth,
        systemHistory: (since) => readHistory(state, since),
        most: mostCost(models),
        reportLink: (id) => `${config.http.publicUrl ?? address}/reports/${id}`,
        metrics,
        log,
      })
    : undefined;
  const pipeline = pipelineOver(backends, config, metrics, log, {
    state,
    group: groupOf(config),
    refused,
  });
  const health = async (): Promise<Record<string, Health>> => ({
    ...(await backends.health()),
    ...(await bot?.health()),
    ...collectors?.health(),
    ...outputs?.health(),
    ...(await refusedHealth()),
  });
  const replay: Replay = (onProgress, signal) =>
    replayIncident(pipeline, { seed: Date.now() % 100_000, endsAt: Date.now(), onProgress, signal });
  const web = createWeb({
    config,
    room,
    analyst,
    logs,
    normalize: (text, signal) => recordsOfText(text, timeZone, signal),
    systemHealth: bot ? systemHealth : readSystem,
    backendsHealth: health,
    findReport: async (id, spoken) => {
      const found = await reportOf(id);
      return (
        found && { html: reportHtml(found, speech(spoken, timeZone)), styleHash: STYLE_HASH, json: found }
      );
    },
    fineTune: async ({ task, by }) => {
      const day = new Date().toISOString();
      const id = `job-${randomUUID().slice(0, 13)}`;
      // As the scheduler does: what comes of it is told in the chats; written first, so that it cannot be forgotten.
      const puts = digestTargets(config, { name: 'all' }).map((place) => announceReport(id, place, language));
      const asked = tunePut(callerActor(by), task ? `now ${task}` : 'now', config.incidents.keepDays);
      await state.commit({ put: [...puts, asked] });
      await queue.add('fine-tune', { day, language, ...(task ? { tasks: [task] } : {}) }, { id });
      return { id };
    },
    permit: createPermit({ state, roles: config.roles, keepDays: config.incidents.keepDays }),
    findJob: (id) => queue.status(id),
    ...(roles.includes('pipeline') ? { replay } : {}),
    tuned: createTuned({ trainers, serving: servingReader(openRegistry(state)) }),
    metrics,
    log,
    version: VERSION,
  });

  /** What the bots on the same store show of this process. */
  const sayOf = async (): Promise<Omit<ProcessHealth, 'at'>> => {
    const ill = Object.entries(await backends.health()).filter(([, { ok }]) => !ok);
    return {
      host: hostname(),
      role: roles.join('+'),
      parts: {
        ...Object.fromEntries(ill),
        ...collectors?.health(),
        ...outputs?.health(),
        ...(await refusedHealth()),
      },
      gpus: roles.includes('worker') ? (await readSystem()).gpus : [],
    };
  };

  const running = opened.move();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= running.disposeAsync();
    return stopping;
  };

  return {
    async start() {
      try {
        const listening = await web.start();
        address = listening.address;
        running.defer(() => web.stop());
        if (roles.includes('worker'))
          running.use(
            await startJobs({
              config,
              ...{ bus, logs, state, queue, analyst, metrics, log },
              targets: (team) => digestTargets(config, team),
              announce: announceReport,
              backendsHealth: backends.health,
              localModel: models[0] !== undefined && !models[0].external,
              trainers,
            }),
          );
        if (bot) {
          running.defer(() => bot.stop());
          await bot.start();
        }
        if (roles.includes('pipeline')) {
          outputs = running.use(
            await openOutputs(config.send, {
              bus,
              topic: config.topics.anomalies,
              group: groupOf(config),
              timeZone,
              durable: config.bus.kind === 'kafka',
              metrics,
              log,
            }),
          );
          running.use(await pipeline.startTimers());
          running.use(await pipeline.consume({ group: groupOf(config) }));
          collectors = running.use(
            await openCollectors(config.collect, { take: pipeline.take, state, metrics, log }),
          );
        }
        if (processes) running.use(processes.tell(me(), sayOf));
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
    get address() {
      return address;
    },
    backends,
    ...(roles.includes('pipeline') ? { pipeline } : {}),
    get collectors() {
      return collectors;
    },
    metrics,
  };
}

/** The pipeline on the configured store, topics and thresholds; for the roles and for one-shot commands. */
export function pipelineOver(
  backends: Backends,
  config: Config,
  metrics: Metrics,
  log: Log,
  more: Pick<PipelineOptions, 'state' | 'group' | 'refused'> = {},
): Pipeline {
  const { topics, detect, language, timeZone } = config;
  return createPipeline({
    logs: backends.logs,
    bus: backends.bus,
    topics,
    detect,
    language,
    timeZone,
    metrics,
    log,
    ...more,
  });
}

/** Where lines go that the log store refuses and that come from no topic: beside the store, in the data folder. */
export const refusedFile = (config: Config, log: Log): RefusedFile =>
  openRefusedFile({ path: join(config.dataDir, 'logs.refused'), log });

const groupOf = (config: Config): string => (config.bus.kind === 'kafka' ? config.bus.group : 'bongsu');

/**
 * One configured chat, not started yet; also for `doctor`, which only asks how it is.
 * @param reportFiles where the reports of jobs are read
 */
export async function openChat(
  entry: Config['chats'][number],
  config: Config,
  log: Log,
  reportFiles?: Attachments['reportFiles'],
): Promise<Chat> {
  const { language, timeZone } = config;
  const deps = {
    renderChart: (chart: Chart) => chartPng(chart, { language, timeZone }),
    ...(reportFiles ? { reportFiles } : {}),
    language,
    log,
  };
  return entry.kind === 'slack'
    ? (await import('./bot/slack/slack.ts')).openSlack(entry, deps)
    : (await import('./bot/discord/discord.ts')).openDiscord(entry, deps);
}

async function openChats(config: Config, log: Log, reportFiles: Attachments['reportFiles']): Promise<Chat[]> {
  const chats: Chat[] = [];
  for (const entry of config.chats) chats.push(await openChat(entry, config, log, reportFiles));
  return chats;
}
