import { connectAsync, type MqttClient } from 'mqtt';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import { type Output, SEND_MS } from './output.ts';

/** MQTT reason codes 128 and up that say who we are is not accepted: bad user or password, not authorized. */
const UNAUTHORIZED = new Set([4, 5, 134, 135]);

/** MQTT with quality of service 1: each anomaly is acknowledged by the broker. */
export function openMqttOutput(options: NonNullable<Config['send']['mqtt']>): Output {
  const { url, topic, username, password } = options;
  const endpoint = `${new URL(url).host} ${topic}`;
  let client: MqttClient | undefined;

  async function connected(): Promise<MqttClient> {
    if (client?.connected) return client;
    client?.end(true);
    try {
      client = await connectAsync(
        url,
        {
          connectTimeout: SEND_MS,
          // When to try again is decided by whoever sends; a queue inside the client would be a second one.
          reconnectPeriod: 0,
          queueQoSZero: false,
          ...(username ? { username } : {}),
          ...(password ? { password } : {}),
        },
        false,
      );
    } catch (cause) {
      const { code } = cause as { code?: number | string };
      if (typeof code === 'number' && UNAUTHORIZED.has(code))
        throw new AppError('unauthorized', `MQTT broker ${endpoint} refuses our credentials`, {
          retryable: true,
        });
      throw new AppError('unavailable', `MQTT broker ${endpoint} cannot be reached`, { cause });
    }
    // Connection errors end the connection; the next attempt opens another.
    client.on('error', () => undefined);
    return client;
  }

  return {
    name: 'mqtt',
    endpoint,
    async send(anomalies) {
      const to = await connected();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const error = new AppError('timeout', `MQTT broker ${endpoint} did not acknowledge in time`);
        timer = setTimeout(() => reject(error), SEND_MS);
      });
      try {
        const sending = Promise.all(
          anomalies.map((anomaly) => to.publishAsync(topic, JSON.stringify(anomaly), { qos: 1 })),
        );
        const closed = new Promise<never>((_, reject) => {
          to.once('close', () =>
            reject(new AppError('unavailable', `MQTT broker ${endpoint} closed the connection`)),
          );
        });
        closed.catch(() => undefined);
        sending.catch(() => undefined);
        await Promise.race([sending, late, closed]);
      } catch (cause) {
        client?.end(true);
        client = undefined;
        if (cause instanceof AppError) throw cause;
        throw new AppError('unavailable', `MQTT broker ${endpoint} did not take a message`, { cause });
      } finally {
        clearTimeout(timer);
        to.removeAllListeners('close');
      }
    },
    async [Symbol.asyncDispose]() {
      // Not awaited: on a connection that is gone its promise never settles.
      client?.end(true);
    },
  };
}
