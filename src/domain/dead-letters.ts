/** A message on a dead-letter topic, as people are told of it. */
export interface DeadLetter {
  /** Where it stood in the topic it came from: partition, offset and, of a batch, which element. */
  partition: string;
  offset: string;
  element?: string;
  /** Why it could not be read; safe to show. */
  reason: string;
  /** When it was put aside, epoch milliseconds. */
  at: number;
}

/** The dead letters of one topic. */
export interface DeadLetters {
  count: number;
  /** When the first was put aside, epoch milliseconds. */
  since: number;
  /** The newest ones, oldest first. */
  letters: DeadLetter[];
}
