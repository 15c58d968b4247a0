import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Bus, OutgoingMessage } from './bus.ts';
import { isDeadLetterTopic } from './dead-letter.ts';
import { putAsideOn } from './deliver.ts';
import { Subscription } from './kafka-consumer.ts';
import { root, translate } from './kafka-errors.ts';

export interface KafkaOptions {
  brokers: readonly string[];
  /** Consumer groups are named `<group>.<group of the subscription>`, so that topics never share one group. */
  group: string;
  /** Counts what is put onto the dead-letter topic of `topic`. */
  onDeadLetter?: (topic: string) => void;
}

/** Partitions of topics this program creates: how many pipelines or bots can share one. */
const PARTITIONS = 6;
/** Largest message of topics this program creates; a 5 MB line must reach the dead-letter topic whole. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Most bytes in one produce request: the broker's default limit is 1 MiB for a whole batch. */
const CHUNK_BYTES = 900_000;
/** How long `subscribe` waits to be in the group before it leaves the rest to the background. */
const JOIN_MS = 15_000;
const PUBLISH_MS = 30_000;
const HEALTH_MS = 3_000;
/** A rebalance is over in a moment; `health` tells of it for this long. */
const RECENT_MS = 5 * MINUTE;

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(ms, undefined, { signal: timer.signal }).then(() => {
        throw new AppError('timeout', `${what} took longer than ${ms} ms`);
      }),
    ]);
  } finally {
    timer.abort();
    // Whichever lost the race may still fail; nobody waits for it any more.
    work.catch(() => {});
  }
}

const sizeOf = (message: Message): number =>
  100 + Buffer.byteLength(message.value ?? '') + Buffer.byteLength(message.key ?? '');

/** Splits messages into runs that fit one request, in order; a message larger than that stands alone. */
function* chunks(messages: OutgoingMessage[]): Generator<Message[]> {
  let chunk: Message[] = [];
  let bytes = 0;
  for (const { key, value, headers } of messages) {
    const message: Message = { key: key ?? null, value, ...(headers ? { headers } : {}) };
    const size = sizeOf(message);
    if (chunk.length > 0 && bytes + size > CHUNK_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * A bus on Kafka. Resolves at once though no broker answers: connections are made when they are first needed and
 * tried again with backoff, and `health` says so meanwhile.
 *
 * Publishing waits for all in-sync replicas (`acks -1`) and tries again for a few seconds; a try whose answer was
 * lost may leave a message twice. A rejected batch pauses its partition alone and is fetched again after a backoff,
 * while other partitions go on and heartbeats keep the group together. Batches of all codecs are read; what cannot be
 * decoded goes to the dead-letter topic as the broker sent it, and reading goes on behind it. Missing topics are created
 * where the broker allows it.
 */
export async function openKafkaBus(options: KafkaOptions, log: Log): Promise<Bus> {
  const kafka = new Kafka({
    clientId: 'bongsu',
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 150, retries: 4, maxRetryTime: 5_000 },
    logLevel: logLevel.INFO,
    // The client retries by itself; what remains is logged by this adapter at the right level.
    logCreator: () => (entry) => {
      const { message, error, broker, groupId } = entry.log;
      log.debug({ kafka: { namespace: entry.namespace, error, broker, groupId } }, message);
    },
  });
  const address = options.brokers.join(',');
  const closing = new AbortController();
  const subscriptions = new Set<Subscription>();
  const known = new Set<string>();

  const admin = kafka.admin({ retry: { initialRetryTime: 100, retries: 2 } });
  const producer = kafka.producer({ allowAutoTopicCreation: true, maxInFlightRequests: 1 });
  const connectAdmin = shared(() => admin.connect());
  const connectProducer = shared(() => producer.connect());

  /** Creates the topic unless it is there; a broker that forbids it may still have it or create it by itself. */
  const ensureTopic = async (topic: string): Promise<void> => {
    if (known.has(topic)) return;
    await connectAdmin();
    const existing = await admin.listTopics();
    if (!existing.includes(topic))
      try {
        await admin.createTopics({
          topics: [
            {
              topic,
              numPartitions: isDeadLetterTopic(topic) ? 1 : PARTITIONS,
              replicationFactor: -1,
              configEntries: [{ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) }],
            },
          ],
          waitForLeaders: true,
          timeout: 5_000,
        });
        log.info({ topic }, 'Kafka topic created');
      } catch (error) {
        log.warn({ topic, reason: root(error).message }, 'Kafka topic not created');
      }
    known.add(topic);
  };

  const send = async (topic: string, messages: Message[]): Promise<void> => {
    const record = { topic, messages, acks: -1, timeout: 10_000 };
    try {
      await producer.send(record);
    } catch (error) {
      if (translate(error).code !== 'too_large') throw error;
      // Log text shrinks a lot: a topic with a small limit may still take it packed.
      await producer.send({ ...record, compression: CompressionTypes.GZIP });
    }
  };

  const bus: Bus = {
    async publish(topic, messages) {
      if (closing.signal.aborted) throw new AppError('unavailable', 'the bus is closed');
      try {
        await within(
          PUBLISH_MS,
          `publishing to ${topic}`,
          (async () => {
            await connectProducer();
            await ensureTopic(topic);
            for (const chunk of chunks(messages)) await send(topic, chunk);
          })(),
        );
      } catch (error) {
        throw translate(error);
      }
    },

    async subscribe(topic, { group, from = 'latest' }, handle) {
      if (closing.signal.aborted) throw new AppError('unavailable', 'the bus is closed');
      const groupId = `${options.group}.${group}`;
      // kafkajs would share out the partitions of one topic among the readers of both, and leave the other unread.
      const shares = [...subscriptions].some((other) => other.groupId === groupId && other.topic !== topic);
      if (shares) throw new AppError('internal', `the group ${groupId} reads another topic than ${topic}`);
      const subscription = new Subscription({
        kafka,
        topic,
        groupId,
        handle,
        putAside: putAsideOn(bus, log, options.onDeadLetter),
        log,
        prepare: async () => {
          await ensureTopic(topic);
          return from === 'latest' ? newestOffsets(admin, `${options.group}.${group}`, topic) : new Map();
        },
      });
      subscriptions.add(subscription);
      await Promise.race([subscription.settled, sleep(JOIN_MS, undefined, { ref: false })]);
      return {
        async [Symbol.asyncDispose]() {
          subscriptions.delete(subscription);
          await subscription.stop();
        },
      };
    },

    async health(): Promise<Health> {
      const kind = 'kafka';
      try {
        const cluster = await within(
          HEALTH_MS,
          'asking the cluster',
          connectAdmin().then(() => admin.describeCluster()),
        );
        const away = [...subscriptions].filter((subscription) => subscription.trouble);
        // Without a dead-letter topic everything else is read; a client may have no right to make it.
        const letters = away.filter(({ topic }) => isDeadLetterTopic(topic));
        const out = away.filter(({ topic }) => !isDeadLetterTopic(topic));
        if (out.length > 0) {
          const decoding = out.some((s) => s.trouble?.code === 'undecodable');
          const mend: Phrase = [decoding ? 'mend.decoding' : 'mend.consuming'];
          return healthOf(false, kind, [['consuming', { place: address, topics: namesOf(out) }]], mend);
        }
        const refused = [...subscriptions].flatMap((subscription) => subscription.refused());
        if (refused.length > 0) return healthOf(false, kind, refused, ['mend.heldBack']);
        const undecoded = [...subscriptions].flatMap((subscription) => subscription.undecoded());
        const shared = [...subscriptions].flatMap(({ topic, rebalancedAt: at = 0 }): Phrase[] =>
          Date.now() - at < RECENT_MS ? [['shared', { topic, at: new Date(at).toISOString() }]] : [],
        );
        return healthOf(true, kind, [
          ['brokers', { count: cluster.brokers.length, place: address }],
          ...(letters.length > 0 ? [['noLetters', { topics: namesOf(letters) }] as Phrase] : []),
          ...undecoded,
          ...shared,
        ]);
      } catch (error) {
        const why: Phrase = ['noBroker', { place: address, error: translate(error).message }];
        return healthOf(false, kind, [why], ['mend.kafka']);
      }
    },

    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      closing.abort();
      await Promise.allSettled([...subscriptions].map((subscription) => subscription.stop()));
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
    },
  };
  return bus;
}

const namesOf = (subscriptions: Subscription[]): string =>
  subscriptions.map(({ topic, trouble }) => `${topic} (${trouble?.message})`).join(', ');

/** Runs `start` once for all callers; after a failure the next caller tries again. */
function shared(start: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= start().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}

/**
 * Where a group that never committed begins. Asked for before joining: kafkajs would look up the end of the
 * topic at its first fetch, and miss what was published between joining and fetching.
 */
async function newestOffsets(admin: Admin, groupId: string, topic: string): Promise<Map<number, string>> {
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const seen = new Set(
    (committed?.partitions ?? [])
      .filter(({ offset }) => Number(offset) >= 0)
      .map(({ partition }) => partition),
  );
  const ends = await admin.fetchTopicOffsets(topic);
  return new Map(
    ends
      .filter(({ partition }) => !seen.has(partition))
      .map(({ partition, high }) => [partition, high] as const),
  );
}
