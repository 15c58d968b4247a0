import { AppError } from '../../../domain/errors.ts';
import type { SourceLine } from '../../source-line.ts';
import type { Reservation } from './budget.ts';

/** Lines of one run through the pipeline: large enough that one sync of the store serves many. */
const BATCH = 5_000;
/** And bytes as they were claimed: lines take many times as much while they are taken apart. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** What may wait: beyond it the sender is held up. */
const MAX_LINES = 20_000;

/** Stores lines and publishes their anomalies; resolves when both is done. */
export type Take = (lines: SourceLine[], signal: AbortSignal) => Promise<void>;

/** Lines that are only made when their turn comes: until then they take no more room than the text they are made of. */
export interface LazyLines {
  /** How many there are at most; one that cannot be read may be left out. */
  count: number;
  read(): SourceLine[];
}

/** Between the connections of a collector and the pipeline: what waits is taken together, in the order it came. */
export interface Intake {
  /**
   * Resolves when the lines are safe. Throws AppError `stopped`, or what storing them failed with.
   * @param reservation room for them, given back in either case
   */
  add(lines: SourceLine[] | LazyLines, reservation?: Reservation): Promise<void>;
  /** No more should be added now. */
  full(): boolean;
  /** Resolves when more may be added: whoever reads a socket waits here, so that TCP holds up its sender. */
  room(): Promise<void>;
  /** Lines taken in and stored since the start. */
  readonly stored: number;
  /** Lines that wait or are being stored. */
  readonly pending: number;
  /** Waits up to `ms` until what was added is safe, then gives up on the rest. */
  close(ms: number): Promise<void>;
}

interface Entry extends LazyLines {
  reservation: Reservation | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** @param maxLines that may wait; how many bytes, the reservations say */
export function createIntake(take: Take, maxLines = MAX_LINES): Intake {
  const waiting: Entry[] = [];
  const stop = new AbortController();
  let pending = 0;
  let stored = 0;
  let draining: Promise<void> | undefined;
  let wake: (() => void)[] = [];

  const full = (): boolean => pending >= maxLines;

  /** What goes together next. */
  function nextBatch(): Entry[] {
    const entries: Entry[] = [];
    let count = 0;
    let bytes = 0;
    for (let next = waiting[0]; next; next = waiting[0]) {
      count += next.count;
      bytes += next.reservation?.bytes ?? 0;
      if (entries.length > 0 && (count > BATCH || bytes > BATCH_BYTES)) break;
      entries.push(waiting.shift()!);
    }
    return entries;
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const entries = nextBatch();
      try {
        stop.signal.throwIfAborted();
        const lines = entries.length === 1 ? entries[0]!.read() : entries.flatMap((entry) => entry.read());
        if (lines.length > 0) await take(lines, stop.signal);
        stored += lines.length;
        for (const entry of entries) entry.resolve();
      } catch (error) {
        for (const entry of entries) entry.reject(error);
      } finally {
        for (const entry of entries) {
          pending -= entry.count;
          entry.reservation?.release();
        }
        if (!full()) {
          for (const resume of wake) resume();
          wake = [];
        }
      }
    }
    draining = undefined;
  }

  return {
    add(lines, reservation) {
      const lazy: LazyLines = Array.isArray(lines) ? { count: lines.length, read: () => lines } : lines;
      if (stop.signal.aborted || lazy.count === 0) reservation?.release();
      if (stop.signal.aborted) return Promise.reject(new AppError('stopped', 'the collector is closed'));
      if (lazy.count === 0) return Promise.resolve();
      pending += lazy.count;
      return new Promise((resolve, reject) => {
        waiting.push({ count: lazy.count, read: () => lazy.read(), reservation, resolve, reject });
        // On the next turn, so that what the same moment brings goes together.
        draining ??= Promise.resolve().then(drain);
      });
    },
    full,
    room: () => (full() ? new Promise((resolve) => wake.push(resolve)) : Promise.resolve()),
    get stored() {
      return stored;
    },
    get pending() {
      return pending;
    },
    async close(ms) {
      const abort = () => stop.abort(new AppError('stopped', 'the collector was stopped'));
      const timer = setTimeout(abort, ms);
      await draining;
      clearTimeout(timer);
      abort();
      for (const resume of wake) resume();
      wake = [];
    },
  };
}
