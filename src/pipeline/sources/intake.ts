import { AppError } from '../../domain/errors.ts';
import type { SourceLine } from '../source-line.ts';

/** Lines of one run through the pipeline: large enough that one sync of the store serves many. */
const BATCH = 5_000;
/** What may wait: beyond it the sender is held up. */
const MAX_LINES = 20_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** Stores lines and publishes their anomalies; resolves when both is done. */
export type Take = (lines: SourceLine[], signal: AbortSignal) => Promise<void>;

/** Between the connections of a collector and the pipeline: what waits is taken together, in the order it came. */
export interface Intake {
  /** Resolves when the lines are safe. Throws AppError `stopped`, or what storing them failed with. */
  add(lines: SourceLine[]): Promise<void>;
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

interface Entry {
  lines: SourceLine[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function createIntake(take: Take, limits = { lines: MAX_LINES, characters: MAX_CHARACTERS }): Intake {
  const waiting: Entry[] = [];
  const stop = new AbortController();
  let pending = 0;
  let characters = 0;
  let stored = 0;
  let draining: Promise<void> | undefined;
  let wake: (() => void)[] = [];

  const sizeOf = (lines: SourceLine[]): number => lines.reduce((sum, { text }) => sum + text.length, 0);
  const full = (): boolean => pending >= limits.lines || characters >= limits.characters;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const entries: Entry[] = [];
      let size = 0;
      while (waiting.length > 0 && (entries.length === 0 || size + waiting[0]!.lines.length <= BATCH)) {
        const entry = waiting.shift()!;
        entries.push(entry);
        size += entry.lines.length;
      }
      const lines = entries.length === 1 ? entries[0]!.lines : entries.flatMap((entry) => entry.lines);
      try {
        stop.signal.throwIfAborted();
        await take(lines, stop.signal);
        stored += size;
        for (const entry of entries) entry.resolve();
      } catch (error) {
        for (const entry of entries) entry.reject(error);
      } finally {
        pending -= size;
        characters -= sizeOf(lines);
        if (!full()) {
          for (const resume of wake) resume();
          wake = [];
        }
      }
    }
    draining = undefined;
  }

  return {
    add(lines) {
      if (stop.signal.aborted) return Promise.reject(new AppError('stopped', 'the collector is closed'));
      if (lines.length === 0) return Promise.resolve();
      pending += lines.length;
      characters += sizeOf(lines);
      return new Promise((resolve, reject) => {
        waiting.push({ lines, resolve, reject });
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
