import * as backends from './backends/open.ts';
import type { Config } from './config/config.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createIndexReading } from './pipeline/foreign/index-lines.ts';
import { Mirror } from './pipeline/foreign/mirror.ts';
import { type Watch, watchIndex } from './pipeline/foreign/watch.ts';
import { createMiner, type Miner } from './pipeline/mining/miner.ts';
import { keepTemplates } from './pipeline/mining/shared-templates.ts';
import { createNormalizer } from './pipeline/normalize/normalize.ts';

/** The backends of a process. The rest is there where the logs are an index of others. */
export interface Backends extends backends.Backends {
  /** Finds the templates of what is read from the index: a pipeline of this process uses it too, so that an id is one thing. */
  miner?: Miner;
  /** Takes what comes new to the index. */
  watch?: (parts: Pick<Parameters<typeof watchIndex>[0], 'take'>) => Watch;
}

/** One question reads up to half of them: a minute of reading. */
const CACHE_LINES = 2_000_000;

/**
 * Opens what the configuration names, as `backends/open.ts`; logs that others keep in an index are read through a mirror.
 * @param more.onProgress called while documents of such an index are read: how many of how many
 */
export async function openBackends(
  config: Config,
  log: Log,
  overrides: Partial<backends.Backends> = {},
  more: { metrics?: Metrics; onProgress?: (done: number, total: number) => void } = {},
): Promise<Backends> {
  const { metrics, onProgress } = more;
  const foreign = overrides.logs ? undefined : await backends.openForeign(config, log);
  if (!foreign || config.logs.kind === 'sqlite')
    return backends.openBackends(config, log, overrides, metrics);
  await using opened = new AsyncDisposableStack();
  opened.use(foreign);
  backends.prepareDataDir(config);
  const state = overrides.state ?? opened.use(await backends.openState(config, log));
  const normalize = createNormalizer({ timeZone: config.timeZone });
  const miner = createMiner();
  const templates = opened.use(await keepTemplates(miner, { state, log }));
  const reading = createIndexReading(foreign, config.logs.fields ?? {});
  const logs = opened.use(
    new Mirror({
      foreign,
      cache: await backends.openCache(config, foreign, log),
      reading,
      toRecord: (line) => {
        const record = normalize(line);
        record.template = miner.add(record.message).template;
        return record;
      },
      onRead: () => templates.sync(),
      most: config.logs.cacheLines ?? CACHE_LINES,
      ...(onProgress ? { onProgress } : {}),
      log,
    }),
  );
  const inner = opened.use(await backends.openBackends(config, log, { ...overrides, state, logs }, metrics));
  const closing = opened.move();
  return {
    ...inner,
    miner,
    watch: ({ take }) =>
      watchIndex({ foreign, reading, take, state, log, noteRead: (all) => logs.noteRead(all) }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
