import type { Health } from '../../domain/health.ts';

/** One message as the broker holds it: bytes untouched. */
export interface BusMessage {
  topic: string;
  partition: number;
  offset: string;
  key?: string;
  /** Empty where the producer sent none (a tombstone). */
  value: Buffer;
  /** Where several headers have one name, the last counts; a header without a value is left out. */
  headers: Record<string, string>;
  /** Epoch milliseconds. */
  timestamp: number;
}

export interface OutgoingMessage {
  key?: string;
  value: string | Buffer;
  headers?: Record<string, string>;
}

/**
 * A durable, partitioned log of messages between the roles.
 *
 * Delivery is at least once: a batch's offsets are committed after `handle` resolves. When it rejects and no message is to
 * blame (a store is away), the same batch comes again after a backoff, and no later batch overtakes it; `health` speaks of
 * a batch that is refused again and again. When a message is to blame, it is found and dead-lettered, and the stream goes
 * on (see `deliver`). So handlers must be idempotent, and dead-letter what they cannot read (see `deadLetter`).
 *
 * Life cycle:
 * 1. Open: the factory resolves at once, whether or not a broker answers. Connections are made when they are needed and
 *    made again when they are lost; only `health` tells of that.
 * 2. Calls may assume nothing about the broker. Topics that are missing are created.
 * 3. At the same time: any number of `publish`, `subscribe` and `health` calls. The messages of one `publish` stay in
 *    order; those of two calls may be mixed. `handle` is called for one batch of a partition at a time, and for different
 *    partitions side by side. A handler may publish.
 * 4. Dispose, of a subscription or of the bus: a handler that runs may finish and its offsets are committed, no other
 *    begins. It may be called twice and during any call; a `publish` that is under way resolves or throws `unavailable`.
 *    The bus disposes its subscriptions.
 * 5. Throws: `publish` and `subscribe` throw AppError `unavailable` after dispose. `health` never rejects.
 */
export interface Bus extends AsyncDisposable {
  /** Resolves when the broker has the messages safely. Throws AppError `unavailable` | `timeout` | `too_large`. */
  publish(topic: string, messages: OutgoingMessage[]): Promise<void>;
  /**
   * Calls `handle` with batches of one partition in the order of their offsets. Resolves once the subscription is in
   * place; while the broker is down it resolves all the same and goes on trying in the background (`health` says so).
   * @param options.group consumers of one group share the partitions of its topic; one group reads one topic
   * @throws AppError `internal` when the group reads another topic already
   */
  subscribe(
    topic: string,
    options: { group: string; from?: 'earliest' | 'latest' },
    handle: (batch: BusMessage[]) => Promise<void>,
  ): Promise<AsyncDisposable>;
  health(): Promise<Health>;
}
