import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Bus, BusMessage, OutgoingMessage } from './bus.ts';

/** The name of the topic that holds what could not be read from `topic`. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;
/** Whether a topic holds what could not be read from another. */
export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith('.dlq');

/**
 * The message to dead-letter: the whole one, or one element of the batch in it.
 * @param element the index of the element, and its text as it was sent
 */
export const asDeadLetter = (message: BusMessage, element?: { index: number; text: string }): BusMessage =>
  element
    ? {
        ...message,
        value: Buffer.from(element.text),
        headers: { ...message.headers, 'bongsu-element': String(element.index) },
      }
    : message;

/** How much is kept of a message that is too large even for the dead-letter topic: the first size that it takes. */
const HEAD_BYTES = [65_536, 4_096, 256, 0];

/**
 * Puts a message that cannot be read onto the dead-letter topic, byte for byte, with headers that say where it came from
 * and what was wrong, so that it can be repaired and sent again. Of a message that is too large for that topic the
 * beginning is kept, and the header `bongsu-cut` says so. When even a small part is too large, the message's own headers
 * and key are left out, as they may be what is large; where the message came from is told in any case.
 * @returns the error as it was noted
 * @throws AppError as `Bus.publish`
 */
export async function deadLetter(
  bus: Pick<Bus, 'publish'>,
  message: BusMessage,
  error: unknown,
): Promise<AppError> {
  const reason = toAppError(error);
  const { topic, partition, offset, value, key, headers } = message;
  const notes = {
    'bongsu-topic': topic,
    'bongsu-partition': String(partition),
    'bongsu-offset': offset,
    'bongsu-error': `${reason.code}: ${reason.message}`.slice(0, 1_000),
  };
  const cut = (bytes: number): Record<string, string> =>
    bytes < value.byteLength ? { 'bongsu-cut': `${bytes} of ${value.byteLength} bytes` } : {};
  const ours = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('bongsu-')));
  const tries: OutgoingMessage[] = [
    { key, value, headers: { ...headers, ...notes } },
    ...HEAD_BYTES.map((bytes, index) => ({
      ...(index === 0 ? { key } : {}),
      value: value.subarray(0, bytes),
      headers: { ...(index === 0 ? headers : ours), ...cut(bytes), ...notes },
    })),
  ];
  for (const [index, message] of tries.entries())
    try {
      await bus.publish(deadLetterTopic(topic), [message]);
      break;
    } catch (cause) {
      if (toAppError(cause).code !== 'too_large' || index === tries.length - 1) throw cause;
    }
  return reason;
}
