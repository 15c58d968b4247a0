import type { Lease } from '../../backends/state/lease.ts';
import type { StateStore, Stored } from '../../backends/state/store.ts';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { type Chat, GRACE_MS, type MessageRef, type Place } from '../chat/chat.ts';
import { type Alter, alterIn, type Delivery, type ShownState } from './delivery.ts';
import { createFallback, type Fallback, type FallbackChannel } from './fallback.ts';
import type { Clock } from './monotonic-clock.ts';
import { openUnreachableChannels, type UnreachableChannels } from './unreachable-channels.ts';

/** One step of the delivery of an entry. `done` ends this try; its result is in the store then. */
export type Stage<T> = (attempt: T, context: DeliveryContext) => Promise<'next' | 'done'>;

/** A delivery as it is now. */
export interface Rendered {
  message: Message;
  /** The title of the thread that opens on it. */
  opensThread?: string;
  /** The state that a parent message shows. */
  told?: ShownState;
  /** A parent message that was removed is not posted again before this (epoch ms). */
  notBefore?: number;
}
/** Renders a delivery; undefined when there is nothing (any more) to say. */
export type Render = (delivery: Delivery) => Promise<Rendered | undefined>;

/** A stretch of time in which this process is the only one that sends. */
export type Term = NonNullable<ReturnType<Lease['term']>>;

/** One try to deliver an entry, while the stages find out the text and the place. */
export interface Attempt {
  readonly term: Term;
  /** The error with which its channel refused a message less than a minute ago. */
  readonly closed?: ErrorCode;
  /** The entry: first as it was listed, after the stage `reload` as it is in the store. */
  stored: Stored<Delivery>;
  /** Results of the stages `findPlace` and `render`. */
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
  /** When its post or edit began (epoch ms); undefined if nothing was sent. */
  readonly begunAt: number | undefined;
}

/** The last look before the platform is called. @throws AppError `stopped` when another process sends now */
export function checkTerm({ id }: Term, { lease }: Pick<DeliveryContext, 'lease'>): void {
  if (!lease.holds(id)) throw new AppError('stopped', 'another process sends');
}

/** The parts that every stage may use. */
export interface DeliveryContext {
  /** Refuses the writes of a process that is not the sender any more. */
  state: StateStore;
  alter: Alter;
  chats: ReadonlyMap<string, Chat>;
  render: Render;
  /** Least time between two edits of one message. */
  debounceMs: number;
  /** Within this time (ms) a platform carries out what it was sent, or never does. */
  graceMs: number;
  /** Called for an incident whose parent message was removed on the platform, before that is noted. */
  removed?: (incidentId: string) => Promise<void>;
  fallback: Fallback;
  lease: Pick<Lease, 'term' | 'holds' | 'problem'>;
  clock: Clock;
  unreachable: UnreachableChannels;
  /** When the latest post or edit of a delivery began (epoch ms), while its outcome is not known. */
  begun: Map<string, number>;
  metrics: Metrics;
  log: Log;
}

export interface ContextOptions extends Pick<DeliveryContext, 'render' | 'debounceMs' | 'removed'> {
  chats: readonly Chat[];
  fallback?: FallbackChannel;
  /** How long a platform may take to carry out what it was sent; `GRACE_MS` when absent. */
  graceMs?: number;
  metrics: Metrics;
  log: Log;
}

/** @param lease fences all writes of the stages: those of a process that is late are refused */
export function deliveryContext(options: ContextOptions, lease: Lease, clock: Clock): DeliveryContext {
  const { render, debounceMs, graceMs = GRACE_MS, removed, metrics, log } = options;
  const state = lease.fenced;
  const chats = new Map<string, Chat>(options.chats.map((chat) => [chat.name, chat]));
  const alter = alterIn(state);
  const unreachable = openUnreachableChannels(state);
  return {
    state,
    alter,
    chats,
    render,
    debounceMs,
    graceMs,
    ...(removed ? { removed } : {}),
    fallback: createFallback({ channel: options.fallback, chats, alter, unreachable, clock, log }),
    lease,
    clock,
    unreachable,
    begun: new Map(),
    metrics,
    log,
  };
}
