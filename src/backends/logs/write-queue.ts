import type { LogRecord } from '../../domain/log/record.ts';

/** A write that waits for its turn. */
export interface WriteCall {
  records: LogRecord[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Writes one group of calls at a time. Calls that come meanwhile wait and are written together, so that many small writes
 * share the cost of making them durable.
 */
export class WriteQueue {
  readonly #most: number;
  readonly #writeGroup: (calls: WriteCall[], records: LogRecord[]) => Promise<void>;
  readonly #waiting: WriteCall[] = [];
  #draining: Promise<void> | undefined;

  /**
   * @param most records in one group; a single call with more is a group of its own
   * @param writeGroup writes the records of all calls, resolves or rejects every call, and never rejects itself
   */
  constructor(most: number, writeGroup: (calls: WriteCall[], records: LogRecord[]) => Promise<void>) {
    this.#most = most;
    this.#writeGroup = writeGroup;
  }

  /** Resolves or rejects as `writeGroup` says. */
  write(records: LogRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing is being written and nothing waits. */
  async drained(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const calls = this.#nextGroup();
      await this.#writeGroup(
        calls,
        calls.flatMap((call) => call.records),
      );
    }
    this.#draining = undefined;
  }

  #nextGroup(): WriteCall[] {
    const waiting = this.#waiting;
    const calls = [waiting.shift()!];
    let size = calls[0]!.records.length;
    while (waiting.length > 0 && size + waiting[0]!.records.length <= this.#most) {
      calls.push(waiting.shift()!);
      size += calls.at(-1)!.records.length;
    }
    return calls;
  }
}
