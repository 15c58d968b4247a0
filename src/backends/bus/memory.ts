import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { backoffMs } from '../../domain/retry.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { BlockedPartitions } from './blocked-partitions.ts';
import type { Bus, BusMessage, OutgoingMessage } from './bus.ts';
import { type DeliverOptions, deliver, putAsideOn } from './deliver.ts';

const PARTITIONS = 4;
/** Largest value taken, as a real broker has one. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const MAX_BATCH = 500;
const BACKOFF_MS = { first: 50, most: 5_000 };

interface TailLimits {
  /** A publisher waits while a consumer group is this far behind in a partition. */
  messages: number;
  bytes: number;
}

interface Partition {
  /** Offset of `tail[0]`. */
  first: number;
  tail: BusMessage[];
  bytes: number;
}

interface Member {
  handle: (batch: BusMessage[]) => Promise<void>;
  /** The batches it works on now. */
  running: Set<Promise<unknown>>;
}

interface Group {
  members: Member[];
  /** Per partition, the offset of the next message. */
  next: number[];
  blocked: BlockedPartitions;
  /** Its loops over the partitions; they end when the last member has gone. */
  pumps: Promise<unknown>;
}

interface Topic {
  partitions: Partition[];
  groups: Map<string, Group>;
  /** How many messages without a key there were: they go to the partitions in turn. */
  keyless: number;
}

/** FNV-1a, 32 bit: spreads keys over partitions, the same way in every run. */
function hash(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * A bus inside one process, for the default start without any server.
 *
 * Each partition keeps its last messages, so that a group may begin at the earliest one. It keeps no more than `limits`: a
 * publisher waits for the slowest subscribed group (backpressure), and what all groups have handled is forgotten. A group
 * without members makes nobody wait, and may lose what it has not read. Nothing survives the process, so whoever
 * publishes here has to remember its own position, as the file source does. A new group begins at the latest message
 * unless it asks for the earliest.
 */
export function openMemoryBus(
  log?: Log,
  limits: TailLimits = { messages: 2_000, bytes: 8 * 1024 * 1024 },
  onDeadLetter?: (topic: string) => void,
): Bus {
  const bus = new MemoryBus(limits, log, onDeadLetter);
  return {
    publish: (topic, messages) => bus.publish(topic, messages),
    subscribe: (topic, options, handle) => bus.subscribe(topic, options, handle),
    health: async () => bus.health(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

const endOf = (partition: Partition): number => partition.first + partition.tail.length;

class MemoryBus {
  readonly #limits: TailLimits;
  readonly #log: Log | undefined;
  readonly #putAside: DeliverOptions['putAside'];
  readonly #topics = new Map<string, Topic>();
  #closed = false;
  /** Everyone who waits for any change: loops without messages, publishers without room. */
  #waiting: (() => void)[] = [];
  /** Ends the pauses of all loops that wait for their next try. */
  #pauses = new AbortController();

  constructor(limits: TailLimits, log: Log | undefined, onDeadLetter?: (topic: string) => void) {
    this.#limits = limits;
    this.#log = log;
    this.#putAside = putAsideOn(this, log, onDeadLetter);
  }

  async publish(name: string, messages: OutgoingMessage[]): Promise<void> {
    this.#checkOpen();
    const topic = this.#topicOf(name);
    for (const message of messages) await this.#publishOne(name, topic, message);
    this.#wake();
  }

  async subscribe(
    name: string,
    options: { group: string; from?: 'earliest' | 'latest' },
    handle: Member['handle'],
  ): Promise<AsyncDisposable> {
    this.#checkOpen();
    const topic = this.#topicOf(name);
    const group = this.#groupOf(name, topic, options);
    const member: Member = { handle, running: new Set() };
    group.members.push(member);
    if (group.members.length === 1)
      // The loops of an earlier subscription may still be ending; two loops must never share a partition.
      group.pumps = group.pumps.then(() =>
        Promise.all(topic.partitions.map((_, index) => this.#pump(name, topic, group, index))),
      );
    return {
      [Symbol.asyncDispose]: async () => {
        group.members = group.members.filter((other) => other !== member);
        this.#wakeAll();
        await Promise.allSettled(member.running);
      },
    };
  }

  health(): Health {
    if (this.#closed) return healthOf(false, 'memory', [['closed']]);
    const blocked = this.#groups()
      .filter((group) => group.members.length > 0)
      .flatMap((group) => group.blocked.trouble());
    if (blocked.length > 0) return healthOf(false, 'memory', blocked, ['mend.heldBack']);
    let held = 0;
    for (const topic of this.#topics.values())
      for (const partition of topic.partitions) held += partition.tail.length;
    return healthOf(true, 'memory', [['held', { topics: this.#topics.size, held }]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const members = this.#groups().flatMap((group) => group.members);
    this.#wakeAll();
    await Promise.allSettled(members.flatMap((member) => [...member.running]));
    this.#topics.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'the bus is closed');
  }

  #groups(): Group[] {
    return [...this.#topics.values()].flatMap((topic) => [...topic.groups.values()]);
  }

  #topicOf(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = {
        partitions: Array.from({ length: PARTITIONS }, () => ({ first: 0, tail: [], bytes: 0 })),
        groups: new Map(),
        keyless: 0,
      };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #groupOf(name: string, topic: Topic, options: { group: string; from?: 'earliest' | 'latest' }): Group {
    let group = topic.groups.get(options.group);
    if (!group) {
      const next = topic.partitions.map((partition) =>
        options.from === 'earliest' ? partition.first : endOf(partition),
      );
      group = { members: [], next, blocked: new BlockedPartitions(name), pumps: Promise.resolve() };
      topic.groups.set(options.group, group);
    }
    return group;
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const resume of woken) resume();
  }

  /** Includes those that wait for their next try. */
  #wakeAll(): void {
    this.#pauses.abort();
    this.#pauses = new AbortController();
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #publishOne(name: string, topic: Topic, message: OutgoingMessage): Promise<void> {
    // Copied, so that a caller's buffer may be reused.
    const value =
      typeof message.value === 'string' ? Buffer.from(message.value, 'utf8') : Buffer.from(message.value);
    if (value.length > MAX_VALUE_BYTES)
      throw new AppError('too_large', `a message of ${value.length} bytes is over ${MAX_VALUE_BYTES}`);
    const { key } = message;
    const index = key === undefined ? topic.keyless++ % PARTITIONS : hash(key) % PARTITIONS;
    while (!this.#closed && !this.#makeRoom(topic, index)) {
      // The consumers have to take out first what this call has put in so far.
      this.#wake();
      await this.#change();
    }
    this.#checkOpen();
    const partition = topic.partitions[index]!;
    partition.tail.push({
      topic: name,
      partition: index,
      offset: String(endOf(partition)),
      ...(key === undefined ? {} : { key }),
      value,
      headers: { ...message.headers },
      timestamp: Date.now(),
    });
    partition.bytes += value.length;
  }

  /** Drops from the front what is over the limits and needed by no subscribed group. False when it is still over them. */
  #makeRoom(topic: Topic, index: number): boolean {
    const limits = this.#limits;
    const partition = topic.partitions[index]!;
    const needed = Math.min(
      endOf(partition),
      ...[...topic.groups.values()]
        .filter((group) => group.members.length > 0)
        .map((group) => group.next[index]!),
    );
    let drop = 0;
    while (
      drop < needed - partition.first &&
      (partition.tail.length - drop >= limits.messages || partition.bytes >= limits.bytes)
    ) {
      partition.bytes -= partition.tail[drop]!.value.length;
      drop += 1;
    }
    if (drop > 0) {
      partition.tail.splice(0, drop);
      partition.first += drop;
    }
    return partition.tail.length < limits.messages && partition.bytes < limits.bytes;
  }

  /** Hands the messages of one partition to the group's members, one batch at a time, until the group has no member. */
  async #pump(name: string, topic: Topic, group: Group, index: number): Promise<void> {
    const partition = topic.partitions[index]!;
    const { blocked } = group;
    let failures = 0;
    let batch: BusMessage[] = [];
    while (!this.#closed && group.members.length > 0) {
      if (batch.length === 0) {
        const start = Math.max(group.next[index]!, partition.first) - partition.first;
        batch = partition.tail.slice(start, start + MAX_BATCH);
      }
      if (batch.length === 0) {
        await this.#change();
        continue;
      }
      const member = group.members[index % group.members.length]!;
      const error = await this.#handle(member, batch, blocked.times(index));
      if (!error) {
        group.next[index] = Number(batch.at(-1)!.offset) + 1;
        batch = [];
        failures = 0;
        blocked.accepted(index);
        this.#wake();
        continue;
      }
      failures += 1;
      const retryMs = backoffMs(failures, BACKOFF_MS);
      blocked.refused(index, batch[0]!.offset, error);
      this.#log?.warn({ err: error, topic: name, partition: index, retryMs }, 'batch refused');
      await sleep(retryMs, undefined, { signal: this.#pauses.signal }).catch(() => {});
    }
  }

  /** @returns why the batch was refused; undefined when it was handled */
  async #handle(member: Member, batch: BusMessage[], refused: number): Promise<AppError | undefined> {
    const running = deliver(batch, { handle: member.handle, refused, putAside: this.#putAside });
    member.running.add(running);
    try {
      await running;
      return undefined;
    } catch (error) {
      return toAppError(error);
    } finally {
      member.running.delete(running);
    }
  }
}
