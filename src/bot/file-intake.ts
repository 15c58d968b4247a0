import type { Bus, OutgoingMessage } from '../backends/bus/bus.ts';
import type { Config } from '../config/config.ts';
import { readAnomalies } from '../domain/alert/anomaly-reading.ts';
import { DAY } from '../domain/time/units.ts';
import { CONSOLE_CHANNEL } from './chat/chat.ts';
import { configuredIncidents } from './configured-incidents.ts';
import type { IncidentsOptions } from './incidents/incidents.ts';
import { forgetting } from './incidents/retention.ts';

/**
 * The bus for reading files in a process without a bot: anomalies become incidents of the state store at once, and publishing
 * resolves when they are there. They are told on the console page only, where the next bot shows them.
 */
export function fileIntake(
  config: Config,
  { bus, state: store, ...parts }: Pick<IncidentsOptions, 'state' | 'metrics' | 'log'> & { bus: Bus },
): Bus {
  const incidents = configuredIncidents(config, {
    ...parts,
    state: forgetting(store, config.incidents.keepDays * DAY),
    chats: [{ name: 'console', alertChannel: CONSOLE_CHANNEL }],
    wake: () => undefined,
    fromFile: true,
  });
  return {
    ...bus,
    async publish(topic, messages) {
      if (topic !== config.topics.anomalies) return bus.publish(topic, messages);
      const receivedAt = Date.now();
      const read = messages.flatMap(({ value }) =>
        readAnomalies(bytesOf(value), { position: topic, receivedAt, zone: config.timeZone }),
      );
      await incidents.recordAll(
        read.flatMap((one) => ('anomaly' in one ? [{ anomaly: one.anomaly, receivedAt }] : [])),
      );
    },
  };
}

const bytesOf = (value: OutgoingMessage['value']): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
