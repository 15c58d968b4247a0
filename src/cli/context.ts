import { join, resolve } from 'node:path';
import { type Config, loadConfig, PROJECT } from '../config/config.ts';
import { namesSet, type Variable } from '../config/environment.ts';
import { AppError } from '../domain/errors.ts';
import { createLog, type Log } from '../log.ts';

/** What every command takes. */
export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** Where the configuration comes from; names of variables, never their values. */
export interface Sources {
  /** The config file that was read; undefined: there is none, the defaults hold. */
  config: string | undefined;
  /** The `.env` file that was read, and what it set. */
  env: { file: string; set: Variable[] } | undefined;
  /** What the process was started with; it wins over `.env`. */
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
 * Sets what the `.env` file in `home` says and the environment does not. It is the place for keys on a person's own
 * machine. One in the current directory is not read: in a folder of somebody else's logs it would be somebody else's.
 * Throws AppError `config_invalid` when the file is there and cannot be read.
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
 * Reads the configuration and opens the log. Only Bongsu's own folder, `--config` and the environment have a say.
 * @param quiet one-shot commands report by their output; only errors are logged
 */
export function openContext(options: CommonOptions, signal: AbortSignal, quiet = true): Context {
  const found = readEnvFile(PROJECT);
  const { config, file } = loadConfig(options.config);
  const level = quiet && config.logLevel === 'info' ? 'error' : config.logLevel;
  const sources: Sources = { config: file, ...found };
  return { config, sources, log: createLog(level), json: options.json ?? false, signal };
}
