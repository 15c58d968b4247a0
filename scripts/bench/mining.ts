// Lines per second from a file to template ids, side by side with Drain3, and memory over ten million lines.
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import type { Figure } from './figure.ts';

const run = promisify(execFile);
const DRAIN3 = '0.9.11';
const LINES = Number(process.env.BENCH_LINES ?? 1_000_000);
const MEMORY_LINES = 10 * LINES;
/** Lines Drain3 gets of each file: its speed is steady, and it is the slower one. */
const DRAIN3_LINES = Math.min(LINES, 200_000);
const RUNS = 3;

interface Measured {
  lines: number;
  templates: number;
  rate: number;
  /** Lines per second of processor time: what a busy machine gives. */
  cpuRate: number;
  /** Peak resident memory, MiB. */
  rss: number;
}

async function child<T>(command: string, args: string[]): Promise<T> {
  const { stdout } = await run(command, args, { timeout: 900_000, maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as T;
}

/** A Python with Drain3, cached outside the checkout; undefined, with the reason printed, where it can't be had. */
async function drain3(): Promise<string | undefined> {
  const cache = process.env.BONGSU_ENGINES_CACHE || join(homedir(), '.cache/bongsu-engines');
  const folder = join(cache, `drain3-${DRAIN3}`);
  const python = join(folder, 'bin/python');
  try {
    if (!existsSync(join(folder, 'ready'))) {
      mkdirSync(cache, { recursive: true });
      await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
      await run(python, ['-m', 'pip', 'install', '--quiet', `drain3==${DRAIN3}`], { timeout: 300_000 });
      writeFileSync(join(folder, 'ready'), '');
    }
    await run(python, ['-c', 'import drain3'], { timeout: 60_000 });
    return python;
  } catch (error) {
    console.log(
      `  Drain3 is left out: ${String((error as { stderr?: string }).stderr || error)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
    return undefined;
  }
}

/** The streams that are measured: outside data where it is named, this project's own recording otherwise. */
function streams(): { name: string; form: 'content' | 'raw'; lines: string[] }[] {
  const data = process.env.BONGSU_EVAL_DATA ?? '';
  if (data === '' || !existsSync(data)) {
    console.log('  BONGSU_EVAL_DATA names no folder: the recorded incident is measured instead');
    const lines = [...recordedIncident({ seed: 1, endsAt: Date.UTC(2026, 0, 1) })].map(({ text }) => text);
    return [{ name: 'recorded incident, raw', form: 'raw', lines }];
  }
  const read = (path: string): string[] => {
    const bytes = readFileSync(join(data, path));
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').filter(Boolean);
  };
  const sets = readdirSync(join(data, 'loghub'))
    .filter((file) => file.endsWith('.log'))
    .sort()
    .map((file) => read(join('loghub', file)));
  const mixed = Array.from({ length: 2_000 }, (_, i) => sets.flatMap((set) => set[i] ?? [])).flat();
  return [
    // What stands before the message in these lines are five words.
    {
      name: '(a) one system, content',
      form: 'content',
      lines: read('anomaly/hdfs_a.log.gz').map((line) => line.split(' ').slice(5).join(' ')),
    },
    { name: '(b) ten systems mixed, raw', form: 'raw', lines: mixed },
    {
      name: '(c) long lines, raw',
      form: 'raw',
      lines: mixed.filter((line) => line.length >= 200 && line.length <= 300),
    },
  ];
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const thousands = (value: number): string => `${Math.round(value / 1_000)}k`;

/** Throughput of header handling, masking and mining on one thread in a cold process, and memory. */
export async function benchMining(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const python = await drain3();
  const folder = mkdtempSync(join(tmpdir(), 'bongsu-mining-'));
  const script = join(import.meta.dirname, 'mining-child.ts');
  try {
    for (const { name, form, lines } of streams()) {
      const path = join(folder, 'lines.log');
      const all: string[] = [];
      while (all.length < LINES) all.push(lines[all.length % lines.length]!);
      writeFileSync(path, all.join('\n'));
      const runs: Measured[] = [];
      for (let i = 0; i < RUNS; i++)
        runs.push(await child<Measured>(process.execPath, [script, 'file', path, form]));
      const rates = runs.map(({ rate }) => rate);
      const other = python
        ? await child<Measured>(python, [
            join(import.meta.dirname, 'peer-miner.py'),
            path,
            String(DRAIN3_LINES),
            'masks',
          ])
        : undefined;
      const bytes = Math.round(all.reduce((sum, line) => sum + line.length, 0) / all.length);
      figures.push({
        name: `pipeline: file to template ids, ${name} (${bytes} bytes a line; ${thousands(Math.min(...rates))}–${thousands(Math.max(...rates))}, ${thousands(median(runs.map(({ cpuRate }) => cpuRate)))} per CPU second, ${median(runs.map(({ rss }) => rss))} MiB)`,
        value: median(rates),
        unit: 'lines/s',
        ...(other
          ? {
              ratio: median(rates) / other.rate,
              against: `Drain3 with masks, ${thousands(other.rate)}/s, ${thousands(other.cpuRate)} per CPU second, ${other.rss} MiB`,
            }
          : {}),
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { rss, templates } = await child<{ rss: number[]; templates: number }>(process.execPath, [
    script,
    'memory',
    String(MEMORY_LINES),
  ]);
  figures.push({
    name: `pipeline: resident memory after ${MEMORY_LINES / 1e6}M generated lines (${templates} templates; after a tenth ${rss[0]} MiB, highest ${Math.max(...rss)} MiB)`,
    value: rss.at(-1)!,
    unit: 'MiB',
  });
  return figures;
}
