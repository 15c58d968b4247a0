import type { Bus } from '../backends/bus/bus.ts';
import { type LogStore, RefusedRecords } from '../backends/logs/store.ts';
import type { Anomaly } from '../domain/alert/anomaly.ts';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { LogRecord } from '../domain/log/record.ts';
import { retry } from '../domain/retry.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

const BACKOFF = { first: 200, most: 15_000 };
/** Errors that a person has to mend: no space, no rights, an object of others with the same name, a damaged file. */
const FOR_A_PERSON: ReadonlySet<ErrorCode> = new Set([
  'storage_full',
  'unauthorized',
  'config_invalid',
  'malformed',
]);
/** Records of one write to the store: larger batches would hold up others that use it. */
const WRITE = 4_000;

/** How long to try while the store or the bus is away. */
export interface Persistence {
  /**
   * Whether the source ends. If it does, errors that only a person can mend end the run; a source without an end waits for that
   * person.
   */
  ends: boolean;
  /** Ends the trying with AppError `stopped`. */
  signal?: AbortSignal;
}

/** What the pipeline writes to: the log store and the bus. */
export class Sinks {
  readonly #logs: LogStore;
  readonly #bus: Bus;
  readonly #topic: string;
  readonly #metrics: Metrics;
  readonly #log: Log;

  /** @param options.topic of anomalies */
  constructor(options: { logs: LogStore; bus: Bus; topic: string; metrics: Metrics; log: Log }) {
    this.#logs = options.logs;
    this.#bus = options.bus;
    this.#topic = options.topic;
    this.#metrics = options.metrics;
    this.#log = options.log;
  }

  /**
   * Stores records, except those that the store refuses because of their contents.
   * @returns the reasons, by the id of the refused record
   */
  async store(records: LogRecord[], how: Persistence): Promise<Map<string, AppError>> {
    const refused = new Map<string, AppError>();
    for (let at = 0; at < records.length; at += WRITE)
      await this.#storeSome(records.slice(at, at + WRITE), refused, how);
    return refused;
  }

  async #storeSome(records: LogRecord[], refused: Map<string, AppError>, how: Persistence): Promise<void> {
    for (let rest = records; rest.length > 0; ) {
      try {
        return await this.persist(() => this.#logs.write(rest), 'log store', how);
      } catch (error) {
        if (!(error instanceof RefusedRecords)) throw error;
        for (const { id, reason } of error.refused) refused.set(id, new AppError('malformed', reason));
        const left = rest.filter(({ id }) => !refused.has(id));
        // It names a record that is not among them: asking again would never end.
        if (left.length === rest.length) throw error;
        rest = left;
      }
    }
  }

  /** Publishes anomalies; one try. */
  async publish(anomalies: Anomaly[]): Promise<void> {
    await this.#bus.publish(
      this.#topic,
      anomalies.map((anomaly) => ({ key: anomaly.service, value: JSON.stringify(anomaly) })),
    );
    for (const anomaly of anomalies) this.#metrics.anomaliesPublished.inc({ status: anomaly.anomaly_status });
  }

  /**
   * Tries until it works or cannot work: accepted records are never dropped because a backend cannot be reached.
   * @param what is written to, for the log
   * @throws AppError `stopped`; errors that do not pass by waiting
   */
  async persist(attempt: () => Promise<void>, what: string, how: Persistence): Promise<void> {
    const { signal, ends } = how;
    const mayPass = (error: AppError): boolean =>
      !(error instanceof RefusedRecords) && (error.retryable || (!ends && FOR_A_PERSON.has(error.code)));
    throwIfStopped(signal);
    try {
      await retry(attempt, {
        backoff: BACKOFF,
        signal,
        when: mayPass,
        onRetry: (error, waitMs) =>
          this.#log.warn({ err: error, retryMs: Math.round(waitMs) }, `${what} failed, trying again`),
      });
    } catch (cause) {
      const error = toAppError(cause);
      if (error.code === 'stopped' || mayPass(error)) throwIfStopped(signal);
      throw error;
    }
  }
}

/** @throws AppError `stopped` if the signal has aborted */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('stopped', 'the pipeline was stopped', { cause: signal.reason });
}
