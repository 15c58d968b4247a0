import { digestView } from '../../bot/views/digest.ts';
import { AppError } from '../../domain/errors.ts';
import { lastPeriod } from '../../domain/job/digest.ts';
import type { Language } from '../../domain/question/question.ts';
import { speech } from '../../i18n/format.ts';
import { digestHandler } from '../../jobs/digest.ts';
import { openBackends } from '../../stores.ts';
import { byHand } from '../by-hand.ts';
import type { Context } from '../context.ts';
import { blocksText, printJson, printLine } from '../output.ts';

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
  else await printLine(blocksText(digestView(report, speech(language, timeZone)).blocks));
  return 0;
}
