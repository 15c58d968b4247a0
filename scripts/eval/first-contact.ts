// First contact: logs of many programs, broken and healthy; outside cases, families that rules were tuned on, and families
// that nobody makes rules for. The last are what "leave one family out" means here.
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './first-contact/ask.ts';
import { type Family, type Truth, writeCase } from './first-contact/case.ts';
import { DEV } from './first-contact/dev/all.ts';
import { figures, type Group, type Judged } from './first-contact/figures.ts';
import { casesOf } from './first-contact/generate.ts';
import { HELD } from './first-contact/held/all.ts';
import { judge } from './first-contact/judge.ts';
import type { Table } from './table.ts';

/** Cases asked about at the same time. */
const LANES = 2;

interface Case {
  name: string;
  family: string;
  /** Full paths. */
  files: string[];
  truth: Truth;
}

/** The cases in `DATA/first-contact`: a case and its healthy twin are a family. */
function outsideCases(data: string): Case[] {
  const folder = join(data, 'first-contact');
  if (data === '' || !existsSync(folder)) {
    console.error(
      `first-contact: no outside cases${data === '' ? '' : ` in ${folder}`}, only the generated ones`,
    );
    return [];
  }
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'truth.json')))
    .map((name) => {
      const truth: Truth = JSON.parse(readFileSync(join(folder, name, 'truth.json'), 'utf8'));
      const files = truth.files.map((file) => join(folder, name, file));
      return { name, family: name.replace(/-healthy$/, ''), files, truth };
    });
}

function generatedCases(families: Family[], seed: number, folder: string): Case[] {
  return [...casesOf(families, seed)].map(({ name, family, ...settled }) => {
    writeCase(join(folder, name), settled);
    return {
      name,
      family,
      files: settled.truth.files.map((file) => join(folder, name, file)),
      truth: settled.truth,
    };
  });
}

async function judgeAll(cases: Case[]): Promise<Judged[]> {
  const judged: Judged[] = [];
  const waiting = cases.entries();
  const lane = async (): Promise<void> => {
    for (const [index, { name, family, files, truth }] of waiting)
      judged[index] = { name, family, ...judge(truth, await ask(files)) };
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return judged;
}

/**
 * @param data the folder of the evaluation data; without it only generated cases are asked about
 * @param seed of the generated cases; another one each time unless given
 */
export async function evalFirstContact(data: string, seed = randomInt(1, 1_000_000)): Promise<Table[]> {
  console.error(`first-contact: seed ${seed} (--seed ${seed} repeats it)`);
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-families-'));
  try {
    const groups: Group[] = [
      { name: 'outside cases', cases: await judgeAll(outsideCases(data)) },
      { name: 'tuned families', cases: await judgeAll(generatedCases(DEV, seed, join(folder, 'dev'))) },
      {
        name: 'families never tuned on',
        cases: await judgeAll(generatedCases(HELD, seed, join(folder, 'held'))),
      },
    ];
    return figures(
      groups.filter(({ cases }) => cases.length > 0),
      seed,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
