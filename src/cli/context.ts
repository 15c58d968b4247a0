import { join, resolve } from 'node:path';
import { type Config, loadConfig, PROJECT } from '../config/config.ts';
import { namesSet, type Variable } from '../config/environment.ts';
import { AppError } from '../domain/errors.ts';
import { createLog, type Log } from '../log.ts';

/** Options that every command takes. */
export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** Where the configuration came from. Of variables only names, never values. */
export interface Sources {
  /** The config file that was read; undefined when there is none and the defaults are used. */
  config: string | undefined;
  /** The `.env` file that was read, and what it set. */
  env: { file: string; set: Variable[] } | undefined;
  /** What the process was started with. It wins over `.env`. */
  environment: Variable[];
}

export interface Context {
  config: Config;
  sources: Sources;
  log: Log;
  json: boolean;
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
}

/**
 * Sets the variables of the `.env` file in `home`, except those that are set already. It is the place for keys on a
 * person's own machine. A `.env` in the current directory is not read: people work in folders with logs from others, and
 * a file there would come from them, too.
 * @throws AppError `config_invalid` when the file exists and cannot be read
 */
function readEnvFile(home: string): Pick<Sources, 'env' | 'environment'> {
  const file = join(home, '.env');
  const environment = namesSet(process.env);
  try {
    process.loadEnvFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { env: undefined, environment };
    throw new AppError('config_invalid', `${file}: cannot be read`, { cause });
  }
  const set = namesSet(process.env).filter((name) => !environment.includes(name));
  if (set.includes('BONGSU_CONFIG')) process.env.BONGSU_CONFIG = resolve(home, process.env.BONGSU_CONFIG!);
  return { env: { file, set }, environment };
}

/**
 * Reads the configuration and opens the log. It depends only on Bongsu's own folder, `--config` and the environment.
 * @param quiet logs only errors; for commands that report by their output
 */
export function openContext(options: CommonOptions, signal: AbortSignal, quiet = true): Context {
  const found = readEnvFile(PROJECT);
  const { config, file } = loadConfig(options.config);
  const level = quiet && config.logLevel === 'info' ? 'error' : config.logLevel;
  const sources: Sources = { config: file, ...found };
  return { config, sources, log: createLog(level), json: options.json ?? false, signal };
}
