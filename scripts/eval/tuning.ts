import { openRegistry } from '../../src/backends/state/registry.ts';
import type { Put } from '../../src/backends/state/store.ts';
import { openFeedbackHistory } from '../../src/bot/incidents/feedback-history.ts';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { suppressionReason } from '../../src/domain/alert/suppression.ts';
import { fineTuneHandler } from '../../src/jobs/fine-tune/fine-tune.ts';
import { createLog } from '../../src/log.ts';
import { memoryState } from '../../test/fakes/state.ts';
import { judge, judgedMonth } from './judged-month.ts';
import { seeded } from './seeded.ts';
import type { Score, Table } from './table.ts';

/** A month in which people judge, and two weeks in which it shows what that was worth. */
const DAYS = 42;
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

/** How people and alerts are in a simulated month. */
interface World {
  /** Which fraction of the alerts they see people judge, and how often they press the wrong button. */
  judged: number;
  slip: number;
  /** The share of the noisy kinds that is real once in twenty times, without any sign of it. */
  rarely: number;
}
const WORLD: World = { judged: 0.7, slip: 0.02, rarely: 0 };
/** Months in which less can be learned, or more goes wrong. */
const HARDER: Record<string, World> = {
  'people judge 30 %': { ...WORLD, judged: 0.3 },
  'one judgement in twenty is a slip': { ...WORLD, slip: 0.05 },
  'a third of the noisy kinds is real once in twenty times, with no sign of it': { ...WORLD, rarely: 1 / 3 },
};
const HARDER_SEEDS = SEEDS.slice(0, 8);

export interface Week {
  falseAlarms: number;
  keptQuiet: number;
  real: number;
  lost: number;
}

/** People judge an alert within so long. */
const WITHIN_MS = 4 * 3_600_000;

const incidentPut = (value: Incident): Put => ({
  kind: 'incident',
  id: value.id,
  value,
  rank: value.activity.lastSeen,
});

/**
 * A simulated month, alert by alert: the model in use decides whether people are notified of each; some hours later people judge
 * part of those they saw, and every night the real job trains on that.
 */
export async function simulateMonth(
  seed: number,
  days = DAYS,
  world = WORLD,
): Promise<{ weeks: Week[]; promotions: number }> {
  const state = memoryState();
  const random = seeded(seed * 7_919);
  const train = fineTuneHandler({ state, trainers: [], log: createLog('silent') });
  const registry = openRegistry(state);
  const feedback = openFeedbackHistory(state);
  const alerts = judgedMonth(seed, days, world.rarely);
  const weeks: Week[] = [];
  let waiting: { at: number; kept: Incident; real: boolean }[] = [];
  /** People judge what they had the time to look at until then. */
  const hear = async (until: number): Promise<void> => {
    for (const { kept, real } of waiting.filter(({ at }) => at <= until)) {
      const judged = judge(kept, real);
      const vote = await feedback.put(kept, judged);
      await state.commit({ put: [incidentPut(judged), ...(vote ? [vote] : [])] });
    }
    waiting = waiting.filter(({ at }) => at > until);
  };
  for (let day = 0; day < days; day++) {
    const serving = await registry.serving('alerts');
    const model = serving?.kind === 'alerts' ? serving.model : undefined;
    if (day % 7 === 0) weeks.push({ falseAlarms: 0, keptQuiet: 0, real: 0, lost: 0 });
    const week = weeks.at(-1)!;
    for (const { incident, signal, real } of alerts.filter((alert) => alert.day === day)) {
      await hear(signal.at);
      const quiet =
        model !== undefined && suppressionReason(model, await feedback.of(signal), signal) !== undefined;
      if (real) week.real += 1;
      else week.falseAlarms += 1;
      if (quiet && real) week.lost += 1;
      if (quiet && !real) week.keptQuiet += 1;
      const verdict = random.next() < world.slip ? !real : real;
      // Of what was kept quiet people only hear when it was real after all.
      const isJudged = random.next() < world.judged && (!quiet || real);
      const kept = quiet ? { ...incident, suppression: {} } : incident;
      await state.commit({ put: [incidentPut(kept)] });
      if (isJudged) waiting.push({ at: signal.at + random.next() * WITHIN_MS, kept, real: verdict });
    }
    await hear(Number.POSITIVE_INFINITY);
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
}

const none: Week = { falseAlarms: 0, keptQuiet: 0, real: 0, lost: 0 };
const total = (weeks: readonly Week[]): Week =>
  weeks.reduce(
    (sum, week) => ({
      falseAlarms: sum.falseAlarms + week.falseAlarms,
      keptQuiet: sum.keptQuiet + week.keptQuiet,
      real: sum.real + week.real,
      lost: sum.lost + week.lost,
    }),
    none,
  );
const share = ({ keptQuiet, falseAlarms }: Week): number => keptQuiet / Math.max(1, falseAlarms);
const short = (value: number): string => value.toFixed(2).replace('0.', '.');
const LAST = [4, 5];

/** The two weeks after the month of one seed. */
const afterwards = (weeks: readonly Week[]): Week => total(LAST.map((week) => weeks[week]!));

/** How much the embedded trainer quiets, by week and seed, and what it loses. */
export async function evalTuning(): Promise<Table[]> {
  const months: Week[][] = [];
  for (const seed of SEEDS) months.push((await simulateMonth(seed)).weeks);
  const shares = months.map((weeks) => share(afterwards(weeks)));
  const all = total(months.flat());
  const lost = months.flatMap((weeks, at) =>
    weeks.flatMap((week, index) =>
      week.lost > 0 ? `seed ${SEEDS[at]} week ${index + 1}: ${week.lost}` : [],
    ),
  );
  const pooled = total(months.map(afterwards));
  const scores: Score[] = [
    {
      name: 'real alerts kept quiet, six weeks, all seeds',
      value: all.lost,
      atLeast: 0,
      most: true,
      note: [`of ${all.real}`, ...lost].join('; '),
    },
    {
      name: 'false alarms kept quiet in weeks 5 and 6, all seeds',
      value: share(pooled),
      atLeast: 0.5,
      note: `${pooled.keptQuiet} of ${pooled.falseAlarms}`,
    },
    {
      name: 'seeds of 20 where that is half or more',
      value: shares.filter((one) => one >= 0.5).length,
      atLeast: SEEDS.length,
      note: `seeds 1 to ${SEEDS.length}: ${shares.map(short).join(' ')}`,
    },
  ];
  for (const index of months[0]!.keys()) {
    const ofWeek = months.map((weeks) => weeks[index]!);
    const sum = total(ofWeek);
    const sorted = ofWeek.map(share).sort((a, b) => a - b);
    scores.push({
      name: `week ${index + 1}: false alarms kept quiet`,
      value: share(sum),
      note: `${sum.keptQuiet} of ${sum.falseAlarms}, by seed ${short(sorted[0]!)} to ${short(sorted.at(-1)!)}; real ones kept quiet: ${sum.lost} of ${sum.real}`,
    });
  }
  const harder: Score[] = [];
  for (const [name, world] of Object.entries(HARDER)) {
    const weeks: Week[][] = [];
    for (const seed of HARDER_SEEDS) weeks.push((await simulateMonth(seed, DAYS, world)).weeks);
    const after = total(weeks.map(afterwards));
    const { lost: missed, real } = total(weeks.flat());
    harder.push({
      name: `${name}: false alarms kept quiet in weeks 5 and 6`,
      value: share(after),
      note: `real alerts kept quiet in six weeks: ${missed} of ${real}`,
    });
  }
  return [
    {
      title:
        'Learning from judgements: a simulated month and the two weeks after it, 70 % judged within four hours, 2 % slips, seeds 1 to 20',
      scores,
    },
    { title: `The same where less can be learned, seeds 1 to ${HARDER_SEEDS.length}`, scores: harder },
  ];
}
