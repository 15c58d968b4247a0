import { AppError } from './errors.ts';
import { withTimeout } from './retry.ts';
import { MINUTE, SECOND } from './time/units.ts';

/** The log of a stop list. */
export interface StopLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface Part {
  name: string;
  stop(): unknown;
}

/** A part that takes longer is named in the log. */
const SLOW_MS = 10 * SECOND;
/** A part that takes longer is not waited for any more. Parts have shorter limits of their own. */
const LIMIT_MS = MINUTE;

/**
 * The parts that have to be stopped, by name. Each part is added as soon as it runs, and all are stopped in reverse order: a part
 * stops before the parts that it uses. A part that fails or hangs is named in the log and does not keep the others from being
 * stopped.
 */
export class StopList implements AsyncDisposable {
  readonly #log: StopLog;
  readonly #limits: { slowMs: number; limitMs: number };
  readonly #parts: Part[] = [];
  #stopped: Promise<void> | undefined;

  constructor(log: StopLog, limits: { slowMs?: number; limitMs?: number } = {}) {
    this.#log = log;
    this.#limits = { slowMs: SLOW_MS, limitMs: LIMIT_MS, ...limits };
  }

  /** Adds a running part. @throws AppError `stopped` after `stop`; the part is then stopped at once */
  add(name: string, stop: () => unknown): void {
    const part = { name, stop };
    if (this.#stopped) {
      this.#stopPart(part).catch(() => undefined);
      throw new AppError('stopped', `${name} was started while everything stops`);
    }
    this.#parts.push(part);
  }

  /** The same for an object that can be disposed. */
  use<T extends AsyncDisposable>(name: string, part: T): T {
    this.add(name, () => part[Symbol.asyncDispose]());
    return part;
  }

  /** Stops everything, the latest first; safe to call twice. @throws what a part threw, once all are stopped */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await this.#stopPart(part);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, 'several parts could not be stopped');
  }

  async #stopPart(part: Part): Promise<void> {
    const { name } = part;
    const { slowMs, limitMs } = this.#limits;
    const begun = performance.now();
    const slow = setTimeout(() => this.#log.warn({ part: name }, 'still stopping'), slowMs);
    try {
      // In a function of its own, so that a part that throws at once is treated like one that rejects.
      const stopping = (async () => part.stop())();
      await withTimeout(limitMs, stopping, () => new AppError('timeout', `${name} did not stop in time`));
      this.#log.debug({ part: name, ms: Math.round(performance.now() - begun) }, 'stopped');
    } catch (error) {
      this.#log.error({ err: error, part: name }, 'a part could not be stopped');
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }
}
