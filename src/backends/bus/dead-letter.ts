import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Bus, BusMessage } from './bus.ts';

/** The name of the topic that holds what could not be read from `topic`. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;
/** Whether a topic holds what could not be read from another. */
export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith('.dlq');

/**
 * What is put aside of a message: all of it, or one element of the batch it holds.
 * @param element its index, and its text as it was sent
 */
export const letterOf = (message: BusMessage, element?: { index: number; text: string }): BusMessage =>
  element
    ? {
        ...message,
        value: Buffer.from(element.text),
        headers: { ...message.headers, 'bongsu-element': String(element.index) },
      }
    : message;

/** What is kept of a message that even the dead-letter topic refuses for its size. */
const HEAD_BYTES = 65_536;

/**
 * Puts a message that cannot be read onto the dead-letter topic, byte for byte, with headers that say where it
 * came from and what was wrong, so that it can be repaired and replayed. One that the broker does not take back whole
 * for its size leaves its head there, and `bongsu-cut` says so.
 */
export async function deadLetter(
  bus: Pick<Bus, 'publish'>,
  message: BusMessage,
  error: unknown,
): Promise<AppError> {
  const reason = toAppError(error);
  const letter = (value: Buffer, more: Record<string, string> = {}): Promise<void> =>
    bus.publish(deadLetterTopic(message.topic), [
      {
        key: message.key,
        value,
        headers: {
          ...message.headers,
          ...more,
          'bongsu-topic': message.topic,
          'bongsu-partition': String(message.partition),
          'bongsu-offset': message.offset,
          'bongsu-error': `${reason.code}: ${reason.message}`.slice(0, 1_000),
        },
      },
    ]);
  try {
    await letter(message.value);
  } catch (cause) {
    if (toAppError(cause).code !== 'too_large') throw cause;
    const cut = `${HEAD_BYTES} of ${message.value.byteLength} bytes`;
    await letter(message.value.subarray(0, HEAD_BYTES), { 'bongsu-cut': cut });
  }
  return reason;
}
