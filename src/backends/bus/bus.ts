import type { Health } from '../../domain/health.ts';

/** One message as the broker holds it: bytes untouched. */
export interface BusMessage {
  topic: string;
  partition: number;
  offset: string;
  key?: string;
  /** Empty where the producer sent none (a tombstone). */
  value: Buffer;
  /** Of several with one name the last; one without a value is left out. */
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
 * Delivery is at least once: a batch's offsets are committed after `handle` resolves. When it rejects for what is not a
 * message's fault (a store that is away), the same batch comes again after a backoff, and nothing behind it overtakes it;
 * `health` tells of one that is refused again and again. When a message is at fault, it is found and dead-lettered, and
 * the stream goes on (see `deliver`). Handlers therefore make themselves idempotent and dead-letter what they cannot read
 * (see `deadLetter`).
 */
export interface Bus extends AsyncDisposable {
  /** Resolves when the broker has the messages safely. Throws AppError `unavailable` | `timeout` | `too_large`. */
  publish(topic: string, messages: OutgoingMessage[]): Promise<void>;
  /**
   * Calls `handle` with batches of one partition in offset order. Resolves once the subscription is in place, or
   * goes on trying in the background when the broker is down (`health` says so).
   * @param options.group consumers of one group share the partitions of its topic; one group reads one topic
   */
  subscribe(
    topic: string,
    options: { group: string; from?: 'earliest' | 'latest' },
    handle: (batch: BusMessage[]) => Promise<void>,
  ): Promise<AsyncDisposable>;
  health(): Promise<Health>;
}
