import { type AppError, type ErrorCode, toAppError } from '../../domain/errors.ts';
import type { Log } from '../../log.ts';
import type { Bus, BusMessage } from './bus.ts';
import { deadLetter, isDeadLetterTopic } from './dead-letter.ts';

/** What a handler throws when its surroundings fail: another message would have fared no better. */
const NOT_OF_THE_MESSAGE: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'unauthorized',
  'config_invalid',
  'budget_spent',
  'storage_full',
  'stopped',
]);
/** How often a batch comes again after an error that nobody foresaw, as it may have been of the moment. */
const UNFORESEEN_TRIES = 2;

export interface DeliverOptions {
  handle: (batch: BusMessage[]) => Promise<void>;
  /** How often this batch was refused before, in a row. */
  refused: number;
  /** What becomes of a message that is at fault; when this rejects, the batch is refused. */
  putAside: (message: BusMessage, reason: AppError) => Promise<void>;
}

/**
 * Hands a batch to its handler. A message for which the handler throws is found by halving and put aside, and the others
 * are handled; so a handler may see a message several times, as with any batch that comes again.
 * @throws AppError when the batch has to come again: what failed is not the fault of a message, or may not be
 */
export async function deliver(batch: readonly BusMessage[], delivery: DeliverOptions): Promise<void> {
  try {
    // A copy: a handler that empties its array must not shorten the batch that comes again.
    return await delivery.handle([...batch]);
  } catch (cause) {
    const error = toAppError(cause);
    if (error.retryable || NOT_OF_THE_MESSAGE.has(error.code)) throw error;
    if (error.code === 'internal' && delivery.refused < UNFORESEEN_TRIES) throw error;
    if (batch.length === 1) return delivery.putAside(batch[0]!, error);
  }
  const half = batch.length >> 1;
  const known = { ...delivery, refused: UNFORESEEN_TRIES };
  await deliver(batch.slice(0, half), known);
  await deliver(batch.slice(half), known);
}

/** Puts messages onto the dead-letter topic, counts and names them. */
export function putAsideOn(
  bus: Pick<Bus, 'publish'>,
  log: Log | undefined,
  count: (topic: string) => void = () => {},
): DeliverOptions['putAside'] {
  return async (message, reason) => {
    const { topic, partition, offset } = message;
    // What is on a dead-letter topic stays there: it is not put aside once more.
    if (!isDeadLetterTopic(topic)) await deadLetter(bus, message, reason);
    count(topic);
    log?.warn({ err: reason, topic, partition, offset }, 'a message nobody could handle was put aside');
  };
}
