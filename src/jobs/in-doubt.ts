import { randomUUID } from 'node:crypto';
import type { Bus, BusMessage } from '../backends/bus/bus.ts';
import { AppError } from '../domain/errors.ts';

/** Reading a long topic takes its time, but not for ever. */
const TIMEOUT_MS = 10 * 60_000;
const PROBE_HEADER = 'bongsu-probe';
/** Its offsets stay behind what is not in doubt any more, so that a topic is not read from its beginning each time. */
const GROUP = 'collect-check';

/**
 * Whether a message with this key and header is on the topic. A marker with the same key is published (an empty batch)
 * and the topic is read until it comes: within one partition it stands behind everything that was sent before.
 * @throws AppError `timeout` | `stopped` and what the bus throws
 */
export async function arrived(
  bus: Bus,
  wanted: { topic: string; key: string; header: string; value: string; signal: AbortSignal },
): Promise<boolean> {
  const { topic, key, header, value, signal } = wanted;
  const probe = randomUUID();
  const end = Promise.withResolvers<boolean>();
  end.promise.catch(() => {});
  let found = false;
  const look = async (messages: BusMessage[]): Promise<void> => {
    for (const message of messages) {
      if (message.key !== key) continue;
      if (message.headers[header] === value) found = true;
      if (message.headers[PROBE_HEADER] === probe) end.resolve(found);
    }
  };
  const late = setTimeout(
    () => end.reject(new AppError('timeout', `topic ${topic} could not be read to its end in time`)),
    TIMEOUT_MS,
  );
  const stop = (): void => end.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const subscription = await bus.subscribe(topic, { group: GROUP, from: 'earliest' }, look);
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
