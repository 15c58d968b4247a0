import { type Admin, CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { valueInTime, withTimeout } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { Bus, BusMessage, OutgoingMessage } from './bus.ts';
import { isDeadLetterTopic } from './dead-letter.ts';
import { putAsideOn } from './deliver.ts';
import { accessFault, type KafkaAccess, securityOf } from './kafka-access.ts';
import { Subscription } from './kafka-consumer.ts';
import { root, translate } from './kafka-errors.ts';

export interface KafkaOptions extends KafkaAccess {
  brokers: readonly string[];
  /** Consumer groups are named `<group>.<group of the subscription>`, so that topics never share one group. */
  group: string;
  /** Called for each message that is put onto the dead-letter topic of `topic`. */
  onDeadLetter?: (topic: string) => void;
}

const KIND = 'kafka';
/** Partitions of topics that this program creates: as many pipelines or bots can share a topic. */
const PARTITIONS = 6;
/** The largest message of topics that this program creates: a line of 5 MB must fit into the dead-letter topic. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** The most bytes in one produce request: by default a broker takes 1 MiB for a whole batch. */
const CHUNK_BYTES = 900_000;
/** How long `subscribe` waits until it is in the group; then it goes on in the background. */
const JOIN_MS = 15_000;
const PUBLISH_MS = 30_000;
/** Health as a whole has half a second more than this and the next. */
const HEALTH_MS = 2_000;
const PROBE_MS = 1_200;
/** A rebalance is over in a moment; `health` mentions it for this long. */
const RECENT_MS = 5 * MINUTE;

const sizeOf = (message: Message): number =>
  100 + Buffer.byteLength(message.value ?? '') + Buffer.byteLength(message.key ?? '');

/** Splits messages, in order, into groups that fit one request; a message that is larger is a group of its own. */
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
 * A bus on Kafka, by TLS and SASL where that is configured. Resolves at once though no broker answers: connections are made when they are first needed and are
 * tried again with backoff, and `health` says so meanwhile.
 *
 * Publishing waits for all in-sync replicas (`acks -1`) and tries again for a few seconds; a try whose answer was lost may
 * leave a message twice. A batch that is refused pauses only its partition and is fetched again after a backoff, while
 * other partitions go on and heartbeats keep the group together. Batches of all codecs are read; a batch that cannot be
 * decoded goes to the dead-letter topic as the broker sent it, and reading goes on after it. Missing topics are created
 * where the broker allows it.
 */
export async function openKafkaBus(options: KafkaOptions, log: Log): Promise<Bus> {
  const bus = new KafkaBus(options, log);
  return {
    publish: (topic, messages) => bus.publish(topic, messages),
    subscribe: (topic, how, handle) => bus.subscribe(topic, how, handle),
    health: () => bus.health(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

const openClient = ({ brokers, ...access }: KafkaOptions, log: Log): Kafka =>
  new Kafka({
    clientId: 'bongsu',
    brokers: [...brokers],
    ...securityOf(access),
    authenticationTimeout: 10_000,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 150, retries: 4, maxRetryTime: 5_000 },
    logLevel: logLevel.INFO,
    // The client tries again by itself; what is left after that is logged here, at the right level.
    logCreator: () => (entry) => {
      const { message, error, broker, groupId } = entry.log;
      log.debug({ kafka: { namespace: entry.namespace, error, broker, groupId } }, message);
    },
  });

const inTime = <T>(ms: number, what: string, work: Promise<T>): Promise<T> =>
  withTimeout(ms, work, () => new AppError('timeout', `${what} took longer than ${ms} ms`));

class KafkaBus {
  readonly #options: KafkaOptions;
  readonly #log: Log;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #connectAdmin: () => Promise<void>;
  readonly #connectProducer: () => Promise<void>;
  readonly #address: string;
  readonly #subscriptions = new Set<Subscription>();
  /** Topics that are there, or that could not be created. */
  readonly #ensured = new Set<string>();
  #closed = false;

  constructor(options: KafkaOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#address = options.brokers.join(',');
    this.#kafka = openClient(options, log);
    const admin = this.#kafka.admin({ retry: { initialRetryTime: 100, retries: 2 } });
    const producer = this.#kafka.producer({ allowAutoTopicCreation: true, maxInFlightRequests: 1 });
    this.#admin = admin;
    this.#producer = producer;
    this.#connectAdmin = once(() => admin.connect());
    this.#connectProducer = once(() => producer.connect());
  }

  async publish(topic: string, messages: OutgoingMessage[]): Promise<void> {
    this.#checkOpen();
    const publishing = async (): Promise<void> => {
      await this.#connectProducer();
      await this.#ensureTopic(topic);
      for (const chunk of chunks(messages)) await this.#send(topic, chunk);
    };
    try {
      await inTime(PUBLISH_MS, `publishing to ${topic}`, publishing());
    } catch (error) {
      throw translate(error);
    }
  }

  async subscribe(
    topic: string,
    { group, from = 'latest' }: { group: string; from?: 'earliest' | 'latest' },
    handle: (batch: BusMessage[]) => Promise<void>,
  ): Promise<AsyncDisposable> {
    this.#checkOpen();
    const subscriptions = this.#subscriptions;
    const groupId = `${this.#options.group}.${group}`;
    // kafkajs would share out the partitions of one topic among the readers of both, and leave the other topic unread.
    const isMixed = [...subscriptions].some((other) => other.groupId === groupId && other.topic !== topic);
    if (isMixed) throw new AppError('internal', `the group ${groupId} reads another topic than ${topic}`);
    const subscription = new Subscription({
      kafka: this.#kafka,
      topic,
      groupId,
      handle,
      putAside: putAsideOn(this, this.#log, this.#options.onDeadLetter),
      log: this.#log,
      prepare: async () => {
        await this.#ensureTopic(topic);
        return from === 'latest' ? newestOffsets(this.#admin, groupId, topic) : new Map();
      },
    });
    subscriptions.add(subscription);
    await valueInTime(JOIN_MS, subscription.settled, () => undefined);
    return {
      async [Symbol.asyncDispose]() {
        subscriptions.delete(subscription);
        await subscription.stop();
      },
    };
  }

  async health(): Promise<Health> {
    try {
      this.#checkOpen();
      const asked = this.#connectAdmin().then(() => this.#admin.describeCluster());
      const cluster = await inTime(HEALTH_MS, 'asking the cluster', asked);
      return this.#subscriptionsHealth(cluster.brokers.length);
    } catch (error) {
      return this.#unreached(translate(error));
    }
  }

  /** Health while no broker serves us: what is between us and them, if that can be found out. */
  async #unreached({ code, message }: AppError): Promise<Health> {
    const place = this.#address;
    const why: Phrase = ['noBroker', { place, error: message }];
    if (code === 'unauthorized' || code === 'forbidden')
      return healthOf(false, KIND, [why], ['mend.kafkaAuth']);
    const fault = await valueInTime(
      PROBE_MS,
      accessFault(this.#options.brokers, this.#options),
      () => undefined,
    );
    if (!fault) return healthOf(false, KIND, [why], ['mend.kafka']);
    if (fault === 'encrypted')
      return healthOf(false, KIND, [['kafkaEncrypted', { place }]], ['mend.kafkaTls']);
    return healthOf(false, KIND, [[`certificate.${fault}`, { place }]], ['mend.kafkaCertificate']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.stop()));
    await Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()]);
  }

  /** Health while the cluster answers. */
  #subscriptionsHealth(brokers: number): Health {
    const place = this.#address;
    const all = [...this.#subscriptions];
    const lost = all.filter((subscription) => subscription.trouble);
    // Without a dead-letter topic everything else is read; a client may have no right to create it.
    const deadLetters = lost.filter(({ topic }) => isDeadLetterTopic(topic));
    const others = lost.filter(({ topic }) => !isDeadLetterTopic(topic));
    if (others.length > 0) {
      const decoding = others.some(({ trouble }) => trouble?.code === 'undecodable');
      const mend: Phrase = [decoding ? 'mend.decoding' : 'mend.consuming'];
      return healthOf(false, KIND, [['consuming', { place, topics: namesOf(others) }]], mend);
    }
    const refused = all.flatMap((subscription) => subscription.refused());
    if (refused.length > 0) return healthOf(false, KIND, refused, ['mend.heldBack']);
    const rebalanced = all.flatMap(({ topic, rebalancedAt: at = 0 }): Phrase[] =>
      Date.now() - at < RECENT_MS ? [['shared', { topic, at: new Date(at).toISOString() }]] : [],
    );
    return healthOf(true, KIND, [
      ['brokers', { count: brokers, place }],
      ...(deadLetters.length > 0 ? [['noLetters', { topics: namesOf(deadLetters) }] as Phrase] : []),
      ...all.flatMap((subscription) => subscription.undecoded()),
      ...rebalanced,
    ]);
  }

  #checkOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'the bus is closed');
  }

  /** Creates the topic unless it is there. A broker that forbids it may have the topic all the same, or create it by itself. */
  async #ensureTopic(topic: string): Promise<void> {
    if (this.#ensured.has(topic)) return;
    await this.#connectAdmin();
    const existing = await this.#admin.listTopics();
    if (!existing.includes(topic))
      try {
        await this.#admin.createTopics({
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
        this.#log.info({ topic }, 'Kafka topic created');
      } catch (error) {
        this.#log.warn({ topic, reason: root(error).message }, 'Kafka topic not created');
      }
    this.#ensured.add(topic);
  }

  async #send(topic: string, messages: Message[]): Promise<void> {
    const record = { topic, messages, acks: -1, timeout: 10_000 };
    try {
      await this.#producer.send(record);
    } catch (error) {
      if (translate(error).code !== 'too_large') throw error;
      // Log text shrinks a lot: a topic with a small limit may take it when it is packed.
      await this.#producer.send({ ...record, compression: CompressionTypes.GZIP });
    }
  }
}

const namesOf = (subscriptions: Subscription[]): string =>
  subscriptions.map(({ topic, trouble }) => `${topic} (${trouble?.message})`).join(', ');

/** Runs `start` once for all callers; after a failure the next caller tries again. */
function once(start: () => Promise<void>): () => Promise<void> {
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
 * The offsets at which a group begins in partitions where it never committed one. They are asked for before it joins:
 * kafkajs would look up the end of the topic with its first fetch, and miss what was published after it joined.
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
