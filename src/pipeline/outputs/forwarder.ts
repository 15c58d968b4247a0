import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusMessage } from '../../backends/bus/bus.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { readAnomalies } from '../../domain/alert/anomaly-reading.ts';
import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Output } from './output.ts';

/** Anomalies of one attempt. */
const BATCH = 100;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 30_000;
/** How long what waits may still be sent when the process stops. */
const DRAIN_MS = 3_000;

export interface Sending extends AsyncDisposable {
  health(): Health;
}

/**
 * Sends every anomaly of the topic, whoever found it, to one output. On a durable bus a batch is committed when it was
 * sent, so nothing is lost over crashes and nothing is dropped. The bus inside the process would hold up the pipeline
 * instead: there up to `limit` anomalies wait in memory, and beyond that the oldest is dropped, counted and shown.
 */
export async function sendOn(
  output: Output,
  options: {
    bus: Bus;
    topic: string;
    group: string;
    timeZone: string;
    durable: boolean;
    limit: number;
    metrics: Metrics;
    log: Log;
  },
): Promise<Sending> {
  const { bus, topic, durable, limit, metrics, log } = options;
  const stop = new AbortController();
  const waiting: Anomaly[] = [];
  let sent = 0;
  let dropped = 0;
  let trouble: AppError | undefined;
  let pumping: Promise<void> | undefined;

  const drop = (count: number, why: string): void => {
    if (count === 0) return;
    dropped += count;
    metrics.anomaliesDropped.inc({ output: output.name }, count);
    log.warn({ output: output.name, count, why }, 'anomalies not sent');
  };

  /** One attempt; what the receiver will never take is halved down to the single anomaly and left out. */
  async function attempt(anomalies: Anomaly[]): Promise<void> {
    try {
      await output.send(anomalies);
      sent += anomalies.length;
      metrics.anomaliesSent.inc({ output: output.name }, anomalies.length);
      trouble = undefined;
    } catch (cause) {
      const error = toAppError(cause);
      trouble = error;
      if (error.retryable || error.code === 'unauthorized') throw error;
      if (anomalies.length === 1) return drop(1, error.message);
      const half = anomalies.length >> 1;
      await attempt(anomalies.slice(0, half));
      await attempt(anomalies.slice(half));
    }
  }

  /** Sends what waits, in order, until nothing does. */
  async function pump(): Promise<void> {
    let wait = FIRST_RETRY_MS;
    while (waiting.length > 0 && !stop.signal.aborted) {
      const batch = waiting.splice(0, BATCH);
      try {
        await attempt(batch);
        wait = FIRST_RETRY_MS;
      } catch (error) {
        waiting.unshift(...batch);
        makeRoom();
        const delay = toAppError(error).retryAfterMs ?? wait * (0.5 + Math.random() / 2);
        log.warn(
          { err: error, output: output.name, waiting: waiting.length },
          'sending on failed, trying again',
        );
        await sleep(delay, undefined, { signal: stop.signal }).catch(() => undefined);
        wait = Math.min(LAST_RETRY_MS, wait * 2);
      }
    }
    pumping = undefined;
  }
  const makeRoom = (): void => {
    const over = waiting.length - limit;
    if (over > 0) drop(waiting.splice(0, over).length, 'the receiver was away for too long');
  };

  const subscription = await bus.subscribe(
    topic,
    { group: options.group, from: 'latest' },
    async (messages) => {
      const anomalies = messages.flatMap((message) => anomaliesOf(message, options.timeZone));
      if (durable) {
        for (let at = 0; at < anomalies.length; at += BATCH) await attempt(anomalies.slice(at, at + BATCH));
        return;
      }
      waiting.push(...anomalies);
      makeRoom();
      pumping ??= pump();
    },
  );

  return {
    health() {
      const detail: Phrase[] = [
        ['place', { place: output.endpoint }],
        ['sent', { count: sent }],
        ['waiting', { count: waiting.length }],
        ...(dropped > 0 ? [['dropped', { count: dropped }] satisfies Phrase] : []),
      ];
      return trouble
        ? healthOf(false, output.name, [...detail, ['error', { error: trouble.message }]], ['mend.receiver'])
        : healthOf(true, output.name, detail);
    },
    async [Symbol.asyncDispose]() {
      await subscription[Symbol.asyncDispose]();
      // A receiver that is away now will hardly be back in a moment.
      const timer = setTimeout(() => stop.abort(), trouble ? 0 : DRAIN_MS);
      await pumping;
      clearTimeout(timer);
      stop.abort();
      drop(waiting.splice(0).length, 'the process stopped while the receiver was away');
      await output[Symbol.asyncDispose]();
    },
  };
}

/** What cannot be read is the consumer's of incidents to put aside; here it is passed over. */
const anomaliesOf = (message: BusMessage, zone: string): Anomaly[] =>
  readAnomalies(message.value, {
    position: `${message.topic}/${message.partition}/${message.offset}`,
    receivedAt: message.timestamp,
    zone,
  }).flatMap((read) => ('anomaly' in read ? [read.anomaly] : []));
