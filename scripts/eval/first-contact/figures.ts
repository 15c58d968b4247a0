// The figures of first contact, group beside group and family by family.
import type { Score, Table } from '../table.ts';
import type { Verdict } from './judge.ts';

/** A case that was judged. */
export interface Judged extends Verdict {
  name: string;
  family: string;
}

/** Cases under one heading. */
export interface Group {
  name: string;
  cases: Judged[];
}

/** How many of those that are asked hold. */
interface Share {
  right: number;
  of: number;
}

const share = (values: (boolean | undefined)[]): Share => {
  const asked = values.filter((one) => one !== undefined);
  return { right: asked.filter(Boolean).length, of: asked.length };
};
const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

type Measure = Pick<Score, 'name' | 'atLeast' | 'aim' | 'most'> & {
  of: (cases: Judged[]) => { value: number; note: string };
};

const rate = ({ right, of }: Share): { value: number; note: string } => ({
  value: right / of,
  note: `${right} of ${of}`,
});

function each(cases: Judged[]): { value: number; note: string } {
  const loud = cases.filter(({ others }) => others > 0);
  return { value: mean(cases.map(({ others }) => others)), note: `in ${loud.length} of ${cases.length}` };
}

const broken = (cases: Judged[]): Judged[] => cases.filter((one) => one.broken);
const healthy = (cases: Judged[]): Judged[] => cases.filter((one) => !one.broken);

const MEASURES: Measure[] = [
  {
    name: 'problem seen, begin within 10 minutes',
    atLeast: 0.9,
    aim: 1,
    of: (all) => rate(share(broken(all).map(({ seen }) => seen))),
  },
  {
    name: 'problem stands first',
    atLeast: 0.85,
    aim: 0.95,
    of: (all) => rate(share(broken(all).map(({ first }) => first))),
  },
  {
    name: 'incidents on a healthy case, mean',
    atLeast: 0.15,
    aim: 0,
    most: true,
    of: (all) => each(healthy(all)),
  },
  {
    name: 'other incidents on a broken case, mean',
    atLeast: 1,
    aim: 0,
    most: true,
    of: (all) => each(broken(all)),
  },
  { name: 'time range', atLeast: 0.95, aim: 1, of: (all) => rate(share(all.map(({ range }) => range))) },
  {
    name: 'why: culprit and problem first',
    atLeast: 0.85,
    aim: 0.95,
    of: (all) => rate(share(broken(all).map(({ why }) => why))),
  },
  {
    name: 'why: a line that proves it',
    atLeast: 0.85,
    aim: 0.95,
    of: (all) => rate(share(broken(all).map(({ proof }) => proof))),
  },
  {
    name: '"confirmed" on healthy cases',
    atLeast: 0,
    aim: 0,
    most: true,
    of: (all) => rate(share(healthy(all).map(({ confirmed }) => confirmed))),
  },
  {
    name: '"likely" on healthy cases',
    most: true,
    of: (all) => rate(share(healthy(all).map(({ likely }) => likely))),
  },
  {
    name: 'counts of summarize',
    atLeast: 0.95,
    aim: 1,
    of: (all) => rate(share(all.flatMap(({ counts }) => Object.values(counts)))),
  },
];

/** Each measure for each group, so that tuned and never tuned stand beside each other. */
function besideEachOther(groups: Group[]): Score[] {
  return MEASURES.flatMap(({ of, name, ...goal }) =>
    groups.flatMap((group) => {
      const { value, note } = of(group.cases);
      return Number.isNaN(value) ? [] : [{ ...goal, name: `${name}: ${group.name}`, value, note }];
    }),
  );
}

/** What a case misses, in a word each. */
export function missesOf({
  seen,
  first,
  others,
  why,
  proof,
  confirmed,
  likely,
  range,
  counts,
  broken,
}: Judged): string[] {
  return [
    ...(seen === false ? ['not seen'] : first === false ? ['not first'] : []),
    ...(others > 0 ? [`${others} ${broken ? 'other' : 'false'}`] : []),
    ...(why === false ? ['why'] : []),
    ...(proof === false ? ['proof'] : []),
    ...(confirmed ? ['confirmed'] : likely ? ['likely'] : []),
    ...(range === false ? ['range'] : []),
    ...Object.keys(counts).filter((name) => !counts[name]),
  ];
}

/** A row for each family: the share of its cases with nothing wrong, and what the others miss. */
function byFamily({ cases }: Group): Score[] {
  return [...new Set(cases.map(({ family }) => family))].map((family) => {
    const own = cases.filter((one) => one.family === family);
    const wrong = own.map((one) => ({ name: one.broken ? 'broken' : 'healthy', misses: missesOf(one) }));
    const { right, of } = share(wrong.map(({ misses }) => misses.length === 0));
    const notes = wrong.filter(({ misses }) => misses.length > 0);
    return {
      name: family,
      value: right / of,
      note: notes.map(({ name, misses }) => `${name}: ${misses.join(', ')}`).join('; '),
    };
  });
}

/** The groups beside each other, then each group family by family. */
export function figures(groups: Group[], seed: number): Table[] {
  return [
    {
      title: `First contact: logs of other programs (generated families with seed ${seed})`,
      scores: besideEachOther(groups),
    },
    ...groups.map((group) => ({
      title: `First contact: cases with nothing wrong, ${group.name}`,
      scores: byFamily(group),
    })),
  ];
}
