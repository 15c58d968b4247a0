import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { readAnomalies } from '../../domain/alert/anomaly-reading.ts';
import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { backoffMs } from '../../domain/retry.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Output } from './output.ts';

/** Anomalies of one try. */
const BATCH = 100;
const BACKOFF = { first: 200, most: 30_000 };
/** How long what waits may still be sent when the process stops, in milliseconds. */
const DRAIN_MS = 3_000;

export interface ForwarderOptions {
  bus: Bus;
  topic: string;
  /** Consumer group of the bus: each output reads the topic for itself. */
  group: string;
  timeZone: string;
  /** Whether the bus keeps messages until they are committed. */
  durable: boolean;
  /** Anomalies that may wait in memory. */
  limit: number;
  metrics: Metrics;
  log: Log;
}

/**
 * Sends every anomaly of the topic to one output, whichever process found it. On a durable bus a batch is committed
 * after it was sent: nothing is lost by crashes and nothing is dropped. The bus inside the process would hold up the
 * pipeline that way. So there up to `limit` anomalies wait in memory; beyond that the oldest are dropped, counted and
 * shown in health.
 */
export class Forwarder implements AsyncDisposable {
  readonly #output: Output;
  readonly #options: ForwarderOptions;
  readonly #stop = new AbortController();
  readonly #waiting: Anomaly[] = [];
  #sent = 0;
  #dropped = 0;
  /** Why the last try failed. */
  #trouble: AppError | undefined;
  #sending: Promise<void> | undefined;
  #subscription: AsyncDisposable | undefined;

  private constructor(output: Output, options: ForwarderOptions) {
    this.#output = output;
    this.#options = options;
  }

  /** The output is closed with the forwarder. */
  static async start(output: Output, options: ForwarderOptions): Promise<Forwarder> {
    const forwarder = new Forwarder(output, options);
    const { bus, topic, group, timeZone } = options;
    forwarder.#subscription = await bus.subscribe(topic, { group, from: 'latest' }, (messages) =>
      forwarder.#take(messages.flatMap((message) => anomaliesOf(message, timeZone))),
    );
    return forwarder;
  }

  health(): Health {
    const { name, endpoint } = this.#output;
    const detail: Phrase[] = [
      ['place', { place: endpoint }],
      ['sent', { count: this.#sent }],
      ['waiting', { count: this.#waiting.length }],
    ];
    if (this.#dropped > 0) detail.push(['dropped', { count: this.#dropped }]);
    if (!this.#trouble) return healthOf(true, name, detail);
    return healthOf(false, name, [...detail, ['error', { error: this.#trouble.message }]], ['mend.receiver']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
    // A receiver that is away now will hardly be back in a moment.
    const timer = setTimeout(() => this.#stop.abort(), this.#trouble ? 0 : DRAIN_MS);
    await this.#sending;
    clearTimeout(timer);
    this.#stop.abort();
    this.#drop(this.#waiting.splice(0).length, 'the process stopped while the receiver was away');
    await this.#output[Symbol.asyncDispose]();
  }

  async #take(anomalies: Anomaly[]): Promise<void> {
    if (this.#options.durable) {
      for (let at = 0; at < anomalies.length; at += BATCH) await this.#try(anomalies.slice(at, at + BATCH));
      return;
    }
    this.#waiting.push(...anomalies);
    this.#dropOldest();
    this.#sending ??= this.#sendWaiting();
  }

  /** Sends what waits, in order, until nothing does. */
  async #sendWaiting(): Promise<void> {
    let failures = 0;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#try(batch);
        failures = 0;
      } catch (cause) {
        this.#waiting.unshift(...batch);
        this.#dropOldest();
        failures += 1;
        const error = toAppError(cause);
        this.#options.log.warn(
          { err: error, output: this.#output.name, waiting: this.#waiting.length },
          'sending on failed, trying again',
        );
        const waitMs = error.retryAfterMs ?? backoffMs(failures, BACKOFF, 'half');
        await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
    this.#sending = undefined;
  }

  /**
   * One try. If the receiver will never take the batch, it is halved until only the single anomalies that it does not take
   * are left out.
   */
  async #try(anomalies: Anomaly[]): Promise<void> {
    try {
      await this.#output.send(anomalies);
      this.#sent += anomalies.length;
      this.#options.metrics.anomaliesSent.inc({ output: this.#output.name }, anomalies.length);
      this.#trouble = undefined;
    } catch (cause) {
      const error = toAppError(cause);
      this.#trouble = error;
      if (error.retryable || error.code === 'unauthorized') throw error;
      if (anomalies.length === 1) {
        this.#drop(1, error.message);
        return;
      }
      const half = anomalies.length >> 1;
      await this.#try(anomalies.slice(0, half));
      await this.#try(anomalies.slice(half));
    }
  }

  #dropOldest(): void {
    const over = this.#waiting.length - this.#options.limit;
    if (over > 0) this.#drop(this.#waiting.splice(0, over).length, 'the receiver was away for too long');
  }

  #drop(count: number, why: string): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#options.metrics.anomaliesDropped.inc({ output: this.#output.name }, count);
    this.#options.log.warn({ output: this.#output.name, count, why }, 'anomalies not sent');
  }
}

/** What cannot be read is left out here; the consumer of incidents puts it aside. */
const anomaliesOf = (message: BusMessage, zone: string): Anomaly[] =>
  readAnomalies(message.value, {
    position: `${message.topic}/${message.partition}/${message.offset}`,
    receivedAt: message.timestamp,
    zone,
  }).flatMap((read) => ('anomaly' in read ? [read.anomaly] : []));
