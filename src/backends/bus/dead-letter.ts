import { type AppError, toAppError } from '../../domain/errors.ts';
import type { Bus, BusMessage, OutgoingMessage } from './bus.ts';

/** The name of the topic that holds what could not be read from `topic`. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;
/** Whether a topic holds what could not be read from another. */
export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith('.dlq');

/**
 * What is put aside of a message: all of it, or one element of the batch it holds.
 * @param element its index, and its text as it was sent
 */
export const asDeadLetter = (message: BusMessage, element?: { index: number; text: string }): BusMessage =>
  element
    ? {
        ...message,
        value: Buffer.from(element.text),
        headers: { ...message.headers, 'bongsu-element': String(element.index) },
      }
    : message;

/** What is kept of a message that even the dead-letter topic refuses for its size: as much as it takes. */
const HEAD_BYTES = [65_536, 4_096, 256, 0];

/**
 * Puts a message that cannot be read onto the dead-letter topic, byte for byte, with headers that say where it
 * came from and what was wrong, so that it can be repaired and replayed. One that the broker does not take back whole
 * for its size leaves its head there, and `bongsu-cut` says so; where even little is too much, its own headers and its
 * key, which may be what is large, are left out: where it stands is told in any case.
 */
export async function deadLetter(
  bus: Pick<Bus, 'publish'>,
  message: BusMessage,
  error: unknown,
): Promise<AppError> {
  const reason = toAppError(error);
  const { topic, partition, offset, value, key, headers } = message;
  const place = {
    'bongsu-topic': topic,
    'bongsu-partition': String(partition),
    'bongsu-offset': offset,
    'bongsu-error': `${reason.code}: ${reason.message}`.slice(0, 1_000),
  };
  const cut = (bytes: number): Record<string, string> =>
    bytes < value.byteLength ? { 'bongsu-cut': `${bytes} of ${value.byteLength} bytes` } : {};
  const ours = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('bongsu-')));
  const letters: OutgoingMessage[] = [
    { key, value, headers: { ...headers, ...place } },
    ...HEAD_BYTES.map((bytes, index) => ({
      ...(index === 0 ? { key } : {}),
      value: value.subarray(0, bytes),
      headers: { ...(index === 0 ? headers : ours), ...cut(bytes), ...place },
    })),
  ];
  for (const [index, letter] of letters.entries())
    try {
      await bus.publish(deadLetterTopic(topic), [letter]);
      break;
    } catch (cause) {
      if (toAppError(cause).code !== 'too_large' || index === letters.length - 1) throw cause;
    }
  return reason;
}
