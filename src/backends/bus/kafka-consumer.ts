import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { AppError, toAppError } from '../../domain/errors.ts';
import { backoffMs } from '../../domain/retry.ts';
import type { Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { BlockedPartitions } from './blocked-partitions.ts';
import type { BusMessage } from './bus.ts';
import { deadLetterTopic } from './dead-letter.ts';
import { type DeliverOptions, deliver } from './deliver.ts';
import { translate } from './kafka-errors.ts';
import { framesIn } from './kafka-internals.ts';
import { partsOf, type ReadPart, type UnreadBatch } from './kafka-records.ts';

/** After this long at most it learns that the partitions will be shared out again. */
const HEARTBEAT_MS = 500;
/** After this long the partitions of a process that died go to others; brokers allow no less by default. */
const SESSION_MS = 6_000;
/** How long the others wait for a member that died while partitions were being shared out (60 s by default). */
const REBALANCE_MS = 6_000;
/** A clock that goes back by more than this was set back. */
const SETBACK_MS = 2_000;
const BACKOFF_MS = { first: 250, most: 30_000 };
/** The answer to a fetch holds several partitions; a message larger than its partition's share still comes whole. */
const FETCH_BYTES = 32 * 1024 * 1024;

export interface SubscriptionOptions {
  kafka: Kafka;
  topic: string;
  groupId: string;
  handle: (batch: BusMessage[]) => Promise<void>;
  /** Puts aside a message, or the bytes of a batch, that cannot be read. */
  putAside: DeliverOptions['putAside'];
  log: Log;
  /** Makes the topic; resolves with offsets to begin at, by partition. */
  prepare: () => Promise<Map<number, string>>;
}

/** A consumer that is replaced after every crash, with backoff, until it is stopped. */
export class Subscription {
  readonly topic: string;
  readonly groupId: string;
  /** Resolves when it is in the group, or when the first try failed; then it goes on trying in the background. */
  readonly settled: Promise<void>;
  /** Why it does not consume at the moment; undefined while it does. */
  trouble: AppError | undefined = new AppError('unavailable', 'not joined yet');
  /** When its partitions were shared out again for the last time (epoch ms). */
  rebalancedAt: number | undefined;
  #joined = false;
  readonly #options: SubscriptionOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly #resumes = new Map<number, NodeJS.Timeout>();
  readonly #blocked: BlockedPartitions;
  readonly #undecoded: Undecoded;
  #settle: () => void = () => {};

  constructor(options: SubscriptionOptions) {
    this.topic = options.topic;
    this.groupId = options.groupId;
    this.#options = options;
    this.#blocked = new BlockedPartitions(options.topic);
    this.#undecoded = new Undecoded(options.topic, options.putAside);
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
    let failures = 0;
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
        // The loop here makes a new consumer instead, so that one place alone tries again.
        retry: { restartOnFailure: async () => false },
      });
      try {
        const lost = this.#consume(consumer);
        const stopped = Promise.withResolvers<void>();
        this.#stopping.signal.addEventListener('abort', () => stopped.resolve(), { once: true });
        if (this.#stopping.signal.aborted) stopped.resolve();
        await Promise.race([lost, stopped.promise]);
      } catch (error) {
        if (this.trouble === undefined) failures = 0;
        this.trouble = translate(error);
        this.#settle();
        const retryMs = backoffMs(failures + 1, BACKOFF_MS);
        log.warn({ topic, groupId, retryMs, reason: this.trouble.message }, 'Kafka consumer lost');
      }
      for (const timer of this.#resumes.values()) clearTimeout(timer);
      this.#resumes.clear();
      await consumer.disconnect().catch(() => {});
      if (this.#stopping.signal.aborted) break;
      failures += 1;
      await sleep(backoffMs(failures, BACKOFF_MS), undefined, { signal: this.#stopping.signal }).catch(
        () => {},
      );
    }
  }

  /** Joins the group and consumes. Never resolves; rejects when the consumer is lost. */
  async #consume(consumer: Consumer): Promise<never> {
    const { topic, prepare } = this.#options;
    await consumer.connect();
    const begin = await prepare();
    const crashed = Promise.withResolvers<never>();
    // Nobody awaits it before `run` has returned.
    crashed.promise.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
    // After the clock was set back kafkajs would send no heartbeat until it reaches the time of the last one again.
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
    // From the earliest message on, also where retention has deleted the committed offset: to skip would lose anomalies.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    consumer.on(consumer.events.REBALANCING, () => {
      this.trouble = new AppError('unavailable', 'partitions are being shared out anew');
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      for (const partition of payload.memberAssignment[topic] ?? []) {
        const offset = begin.get(partition);
        if (offset !== undefined) consumer.seek({ topic, partition, offset });
      }
      // Later joins go on at what was committed.
      begin.clear();
      this.#blocked.keep(payload.memberAssignment[topic] ?? []);
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

  /** For health: batches that are refused again and again. */
  refused(): Phrase[] {
    return this.#blocked.trouble();
  }
  /** For health: what could not be decoded so far. */
  undecoded(): Phrase[] {
    return this.#undecoded.told();
  }

  /** An offset is resolved after the handler has done its work; kafkajs commits resolved offsets when this returns. */
  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, isRunning, isStale } = payload;
    const { topic } = this.#options;
    const range = {
      topic,
      partition: batch.partition,
      from: BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset),
      end: BigInt(batch.highWatermark),
    };
    // A heartbeat that fails means a rebalance: the batch is finished first, then kafkajs joins again.
    const beat = setInterval(() => void heartbeat().catch(() => {}), HEARTBEAT_MS);
    try {
      for await (const part of partsOf(framesIn(batch.messages), range)) {
        if (!isRunning() || isStale() || this.#stopping.signal.aborted) return;
        try {
          await this.#take(part, batch.partition);
        } catch (error) {
          return this.#holdBack(payload, part, toAppError(error));
        }
        this.#blocked.accepted(batch.partition);
        resolveOffset(String(part.last));
        await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
      }
    } finally {
      clearInterval(beat);
    }
  }

  async #take({ messages, unread }: ReadPart, partition: number): Promise<void> {
    const { handle, putAside } = this.#options;
    const refused = this.#blocked.times(partition);
    if (unread) await this.#undecoded.putAside(unread, partition, refused);
    else if (messages.length > 0) await deliver(messages, { handle, refused, putAside });
  }

  /** Pauses this partition only; after a moment it is fetched again from the batch that was refused. */
  #holdBack({ batch: { partition }, pause }: EachBatchPayload, part: ReadPart, error: AppError): void {
    const { topic, log } = this.#options;
    const offset = part.messages[0]?.offset ?? String(part.unread?.first ?? part.last);
    this.#blocked.refused(partition, offset, error);
    const retryMs = backoffMs(this.#blocked.times(partition), BACKOFF_MS);
    this.#resumes.set(partition, setTimeout(pause(), retryMs));
    log.warn({ err: error, topic, partition, offset, retryMs }, 'batch refused');
  }
}

/** The batches of a topic that could not be decoded: put aside, and remembered for health. */
class Undecoded {
  readonly #topic: string;
  readonly #aside: DeliverOptions['putAside'];
  #count = 0;
  #latest: { partition: number; offsets: string; error: AppError } | undefined;
  /** By partition, the digest of the bytes that were put aside last. */
  readonly #digests = new Map<number, string>();

  constructor(topic: string, aside: DeliverOptions['putAside']) {
    this.#topic = topic;
    this.#aside = aside;
  }

  /** Puts the bytes of a batch aside when they came twice: the first time they may have been damaged on the way. */
  async putAside(unread: UnreadBatch, partition: number, refused: number): Promise<void> {
    const { bytes, first, last, error } = unread;
    // A batch that does not say where it ends is passed offset by offset, and comes again for each offset.
    const digest = hash('sha256', bytes);
    if (this.#digests.get(partition) === digest) return;
    if (refused === 0) throw error;
    const message: BusMessage = {
      topic: this.#topic,
      partition,
      offset: String(first),
      value: bytes,
      headers: {
        'bongsu-holds': 'batch',
        ...(last === undefined ? {} : { 'bongsu-last-offset': String(last) }),
      },
      timestamp: Date.now(),
    };
    await this.#aside(message, error);
    this.#digests.set(partition, digest);
    this.#count += 1;
    const offsets = last === undefined || last === first ? String(first) : `${first}-${last}`;
    this.#latest = { partition, offsets, error };
  }

  told(): Phrase[] {
    if (!this.#latest) return [];
    const { partition, offsets, error } = this.#latest;
    const letters = deadLetterTopic(this.#topic);
    return [
      [
        'undecoded',
        { topic: this.#topic, count: this.#count, partition, offsets, error: error.message, letters },
      ],
    ];
  }
}
