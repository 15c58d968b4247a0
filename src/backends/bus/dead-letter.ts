import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Bus, BusMessage } from './bus.ts';

/** The name of the topic that holds what could not be read from `topic`. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/**
 * Puts a message that cannot be read onto the dead-letter topic, byte for byte, with headers that say where it
 * came from and what was wrong, so that it can be repaired and replayed.
 */
export async function deadLetter(bus: Bus, message: BusMessage, error: unknown): Promise<AppError> {
  const reason = toAppError(error);
  await bus.publish(deadLetterTopic(message.topic), [
    {
      key: message.key,
      value: message.value,
      headers: {
        ...message.headers,
        'bongsu-topic': message.topic,
        'bongsu-partition': String(message.partition),
        'bongsu-offset': message.offset,
        'bongsu-error': `${reason.code}: ${reason.message}`.slice(0, 1_000),
      },
    },
  ]);
  return reason;
}
