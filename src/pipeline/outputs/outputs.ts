import type { Bus } from '../../backends/bus/bus.ts';
import type { Config } from '../../config/config.ts';
import type { Health } from '../../domain/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { type Sending, sendOn } from './forwarder.ts';
import type { Output } from './output.ts';

/** Everything anomalies are sent on to. */
export interface Outputs extends AsyncDisposable {
  /** Each output by name, `send mqtt`. */
  health(): Record<string, Health>;
}

/**
 * Opens what `send` names; nothing is connected before the first anomaly.
 * @param deps.group of the bus; each output reads the topic for itself
 */
export async function openOutputs(
  send: Config['send'],
  deps: {
    bus: Bus;
    topic: string;
    group: string;
    timeZone: string;
    durable: boolean;
    metrics: Metrics;
    log: Log;
  },
): Promise<Outputs> {
  const { metrics, log } = deps;
  const outputs: Output[] = [];
  if (send.syslog) outputs.push((await import('./syslog.ts')).openSyslogOutput(send.syslog));
  if (send.mqtt) outputs.push((await import('./mqtt.ts')).openMqttOutput(send.mqtt));
  if (send.otlp)
    outputs.push(
      (await import('./otlp.ts')).openOtlpOutput(send.otlp, (count, reason) => {
        metrics.anomaliesDropped.inc({ output: 'otlp' }, count);
        log.warn({ output: 'otlp', count, reason }, 'anomalies rejected by the receiver');
      }),
    );
  await using opened = new AsyncDisposableStack();
  const sendings: [string, Sending][] = [];
  for (const output of outputs) {
    const group = `${deps.group}-send-${output.name}`;
    const sending = await sendOn(output, { ...deps, group, limit: send.buffer });
    sendings.push([`send ${output.name}`, opened.use(sending)]);
  }
  const closing = opened.move();
  return {
    health: () => Object.fromEntries(sendings.map(([name, sending]) => [name, sending.health()])),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
