import { randomUUID } from 'node:crypto';
import type { Bus, BusMessage } from '../backends/bus/bus.ts';
import { AppError } from '../domain/errors.ts';
import { MINUTE } from '../domain/time/units.ts';

/** Reading a long topic takes its time; a topic that gives nothing for this long is not read any more. */
const SILENT_MS = 3 * MINUTE;
const PROBE_HEADER = 'bongsu-probe';
/**
 * Each check reads in a group of its own, from the beginning: offsets that one leaves behind would hide from the next what
 * is in doubt there. It happens only after a crash, so the reading may cost something.
 */
const groupOf = (probe: string): string => `collect-check-${probe}`;

/**
 * Whether a message with this key and header is on the topic. A marker with the same key is published (an empty batch)
 * and the topic is read until it comes: within one partition it stands behind everything that was sent before.
 * @throws AppError `timeout` | `stopped` and what the bus throws
 */
export async function wasSent(
  bus: Bus,
  wanted: { topic: string; key: string; header: string; value: string; signal: AbortSignal },
): Promise<boolean> {
  const { topic, key, header, value, signal } = wanted;
  const probe = randomUUID();
  const end = Promise.withResolvers<boolean>();
  end.promise.catch(() => {});
  let found = false;
  const look = async (messages: BusMessage[]): Promise<void> => {
    late.refresh();
    for (const message of messages) {
      if (message.key !== key) continue;
      if (message.headers[header] === value) found = true;
      if (message.headers[PROBE_HEADER] === probe) end.resolve(found);
    }
  };
  const late = setTimeout(
    () => end.reject(new AppError('timeout', `topic ${topic} could not be read to its end`)),
    SILENT_MS,
  );
  const stop = (): void => end.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const subscription = await bus.subscribe(topic, { group: groupOf(probe), from: 'earliest' }, look);
    try {
      const empty = { type: 'application', timestamp: new Date().toISOString(), count: 0, data: [] };
      await bus.publish(topic, [{ key, value: JSON.stringify(empty), headers: { [PROBE_HEADER]: probe } }]);
      return await end.promise;
    } finally {
      await subscription[Symbol.asyncDispose]();
    }
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
  }
}
