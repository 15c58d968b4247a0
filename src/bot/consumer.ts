import type { Bus, BusMessage } from '../backends/bus/bus.ts';
import { deadLetter } from '../backends/bus/dead-letter.ts';
import { type Anomaly, anomalyWire, completeAnomaly } from '../domain/anomaly.ts';
import { AppError, toAppError } from '../domain/errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Incidents } from './incidents.ts';

/** Largest anomaly taken, in bytes; anything larger is no anomaly but a mistake of its producer. */
const MAX_BYTES = 1_048_576;
/** What is kept of a message that even the dead-letter topic refuses for its size. */
const HEAD_BYTES = 65_536;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Reads one message of the anomalies topic. Throws AppError `malformed` | `too_large` that says what is wrong. */
export function readAnomaly(message: BusMessage): Anomaly {
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
  return completeAnomaly(parsed.data, position, message.timestamp);
}

/**
 * Reads anomalies from the bus into incidents. A batch is done, and its offsets may be committed, only when each
 * message is in the state store or on the dead-letter topic; when the store is away, the batch comes again.
 */
export function consumeAnomalies(options: {
  bus: Bus;
  topic: string;
  group: string;
  incidents: Incidents;
  metrics: Metrics;
  log: Log;
}): Promise<AsyncDisposable> {
  const { bus, topic, group, incidents, metrics, log } = options;

  async function refuse(message: BusMessage, error: AppError): Promise<void> {
    metrics.deadLetters.inc({ topic });
    log.warn(
      { err: error, topic, partition: message.partition, offset: message.offset },
      'a message that is no anomaly went to the dead-letter topic',
    );
    try {
      await deadLetter(bus, message, error);
    } catch (cause) {
      if (toAppError(cause).code !== 'too_large') throw cause;
      // The broker that carried it does not take it back whole: its head says what it was.
      const cutTo = `${HEAD_BYTES} of ${message.value.byteLength} bytes`;
      await deadLetter(
        bus,
        {
          ...message,
          value: message.value.subarray(0, HEAD_BYTES),
          headers: { ...message.headers, 'bongsu-cut': cutTo },
        },
        error,
      );
    }
  }

  return bus.subscribe(topic, { group, from: 'earliest' }, async (batch) => {
    for (const message of batch) {
      let anomaly: Anomaly;
      try {
        anomaly = readAnomaly(message);
      } catch (cause) {
        await refuse(message, toAppError(cause));
        continue;
      }
      await incidents.record(anomaly, message.timestamp);
      metrics.anomaliesReceived.inc({ status: anomaly.anomaly_status });
    }
  });
}
