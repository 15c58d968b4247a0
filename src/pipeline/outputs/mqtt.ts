import { connectAsync, type MqttClient } from 'mqtt';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import { withTimeout } from '../../domain/retry.ts';
import { type Output, SEND_MS } from './output.ts';

/** MQTT reason codes for credentials that are not accepted: bad user or password, not authorized (MQTT 3 and 5). */
const UNAUTHORIZED = new Set([4, 5, 134, 135]);

/** MQTT with quality of service 1: the broker acknowledges each anomaly. */
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
          // The forwarder decides when to try again and what waits; the client must do neither.
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
    // An error ends the connection; the next `send` opens another.
    client.on('error', () => undefined);
    return client;
  }

  /** Rejects when the connection is closed. */
  const closed = (to: MqttClient): Promise<never> =>
    new Promise((_, reject) => {
      to.once('close', () =>
        reject(new AppError('unavailable', `MQTT broker ${endpoint} closed the connection`)),
      );
    });

  return {
    name: 'mqtt',
    endpoint,
    async send(anomalies) {
      const to = await connected();
      const late = () => new AppError('timeout', `MQTT broker ${endpoint} did not acknowledge in time`);
      try {
        const sending = Promise.all(
          anomalies.map((anomaly) => to.publishAsync(topic, JSON.stringify(anomaly), { qos: 1 })),
        );
        await withTimeout(SEND_MS, Promise.race([sending, closed(to)]), late);
      } catch (cause) {
        client?.end(true);
        client = undefined;
        if (cause instanceof AppError) throw cause;
        throw new AppError('unavailable', `MQTT broker ${endpoint} did not take a message`, { cause });
      } finally {
        to.removeAllListeners('close');
      }
    },
    async [Symbol.asyncDispose]() {
      // Not awaited: on a connection that is gone its promise never settles.
      client?.end(true);
    },
  };
}
