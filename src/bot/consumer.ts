import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusMessage } from '../backends/bus/bus.ts';
import { deadLetter } from '../backends/bus/dead-letter.ts';
import type { StateStore } from '../backends/state/store.ts';
import { type Anomaly, anomalyWire, completeAnomaly } from '../domain/anomaly.ts';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Arrival, Incidents } from './incidents.ts';

/** Largest anomaly taken, in bytes; anything larger is no anomaly but a mistake of its producer. */
const MAX_BYTES = 1_048_576;
/** Anomalies taken in by one commit: they share its wait for the disk. */
const TOGETHER = 50;

/** What says that the store is out of reach from this process, after some seconds of trying. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout']);
const RETURN_MS = 1_000;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads one message of the anomalies topic.
 * @param zone IANA zone of times that name none
 * @throws AppError `malformed` | `too_large` that says what is wrong
 */
export function readAnomaly(message: BusMessage, zone = 'UTC'): Anomaly {
  if (message.value.byteLength > MAX_BYTES)
    throw new AppError('too_large', `${message.value.byteLength} bytes, at most ${MAX_BYTES} are read`);
  let raw: unknown;
  try {
    raw = JSON.parse(strict.decode(message.value));
  } catch (cause) {
    throw new AppError('malformed', cause instanceof SyntaxError ? 'not JSON' : 'not UTF-8', { cause });
  }
  const parsed = anomalyWire.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError('malformed', `${issue?.path.join('.') || '(top level)'}: ${issue?.message}`);
  }
  // With its time: a topic that was made anew, and the memory bus after a restart, count from zero again.
  const position = `${message.topic}/${message.partition}/${message.offset}/${message.timestamp}`;
  return completeAnomaly(parsed.data, position, message.timestamp, zone);
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
    for (let from = 0; from < batch.length; from += TOGETHER) {
      const arrivals: Arrival[] = [];
      for (const message of batch.slice(from, from + TOGETHER))
        try {
          arrivals.push({ anomaly: readAnomaly(message, timeZone), receivedAt: message.timestamp });
        } catch (cause) {
          await refuse(message, toAppError(cause));
        }
      await incidents.recordAll(arrivals);
      for (const { anomaly } of arrivals) metrics.anomaliesReceived.inc({ status: anomaly.anomaly_status });
    }
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
        await state.count('fact');
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
