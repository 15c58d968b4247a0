import { AppError } from '../../domain/errors.ts';
import { dayOf, isDay, plusDays } from '../../domain/time/calendar.ts';
import { collectHandler } from '../../jobs/collect.ts';
import { openBackends } from '../../stores.ts';
import { byHand } from '../by-hand.ts';
import type { Context } from '../context.ts';
import { field, printJson, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';

/** Sends one day of the log store to the topic `jobs.collect.topic`. Resolves with the exit code. */
export async function collect(context: Context, options: { day?: string }): Promise<number> {
  const { config, log } = context;
  const { topic, timeZone = config.timeZone } = config.jobs.collect;
  if (config.bus.kind !== 'kafka')
    throw new AppError(
      'usage',
      'collect sends to Kafka; set bus.kind to "kafka" (or KAFKA_BOOTSTRAP_SERVERS)',
    );
  const day = options.day ?? plusDays(dayOf(Date.now(), timeZone), -1);
  if (!isDay(day)) throw new AppError('usage', `--day ${day}: not a day such as 2026-03-29`);
  if (day >= dayOf(Date.now(), timeZone))
    throw new AppError('usage', `${day} is not over yet in ${timeZone}`);
  await using backends = await openBackends(config, log);
  const bar = progressBar('Sending');
  const handler = collectHandler({ ...backends, topic, timeZone });
  const report = await handler({ day, language: config.language }, byHand(context, bar)).finally(() =>
    bar.stop(),
  );
  if (context.json) await printJson(report);
  else
    await printLine(`${report.lines} lines of ${day} are on ${field(topic)}, in ${report.batches} batches.`);
  return 0;
}
