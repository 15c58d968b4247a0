import type { Config } from '../../config/config.ts';
import type { Health } from '../../domain/health.ts';
import type { Discretion } from '../../masking/shown.ts';
import { Forwarder, type ForwarderOptions } from './forwarder.ts';
import { maskedOutput } from './masked-output.ts';
import type { Output } from './output.ts';

/** Everything that anomalies are sent to. */
export interface Outputs extends AsyncDisposable {
  /** Each output by name, `send mqtt`. */
  health(): Record<string, Health>;
}

/**
 * Opens what `send` names; nothing is connected before the first anomaly.
 * @param deps.group of the bus; each output reads the topic in a group of its own, named after it
 * @param deps.discretion what is hidden from their receivers
 */
export async function openOutputs(
  send: Config['send'],
  deps: Omit<ForwarderOptions, 'limit'> & { discretion: Discretion },
): Promise<Outputs> {
  await using stopping = new AsyncDisposableStack();
  const forwarders: Record<string, Forwarder> = {};
  for (const output of await outputsOf(send, deps)) {
    const group = `${deps.group}-send-${output.name}`;
    const forwarder = await Forwarder.start(maskedOutput(output, deps.discretion), {
      ...deps,
      group,
      limit: send.buffer,
    });
    forwarders[`send ${output.name}`] = stopping.use(forwarder);
  }
  const stop = stopping.move();
  return {
    health: () =>
      Object.fromEntries(Object.entries(forwarders).map(([name, forwarder]) => [name, forwarder.health()])),
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}

/** What a configuration does not use is not loaded. */
async function outputsOf(
  { syslog, mqtt, otlp }: Config['send'],
  { metrics, log }: Pick<ForwarderOptions, 'metrics' | 'log'>,
): Promise<Output[]> {
  const outputs: Output[] = [];
  if (syslog) outputs.push((await import('./syslog.ts')).openSyslogOutput(syslog));
  if (mqtt) outputs.push((await import('./mqtt.ts')).openMqttOutput(mqtt));
  if (otlp) {
    const onRejected = (count: number, reason: string): void => {
      metrics.anomaliesDropped.inc({ output: 'otlp' }, count);
      log.warn({ output: 'otlp', count, reason }, 'anomalies rejected by the receiver');
    };
    outputs.push((await import('./otlp.ts')).openOtlpOutput(otlp, onRejected));
  }
  return outputs;
}
