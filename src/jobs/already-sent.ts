import { randomUUID } from 'node:crypto';
import type { Bus, BusMessage } from '../backends/bus/bus.ts';
import { AppError } from '../domain/errors.ts';
import { MINUTE } from '../domain/time/units.ts';

/** Reading a long topic takes time; but if nothing comes for this long (ms), the reading is given up. */
const SILENT_MS = 3 * MINUTE;
const PROBE_HEADER = 'bongsu-probe';
/**
 * Each check reads in a consumer group of its own, from the beginning: committed offsets of an earlier check would
 * hide messages from it. A check happens only after a crash, so it may be slow.
 */
const groupOf = (probe: string): string => `collect-check-${probe}`;

/**
 * Whether a message with this key and header is on the topic. To find out, a marker with the same key (an empty
 * batch) is published, and the topic is read until the marker comes: in one partition it is behind everything that
 * was sent before.
 * @throws AppError `timeout` | `stopped`, and what the bus throws
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
