import type { Lease } from '../../backends/state/lease.ts';
import type { Stored } from '../../backends/state/store.ts';
import type { AppError, ErrorCode } from '../../domain/errors.ts';
import type { Chat, MessageRef, Place } from '../chat/chat.ts';
import type { DeliveryContext, Rendered } from './context.ts';
import type { Delivery, ShownState } from './delivery.ts';

/** The time in which this process is the one that sends. */
export type Term = NonNullable<ReturnType<Lease['term']>>;

/** One try to deliver an entry, while it is found out what to say and where. */
export interface Attempt {
  readonly term: Term;
  /** Why its channel refused us less than a minute ago. */
  readonly closed?: ErrorCode;
  /** The entry: as it was listed at first, then as it is in the store. */
  stored: Stored<Delivery>;
  /** Found out by the stages. */
  place?: Place;
  rendered?: Rendered;
}

/** A delivery that can go out now. */
export interface Ready {
  readonly term: Term;
  readonly stored: Stored<Delivery>;
  readonly chat: Chat;
  readonly place: Place;
  readonly rendered: Rendered;
  /** The message on the platform and the version of the entry (`wanted`) it shows, once it is there. */
  sent?: { ref: MessageRef; shown: number; told?: ShownState };
}

/** A try that failed. */
export interface Failure {
  readonly stored: Stored<Delivery>;
  readonly error: AppError;
  /** When its post or edit began (epoch ms), if the platform may have received it. */
  readonly begunAt: number | undefined;
}

/** One step on the way of a delivery: `done` ends the try, and what comes of it is in the store then. */
export type Stage<T> = (attempt: T, context: DeliveryContext) => Promise<'next' | 'done'>;
