import { openBackends } from '../../backends/open.ts';
import type { JobContext } from '../../backends/queue/queue.ts';
import { digestView } from '../../bot/views/digest.ts';
import { AppError } from '../../domain/errors.ts';
import { lastPeriod } from '../../domain/job/digest.ts';
import type { Block } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { dayOf, isDay, plusDays } from '../../domain/time/calendar.ts';
import { speech } from '../../i18n/format.ts';
import { collectHandler } from '../../jobs/collect.ts';
import { digestHandler } from '../../jobs/digest.ts';
import type { Context } from '../context.ts';
import { field, logLine, printJson, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';

/** A job that this process runs by itself: its progress is a bar, Ctrl-C stops it. */
export function byHand(context: Context, bar: { update(done: number, total: number): void }): JobContext {
  return {
    id: 'by-hand',
    attempt: 1,
    attempts: 1,
    signal: context.signal,
    async progress({ fraction, done, total }) {
      bar.update(done ?? fraction, total ?? 1);
    },
  };
}

/** Prints a team's digest of yesterday or of the last week. Resolves with the exit code. */
export async function digest(
  context: Context,
  when: 'yesterday' | 'week',
  options: { team?: string; language?: Language },
): Promise<number> {
  const { config, log } = context;
  const { teams } = config.jobs.digest;
  const team = options.team === undefined ? teams[0]! : teams.find(({ name }) => name === options.team);
  if (!team) {
    const known = teams.map(({ name }) => name).join(', ');
    throw new AppError('usage', `no team ${options.team} in jobs.digest.teams; there are: ${known}`);
  }
  const timeZone = team.timeZone ?? config.timeZone;
  const language = options.language ?? team.language ?? config.language;
  await using backends = await openBackends(config, log);
  const handler = digestHandler({
    ...backends,
    ...config.jobs.digest,
    gate: config.jobs.fineTune.gate,
    timeZone: config.timeZone,
    backendsHealth: backends.health,
  });
  const period = lastPeriod(when === 'week' ? 'week' : 'day', Date.now(), timeZone);
  const quiet = { update() {} };
  const report = await handler({ team: team.name, ...period, language }, byHand(context, quiet));
  if (context.json) await printJson(report);
  else await printLine(plain(digestView(report, speech(language, timeZone)).blocks));
  return 0;
}

/** Sends one day of the log store to the topic of collections. Resolves with the exit code. */
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

/** A message's words for a terminal; buttons and pictures have no place there. */
export function plain(blocks: readonly Block[]): string {
  const texts = blocks.flatMap((block) =>
    block.kind === 'heading' || block.kind === 'text' || block.kind === 'footnote'
      ? [block.text]
      : block.kind === 'lines'
        ? [block.lines.map((line) => `  ${logLine(line, '  ')}`).join('\n')]
        : [],
  );
  return texts.join('\n\n');
}
