import type { Queue } from '../backends/queue/queue.ts';
import type { Put, StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { type DigestSpan, digestId, lastPeriod } from '../domain/job/digest.ts';
import type { Language } from '../domain/question/question.ts';
import { plusDays } from '../domain/time/calendar.ts';
import { DAY, HOUR } from '../domain/time/units.ts';
import type { Schedule } from './scheduler.ts';

/** Jobs that a person waits for run first. */
const PRIORITY = 10;

interface ReportChannel {
  chat: string;
  channel: string;
}

export interface ScheduleParts {
  config: Pick<Config, 'jobs' | 'timeZone' | 'language' | 'bus'>;
  queue: Pick<Queue, 'add'>;
  state: StateStore;
  /** Where a team's digest is posted. */
  targets(team: Config['jobs']['digest']['teams'][number]): ReportChannel[];
  /** The write that makes the bot post the report of a job in a channel, exactly once. */
  announce(jobId: string, target: ReportChannel, language: Language): Put;
}

/**
 * What runs by the clock. Jobs are named by their period, so that each is queued once, whichever process comes first.
 *
 * Periods that passed while nothing ran: a collection is made up for each day of the last week. Of fine-tunes and
 * digests only the latest is, a fine-tune within 12 hours, the digest of a day within 18 hours, that of a week within
 * three days.
 */
export function schedules(parts: ScheduleParts): Schedule[] {
  const { config, queue, state } = parts;
  const { collect, fineTune, digest } = config.jobs;
  const { language } = config;
  const all: Schedule[] = [];

  if (config.bus.kind === 'kafka')
    all.push({
      name: 'collect',
      cron: collect.schedule,
      timeZone: collect.timeZone ?? config.timeZone,
      missed: { withinMs: 7 * DAY, which: 'each' },
      run: async ({ period }) => {
        const day = plusDays(period.slice(0, 10), -1);
        await queue.add('collect', { day, language }, { id: `collect-${day}`, priority: PRIORITY });
      },
    });

  all.push({
    name: 'fine-tune',
    cron: fineTune.schedule,
    timeZone: fineTune.timeZone ?? config.timeZone,
    missed: { withinMs: 12 * HOUR, which: 'latest' },
    run: async ({ period }) => {
      // The id and `day` are the whole period with its time: some train more than once a day.
      const id = `fine-tune-${period.replace(':', '')}`;
      await queue.add('fine-tune', { day: period, language }, { id, priority: PRIORITY });
      for (const target of parts.targets({ name: 'all' }))
        await state.commit({ put: [parts.announce(id, target, language)] });
    },
  });

  for (const team of digest.teams)
    for (const span of ['day', 'week'] as const satisfies readonly DigestSpan[]) {
      const timeZone = team.timeZone ?? config.timeZone;
      const spoken = team.language ?? language;
      all.push({
        name: `digest-${span}-${team.name}`,
        cron: digest[span],
        timeZone,
        missed: { withinMs: span === 'day' ? 18 * HOUR : 3 * DAY, which: 'latest' },
        run: async ({ at }) => {
          const period = lastPeriod(span, at, timeZone);
          const id = digestId(team.name, period);
          await queue.add(
            'digest',
            { team: team.name, ...period, language: spoken },
            { id, priority: PRIORITY },
          );
          // After a crash some of these are written again; that changes nothing.
          for (const target of parts.targets(team))
            await state.commit({ put: [parts.announce(id, target, spoken)] });
        },
      });
    }
  return all;
}
