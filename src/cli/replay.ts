import { openBackends } from '../backends/open.ts';
import { AppError } from '../domain/errors.ts';
import { recordedIncident } from '../pipeline/sources/recorded-incident.ts';
import type { Context } from './context.ts';
import { printJson, printLine } from './output.ts';
import { batches } from './start.ts';

/** Sends the recorded incident through the running system: raw lines onto the topic of logs. */
export async function replay(context: Context): Promise<number> {
  const { config, log, signal } = context;
  if (config.bus.kind !== 'kafka')
    throw new AppError('usage', 'replay needs the Kafka bus; in one process use: npm start -- --demo');
  await using backends = await openBackends(config, log);
  let lines = 0;
  for await (const batch of batches(recordedIncident({ seed: Date.now() % 100_000, endsAt: Date.now() }))) {
    if (signal.aborted) return 1;
    // One key keeps the lines in their order.
    await backends.bus.publish(
      config.topics.logs,
      batch.map(({ text, hint }) => ({
        key: 'replay',
        value: hint?.service ? JSON.stringify({ line: text, service: hint.service }) : text,
      })),
    );
    lines += batch.length;
  }
  if (context.json) await printJson({ lines, topic: config.topics.logs });
  else await printLine(`${lines} lines sent to ${config.topics.logs}`);
  return 0;
}
