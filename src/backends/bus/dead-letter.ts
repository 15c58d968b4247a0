import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Bus, BusMessage } from './bus.ts';

/** The name of the topic that holds what could not be read from `topic`. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** What is kept of a message that even the dead-letter topic refuses for its size. */
const HEAD_BYTES = 65_536;

/**
 * Puts a message that cannot be read onto the dead-letter topic, byte for byte, with headers that say where it
 * came from and what was wrong, so that it can be repaired and replayed. Of one too large for that topic its head is kept.
 */
export async function deadLetter(bus: Bus, message: BusMessage, error: unknown): Promise<AppError> {
  const reason = toAppError(error);
  const headers = {
    ...message.headers,
    'bongsu-topic': message.topic,
    'bongsu-partition': String(message.partition),
    'bongsu-offset': message.offset,
    'bongsu-error': `${reason.code}: ${reason.message}`.slice(0, 1_000),
  };
  const put = (value: Buffer, more: Record<string, string> = {}): Promise<void> =>
    bus.publish(deadLetterTopic(message.topic), [
      { key: message.key, value, headers: { ...headers, ...more } },
    ]);
  try {
    await put(message.value);
  } catch (cause) {
    if (toAppError(cause).code !== 'too_large') throw cause;
    // The broker that carried it does not take it back whole: its head says what it was.
    const cut = `${HEAD_BYTES} of ${message.value.byteLength} bytes`;
    await put(message.value.subarray(0, HEAD_BYTES), { 'bongsu-cut': cut });
  }
  return reason;
}
