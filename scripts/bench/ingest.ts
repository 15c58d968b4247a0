import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { bongsu, memoryOf, outputOf } from './child.ts';
import type { Figure } from './figure.ts';

const LINES = 1_000_000;

/** A log of at least `lines` lines from the project's own generator, each incident later than the one before. */
async function writeLog(file: string, lines: number): Promise<number> {
  const out = createWriteStream(file);
  let written = 0;
  for (let day = 0; written < lines; day += 1)
    for (const { text } of recordedIncident({ seed: day, endsAt: Date.UTC(2026, 0, 1) + day * 86_400_000 })) {
      if (!out.write(`${text}\n`)) await once(out, 'drain');
      written += 1;
      if (written === lines) break;
    }
  out.end();
  await once(out, 'finish');
  return written;
}

/** Lines per second of a plain reader that only splits lines and counts the word "error": the floor of the work. */
async function plainReader(file: string): Promise<number> {
  const started = performance.now();
  let lines = 0;
  let errors = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    lines += 1;
    if (/error/i.test(line)) errors += 1;
  }
  if (errors === 0) throw new Error('the generated log has no error');
  return lines / ((performance.now() - started) / 1_000);
}

/** From a file of 1M lines to the store and its anomalies, through the command a person runs, and its memory. */
export async function benchIngest(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-bench-'));
  try {
    const file = join(dir, 'shop.log');
    await writeLog(file, LINES);
    const config = join(dir, 'config.json');
    writeFileSync(config, JSON.stringify({ models: [] }));
    const child = bongsu(['ingest', file, '--json', '--config', config]);
    const memory = memoryOf(child);
    const result = await outputOf<{ lines_per_second: number }>(child).finally(memory.stop);
    const { samples } = memory;
    const plain = await plainReader(file);
    const figures: Figure[] = [
      {
        name: 'file → store and anomalies, 1M lines',
        value: result.lines_per_second,
        unit: 'lines/s',
        ratio: result.lines_per_second / plain,
        against: 'a line reader that only counts "error"',
      },
    ];
    const middle = samples[Math.floor(samples.length / 2)];
    const last = samples.at(-1);
    if (middle && last)
      figures.push(
        {
          name: 'resident memory after 1M lines',
          value: last,
          unit: 'MiB',
          ratio: last / middle,
          against: 'after half of them',
        },
        { name: 'peak resident memory', value: Math.max(...samples), unit: 'MiB' },
      );
    return figures;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
