// Whether "confirmed" is worth its name: verdicts and confidences over made systems that are never quite calm.
import { draftAnswer } from '../../src/analysis/answer/draft.ts';
import { gatherEvidence } from '../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { findWindow } from '../../src/analysis/logs/window.ts';
import { rankCauses } from '../../src/analysis/ranking/rank.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { recordsOfLines } from '../../src/pipeline/offline.ts';
import { FAULTS, type Fault, HEALTHY } from './calibration/faults.ts';
import { createNoisy } from './calibration/system.ts';
import type { Score, Table } from './table.ts';

/** Seeds that are scored. The numbers in the product were fitted on seeds from 1 on, below this one. */
const FIRST_SEED = 1_000;
const SYSTEMS = 25;
const BINS = 5;

/** One made case and what was said about it. */
export interface Told {
  name: string;
  seed: number;
  culprit: string | undefined;
  said: string | undefined;
  verdict: 'confirmed' | 'likely' | 'inconclusive';
  confidence: number;
  right: boolean;
}

/** Asks about one made case, as `why --no-model` does. */
export async function askNoisy(fault: Fault, seed: number): Promise<Told> {
  const world = createNoisy(seed);
  const culprit = fault.play(world);
  const batches = Object.entries(world.streams()).map(([service, lines]) =>
    lines.map(
      (text, index): SourceLine => ({
        text,
        source: service,
        position: String(index + 1),
        stream: { service, name: service },
      }),
    ),
  );
  const logs = readerOver(await recordsOfLines(batches, 'UTC'));
  const span = (await findWindow(logs, {}))!;
  const evidence = await gatherEvidence(logs, span);
  const ranking = rankCauses(evidence);
  const options = { kind: 'why' as const, language: world.language, timeZone: 'UTC', past: [] };
  const { verdict, causes } = draftAnswer(evidence, ranking, options);
  const said = causes[0]?.service;
  const told = { name: fault.name, seed, culprit, said, verdict };
  return { ...told, confidence: causes[0]?.confidence ?? 0, right: said !== undefined && said === culprit };
}

/** All kinds of faults and of healthy days, in so many systems. */
export async function askAllNoisy(systems = SYSTEMS, from = FIRST_SEED): Promise<Told[]> {
  const out: Told[] = [];
  for (const fault of [...FAULTS, ...HEALTHY])
    for (let seed = from; seed < from + systems; seed += 1) out.push(await askNoisy(fault, seed));
  return out;
}

const share = <T>(some: readonly T[], holds: (one: T) => boolean): number =>
  some.length === 0 ? 0 : some.filter(holds).length / some.length;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Expected calibration error over equal bins, and the bins. */
export function reliability(all: readonly Pick<Told, 'confidence' | 'right'>[]) {
  const bins = Array.from({ length: BINS }, (_, bin) => {
    const some = all.filter(({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)) === bin);
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      count: some.length,
      said: mean(some.map(({ confidence }) => confidence)),
      right: share(some, ({ right }) => right),
    };
  });
  const error = bins.reduce((sum, { count, said, right }) => sum + count * Math.abs(said - right), 0);
  return { bins, error: error / Math.max(1, all.length) };
}

/** The figures and the reliability diagram. */
export async function evalCalibration(_data: string, seed = FIRST_SEED): Promise<Table[]> {
  const all = await askAllNoisy(SYSTEMS, seed);
  const faulty = all.filter(({ culprit }) => culprit !== undefined);
  const healthy = all.filter(({ culprit }) => culprit === undefined);
  const of = (verdict: Told['verdict']) => all.filter((one) => one.verdict === verdict);
  const count = (some: readonly Told[], what: (one: Told) => boolean): string =>
    `${some.filter(what).length} of ${some.length}`;
  const right = ({ right }: Told): boolean => right;
  const { bins, error } = reliability(all.filter(({ said }) => said !== undefined));
  const verdicts: Score[] = (['confirmed', 'likely'] as const).map((verdict) => ({
    name: `precision of "${verdict}"`,
    value: share(of(verdict), right),
    atLeast: verdict === 'confirmed' ? 0.95 : 0.7,
    aim: verdict === 'confirmed' ? 1 : 0.85,
    note: count(of(verdict), right),
  }));
  const is = (verdict: Told['verdict']) => (one: Told) => one.verdict === verdict;
  return [
    {
      title: `Calibration: verdicts over made systems with background noise (seed ${seed})`,
      scores: [
        ...verdicts,
        {
          name: '"confirmed" on healthy cases',
          value: share(healthy, is('confirmed')),
          atLeast: 0,
          aim: 0,
          most: true,
          note: count(healthy, is('confirmed')),
        },
        {
          name: '"likely" on healthy cases',
          value: share(healthy, is('likely')),
          atLeast: 0.1,
          aim: 0.03,
          most: true,
          note: count(healthy, is('likely')),
        },
        {
          name: 'faults: culprit first',
          value: share(faulty, right),
          note: `${FAULTS.length} kinds in ${SYSTEMS} systems each`,
        },
        {
          name: 'faults: right and "confirmed"',
          value: share(faulty, (one) => one.right && one.verdict === 'confirmed'),
        },
        {
          name: 'faults: right and "confirmed" or "likely"',
          value: share(faulty, (one) => one.right && one.verdict !== 'inconclusive'),
        },
        {
          name: 'expected calibration error of the first cause',
          value: error,
          atLeast: 0.1,
          aim: 0.05,
          most: true,
          note: `${BINS} bins`,
        },
      ],
    },
    {
      title: 'Calibration: reliability diagram (confidence said, share that was right)',
      scores: bins.map(({ from, to, count, said, right }) => ({
        name: `${from.toFixed(1)} to ${to.toFixed(1)}: right`,
        value: right,
        note: `${'█'.repeat(Math.round(right * 20)).padEnd(20, '·')} said ${said.toFixed(2)}, ${count} cases`,
      })),
    },
  ];
}
