import type { TimeWindow } from '../../../domain/log/record.ts';
import type { CertificateFault } from '../../certificate.ts';

/** A document that others have written, as it is stored. */
export interface ForeignDocument {
  /** Its id on the server: the same each time it is read. */
  id: string;
  /** Epoch milliseconds, by the time field it was asked with. */
  at: number;
  source: Record<string, unknown>;
}

/** How the values of a time field are meant: as dates of the server, or as numbers since the epoch. */
export type TimeUnit = 'date' | 'seconds' | 'millis' | 'micros' | 'nanos';

/** The field that says when the event of a document happened. Names of nested fields are joined with dots. */
export interface TimeField {
  name: string;
  unit: TimeUnit;
}

/** What the server knows of the fields of all indices behind a name. */
export interface ForeignFields {
  /** The concrete indices; empty if there are none. */
  indices: string[];
  /** Types by field; a field may have several in different indices. Objects are left out. */
  types: ReadonlyMap<string, readonly string[]>;
}

/**
 * Documents of others on a server, which are only read: nothing is made, changed or deleted. It needs the privilege to read
 * these indices and no other.
 *
 * Opening asks nothing. While the server is away, calls throw `unavailable` after a few tries. Calls may run at the same
 * time. Throws AppError `unavailable` | `timeout` | `unauthorized` | `not_found` | `config_invalid`, and `stopped` after
 * `signal` or dispose.
 */
export interface ForeignIndex extends AsyncDisposable {
  /** `elasticsearch`, `opensearch`. */
  readonly kind: string;
  /** The server, as shown to people: without a password. */
  readonly place: string;
  /** Names of indices, aliases or data streams, or patterns of such names. */
  readonly name: string;
  fields(): Promise<ForeignFields>;
  /** Up to `count` documents, the newest by `time`; without it any. */
  sample(count: number, time?: TimeField): Promise<ForeignDocument[]>;
  /** The span of the documents that have a time (`to` is one past the last one), and how many they are; undefined for none. */
  extent(time: TimeField): Promise<(TimeWindow & { records: number }) | undefined>;
  /** How many documents have no time: nobody finds them by asking for one. */
  timeless(time: TimeField): Promise<number>;
  /** How many documents there are in each bucket of `bucketMs`, aligned to the epoch, by its number; empty ones are left out. */
  counts(time: TimeField, window: TimeWindow, bucketMs: number): Promise<Map<number, number>>;
  /** Every document of a window in order of time, as of one moment, in batches of at most 1,000. */
  read(time: TimeField, window: TimeWindow, signal?: AbortSignal): AsyncIterable<ForeignDocument[]>;
  /** Why the encrypted connection is not made; undefined if it is, or if there is none. Never throws. */
  certificate(): Promise<CertificateFault | undefined>;
}
