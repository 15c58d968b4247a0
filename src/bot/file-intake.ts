import type { Bus, OutgoingMessage } from '../backends/bus/bus.ts';
import type { Config } from '../config/config.ts';
import { readAnomalies } from '../domain/alert/anomaly-reading.ts';
import { AppError } from '../domain/errors.ts';
import { DAY } from '../domain/time/units.ts';
import { CONSOLE_CHANNEL } from './chat/chat.ts';
import { configuredIncidents } from './configured-incidents.ts';
import type { Incidents, IncidentsOptions } from './incidents/incidents.ts';
import { forgetting } from './incidents/retention.ts';

/** Takes what is found in files, in a process without a bot. */
export interface FileIntake extends Pick<Incidents, 'setCause'> {
  /** A bus on which anomalies become incidents of the state store at once: publishing resolves when they are there. */
  bus: Bus;
}

/**
 * Makes incidents of what is found in files. They are told on the console page only, where the next bot shows them.
 * @param parts.bus for the other topics; without it nothing else can be published
 */
export function fileIntake(
  config: Config,
  {
    bus = NO_BUS,
    state: store,
    ...parts
  }: Pick<IncidentsOptions, 'state' | 'metrics' | 'log'> & { bus?: Bus },
): FileIntake {
  const incidents = configuredIncidents(config, {
    ...parts,
    state: forgetting(store, config.incidents.keepDays * DAY),
    chats: [{ name: 'console', alertChannel: CONSOLE_CHANNEL }],
    wake: () => undefined,
    fromFile: true,
  });
  const publish: Bus['publish'] = async (topic, messages) => {
    if (topic !== config.topics.anomalies) return bus.publish(topic, messages);
    const receivedAt = Date.now();
    const read = messages.flatMap(({ value }) =>
      readAnomalies(bytesOf(value), { position: topic, receivedAt, zone: config.timeZone }),
    );
    await incidents.recordAll(
      read.flatMap((one) => ('anomaly' in one ? [{ anomaly: one.anomaly, receivedAt }] : [])),
    );
  };
  return { bus: { ...bus, publish }, setCause: incidents.setCause };
}

const nobody = async (): Promise<never> => {
  throw new AppError('unavailable', 'there is no bus');
};
const NO_BUS: Bus = {
  publish: nobody,
  subscribe: nobody,
  health: async () => ({ ok: true, kind: 'none', detail: '' }),
  async [Symbol.asyncDispose]() {},
};

const bytesOf = (value: OutgoingMessage['value']): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
