import { createRedactor } from '../../src/masking/redact.ts';
import { lookAlikes } from './look-alikes.ts';
import { secrets } from './secrets.ts';
import { type Seeded, seeded } from './seeded.ts';
import type { Score, Table } from './table.ts';

const SAMPLES = 5_000;

/** A line that holds a secret, or only something that looks like one. */
export interface Sample {
  kind: string;
  line: string;
  /** What must not be in the masked line; undefined in a look-alike, which must stay as it is. */
  secret?: string;
}

/** Half secrets and half look-alikes, all kinds in turn. */
export function* samples(count: number, random: Seeded): Generator<Sample> {
  for (let i = 0; i < count; i += 1) {
    const kinds = i % 2 === 0 ? secrets : lookAlikes;
    const names = Object.keys(kinds);
    const kind = names[Math.floor(i / 2) % names.length]!;
    const made = kinds[kind]!(random);
    yield typeof made === 'string' ? { kind, line: made } : { kind, ...made };
  }
}

/** Whether more than half of a secret can still be read. */
function shows(text: string, secret: string): boolean {
  const piece = Math.max(4, Math.floor(secret.length / 2) + 1);
  for (let at = 0; at + piece <= secret.length; at += 1)
    if (text.includes(secret.slice(at, at + piece))) return true;
  return false;
}

/** Whether the sample came out right: the secret gone and everything else there, or nothing touched. */
export function judge({ line, secret }: Sample): { hidden: boolean; untouched: boolean; back: boolean } {
  const { mask, unmask } = createRedactor({ personal: true, addresses: true, names: true });
  // Addresses and names are options: kinds that are about others are judged with them off.
  const plain = createRedactor({ personal: true });
  const masked = (secret === undefined ? plain : { mask }).mask(line);
  return {
    hidden: secret === undefined || !shows(masked, secret),
    untouched: masked === line,
    back: (secret === undefined ? plain : { unmask }).unmask(masked) === line,
  };
}

/** `npm run eval masking`: recall per kind of secret, false hits per kind of look-alike, on 5,000 made-up lines. */
export async function evalMasking(): Promise<Table[]> {
  const recall = new Map<string, [number, number]>();
  const hits = new Map<string, [number, number]>();
  let back = 0;
  const examples: string[] = [];
  for (const sample of samples(SAMPLES, seeded(5_000))) {
    const { hidden, untouched, back: came } = judge(sample);
    if (came) back += 1;
    const table = sample.secret === undefined ? hits : recall;
    const [good, all] = table.get(sample.kind) ?? [0, 0];
    const counts = sample.secret === undefined ? !untouched : hidden;
    table.set(sample.kind, [good + (counts ? 1 : 0), all + 1]);
    if (!hidden || (sample.secret === undefined && !untouched) || !came)
      examples.push(`${sample.kind}: ${sample.line}`);
  }
  for (const example of examples.slice(0, 60)) console.error(`  ${example}`);
  const total = (table: Map<string, [number, number]>): [number, number] =>
    [...table.values()].reduce(([a, b], [good, all]) => [a + good, b + all], [0, 0]);
  const [found, wanted] = total(recall);
  const [wrong, alike] = total(hits);
  const share = ([good, all]: [number, number]): number => good / all;
  const rows = (table: Map<string, [number, number]>, name: string, more: Partial<Score>): Score[] =>
    [...table].map(([kind, of]) => ({
      name: `${name}: ${kind}`,
      value: share(of),
      note: `${of[1]}`,
      ...more,
    }));
  return [
    {
      title: 'Masking: secrets and personal data before they leave',
      scores: [
        {
          name: 'recall, all kinds',
          value: found / wanted,
          atLeast: 0.99,
          aim: 0.99,
          note: `${wanted} secrets, seed 5000`,
        },
        {
          name: 'false hits, all kinds',
          value: wrong / alike,
          atLeast: 0.005,
          aim: 0.005,
          most: true,
          note: `${alike} look-alikes`,
        },
        { name: 'lines that come back as they were', value: back / SAMPLES, atLeast: 1, aim: 1 },
        ...rows(recall, 'recall', { atLeast: 0.99 }),
        ...rows(hits, 'false hits', { atLeast: 0.005, most: true }),
      ],
    },
  ];
}
