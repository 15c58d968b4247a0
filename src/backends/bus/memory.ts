import { AppError, toAppError } from '../../domain/errors.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { BlockedPartitions } from './blocked-partitions.ts';
import type { Bus, BusMessage, OutgoingMessage } from './bus.ts';
import { deliver, putAsideOn } from './deliver.ts';

const PARTITIONS = 4;
/** Largest value taken, as a real broker has one. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const MAX_BATCH = 500;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;

interface Limits {
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
  /** Batches it works on now. */
  running: Set<Promise<unknown>>;
}

interface Group {
  members: Member[];
  /** Per partition, the offset of the next message. */
  next: number[];
  refusals: BlockedPartitions;
}

interface Topic {
  partitions: Partition[];
  groups: Map<string, Group>;
  /** Partition for the next message without a key. */
  turn: number;
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
 * Each partition keeps a bounded tail, so that a group may begin at the earliest message; the tail grows no
 * further than `limits`, because a publisher waits for the slowest subscribed group (backpressure) and what all
 * of them have handled is forgotten. A group without members holds nobody up and may lose what it has not read.
 * Nothing survives the process: whoever feeds this bus keeps its own position (as the file source does).
 * A new group starts at the latest message unless it asks for the earliest.
 */
export function openMemoryBus(
  log?: Log,
  limits: Limits = { messages: 2_000, bytes: 8 * 1024 * 1024 },
  onDeadLetter?: (topic: string) => void,
): Bus {
  const topics = new Map<string, Topic>();
  let closed = false;
  /** Everyone who waits for anything to change: pumps without messages, publishers without room. */
  let waiting: (() => void)[] = [];
  const changed = (): void => {
    const wake = waiting;
    waiting = [];
    for (const resume of wake) resume();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

  const topicOf = (name: string): Topic => {
    let topic = topics.get(name);
    if (!topic) {
      topic = {
        partitions: Array.from({ length: PARTITIONS }, () => ({ first: 0, tail: [], bytes: 0 })),
        groups: new Map(),
        turn: 0,
      };
      topics.set(name, topic);
    }
    return topic;
  };
  const end = (partition: Partition): number => partition.first + partition.tail.length;

  /** Drops from the front what is over the limits and no subscribed group still needs; false when still over. */
  const makeRoom = (topic: Topic, index: number): boolean => {
    const partition = topic.partitions[index]!;
    const needed = Math.min(
      end(partition),
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
  };

  const publishOne = async (name: string, topic: Topic, message: OutgoingMessage): Promise<void> => {
    // Copied, so that a caller's buffer may be reused.
    const value =
      typeof message.value === 'string' ? Buffer.from(message.value, 'utf8') : Buffer.from(message.value);
    if (value.length > MAX_VALUE_BYTES)
      throw new AppError('too_large', `a message of ${value.length} bytes is over ${MAX_VALUE_BYTES}`);
    const index = message.key === undefined ? topic.turn++ % PARTITIONS : hash(message.key) % PARTITIONS;
    while (!closed && !makeRoom(topic, index)) {
      // What this call has put in so far is what the consumers must take out first.
      changed();
      await change();
    }
    if (closed) throw new AppError('unavailable', 'the bus is closed');
    const partition = topic.partitions[index]!;
    partition.tail.push({
      topic: name,
      partition: index,
      offset: String(end(partition)),
      ...(message.key === undefined ? {} : { key: message.key }),
      value,
      headers: { ...message.headers },
      timestamp: Date.now(),
    });
    partition.bytes += value.length;
  };

  /** Hands the messages of one partition to the group's members, one batch at a time, until none is left. */
  const pump = async (name: string, topic: Topic, group: Group, index: number): Promise<void> => {
    const partition = topic.partitions[index]!;
    let retryMs = FIRST_RETRY_MS;
    let batch: BusMessage[] = [];
    while (!closed && group.members.length > 0) {
      if (batch.length === 0) {
        const start = Math.max(group.next[index]!, partition.first) - partition.first;
        batch = partition.tail.slice(start, start + MAX_BATCH);
      }
      if (batch.length === 0) {
        await change();
        continue;
      }
      const member = group.members[index % group.members.length]!;
      const { refusals } = group;
      const running = deliver(batch, { handle: member.handle, refused: refusals.times(index), putAside });
      member.running.add(running);
      try {
        await running;
        group.next[index] = Number(batch.at(-1)!.offset) + 1;
        batch = [];
        retryMs = FIRST_RETRY_MS;
        refusals.accepted(index);
        changed();
      } catch (error) {
        refusals.refused(index, batch[0]!.offset, toAppError(error));
        log?.warn({ err: toAppError(error), topic: name, partition: index, retryMs }, 'batch refused');
        member.running.delete(running);
        await pause(retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      } finally {
        member.running.delete(running);
      }
    }
  };

  const putAside = putAsideOn(
    { publish: (name, messages) => bus.publish(name, messages) },
    log,
    onDeadLetter,
  );

  const timers = new Set<() => void>();
  /** A wait that closing cuts short. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        timers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      timers.add(done);
    });

  const pumps = new WeakMap<Group, Promise<unknown>>();

  const bus: Bus = {
    async publish(name, messages) {
      if (closed) throw new AppError('unavailable', 'the bus is closed');
      const topic = topicOf(name);
      for (const message of messages) await publishOne(name, topic, message);
      changed();
    },

    async subscribe(name, options, handle) {
      if (closed) throw new AppError('unavailable', 'the bus is closed');
      const topic = topicOf(name);
      let group = topic.groups.get(options.group);
      if (!group) {
        const next = topic.partitions.map((partition) =>
          options.from === 'earliest' ? partition.first : end(partition),
        );
        group = { members: [], next, refusals: new BlockedPartitions(name) };
        topic.groups.set(options.group, group);
      }
      const member: Member = { handle, running: new Set() };
      const joined = group;
      const first = joined.members.length === 0;
      joined.members.push(member);
      if (first) {
        // The pumps of an earlier subscription may still be ending; two pumps must never share a partition.
        const before = pumps.get(joined);
        pumps.set(
          joined,
          Promise.resolve(before).then(() =>
            Promise.all(topic.partitions.map((_, index) => pump(name, topic, joined, index))),
          ),
        );
      }
      return {
        async [Symbol.asyncDispose]() {
          joined.members = joined.members.filter((other) => other !== member);
          for (const done of timers) done();
          changed();
          await Promise.allSettled(member.running);
        },
      };
    },

    async health() {
      if (closed) return healthOf(false, 'memory', [['closed']]);
      const groups = [...topics.values()].flatMap((topic) => [...topic.groups.values()]);
      const refused = groups
        .filter((group) => group.members.length > 0)
        .flatMap((group) => group.refusals.trouble());
      if (refused.length > 0) return healthOf(false, 'memory', refused, ['mend.heldBack']);
      let held = 0;
      for (const topic of topics.values())
        for (const partition of topic.partitions) held += partition.tail.length;
      return healthOf(true, 'memory', [['held', { topics: topics.size, held }]]);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      const members = [...topics.values()].flatMap((topic) =>
        [...topic.groups.values()].flatMap((group) => group.members),
      );
      for (const done of timers) done();
      changed();
      await Promise.allSettled(members.flatMap((member) => [...member.running]));
      topics.clear();
    },
  };
  return bus;
}
