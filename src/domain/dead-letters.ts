/** A message on a dead-letter topic, in the form that is shown to people. */
export interface DeadLetter {
  /** Its place in the topic it came from: partition, offset and, in a batch, the index of the element. */
  partition: string;
  offset: string;
  element?: string;
  /** Why it could not be read; safe to show. */
  reason: string;
  /** When it was put on the dead-letter topic, epoch milliseconds. */
  at: number;
}

/** The dead letters of one topic. */
export interface DeadLetters {
  count: number;
  /** When the first one was put there, epoch milliseconds. */
  since: number;
  /** The newest ones, oldest first. */
  letters: DeadLetter[];
}
