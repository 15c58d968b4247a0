import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { bongsu, memoryOf, outputOf } from './child.ts';
import type { Figure } from './figure.ts';

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
  const child = bongsu(['ingest', '-', '--json', '--config', config]);
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
  const tenths = Array.from({ length: 10 }, (_, n) => {
    const part = samples.slice(
      Math.floor((n * samples.length) / 10),
      Math.max(1, Math.floor(((n + 1) * samples.length) / 10)),
    );
    return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  });
  return [
    {
      name: `volume: ${shown} (${lines} lines) through ingest into SQLite`,
      value: lines_per_second,
      unit: 'lines/s',
    },
    {
      name: `volume: its resident memory over the last tenth (by tenths: ${tenths.map(Math.round).join(', ')})`,
      value: tenths.at(-1)!,
      unit: 'MiB',
      // Of the first, starting takes a part.
      ratio: tenths.at(-1)! / tenths[1]!,
      against: 'over the second tenth',
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
