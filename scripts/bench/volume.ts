import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { recordedIncident } from '../../src/pipeline/sources/recorded-incident.ts';
import type { Figure } from './figure.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const CHILD = resolve(import.meta.dirname, 'volume-child.ts');
const SINGLE = 2_000;
/** Bytes of the file that is read by chunks and at once. */
const WHOLE = 64 * 2 ** 20;
const BATCHED = 40_000;

/** `200m`, `10g` → bytes. */
export function bytesOf(size: string): number {
  const match = /^(\d+)([mg])$/i.exec(size);
  if (!match) throw new Error('a size is a number and m or g: 200m, 10g');
  return Number(match[1]) * 2 ** (match[2]!.toLowerCase() === 'g' ? 30 : 20);
}

/** One incident of the generator after the other, as blocks of text without end. */
function* blocks(): Generator<string> {
  for (let day = 0; ; day += 1) {
    let block = '';
    for (const { text } of recordedIncident({
      seed: day % 50,
      endsAt: Date.UTC(2026, 0, 1) + day * 86_400_000,
    })) {
      block += `${text}\n`;
      if (block.length < 1_000_000) continue;
      yield block;
      block = '';
    }
    yield block;
  }
}

/** The resident memory of a process over time, in MiB; empty where there is no /proc. */
function memoryOf(child: ChildProcess): { samples: number[]; stop(): void } {
  const samples: number[] = [];
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const resident = /VmRSS:\s+(\d+)/.exec(status)?.[1];
      if (resident) samples.push(Number(resident) / 1_024);
    } catch {
      // Ended, or a system without /proc.
    }
  }, 100);
  return { samples, stop: () => clearInterval(timer) };
}

async function outputOf<T>(child: ChildProcess): Promise<T> {
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`);
  return JSON.parse(out) as T;
}

type Done = { lines: number; seconds: number };
async function childWay(args: string[]): Promise<Done & { peak: number }> {
  // Only the plain way needs more room than Node gives by itself.
  const room = args[0] === 'whole' ? ['--max-old-space-size=16384'] : [];
  const child = spawn(process.execPath, [...room, CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const memory = memoryOf(child);
  const done = await outputOf<Done>(child).finally(memory.stop);
  return { ...done, peak: Math.max(0, ...memory.samples) };
}

/** Generated text through a pipe into `bongsu ingest -` with its SQLite store, and the memory of that process. */
async function throughIngest(bytes: number, dir: string): Promise<Figure[]> {
  const config = join(dir, 'config.json');
  writeFileSync(config, JSON.stringify({ models: [] }));
  const child = spawn(process.execPath, [MAIN, 'ingest', '-', '--json', '--config', config], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const memory = memoryOf(child);
  const done = outputOf<{ lines: number; lines_per_second: number }>(child);
  let written = 0;
  for (const block of blocks()) {
    if (written >= bytes) break;
    written += Buffer.byteLength(block);
    if (!child.stdin?.write(block)) await once(child.stdin!, 'drain');
  }
  child.stdin?.end();
  const { lines, lines_per_second } = await done.finally(memory.stop);
  const shown = bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GB` : `${bytes / 2 ** 20} MB`;
  const { samples } = memory;
  const tenth = samples[Math.floor(samples.length / 10)] ?? 0;
  const late = samples.slice(-Math.ceil(samples.length / 10));
  const end = late.reduce((sum, value) => sum + value, 0) / Math.max(1, late.length);
  return [
    {
      name: `volume: ${shown} (${lines} lines) through ingest into SQLite`,
      value: lines_per_second,
      unit: 'lines/s',
    },
    {
      name: 'volume: its resident memory over the last tenth',
      value: end,
      unit: 'MiB',
      ratio: end / tenth,
      against: 'after the first tenth',
    },
    { name: 'volume: its peak resident memory', value: Math.max(0, ...samples), unit: 'MiB' },
  ];
}

/** Memory of reading by chunks beside reading the whole file; lines a second one by one, in batches, in two processes. */
export async function benchVolume(size = '200m'): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-volume-'));
  const folder = (name: string): string => mkdtempSync(join(dir, name));
  try {
    const figures = await throughIngest(bytesOf(size), dir);
    const file = join(dir, 'shop.log');
    const out = createWriteStream(file);
    let written = 0;
    for (const block of blocks()) {
      if (written >= WHOLE) break;
      written += Buffer.byteLength(block);
      if (!out.write(block)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'close');
    const whole = await childWay(['whole', file]);
    const chunked = await childWay(['chunked', file]);
    const rate = ({ lines, seconds }: Done): number => lines / seconds;
    const single = await childWay(['single', folder('single'), String(SINGLE)]);
    const batch = await childWay(['batch', folder('batch'), String(BATCHED)]);
    const pair = await Promise.all(
      [1, 2].map((n) => childWay(['batch', folder(`pair${n}`), String(BATCHED)])),
    );
    const together = pair.reduce((sum, one) => sum + rate(one), 0);
    return [
      ...figures,
      {
        name: 'volume: memory, 64 MB by chunks',
        value: chunked.peak,
        unit: 'MiB',
        ratio: chunked.peak / whole.peak,
        against: 'the whole file at once',
      },
      {
        name: 'volume: the same, lines a second',
        value: rate(chunked),
        unit: 'lines/s',
        ratio: rate(chunked) / rate(whole),
        against: 'the whole file at once',
      },
      { name: 'volume: stored one by one', value: rate(single), unit: 'lines/s' },
      {
        name: 'volume: stored in batches',
        value: rate(batch),
        unit: 'lines/s',
        ratio: rate(batch) / rate(single),
        against: 'one by one',
      },
      {
        name: 'volume: stored by two processes',
        value: together,
        unit: 'lines/s',
        ratio: together / rate(single),
        against: 'one by one',
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
