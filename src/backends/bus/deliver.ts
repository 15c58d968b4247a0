import { type AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { Bus, BusMessage } from './bus.ts';
import { deadLetter, isDeadLetterTopic } from './dead-letter.ts';

/** Errors of a handler that are not caused by a message: they would come with any other message too. */
const NOT_OF_THE_MESSAGE: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'unauthorized',
  'config_invalid',
  'budget_spent',
  'storage_full',
  'stopped',
]);
/** How often a batch comes again after an unexpected error, which may pass by itself. */
const UNEXPECTED_TRIES = 2;

export interface DeliverOptions {
  handle: (batch: BusMessage[]) => Promise<void>;
  /** How often this batch was refused before, in a row. */
  refused: number;
  /** Puts the message that caused the error on the dead-letter topic; if this rejects, the batch is refused. */
  putAside: (message: BusMessage, reason: AppError) => Promise<void>;
}

/**
 * Hands a batch to its handler. When the handler throws because of a message, the message is found by halving the batch
 * and put aside, and the others are handled; so a handler may see a message several times, as with any batch that comes
 * again.
 * @throws AppError when the batch has to come again: no message is to blame, or perhaps none is
 */
export async function deliver(batch: readonly BusMessage[], options: DeliverOptions): Promise<void> {
  try {
    // A copy: a handler that empties its array must not shorten the batch that comes again.
    return await options.handle([...batch]);
  } catch (cause) {
    const error = toAppError(cause);
    if (error.retryable || NOT_OF_THE_MESSAGE.has(error.code)) throw error;
    if (error.code === 'internal' && options.refused < UNEXPECTED_TRIES) throw error;
    if (batch.length === 1) return options.putAside(batch[0]!, error);
  }
  const half = batch.length >> 1;
  const known = { ...options, refused: UNEXPECTED_TRIES };
  await deliver(batch.slice(0, half), known);
  await deliver(batch.slice(half), known);
}

/** Puts messages onto the dead-letter topic, counts them and logs where they came from. */
export function putAsideOn(
  bus: Pick<Bus, 'publish'>,
  log: Log | undefined,
  count: (topic: string) => void = () => {},
): DeliverOptions['putAside'] {
  return async (message, reason) => {
    const { topic, partition, offset } = message;
    // A message of a dead-letter topic stays there: it is not dead-lettered again.
    if (!isDeadLetterTopic(topic)) await deadLetter(bus, message, reason);
    count(topic);
    log?.warn({ err: reason, topic, partition, offset }, 'a message nobody could handle was put aside');
  };
}
