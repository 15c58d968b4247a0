// Templates of outside sets, scored by their own scorer: as they are, and with every word invented.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inBatches } from '../../src/domain/log/source-line.ts';
import { templatesOf } from '../../src/pipeline/offline.ts';
import { csvRows } from './csv-rows.ts';
import { inventWords } from './invent.ts';
import type { Score, Table } from './table.ts';

const run = promisify(execFile);

interface Measures {
  GA: number;
  FGA: number;
  PA: number;
  FTA: number;
  np: number;
  ng: number;
}
type BySystem = Record<string, Measures>;

/** One set as the scorer knows it. */
interface System {
  name: string;
  raw: string[];
  content: string[];
  /** The corrected template of each line. */
  truth: string[];
}

function readSystems(folder: string): System[] {
  const suffix = '_2k.log_structured.csv';
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) => {
      const name = file.slice(0, -suffix.length);
      const [head, ...rows] = csvRows(readFileSync(join(folder, file), 'utf8'));
      const column = (title: string): number => head!.indexOf(title);
      const corrected = column('EventTemplateCorrected');
      const original = column('EventTemplate');
      return {
        name,
        content: rows.map((row) => row[column('Content')]!),
        truth: rows.map((row) => row[corrected] || row[original]!),
        raw: readFileSync(join(folder, `${name}_2k.log`), 'utf8')
          .split('\n')
          .slice(0, rows.length),
      };
    });
}

async function* stream(texts: string[]) {
  yield* inBatches(texts.map((text, i) => ({ text, source: 'file', position: String(i + 1) })));
}

/** Templates of one stream, online and final, in the scorer's form. */
async function mined(texts: string[], content: boolean): Promise<{ online: string; final: string }> {
  const templates = templatesOf(stream(texts), { content });
  const online = [];
  for await (const rows of templates.online) online.push(...rows);
  const lines = (rows: object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
  return { online: lines(online), final: lines(online.map((line) => templates.final(line))) };
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** The official scorer's measures of each set: content online, content final, raw online. */
async function measure(
  systems: System[],
  scorer: string,
): Promise<{ online: BySystem; final: BySystem; raw: BySystem }> {
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-parsing-'));
  try {
    const at = (kind: string, file: string): string => join(folder, kind, file);
    for (const kind of ['truth', 'online', 'final', 'raw']) mkdirSync(join(folder, kind));
    for (const { name, content, truth, raw } of systems) {
      const rows = truth.map((template, i) => `${i + 1},${quoted(template)}`);
      writeFileSync(
        at('truth', `${name}_2k.log_structured.csv`),
        `LineId,EventTemplate\n${rows.join('\n')}\n`,
      );
      const { online, final } = await mined(content, true);
      writeFileSync(at('online', `${name}.jsonl`), online);
      writeFileSync(at('final', `${name}.jsonl`), final);
      writeFileSync(at('raw', `${name}.jsonl`), (await mined(raw, false)).online);
    }
    const score = async (kind: string): Promise<BySystem> => {
      const args = [scorer, '--truth', join(folder, 'truth'), '--pred', join(folder, kind), '--json'];
      const { stdout } = await run('python3', args, { timeout: 120_000, maxBuffer: 1 << 24 });
      return (JSON.parse(stdout) as { systems: BySystem }).systems;
    };
    return { online: await score('online'), final: await score('final'), raw: await score('raw') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const mean = (sets: BySystem, what: keyof Measures): number =>
  Object.values(sets).reduce((sum, one) => sum + one[what], 0) / Object.keys(sets).length;
const worst = (sets: BySystem, what: keyof Measures): { name: string; value: number } =>
  Object.entries(sets)
    .map(([name, one]) => ({ name, value: one[what] }))
    .sort((a, b) => a.value - b.value)[0]!;

/** Mining quality on the sets in `data`, and on a copy in which every word is replaced by an invented one. */
export async function evalParsing(data: string): Promise<Table[]> {
  const systems = readSystems(join(data, 'loghub'));
  const scorer = join(data, '../eval/score_parsing.py');
  const own = await measure(systems, scorer);
  const copy = await measure(
    systems.map(({ name, raw, content, truth }) => ({
      name,
      raw: raw.map(inventWords),
      content: content.map(inventWords),
      truth: truth.map(inventWords),
    })),
    scorer,
  );
  const sets = `mean of ${systems.length} sets of 2,000 lines, corrected truth`;
  const low = worst(own.online, 'GA');
  const lowRaw = worst(own.raw, 'GA');
  const scores: Score[] = [
    { name: 'GA online, content', value: mean(own.online, 'GA'), atLeast: 0.9, aim: 0.95, note: sets },
    { name: 'GA online, content, worst set', value: low.value, atLeast: 0.7, aim: 0.85, note: low.name },
    { name: 'FGA online, content', value: mean(own.online, 'FGA'), atLeast: 0.9, aim: 0.94 },
    { name: 'PA final', value: mean(own.final, 'PA'), atLeast: 0.62, aim: 0.7 },
    { name: 'FTA final', value: mean(own.final, 'FTA'), atLeast: 0.62, aim: 0.7 },
    {
      name: 'GA online, raw lines with headers',
      value: mean(own.raw, 'GA'),
      atLeast: 0.8,
      aim: 0.9,
    },
    { name: 'GA online, raw, worst set', value: lowRaw.value, note: lowRaw.name },
    { name: 'FGA online, raw', value: mean(own.raw, 'FGA') },
    {
      name: 'GA online, content, every word invented',
      value: mean(copy.online, 'GA'),
      atLeast: mean(own.online, 'GA') - 0.02,
      note: 'same length and case, made on the fly; at most .02 below the original',
    },
    { name: 'FGA online, content, every word invented', value: mean(copy.online, 'FGA') },
    { name: 'PA final, every word invented', value: mean(copy.final, 'PA') },
    {
      name: 'GA online, raw, every word invented',
      value: mean(copy.raw, 'GA'),
      note: 'names of months and levels are invented as well',
    },
  ];
  const share = (value: number): string => value.toFixed(3).replace(/^0/, '');
  const perSet: Score[] = systems.map(({ name }) => {
    const { online, final, raw } = {
      online: own.online[name]!,
      final: own.final[name]!,
      raw: own.raw[name]!,
    };
    return {
      name: `GA online, ${name}`,
      value: online.GA,
      note: `FGA ${share(online.FGA)}, PA ${share(final.PA)}, FTA ${share(final.FTA)}, raw GA ${share(raw.GA)}, ${online.np} groups of ${online.ng}; words invented GA ${share(copy.online[name]!.GA)}, raw ${share(copy.raw[name]!.GA)}`,
    };
  });
  return [
    { title: 'Templates', scores },
    { title: 'Templates, set by set', scores: perSet },
  ];
}
