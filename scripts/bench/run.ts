import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

// `--size 10g` is how much goes through `ingest` in the part `volume`.
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string' } },
});

const parts: Record<string, () => Promise<Figure[]>> = {
  ingest: async () => (await import('./ingest.ts')).benchIngest(),
  volume: async () => (await import('./volume.ts')).benchVolume(values.size),
  beats: async () => (await import('./beats.ts')).benchBeats(),
  pipeline: async () => (await import('./pipeline.ts')).benchPipeline(),
  mirror: async () => (await import('./mirror.ts')).benchMirror(),
  mining: async () => (await import('./mining.ts')).benchMining(),
  analysis: async () => (await import('./analysis.ts')).benchAnalysis(),
  answers: async () => (await import('./answers.ts')).benchAnswers(),
  loop: async () => (await import('./loop.ts')).benchLoop(),
  bot: async () => [
    ...(await (await import('./bot.ts')).benchBot()),
    ...(await (await import('./acknowledge.ts')).benchAcknowledge()),
  ],
  jobs: async () => (await import('./jobs.ts')).benchJobs(),
  hostile: async () => (await import('./hostile.ts')).benchHostile(),
};

const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
const rows: string[] = [];
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`${name} …`);
  for (const figure of await run()) {
    const ratio = figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)}× of ${figure.against}`;
    rows.push(`| ${figure.name} | ${number(figure.value)} ${figure.unit} | ${ratio} |`);
    console.log(`  ${figure.name}: ${number(figure.value)} ${figure.unit} ${ratio}`);
  }
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const table = ['| what | figure | against |', '|---|---|---|', ...rows].join('\n');
if (wanted.length === 0) {
  writeFileSync(
    new URL('../../docs/bench.md', import.meta.url),
    `# Bench\n\nWritten by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}. One run; ratios are taken within it.\n\n${table}\n`,
  );
  console.log('written to docs/bench.md');
}
process.exit(0);
