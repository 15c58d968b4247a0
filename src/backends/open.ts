import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isAssumed, modelId } from '../config/models.ts';
import { AppError } from '../domain/errors.ts';
import { HEALTH_TIMEOUT_MS, type Health } from '../domain/health.ts';
import { MODEL_FAULTS } from '../domain/question/model-fault.ts';
import { valueInTime } from '../domain/retry.ts';
import { healthOf, NO_MODEL, phrasesOf } from '../i18n/health.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Bus } from './bus/bus.ts';
import { FOLDERS, STORES } from './closed-folder.ts';
import { logClosedFiles, mirrorFile, prepareDataDir } from './data-dir.ts';
import type { ForeignIndex } from './logs/foreign/foreign-index.ts';
import type { MirrorCache } from './logs/foreign/mirror-cache.ts';
import type { LogStore } from './logs/store.ts';
import { AWAY, withLastFault } from './model/last-fault.ts';
import type { Model } from './model/model.ts';
import type { Tuner } from './model/tuner.ts';
import type { Queue } from './queue/queue.ts';
import { checkedState } from './state/checked.ts';
import { withMovedKinds } from './state/moved-kinds.ts';
import type { StateStore } from './state/store.ts';

export { claimDataDir, prepareDataDir } from './data-dir.ts';

/** How long the first look at an index may take, in milliseconds. */
const LOOK_MS = 3_000;

/** The backends of a process, shared by all its roles. */
export interface Backends extends AsyncDisposable {
  bus: Bus;
  logs: LogStore;
  state: StateStore;
  queue: Queue;
  /** In order of preference; may be empty. */
  models: Model[];
  /** By the name of each backend; answers within `HEALTH_TIMEOUT_MS`. */
  health(): Promise<Record<string, Health>>;
}

/** Faults, as health names them, that only a server with the model can have. */
const PRESENT: ReadonlySet<string> = new Set(
  MODEL_FAULTS.filter((fault) => fault !== 'none' && !AWAY.has(fault)).map((fault) => `fault.${fault}`),
);

/** Opens what the configuration names. The only place that knows which adapters there are; each is loaded only when it is chosen. */
export async function openBackends(
  config: Config,
  log: Log,
  overrides: Partial<Backends> = {},
  metrics?: Metrics,
): Promise<Backends> {
  logClosedFiles(prepareDataDir(config), log);
  await using opened = new AsyncDisposableStack();
  const state = overrides.state ?? opened.use(await openState(config, log));
  const logs = overrides.logs ?? opened.use(await openLogs(config, log));
  const bus = overrides.bus ?? opened.use(await openBus(config, log, metrics));
  const queue = overrides.queue ?? opened.use(await openQueue(config, log));
  const models = overrides.models ?? (await openModels(config, log, state)).map((model) => opened.use(model));
  const closing = opened.move();

  const modelsHealth = healthOfModels(models, new Set(config.models.filter(isAssumed).map(modelId)));
  return {
    bus,
    logs,
    state,
    queue,
    models,
    async health() {
      const named: [string, { health(): Promise<Health> }][] = [
        ['bus', bus],
        ['logs', logs],
        ['state', state],
        ['queue', queue],
      ];
      const [others, own] = await Promise.all([
        Promise.all(
          named.map(async ([name, backend]) => [name, await healthInTime(name, backend.health())] as const),
        ),
        modelsHealth(),
      ]);
      return { ...Object.fromEntries(others), ...own };
    },
    // The last one that was opened is closed first.
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/**
 * The health of all models.
 * @param assumed ids of models that the configuration does not name. While such a model has never answered, it is not reported as
 * missing: there is simply no model. One that answered before and is gone is reported.
 */
function healthOfModels(
  models: readonly Model[],
  assumed: Set<string>,
): () => Promise<Record<string, Health>> {
  return async () => {
    const found: Record<string, Health> = {};
    let absent: Health | undefined;
    await Promise.all(
      models.map(async (model) => {
        const name = `model:${model.name}`;
        const health = await healthInTime(name, model.health());
        // Its server answered, so the model exists.
        const wasThere = health.ok || health.said?.detail.some(([word]) => PRESENT.has(word));
        if (wasThere) assumed.delete(model.id);
        if (assumed.has(model.id)) absent = health;
        else found[name] = health;
      }),
    );
    return Object.keys(found).length > 0 ? found : { model: noModelHealth(absent) };
  };
}

/** @param absent the health of a model that is not configured and did not answer */
function noModelHealth(absent: Health | undefined): Health {
  if (!absent) return NO_MODEL;
  const said = phrasesOf(absent);
  // Text that has no phrase of its own (an error's message) is shown as it is.
  const told = [absent.detail, absent.mend].filter(Boolean).join('; ');
  if (!said) return { ...NO_MODEL, detail: `${NO_MODEL.detail} (${told})` };
  const why = [...said.detail, ...(said.mend ? [said.mend] : [])];
  return healthOf(true, NO_MODEL.kind, [['noModel'], ...why]);
}

/** A backend's health; within `HEALTH_TIMEOUT_MS`, and never an error. */
function healthInTime(kind: string, health: Promise<Health>): Promise<Health> {
  const failed = (error: unknown): Health =>
    healthOf(false, kind, [['error', { error: error instanceof Error ? error.message : String(error) }]]);
  const late = (): Health =>
    healthOf(false, kind, [['late', { seconds: HEALTH_TIMEOUT_MS / 1_000 }]], ['mend.late']);
  return valueInTime(HEALTH_TIMEOUT_MS, health.catch(failed), late);
}

async function openBus(config: Config, log: Log, metrics?: Metrics): Promise<Bus> {
  const onDeadLetter = (topic: string): void => metrics?.deadLetters.inc({ topic });
  if (config.bus.kind === 'memory')
    return (await import('./bus/memory.ts')).openMemoryBus(log, undefined, onDeadLetter);
  return (await import('./bus/kafka.ts')).openKafkaBus({ ...config.bus, onDeadLetter }, log);
}

async function openLogs(config: Config, log: Log): Promise<LogStore> {
  const { logs } = config;
  if (logs.kind === 'opensearch')
    throw new AppError(
      'config_invalid',
      'logs.kind: an OpenSearch is read only where its records are mirrored',
    );
  if (logs.kind === 'elasticsearch')
    return (await import('./logs/elasticsearch.ts')).openElasticLogs(logs, log);
  return (await import('./logs/sqlite.ts')).openSqliteLogs({ file: join(config.dataDir, STORES.logs) }, log);
}

/**
 * The index of others that the configuration names: a pattern of names, one with fields named for it, or a name that stands for
 * an index which is there and was not made by Bongsu. Undefined where the logs are its own, or will be.
 * @throws AppError `config_invalid` when the file of the certificate authority cannot be read
 */
export async function openForeign({ logs }: Config, log: Log): Promise<ForeignIndex | undefined> {
  if (logs.kind === 'sqlite') return undefined;
  if (logs.kind === 'opensearch')
    return (await import('./logs/foreign/opensearch-index.ts')).openForeignOpenSearch(logs, log);
  const { openForeignElasticsearch, isOfOthers } = await import('./logs/foreign/elasticsearch-index.ts');
  const isForeign =
    /[*,]/.test(logs.index) || logs.fields !== undefined || (await isOfOthers(logs, log, LOOK_MS));
  return isForeign ? openForeignElasticsearch(logs, log) : undefined;
}

/** The store on this machine for what is read from an index of others. */
export async function openCache(config: Config, foreign: ForeignIndex, log: Log): Promise<MirrorCache> {
  const { logs } = config;
  const fields = logs.kind === 'sqlite' ? undefined : logs.fields;
  const key = JSON.stringify([foreign.kind, foreign.place, foreign.name, fields]);
  const { openMirrorCache } = await import('./logs/foreign/sqlite-mirror-cache.ts');
  return openMirrorCache({ file: mirrorFile(config, key) }, log);
}

export async function openState(config: Config, log: Log): Promise<StateStore> {
  const documents =
    config.state.kind === 'sqlite'
      ? await (await import('./state/sqlite.ts')).openSqliteState(
          { file: join(config.dataDir, STORES.state) },
          log,
        )
      : await (await import('./state/redis.ts')).openRedisState(config.state, log);
  return checkedState(withMovedKinds(documents, log), log);
}

/** A state store that ends with the process: for files that are only asked about. */
export const openPassingState = async (log: Log): Promise<StateStore> =>
  checkedState((await import('./state/memory.ts')).memoryDocuments(), log);

async function openQueue(config: Config, log: Log): Promise<Queue> {
  const { openBullQueue } = await import('./queue/bullmq.ts');
  if (config.queue.kind === 'embedded')
    return openBullQueue({ kind: 'embedded', dir: join(config.dataDir, FOLDERS.queue) }, log);
  return openBullQueue(config.queue, log);
}

/** The configured models, in order of preference. Every model waits in a queue of its own; its price is its own, else that of the table. */
export async function openModels(config: Config, log: Log, state?: StateStore): Promise<Model[]> {
  const models: Model[] = [];
  for (const configured of config.models) {
    const entry = { ...configured, price: configured.price ?? config.prices[configured.model] };
    const { concurrency = entry.kind === 'ollama' ? 2 : 8, requestsPerMinute } = entry;
    let model: Model | undefined;
    if (entry.kind === 'ollama')
      model = await (await import('./model/ollama.ts')).openOllama(entry, log, state);
    // Without a key OpenAI itself gives no answer; other servers with its protocol often need none.
    else if (entry.apiKey || !entry.baseUrl.startsWith('https://api.openai.com'))
      model = await (await import('./model/openai.ts')).openOpenAi(entry, log);
    if (!model) continue;
    if (model.external && !entry.price)
      log.warn({ model: model.name }, 'its price is not in `prices`: it counts as free in budgets');
    const address =
      configured.kind === 'ollama' ? configured.url : `${configured.baseUrl} ${configured.apiKey}`;
    const known = withLastFault(model, { state, address, assumed: isAssumed(configured), log });
    models.push((await import('./model/request-lanes.ts')).queued(known, { concurrency, requestsPerMinute }));
  }
  return models;
}

/** The tuners that the configuration allows, each with the model that it starts from. */
export async function openTuners(
  config: Config,
  models: readonly Model[],
  log: Log,
): Promise<{ model: Model; tuner: Tuner }[]> {
  const { ollama, openai, lora } = config.jobs.fineTune;
  const made: { model: Model; tuner: Tuner }[] = [];
  for (const entry of config.models) {
    const model = models.find(({ id }) => id === modelId(entry));
    if (!model) continue;
    if (entry.kind === 'ollama') {
      if (ollama)
        made.push({ model, tuner: (await import('./model/ollama-tuner.ts')).ollamaTuner(entry, log) });
      if (lora && !made.some(({ tuner }) => tuner.id === 'lora'))
        made.push({
          model,
          tuner: (await import('./model/lora-tuner.ts')).loraTuner(entry, lora, log, {
            dir: join(config.dataDir, FOLDERS.training),
          }),
        });
    } else if (openai && entry.apiKey)
      made.push({ model, tuner: (await import('./model/openai-tuner.ts')).openAiTuner(entry, log) });
  }
  return made;
}
