// Root causes over generated incidents: thirty-seven kinds of failure and six systems without one, several systems each.
import { rankedAnswer } from './generated/ask.ts';
import { HARD } from './generated/hard.ts';
import { QUIET } from './generated/quiet.ts';
import { RESOURCES } from './generated/resources.ts';
import { WIRING } from './generated/wiring.ts';
import type { Table } from './table.ts';

const INCIDENTS = [...RESOURCES, ...WIRING, ...HARD];
/** In how many systems each kind of failure is tried. */
const SEEDS = 5;

/** One generated incident and the answer about it. */
export interface Outcome {
  name: string;
  seed: number;
  culprit: string | undefined;
  first: string | undefined;
  /** The right service among the first three. */
  near: boolean;
  /** The right service first, and a line that proves it. */
  proven: boolean;
  inconclusive: boolean;
}

/** Plays every scenario in `seeds` systems and asks for the cause, as `why --no-model` does. */
export async function playAll(seeds = SEEDS, from = 1): Promise<Outcome[]> {
  const out: Outcome[] = [];
  for (const scenario of [...INCIDENTS, ...QUIET])
    for (let seed = from; seed < from + seeds; seed += 1) {
      const { culprit, answer } = await rankedAnswer(scenario, seed);
      const inconclusive = answer.verdict === 'inconclusive';
      const [first] = answer.causes;
      const right = !inconclusive && first?.service === culprit;
      out.push({
        name: scenario.name,
        seed,
        culprit,
        first: first?.service,
        near: !inconclusive && answer.causes.slice(0, 3).some((cause) => cause.service === culprit),
        proven: right && first!.evidence.some(({ line }) => scenario.proof?.test(line)),
        inconclusive,
      });
    }
  return out;
}

/** The figures of the generated incidents. */
export async function evalGenerated(): Promise<Table[]> {
  const all = await playAll();
  const loud = all.filter((outcome) => outcome.culprit !== undefined);
  const quiet = all.filter((outcome) => outcome.culprit === undefined);
  const share = (some: Outcome[], holds: (one: Outcome) => boolean): number =>
    some.filter(holds).length / some.length;
  const set = `${INCIDENTS.length} kinds in ${SEEDS} systems each`;
  return [
    {
      title: 'Root causes of generated incidents, without a model',
      scores: [
        {
          name: 'culprit first',
          value: share(loud, (one) => !one.inconclusive && one.first === one.culprit),
          atLeast: 0.88,
          aim: 0.96,
          note: set,
        },
        { name: 'culprit among three', value: share(loud, (one) => one.near), atLeast: 0.93, aim: 0.98 },
        {
          name: 'right service and a line that proves it',
          value: share(loud, (one) => one.proven),
          atLeast: 0.82,
          aim: 0.93,
        },
        {
          name: 'wrongly inconclusive',
          value: share(loud, (one) => one.inconclusive),
          atLeast: 0.05,
          aim: 0.02,
          most: true,
        },
        {
          name: 'quiet ones called inconclusive',
          value: share(quiet, (one) => one.inconclusive),
          atLeast: 0.5,
          aim: 0.8,
          note: `${QUIET.length} kinds in ${SEEDS} systems each`,
        },
      ],
    },
  ];
}
