import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { BusMessage } from './bus.ts';
import { translate } from './kafka-errors.ts';

/** One write to the log store: with fewer, making them searchable costs more than storing them. */
const MAX_BATCH = 2_000;
/** How soon it hears that partitions are to be shared out anew. */
const HEARTBEAT_MS = 500;
/** The least that brokers allow by default: the partitions of a process that died go to others after it. */
const SESSION_MS = 6_000;
/** How long the others wait for a member that died while partitions were being shared out (60 s by default). */
const REBALANCE_MS = 6_000;
/** A clock that goes back by more was set back. */
const SETBACK_MS = 2_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** A fetch answer carries several partitions; a single message over its partition's share still comes whole. */
const FETCH_BYTES = 32 * 1024 * 1024;

function incoming(topic: string, partition: number, message: KafkaMessage): BusMessage {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) headers[name] = last.toString();
  }
  return {
    topic,
    partition,
    offset: message.offset,
    ...(message.key ? { key: message.key.toString() } : {}),
    value: message.value ?? Buffer.alloc(0),
    headers,
    timestamp: Number(message.timestamp),
  };
}

export interface SubscriptionOptions {
  kafka: Kafka;
  topic: string;
  groupId: string;
  handle: (batch: BusMessage[]) => Promise<void>;
  log: Log;
  /** Makes the topic; resolves with offsets to begin at, by partition. */
  prepare: () => Promise<Map<number, string>>;
}

/** One consumer that is replaced after every crash, with backoff, until it is stopped. */
export class Subscription {
  readonly topic: string;
  /** Resolves when it is in the group, or when the first try failed and the rest happens in the background. */
  readonly settled: Promise<void>;
  /** Why it does not consume now; undefined while it does. */
  trouble: string | undefined = 'not joined yet';
  /** When its partitions were last shared out anew (epoch ms). */
  rebalancedAt: number | undefined;
  #joined = false;
  readonly #options: SubscriptionOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly #retries = new Map<number, { timer: NodeJS.Timeout; ms: number }>();
  #settle: () => void = () => {};

  constructor(options: SubscriptionOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#running = this.#run();
  }

  /** Lets a running handler finish and its offset be committed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#settle();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { kafka, topic, groupId, log } = this.#options;
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stopping.signal.aborted) {
      const consumer = kafka.consumer({
        groupId,
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: REBALANCE_MS,
        heartbeatInterval: HEARTBEAT_MS,
        // A fetch that finds nothing, and a wait while every partition is paused, last this long.
        maxWaitTimeInMs: 500,
        maxBytes: FETCH_BYTES,
        maxBytesPerPartition: 1024 * 1024,
        // Crashes come back here instead, so that there is one place that tries again.
        retry: { restartOnFailure: async () => false },
      });
      try {
        const lost = this.#consume(consumer);
        const stopped = Promise.withResolvers<void>();
        this.#stopping.signal.addEventListener('abort', () => stopped.resolve(), { once: true });
        if (this.#stopping.signal.aborted) stopped.resolve();
        await Promise.race([lost, stopped.promise]);
      } catch (error) {
        if (this.trouble === undefined) retryMs = FIRST_RETRY_MS;
        this.trouble = translate(error).message;
        this.#settle();
        log.warn({ topic, groupId, retryMs, reason: this.trouble }, 'Kafka consumer lost');
      }
      for (const { timer } of this.#retries.values()) clearTimeout(timer);
      this.#retries.clear();
      await consumer.disconnect().catch(() => {});
      if (this.#stopping.signal.aborted) break;
      await sleep(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  /** Joins and consumes; never resolves, rejects when the consumer is lost. */
  async #consume(consumer: Consumer): Promise<never> {
    const { topic, prepare } = this.#options;
    await consumer.connect();
    const begin = await prepare();
    const crashed = Promise.withResolvers<never>();
    // Nobody waits for it until `run` returns.
    crashed.promise.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
    // kafkajs would send no heartbeat until the clock reaches the time of the last one again: it begins anew instead.
    let last = Date.now();
    const clock = setInterval(() => {
      const now = Date.now();
      if (now < last - SETBACK_MS)
        crashed.reject(new AppError('unavailable', 'the clock of this machine was set back'));
      last = now;
    }, HEARTBEAT_MS).unref();
    const forget = (): void => clearInterval(clock);
    crashed.promise.then(forget, forget);
    this.#stopping.signal.addEventListener('abort', forget, { once: true });
    // Beginning at the earliest also where an old offset was deleted by retention: skipping would lose anomalies.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    consumer.on(consumer.events.REBALANCING, () => {
      this.trouble = 'partitions are being shared out anew';
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      for (const partition of payload.memberAssignment[topic] ?? []) {
        const offset = begin.get(partition);
        if (offset !== undefined) consumer.seek({ topic, partition, offset });
      }
      // Later joins continue at what was committed.
      begin.clear();
      if (this.#joined) this.rebalancedAt = Date.now();
      this.#joined = true;
      this.trouble = undefined;
      this.#settle();
    });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
    return crashed.promise;
  }

  /** Offsets are resolved after the handler did its work; kafkajs commits what is resolved when this returns. */
  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, isRunning, isStale, pause } = payload;
    const { topic, handle, log } = this.#options;
    for (let from = 0; from < batch.messages.length; from += MAX_BATCH) {
      if (!isRunning() || isStale() || this.#stopping.signal.aborted) return;
      const part = batch.messages.slice(from, from + MAX_BATCH);
      // A failing heartbeat means a rebalance: the batch is finished first, kafkajs joins again after it.
      const beat = setInterval(() => void heartbeat().catch(() => {}), HEARTBEAT_MS);
      try {
        await handle(part.map((message) => incoming(topic, batch.partition, message)));
      } catch (error) {
        const ms = Math.min(
          (this.#retries.get(batch.partition)?.ms ?? FIRST_RETRY_MS / 2) * 2,
          LONGEST_RETRY_MS,
        );
        const resume = pause();
        const timer = setTimeout(resume, ms);
        this.#retries.set(batch.partition, { timer, ms });
        log.warn(
          { err: toAppError(error), topic, partition: batch.partition, retryMs: ms },
          'batch rejected',
        );
        return;
      } finally {
        clearInterval(beat);
      }
      this.#retries.delete(batch.partition);
      resolveOffset(part.at(-1)!.offset);
      await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
    }
  }
}
