import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import { asDeadLetter, deadLetter } from '../../backends/bus/dead-letter.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { type AnomalyRead, readAnomalies } from '../../domain/alert/anomaly-reading.ts';
import { AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Arrival, Incidents } from './incidents.ts';

/** So many anomalies go into one commit: together they wait for the disk only once. */
const TOGETHER = 50;

/** Errors that mean, after some seconds of tries, that this process cannot reach the store. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout']);
const RETURN_MS = 1_000;

/**
 * The anomalies in a message of the topic. The time is part of their position, because a topic that was deleted and made
 * again counts its offsets from zero, and so does the memory bus after a restart.
 */
const read = (message: BusMessage, zone: string): AnomalyRead[] =>
  readAnomalies(message.value, {
    position: `${message.topic}/${message.partition}/${message.offset}/${message.timestamp}`,
    receivedAt: message.timestamp,
    zone,
  });

/** The only anomaly of a message. @throws AppError `malformed` | `too_large`, which says what is wrong */
export function readAnomaly(message: BusMessage, zone = 'UTC'): Anomaly {
  const [first] = read(message, zone);
  if (first && 'anomaly' in first) return first.anomaly;
  throw first?.wrong ?? new AppError('malformed', 'an empty batch');
}

export interface ConsumerOptions {
  bus: Bus;
  topic: string;
  group: string;
  timeZone: string;
  incidents: Pick<Incidents, 'recordAll'>;
  /** Given where other processes may read the topic instead: the store, to ask whether it can be reached again. */
  shared?: Pick<StateStore, 'count'>;
  metrics: Metrics;
  log: Log;
}

/**
 * Reads anomalies from the bus into incidents. A batch is done, and its offsets may be committed, only when every
 * message is in the state store or on the dead-letter topic. When the store cannot be reached the batch comes again,
 * to another process if there is one.
 */
export async function consumeAnomalies(options: ConsumerOptions): Promise<AsyncDisposable> {
  const consumer = new AnomalyConsumer(options);
  await consumer.subscribe();
  return consumer;
}

class AnomalyConsumer implements AsyncDisposable {
  readonly #options: ConsumerOptions;
  readonly #stopping = new AbortController();
  #subscription: AsyncDisposable | undefined;
  #aside: Promise<void> | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  async subscribe(): Promise<void> {
    const { bus, topic, group, shared } = this.#options;
    this.#subscription = await bus.subscribe(topic, { group, from: 'earliest' }, async (batch) => {
      try {
        await this.#take(batch);
      } catch (error) {
        if (shared && AWAY.has(toAppError(error).code))
          this.#aside ??= this.#stepAside(shared).finally(() => {
            this.#aside = undefined;
          });
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#aside;
    await this.#subscription?.[Symbol.asyncDispose]();
  }

  async #take(batch: BusMessage[]): Promise<void> {
    const { incidents, timeZone, metrics } = this.#options;
    let arrivals: Arrival[] = [];
    const record = async (): Promise<void> => {
      await incidents.recordAll(arrivals);
      for (const { anomaly } of arrivals) metrics.anomaliesReceived.inc({ status: anomaly.anomaly_status });
      arrivals = [];
    };
    for (const message of batch)
      for (const one of read(message, timeZone)) {
        if ('wrong' in one) await this.#refuse(asDeadLetter(message, one.element), one.wrong);
        else arrivals.push({ anomaly: one.anomaly, receivedAt: message.timestamp });
        if (arrivals.length >= TOGETHER) await record();
      }
    await record();
  }

  async #refuse(message: BusMessage, error: AppError): Promise<void> {
    const { bus, topic, metrics, log } = this.#options;
    metrics.deadLetters.inc({ topic });
    log.warn(
      { err: error, topic, partition: message.partition, offset: message.offset },
      'a message that is no anomaly went to the dead-letter topic',
    );
    await deadLetter(bus, message, error);
  }

  /** Leaves the topic to processes that can reach the store, until this one can again. */
  async #stepAside(state: Pick<StateStore, 'count'>): Promise<void> {
    const { topic, log } = this.#options;
    const { signal } = this.#stopping;
    log.warn({ topic }, 'the state store is away: others may take the anomalies');
    await this.#subscription?.[Symbol.asyncDispose]();
    this.#subscription = undefined;
    while (!signal.aborted) {
      try {
        await state.count('problem');
        break;
      } catch {
        await sleep(RETURN_MS, undefined, { signal }).catch(() => {});
      }
    }
    if (signal.aborted) return;
    try {
      await this.subscribe();
    } catch (error) {
      log.error({ err: error, topic }, 'anomalies are not read any more');
    }
  }
}
