import { AppError } from '../../../domain/errors.ts';
import type { SourceLine } from '../../../domain/log/source-line.ts';
import type { Reservation } from './budget.ts';

/** Lines of one run through the pipeline: enough that one sync of the store serves many. */
const BATCH = 5_000;
/** Bytes of it as they were reserved: parsed lines take many times as much. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Lines that may wait; with more the senders are held up. */
const MAX_LINES = 20_000;

/** Stores lines and publishes their anomalies; resolves when both is done. */
export type Take = (lines: SourceLine[], signal: AbortSignal) => Promise<void>;

/** Lines that are parsed only when their turn comes. Until then they take no more memory than their text. */
export interface LazyLines {
  /** How many there are at most; one that cannot be read may be left out. */
  count: number;
  read(): SourceLine[];
}

interface Entry {
  lines: LazyLines;
  reservation: Reservation | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Stands between the connections of a collector and the pipeline: what waits is taken together, in the order it came. */
export class Intake {
  readonly #take: Take;
  readonly #maxLines: number;
  readonly #waiting: Entry[] = [];
  readonly #stop = new AbortController();
  #pending = 0;
  #stored = 0;
  #draining: Promise<void> | undefined;
  #roomWaiters: (() => void)[] = [];

  /** @param maxLines that may wait; how many bytes may wait is up to the reservations */
  constructor(take: Take, maxLines = MAX_LINES) {
    this.#take = take;
    this.#maxLines = maxLines;
  }

  /** Lines stored since the start. */
  get stored(): number {
    return this.#stored;
  }

  /** Lines that wait or are being stored. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether no more lines should be added now. */
  full(): boolean {
    return this.#pending >= this.#maxLines;
  }

  /** Resolves when more may be added. A reader of a socket waits here, so that TCP slows down the sender. */
  room(): Promise<void> {
    return this.full() ? new Promise((resolve) => this.#roomWaiters.push(resolve)) : Promise.resolve();
  }

  /**
   * Resolves when the lines are stored and their anomalies published.
   * @param reservation memory of the lines; released here, whatever happens
   * @throws AppError `stopped`, or what storing them failed with
   */
  add(lines: SourceLine[] | LazyLines, reservation?: Reservation): Promise<void> {
    const lazy: LazyLines = Array.isArray(lines) ? { count: lines.length, read: () => lines } : lines;
    const stopped = this.#stop.signal.aborted;
    if (stopped || lazy.count === 0) {
      reservation?.release();
      return stopped ? Promise.reject(new AppError('stopped', 'the collector is closed')) : Promise.resolve();
    }
    this.#pending += lazy.count;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines: lazy, reservation, resolve, reject });
      // Not at once: what is added in the same moment then goes together.
      this.#draining ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Waits up to `ms` until what was added is stored, then gives up on the rest: it is rejected with `stopped`. */
  async close(ms: number): Promise<void> {
    const abort = () => this.#stop.abort(new AppError('stopped', 'the collector was stopped'));
    const timer = setTimeout(abort, ms);
    await this.#draining;
    clearTimeout(timer);
    abort();
    this.#wake();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#nextBatch();
      try {
        this.#stop.signal.throwIfAborted();
        const lines =
          entries.length === 1 ? entries[0]!.lines.read() : entries.flatMap((entry) => entry.lines.read());
        if (lines.length > 0) await this.#take(lines, this.#stop.signal);
        this.#stored += lines.length;
        for (const entry of entries) entry.resolve();
      } catch (error) {
        for (const entry of entries) entry.reject(error);
      } finally {
        for (const entry of entries) {
          this.#pending -= entry.lines.count;
          entry.reservation?.release();
        }
        if (!this.full()) this.#wake();
      }
    }
    this.#draining = undefined;
  }

  #nextBatch(): Entry[] {
    const entries: Entry[] = [];
    let count = 0;
    let bytes = 0;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      count += next.lines.count;
      bytes += next.reservation?.bytes ?? 0;
      if (entries.length > 0 && (count > BATCH || bytes > BATCH_BYTES)) break;
      entries.push(this.#waiting.shift()!);
    }
    return entries;
  }

  #wake(): void {
    for (const resume of this.#roomWaiters.splice(0)) resume();
  }
}
