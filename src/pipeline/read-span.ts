import { isError, type LogRecord } from '../domain/log/record.ts';

/** Names that are remembered; a stream with more has no service names. */
const MOST_SERVICES = 2_000;

/** From when to when the records of a source that ends are, and whose they are. */
export class ReadSpan {
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  /** Records with the level error or fatal. */
  errors = 0;
  readonly #services = new Map<string, number>();

  add(records: readonly LogRecord[]): void {
    for (const { timestamp, service, level } of records) {
      if (isError(level)) this.errors += 1;
      if (timestamp < this.#from) this.#from = timestamp;
      if (timestamp > this.#to) this.#to = timestamp;
      const known = this.#services.get(service);
      if (known !== undefined || this.#services.size < MOST_SERVICES)
        this.#services.set(service, (known ?? 0) + 1);
    }
  }

  /** Epoch milliseconds; undefined while there was no record. */
  get extent(): { from: number; to: number } | undefined {
    return this.#from <= this.#to ? { from: this.#from, to: this.#to } : undefined;
  }

  /** Names, those with the most lines first. */
  get services(): string[] {
    return [...this.#services].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  }
}
