import { type Config, loadConfig } from '../config.ts';
import { createLog, type Log } from '../log.ts';

/** What every command takes. */
export interface CommonOptions {
  config?: string;
  json?: boolean;
}

export interface Context {
  config: Config;
  /** The config file's name as the person knows it. */
  file: string;
  log: Log;
  json: boolean;
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
}

/**
 * Reads the configuration and opens the log.
 * @param quiet one-shot commands report by their output; only errors are logged
 */
export function openContext(options: CommonOptions, signal: AbortSignal, quiet = true): Context {
  // A `.env` file is the place for keys on a person's own machine; what the environment has already wins.
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { config, file } = loadConfig(options.config);
  const level = quiet && config.logLevel === 'info' ? 'error' : config.logLevel;
  return { config, file, log: createLog(level), json: options.json ?? false, signal };
}
