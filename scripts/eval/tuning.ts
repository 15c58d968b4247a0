import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry } from '../../src/backends/state/registry.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { isQuiet } from '../../src/domain/alert-model.ts';
import { fineTuneHandler } from '../../src/jobs/fine-tune/fine-tune.ts';
import { createLog } from '../../src/log.ts';
import { judge, judgedMonth } from './judged-month.ts';
import { seeded } from './seeded.ts';
import type { Table } from './table.ts';

/** A month in which people judge, and two weeks in which it shows what that was worth. */
const DAYS = 42;
const SEEDS = [1, 2, 3, 4, 5];
/** People judge so much of what they are told, and press the wrong button so often. */
const JUDGED = 0.7;
const SLIP = 0.02;

export interface Week {
  falseAlarms: number;
  keptQuiet: number;
  real: number;
  lost: number;
}

/**
 * A simulated month, day by day: alerts are told or kept quiet by what serves, people judge part of what they were told,
 * and every night the real job trains on that.
 */
export async function simulateMonth(
  seed: number,
  days = DAYS,
): Promise<{ weeks: Week[]; promotions: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-month-'));
  const log = createLog('silent');
  const state = await openSqliteState({ file: join(dir, 'state.sqlite') }, log);
  const random = seeded(seed * 7_919);
  const train = fineTuneHandler({ state, trainers: [], log });
  const registry = openRegistry(state);
  const alerts = judgedMonth(seed, days);
  const weeks: Week[] = [];
  try {
    for (let day = 0; day < days; day++) {
      const serving = await registry.serving('alerts');
      const model = serving?.kind === 'alerts' ? serving.model : undefined;
      if (day % 7 === 0) weeks.push({ falseAlarms: 0, keptQuiet: 0, real: 0, lost: 0 });
      const week = weeks.at(-1)!;
      const put = [];
      for (const { incident, signal, real } of alerts.filter((alert) => alert.day === day)) {
        const quiet = model !== undefined && isQuiet(model, signal);
        if (real) week.real += 1;
        else week.falseAlarms += 1;
        if (quiet && real) week.lost += 1;
        if (quiet && !real) week.keptQuiet += 1;
        const said = random.next() < SLIP ? !real : real;
        // Of what was kept quiet people only hear when it was real after all.
        const isJudged = random.next() < JUDGED && (!quiet || real);
        const kept = quiet ? { ...incident, quiet: true as const } : incident;
        const value = isJudged ? judge(kept, said) : kept;
        put.push({ kind: 'incident' as const, id: incident.id, value, rank: incident.lastSeen });
      }
      await state.commit({ put });
      await train(
        { day: `night-${String(day).padStart(2, '0')}`, language: 'en' },
        {
          id: `night-${day}`,
          attempt: 1,
          attempts: 1,
          signal: new AbortController().signal,
          progress: async () => {},
        },
      );
    }
    const promotions = (await registry.history('alerts')).filter(({ promoted }) => promoted).length;
    return { weeks, promotions };
  } finally {
    await state[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  }
}

/** How much the embedded trainer quiets, by week, and what it loses. */
export async function evalTuning(): Promise<Table[]> {
  const scores: Table['scores'] = [];
  for (const seed of SEEDS) {
    const { weeks, promotions } = await simulateMonth(seed);
    for (const [index, { falseAlarms, keptQuiet, real, lost }] of weeks.entries())
      scores.push(
        {
          name: `seed ${seed}, week ${index + 1}: false alarms kept quiet`,
          value: keptQuiet / Math.max(1, falseAlarms),
          note: `${keptQuiet} of ${falseAlarms}; ${promotions} promotions in the month`,
          ...(index >= 4 ? { atLeast: 0.5 } : {}),
        },
        {
          name: `seed ${seed}, week ${index + 1}: real alerts kept quiet`,
          value: lost,
          atLeast: 0,
          most: true,
          note: `of ${real}`,
        },
      );
  }
  return [
    {
      title: 'Learning from judgements: a simulated month and the two weeks after it, 70 % judged, 2 % slips',
      scores,
    },
  ];
}
