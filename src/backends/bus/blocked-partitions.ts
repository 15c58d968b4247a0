import type { AppError } from '../../domain/errors.ts';
import type { Phrase } from '../../i18n/health.ts';

/** A batch that is refused more often than this in a row is told: some moments away are no trouble. */
const MANY = 3;

/** The batches of one subscription that handlers refuse, by partition. */
export class BlockedPartitions {
  readonly #topic: string;
  readonly #byPartition = new Map<number, { times: number; offset: string; error: AppError }>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** @param offset of its first message */
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
  /** Forgets the partitions that are another's now. */
  keep(partitions: readonly number[]): void {
    for (const partition of this.#byPartition.keys())
      if (!partitions.includes(partition)) this.#byPartition.delete(partition);
  }

  /** What to tell of those that are refused again and again. */
  trouble(): Phrase[] {
    return [...this.#byPartition].flatMap(([partition, { times, offset, error }]): Phrase[] =>
      times > MANY
        ? [['heldBack', { topic: this.#topic, partition, offset, times, error: reasonOf(error) }]]
        : [],
    );
  }
}

/** What nobody foresaw may quote the message itself, which is log text: the program's log has its words. */
const reasonOf = ({ code, message }: AppError): string =>
  code === 'internal' ? code : `${code}: ${message}`;
