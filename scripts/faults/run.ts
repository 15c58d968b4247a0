// Delivery under faults: `npm run test:faults [-- --full] [--seed N] [RUN…]`. Real Redis and Kafka where they can be had.
import { provision } from '../../test/engines/provision.ts';
import { twoDays } from '../../test/faults/day.ts';
import { jobKills } from '../../test/faults/job-runs.ts';
import {
  FULL,
  killsOnEngines,
  killsOnSqlite,
  type Outcome,
  proofs,
  SMALL,
  storm,
  troubles,
  twoBots,
} from '../../test/faults/runs.ts';

const args = process.argv.slice(2);
const full = args.includes('--full');
const seedAt = args.indexOf('--seed');
const seed = seedAt < 0 ? 1 : Number(args[seedAt + 1]);
const wanted = args.filter((arg, index) => !arg.startsWith('--') && (seedAt < 0 || index !== seedAt + 1));
const scale = full ? FULL : SMALL;

const runs: Record<string, () => Promise<Outcome[]>> = {
  storm: async () => [await storm(seed, scale)],
  kills: async () => [await killsOnSqlite(seed, scale)],
  engines: async () => [await killsOnEngines(seed, scale)],
  two: async () => [await twoBots(seed, scale)],
  troubles: async () => [await troubles(seed, scale)],
  day: async () => [full ? await twoDays(seed, 20_000, 240_000) : await twoDays(seed, 2_000, 60_000)],
  jobs: () => jobKills(seed, full ? 20 : 4),
  checker: () => proofs(seed),
};
const unknown = wanted.filter((name) => !(name in runs));
if (unknown.length > 0 || !Number.isInteger(seed)) {
  console.error(`usage: npm run test:faults -- [--full] [--seed N] [${Object.keys(runs).join(' | ')}]`);
  process.exit(2);
}

await provision(['redis', 'kafka'], (line) => console.error(line));
const outcomes: Outcome[] = [];
for (const [name, run] of Object.entries(runs)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`${name} …`);
  const begun = Date.now();
  try {
    outcomes.push(...(await run()));
  } catch (error) {
    outcomes.push({ run: name, on: '–', right: false, notes: [`did not end: ${String(error)}`] });
  }
  console.error(`${name}: ${Math.round((Date.now() - begun) / 1_000)} s`);
}

const ms = (value: number): string =>
  Number.isNaN(value) ? '–' : Number.isFinite(value) ? `${value} ms` : 'never';
console.log(
  `\nSeed ${seed}, ${full ? 'full' : 'small'} set. "Sent" are anomalies; times are to the thread of one of the highest severity.\n`,
);
console.log('| run | on | sent | incidents | lost | doubled | p50 | p99 | threads | messages used | |');
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
for (const { run, on, verdict, right } of outcomes) {
  const figures = verdict
    ? [
        verdict.sent,
        verdict.incidents,
        verdict.lost,
        verdict.doubled,
        ms(verdict.p50),
        ms(verdict.p99),
        verdict.threads,
        verdict.used,
      ]
    : Array.from({ length: 8 }, () => '–');
  console.log(`| ${[run, on, ...figures, right ? 'ok' : 'WRONG'].join(' | ')} |`);
}
for (const { run, notes } of outcomes) for (const note of notes) console.log(`- ${run}: ${note}`);
process.exit(outcomes.every(({ right }) => right) ? 0 : 1);
