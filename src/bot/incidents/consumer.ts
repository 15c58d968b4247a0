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

/** Anomalies taken in by one commit: they share its wait for the disk. */
const TOGETHER = 50;

/** What says that the store is out of reach from this process, after some seconds of trying. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout']);
const RETURN_MS = 1_000;

/** What a message of the anomalies topic holds. With its time: a topic made anew, and the memory bus, count from zero again. */
const read = (message: BusMessage, zone: string): AnomalyRead[] =>
  readAnomalies(message.value, {
    position: `${message.topic}/${message.partition}/${message.offset}/${message.timestamp}`,
    receivedAt: message.timestamp,
    zone,
  });

/** The one anomaly of a message. Throws AppError `malformed` | `too_large` that says what is wrong. */
export function readAnomaly(message: BusMessage, zone = 'UTC'): Anomaly {
  const [first] = read(message, zone);
  if (first && 'anomaly' in first) return first.anomaly;
  throw first?.wrong ?? new AppError('malformed', 'an empty batch');
}

/**
 * Reads anomalies from the bus into incidents. A batch is done, and its offsets may be committed, only when each
 * message is in the state store or on the dead-letter topic; when the store is away, the batch comes again, to
 * another process if there is one.
 */
export async function consumeAnomalies(options: {
  bus: Bus;
  topic: string;
  group: string;
  timeZone: string;
  incidents: Pick<Incidents, 'recordAll'>;
  /** Where other processes may read from the bus: the store, which is asked whether it is back once it was away. */
  shared?: Pick<StateStore, 'count'>;
  metrics: Metrics;
  log: Log;
}): Promise<AsyncDisposable> {
  const { bus, topic, group, timeZone, incidents, shared, metrics, log } = options;
  const stopping = new AbortController();
  let subscription: AsyncDisposable | undefined;
  let aside: Promise<void> | undefined;

  async function refuse(message: BusMessage, error: AppError): Promise<void> {
    metrics.deadLetters.inc({ topic });
    log.warn(
      { err: error, topic, partition: message.partition, offset: message.offset },
      'a message that is no anomaly went to the dead-letter topic',
    );
    await deadLetter(bus, message, error);
  }

  async function take(batch: BusMessage[]): Promise<void> {
    let arrivals: Arrival[] = [];
    const record = async (): Promise<void> => {
      await incidents.recordAll(arrivals);
      for (const { anomaly } of arrivals) metrics.anomaliesReceived.inc({ status: anomaly.anomaly_status });
      arrivals = [];
    };
    for (const message of batch)
      for (const one of read(message, timeZone)) {
        if ('wrong' in one) await refuse(asDeadLetter(message, one.element), one.wrong);
        else arrivals.push({ anomaly: one.anomaly, receivedAt: message.timestamp });
        if (arrivals.length >= TOGETHER) await record();
      }
    await record();
  }

  const subscribe = (): Promise<AsyncDisposable> =>
    bus.subscribe(topic, { group, from: 'earliest' }, async (batch) => {
      try {
        await take(batch);
      } catch (error) {
        if (shared && AWAY.has(toAppError(error).code))
          aside ??= stepAside(shared).finally(() => {
            aside = undefined;
          });
        throw error;
      }
    });

  /** The store is away from here; a process that can reach it may have the messages meanwhile. */
  async function stepAside(state: Pick<StateStore, 'count'>): Promise<void> {
    log.warn({ topic }, 'the state store is away: others may take the anomalies');
    await subscription?.[Symbol.asyncDispose]();
    subscription = undefined;
    while (!stopping.signal.aborted) {
      try {
        await state.count('problem');
        break;
      } catch {
        await sleep(RETURN_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
    if (stopping.signal.aborted) return;
    try {
      subscription = await subscribe();
    } catch (error) {
      log.error({ err: error, topic }, 'anomalies are not read any more');
    }
  }

  subscription = await subscribe();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await aside;
      await subscription?.[Symbol.asyncDispose]();
    },
  };
}
