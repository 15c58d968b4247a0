import type { AppError } from '../../domain/errors.ts';
import type { Phrase } from '../../i18n/health.ts';

/**
 * Health reports a batch that was refused more often than this in a row: a backend that is away for a moment is not worth a
 * report.
 */
const MANY = 3;

/** The partitions of one subscription that are blocked because the handler refuses their next batch. */
export class BlockedPartitions {
  readonly #topic: string;
  readonly #byPartition = new Map<number, { times: number; offset: string; error: AppError }>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** @param offset of the first message of the batch */
  refused(partition: number, offset: string, error: AppError): void {
    this.#byPartition.set(partition, { times: this.times(partition) + 1, offset, error });
  }
  accepted(partition: number): void {
    this.#byPartition.delete(partition);
  }
  /** How often in a row the batch of this partition was refused. */
  times(partition: number): number {
    return this.#byPartition.get(partition)?.times ?? 0;
  }
  /** Forgets all other partitions: another process reads them now. */
  keep(partitions: readonly number[]): void {
    for (const partition of this.#byPartition.keys())
      if (!partitions.includes(partition)) this.#byPartition.delete(partition);
  }

  /** The report in health about batches that are refused again and again. */
  trouble(): Phrase[] {
    return [...this.#byPartition].flatMap(([partition, { times, offset, error }]): Phrase[] =>
      times > MANY
        ? [['heldBack', { topic: this.#topic, partition, offset, times, error: reasonOf(error) }]]
        : [],
    );
  }
}

/** The text of an unexpected error may quote the message, which is log text: it is written only to the program's log. */
const reasonOf = ({ code, message }: AppError): string =>
  code === 'internal' ? code : `${code}: ${message}`;
