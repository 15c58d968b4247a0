import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Analyst } from './analysis/analyst.ts';
import { createAnalyst } from './analysis/create-analyst.ts';
import { mostCost } from './analysis/model/estimate.ts';
import { createLedger, type Ledger } from './analysis/model/ledger.ts';
import { claimDataDir, openTuners } from './backends/open.ts';
import { openProcesses, type Processes } from './backends/state/processes.ts';
import { openRegistry, servingReader } from './backends/state/registry.ts';
import type { StateStore } from './backends/state/store.ts';
import { type Bot, createBot } from './bot/bot.ts';
import type { Attachments, Chat } from './bot/chat/chat.ts';
import { type MaskedOptions, maskedChat } from './bot/chat/masked-chat.ts';
import { completions } from './bot/commands/table/completion.ts';
import { openConsole } from './bot/console/console.ts';
import { callerActor, createPermit } from './bot/console/permit.ts';
import { digestTargets, reportPut } from './bot/follow-up/report-delivery.ts';
import { tunePut } from './bot/incidents/audit.ts';
import { seenId } from './bot/incidents/incidents.ts';
import { chartPng } from './bot/views/chart.ts';
import { reportFiles, reportHtml, STYLE_HASH } from './bot/views/report.ts';
import { type Config, checkRoles, type Role } from './config/config.ts';
import { replayIncident } from './demo/replay.ts';
import type { Incident } from './domain/alert/incident.ts';
import { AppError } from './domain/errors.ts';
import type { Health, ProcessHealth, SystemHealth } from './domain/health.ts';
import type { AnalysisReport } from './domain/job/job.ts';
import type { ConsoleRoom, ReadingNow } from './domain/question/console-room.ts';
import type { Chart } from './domain/question/message.ts';
import type { Language } from './domain/question/question.ts';
import { StopList } from './domain/stop-list.ts';
import { speech } from './i18n/format.ts';
import { reportId } from './jobs/analyze.ts';
import { createTuned } from './jobs/fine-tune/tuned.ts';
import { readHistory } from './jobs/gpu/history.ts';
import { readSystem } from './jobs/gpu/system.ts';
import { type JobsParts, startJobs } from './jobs/jobs.ts';
import type { Log } from './log.ts';
import { shownTo } from './masking/shown.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { recordsOfText } from './pipeline/offline.ts';
import { type Outputs, openOutputs } from './pipeline/outputs/outputs.ts';
import type { Pipeline, RunTotals } from './pipeline/run.ts';
import { type Collectors, openCollectors } from './pipeline/sources/collectors.ts';
import type { RefusedFile } from './pipeline/sources/refused-records.ts';
import { findingsOf, pipelineOver, refusedFile, taken, textReader } from './reading.ts';
import { type Backends, openBackends } from './stores.ts';
import { VERSION } from './version.ts';
import type { Replay } from './web/replay.ts';
import { createWeb, type Web, type WebDeps } from './web/web.ts';

export interface App extends AsyncDisposable {
  /** Starts sinks first and sources last. Throws AppError when a port is taken or a folder cannot be written. */
  start(): Promise<void>;
  /** Stops in reverse order, drains, then closes the backends. Safe to call twice. */
  stop(): Promise<void>;
  /** `http://…` of this process, once started. */
  readonly address: string;
  readonly backends: Backends;
  /** Present if the process has the role `pipeline`. */
  readonly pipeline?: Pipeline;
  /** The listeners for logs, in the role `pipeline`, once started. */
  readonly collectors: Collectors | undefined;
  readonly metrics: Metrics;
  /** Files that the pipeline was given, for the page; whoever gives them says how far it is. */
  reading: ReadingNow | undefined;
  /** The open incidents of what was read, as the bot of this process has made them; undefined without one. */
  findings(
    read: Pick<RunTotals, 'extent' | 'services'>,
    signal: AbortSignal,
  ): Promise<Incident[] | undefined>;
}

/** Parts that tests replace; everything else is made from the config. */
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
  // Stopped in reverse order: a part that was opened later uses those opened before it.
  const stops = new StopList(log);
  try {
    const shared = await openShared({ config, roles, log, stops }, overrides);
    const { state } = shared.backends;
    const { language, timeZone } = config;
    const room = roles.includes('bot') ? await openConsole({ state, language, timeZone, log }) : undefined;
    const outside = room ? (overrides.chats ?? (await openChats(shared))) : [];
    const chats = room ? [room, ...outside.map((chat) => maskedChat(chat, discretionOf(config)))] : [];
    for (const chat of chats) stops.use(`chat ${chat.name}`, chat);
    return new RunningApp(shared, room, chats);
  } catch (error) {
    // A part that cannot be stopped is named in the log. The caller needs to know why the start failed.
    await stops.stop().catch(() => undefined);
    throw error;
  }
}

/** What all roles of a process use. */
interface Shared {
  config: Config;
  language: Language;
  timeZone: string;
  roles: readonly Role[];
  metrics: Metrics;
  log: Log;
  stops: StopList;
  backends: Backends;
  analyst: Analyst;
  ledger: Ledger;
  trainers: Trainers;
  /** Of what is found in pasted text, which is no incident of this system. */
  pasted: Metrics;
}
type Trainers = Awaited<ReturnType<typeof openTuners>>;

async function openShared(
  given: Pick<Shared, 'config' | 'roles' | 'log' | 'stops'>,
  overrides: Overrides,
): Promise<Shared> {
  const { config, log, stops } = given;
  const { language, timeZone, answers } = config;
  const metrics = createMetrics();
  const claim = claimDataDir(config, log);
  stops.add('data folder', () => claim[Symbol.dispose]());
  const backends = stops.use('backends', await openBackends(config, log, overrides.backends, { metrics }));
  const { logs, state, models } = backends;
  const ledger = createLedger({ state, budget: answers.budget, timeZone });
  const analyst = createAnalyst({ logs, models, state, language, timeZone, answers, ledger, metrics, log });
  const trainers = await openTuners(config, models, log);
  return {
    ...given,
    language,
    timeZone,
    metrics,
    backends,
    analyst,
    ledger,
    trainers,
    pasted: createMetrics(),
  };
}

class RunningApp implements App {
  readonly backends: Backends;
  readonly metrics: Metrics;
  readonly pipeline?: Pipeline;
  readonly #shared: Shared;
  readonly #report: ProcessReport;
  readonly #bot: Bot | undefined;
  readonly #web: Web;
  readonly #pipeline: Pipeline;

  constructor(shared: Shared, room: ConsoleRoom | undefined, chats: readonly Chat[]) {
    const { config, roles, metrics, log, backends } = shared;
    const refused = refusedFile(config, log);
    this.#shared = shared;
    this.backends = backends;
    this.metrics = metrics;
    this.#report = new ProcessReport(shared, refused);
    this.#bot = room && botOf(shared, chats, this.#report);
    this.#report.bot = this.#bot;
    const more = { state: backends.state, group: groupOf(config), refused };
    this.#pipeline = pipelineOver(backends, config, metrics, log, more);
    if (roles.includes('pipeline')) this.pipeline = this.#pipeline;
    this.#web = createWeb(webDeps(shared, this.#report, this.#pipeline, room));
    this.#report.hooks = this.#web.hooks;
  }

  get address(): string {
    return this.#report.address;
  }

  get collectors(): Collectors | undefined {
    return this.#report.collectors;
  }

  get reading(): ReadingNow | undefined {
    return this.#report.reading;
  }

  set reading(now: ReadingNow | undefined) {
    this.#report.reading = now;
  }

  async findings(
    read: Pick<RunTotals, 'extent' | 'services'>,
    signal: AbortSignal,
  ): Promise<Incident[] | undefined> {
    const { backends, analyst, language, metrics, log } = this.#shared;
    if (!this.#bot) return undefined;
    await taken(metrics, signal);
    const { setCause: causeFound } = this.#bot;
    return findingsOf(read, { state: backends.state, analyst, causeFound, language, signal, log });
  }

  async start(): Promise<void> {
    const { roles, stops } = this.#shared;
    try {
      this.#report.address = (await this.#web.start()).address;
      stops.add('web', () => this.#web.stop());
      if (roles.includes('worker')) stops.use('jobs', await startJobs(jobsParts(this.#shared)));
      if (this.#bot) {
        const bot = this.#bot;
        stops.add('bot', () => bot.stop());
        await bot.start();
      }
      if (roles.includes('pipeline')) await this.#startPipeline();
      if (this.backends.watch) this.#readAhead();
      const telling = this.#report.tell();
      if (telling) stops.use('process health', telling);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#shared.stops.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** An index of others is read before the first question comes; what goes wrong is told by its health. */
  #readAhead(): void {
    const { log, backends, stops } = this.#shared;
    const stop = new AbortController();
    stops.add('reading ahead', async () => stop.abort());
    void backends.logs
      .search({}, { limit: 1, signal: stop.signal })
      .catch((err: unknown) => log.debug({ err }, 'the index could not be read ahead'));
  }

  /** Sinks first, sources last. */
  async #startPipeline(): Promise<void> {
    const { config, stops, backends, timeZone, metrics, log } = this.#shared;
    const { bus, state } = backends;
    const pipeline = this.#pipeline;
    const group = groupOf(config);
    const durable = config.bus.kind === 'kafka';
    const outputs = await openOutputs(config.send, {
      discretion: config.mask.chat,
      ...{ bus, group, timeZone, durable, metrics, log },
      topic: config.topics.anomalies,
    });
    this.#report.outputs = stops.use('outputs', outputs);
    stops.use('pipeline timers', await pipeline.startTimers());
    stops.use('log consumer', await pipeline.consume({ group }));
    const collectors = await openCollectors(config.collect, { take: pipeline.take, state, metrics, log });
    this.#report.collectors = stops.use('collectors', collectors);
    if (backends.watch)
      this.#report.watch = stops.use('index watch', backends.watch({ take: pipeline.take }));
  }
}

/** Health of this process, and of the others on the same store as far as it is known. */
class ProcessReport {
  /** The address of the web server, once it listens. */
  address = '';
  bot: Bot | undefined;
  collectors: Collectors | undefined;
  outputs: Outputs | undefined;
  watch: ReturnType<NonNullable<Backends['watch']>> | undefined;
  reading: ReadingNow | undefined;
  hooks: Web['hooks'] | undefined;
  readonly #shared: Shared;
  readonly #refused: RefusedFile;
  /** Processes can only share a store that is on the network. */
  readonly #processes: Processes | undefined;

  constructor(shared: Shared, refused: RefusedFile) {
    const { config, backends, log } = shared;
    this.#shared = shared;
    this.#refused = refused;
    if (config.state.kind === 'redis') this.#processes = openProcesses({ state: backends.state, log });
  }

  /** Health of everything in this process. */
  async health(): Promise<Record<string, Health>> {
    return {
      ...(await this.#shared.backends.health()),
      ...(await this.bot?.health()),
      ...this.hooks?.health(),
      ...(await this.#ofPipeline()),
    };
  }

  /** For people who ask the bot: this process (without the bot itself, which adds its parts) and the others on the store. */
  async healthOfAll(): Promise<Record<string, Health>> {
    return {
      ...(await this.#shared.backends.health()),
      ...(await this.#ofPipeline()),
      ...this.hooks?.health(),
      ...(await this.#others()).parts,
    };
  }

  /** This machine, with the GPUs that workers on other machines report. */
  async system(): Promise<SystemHealth> {
    const [here, { gpus }] = await Promise.all([readSystem(), this.#others()]);
    return { ...here, gpus: [...here.gpus, ...gpus.filter(({ host }) => host !== hostname())] };
  }

  /** Begins to report this process to the bots on the same store. */
  tell(): AsyncDisposable | undefined {
    return this.#processes?.tell(this.#name(), () => this.#said());
  }

  async #said(): Promise<Omit<ProcessHealth, 'at'>> {
    const { backends, roles } = this.#shared;
    const ill = Object.entries(await backends.health()).filter(([, { ok }]) => !ok);
    return {
      host: hostname(),
      role: roles.join('+'),
      parts: { ...Object.fromEntries(ill), ...(await this.#ofPipeline()), ...this.hooks?.health() },
      gpus: roles.includes('worker') ? (await readSystem()).gpus : [],
    };
  }

  async #ofPipeline(): Promise<Record<string, Health>> {
    const watch: Record<string, Health> = this.watch ? { 'index watch': this.watch.health() } : {};
    const here = { ...this.collectors?.health(), ...this.outputs?.health(), ...watch };
    // If no lines were refused there is nothing to report.
    const refused = this.#shared.roles.includes('pipeline') ? await this.#refused.health() : undefined;
    return { ...here, ...(refused ? { 'refused lines': refused } : {}) };
  }

  async #others(): ReturnType<Processes['others']> {
    return (await this.#processes?.others(this.#name())) ?? { parts: {}, gpus: [] };
  }

  #name(): string {
    return `${hostname()} ${this.address}`;
  }
}

function botOf(shared: Shared, chats: readonly Chat[], report: ProcessReport): Bot {
  const { config, backends, analyst, ledger, metrics, log } = shared;
  const { bus, state, logs, queue, models } = backends;
  return createBot({
    ...{ bus, state, logs, queue, analyst, ledger, chats, config, metrics, log },
    backendsHealth: () => report.healthOfAll(),
    systemHealth: () => report.system(),
    systemHistory: (since) => readHistory(state, since),
    most: mostCost(models),
    reportLink: (id) => `${config.http.publicUrl ?? report.address}/reports/${id}`,
  });
}

function jobsParts({ config, backends, analyst, trainers, metrics, log }: Shared): JobsParts {
  const { bus, logs, state, queue, models } = backends;
  return {
    ...{ config, bus, logs, state, queue, analyst, trainers, metrics, log },
    targets: (team) => digestTargets(config, team),
    announce: reportPut,
    backendsHealth: backends.health,
    localModel: models[0] !== undefined && !models[0].external,
  };
}

function webDeps(
  shared: Shared,
  report: ProcessReport,
  pipeline: Pipeline,
  room: ConsoleRoom | undefined,
): WebDeps {
  const { config, roles, backends, analyst, trainers, timeZone, metrics, log } = shared;
  const { logs, state, queue } = backends;
  const replay: Replay = (onProgress, signal) =>
    replayIncident(pipeline, { seed: Date.now() % 100_000, endsAt: Date.now(), onProgress, signal });
  return {
    ...{ config, room, analyst, logs, metrics, log },
    commands: room ? completions() : [],
    normalize: (text, signal) => recordsOfText(text, timeZone, signal),
    systemHealth: room ? () => report.system() : readSystem,
    backendsHealth: () => report.health(),
    findReport: async (id, spoken) => {
      const found = await reportOf(state, id);
      return (
        found && { html: reportHtml(found, speech(spoken, timeZone)), styleHash: STYLE_HASH, json: found }
      );
    },
    fineTune: (asked) => queueFineTune(shared, asked),
    publishAnomalies: hookPublisher(backends, config),
    permit: createPermit({ state, roles: config.roles, keepDays: config.incidents.keepDays }),
    findJob: (id) => queue.status(id),
    ...(report.bot ? { incidents: report.bot.list } : {}),
    reading: () => report.reading,
    readText: textReader(config, { metrics: shared.pasted, log }),
    ...(roles.includes('pipeline') ? { replay } : {}),
    tuned: createTuned({ trainers, serving: servingReader(openRegistry(state)) }),
    version: VERSION,
  };
}

/** As in the scheduler, the note that its result is to be posted in the chats is written first, so that it cannot be lost. */
async function queueFineTune(
  { config, backends, language }: Shared,
  { task, by }: Parameters<NonNullable<WebDeps['fineTune']>>[0],
): Promise<{ id: string }> {
  const day = new Date().toISOString();
  const id = `job-${randomUUID().slice(0, 13)}`;
  const puts = digestTargets(config, { name: 'all' }).map((place) => reportPut(id, place, language));
  const asked = tunePut(callerActor(by), task ? `now ${task}` : 'now', config.incidents.keepDays);
  await backends.state.commit({ put: [...puts, asked] });
  await backends.queue.add('fine-tune', { day, language, ...(task ? { tasks: [task] } : {}) }, { id });
  return { id };
}

/** The stored report of a job, while it is kept. */
const reportOf = async (state: StateStore, jobId: string): Promise<AnalysisReport | undefined> =>
  (await state.get('analysis', reportId(jobId)))?.value;

/** How long the sender of an alert waits for the bot of this process, and how often it is looked for. */
const TAKEN_MS = 5_000;
const TAKEN_POLL_MS = 10;

/**
 * Publishes alerts of other systems. A bus inside of this process forgets them when it dies: there they are safe when the bot has
 * taken them in.
 */
function hookPublisher({ bus, state }: Backends, config: Config): WebDeps['publishAnomalies'] {
  return async (messages) => {
    await bus.publish(config.topics.anomalies, messages);
    if (config.bus.kind !== 'memory') return;
    const until = Date.now() + TAKEN_MS;
    for (const { id } of messages)
      while (!(await state.get('seen', seenId({ id })))) {
        if (Date.now() > until) throw new AppError('unavailable', 'the bot has not taken the alerts in');
        await sleep(TAKEN_POLL_MS);
      }
  };
}

const groupOf = (config: Config): string => (config.bus.kind === 'kafka' ? config.bus.group : 'bongsu');

/**
 * One configured chat, not started yet; also for `doctor`, which only asks for its health.
 * @param reportFiles reads the report of a job as files
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

/** How chats outside are kept from what is no business of theirs. */
const discretionOf = ({ mask, language, http }: Config): MaskedOptions => ({
  discretion: mask.chat,
  language,
  page: http.publicUrl ?? `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}`,
});

async function openChats({ config, backends, timeZone, log }: Shared): Promise<Chat[]> {
  const reportFilesOf: Attachments['reportFiles'] = async (jobId, spoken) => {
    const found = await reportOf(backends.state, jobId);
    const shown = found && shownTo(config.mask.chat, found);
    return shown ? reportFiles(jobId, shown, speech(spoken, timeZone)) : [];
  };
  const chats: Chat[] = [];
  for (const entry of config.chats) chats.push(await openChat(entry, config, log, reportFilesOf));
  return chats;
}
