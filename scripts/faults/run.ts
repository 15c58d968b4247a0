// Delivery under faults: `npm run test:faults [-- --full] [--seed N] [RUN…]`. Real Redis and Kafka where they can be had.
import { setTimeout as sleep } from 'node:timers/promises';
import { provision } from '../../test/engines/provision.ts';
import { twoDays } from '../../test/faults/day.ts';
import { killsOnEngines, troubles, twoBots } from '../../test/faults/engine-runs.ts';
import { jobKills } from '../../test/faults/job-runs.ts';
import { FULL, killsOnSqlite, type Outcome, proofs, SMALL, storms } from '../../test/faults/runs.ts';

const args = process.argv.slice(2);
const full = args.includes('--full');
const seedAt = args.indexOf('--seed');
const seed = seedAt < 0 ? 1 : Number(args[seedAt + 1]);
const wanted = args.filter((arg, index) => !arg.startsWith('--') && (seedAt < 0 || index !== seedAt + 1));
const scale = full ? FULL : SMALL;

const runs: Record<string, () => Promise<Outcome[]>> = {
  storm: () => storms(full ? [seed, seed + 1, seed + 2, seed + 3] : [seed], scale),
  kills: async () => [await killsOnSqlite(seed, scale)],
  engines: async () => [await killsOnEngines(seed, scale)],
  two: async () => [await twoBots(seed, scale)],
  troubles: async () => [await troubles(seed, scale)],
  day: async () => [full ? await twoDays(seed, 20_000, 240_000) : await twoDays(seed, 800, 60_000)],
  jobs: () => jobKills(seed, full ? 20 : 4),
  checker: () => proofs(seed),
};
/** Of the small set, what goes on side by side: most of a run is waiting. */
const TRACKS = [
  ['storm', 'kills', 'day'],
  ['engines', 'two', 'troubles'],
  ['jobs', 'checker'],
];
const unknown = wanted.filter((name) => !(name in runs));
if (unknown.length > 0 || !Number.isInteger(seed)) {
  console.error(`usage: npm run test:faults -- [--full] [--seed N] [${Object.keys(runs).join(' | ')}]`);
  process.exit(2);
}

/** A run that takes longer has stopped making progress: it counts as failed, and the others go on. */
const LIMIT_MS = (full ? 40 : 6) * 60_000;
async function limited(run: () => Promise<Outcome[]>): Promise<Outcome[]> {
  const stopping = new AbortController();
  const late = sleep(LIMIT_MS, undefined, { signal: stopping.signal }).then(() => {
    throw new Error(`not over after ${LIMIT_MS / 60_000} minutes`);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    stopping.abort();
    late.catch(() => {});
  }
}

// Bots and servers are ended when this process is.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await provision(['redis', 'kafka'], (line) => console.error(line));
const found = new Map<string, Outcome[]>();
async function track(names: readonly string[]): Promise<void> {
  for (const name of names) {
    console.error(`${name} …`);
    const begun = Date.now();
    found.set(
      name,
      await limited(runs[name]!).catch((error) => [
        { run: name, on: '–', right: false, notes: [`did not end: ${String(error)}`] },
      ]),
    );
    console.error(`${name}: ${Math.round((Date.now() - begun) / 1_000)} s`);
  }
}
const names = Object.keys(runs).filter((name) => wanted.length === 0 || wanted.includes(name));
// The full ones are alone, since their times count.
const tracks = full ? [names] : TRACKS.map((some) => some.filter((name) => names.includes(name)));
await Promise.all(tracks.map(track));
const outcomes = names.flatMap((name) => found.get(name) ?? []);

const ran = outcomes.filter(({ leftOut }) => leftOut === undefined);
const passed = ran.filter(({ right, late }) => right && !(full && late)).length;
const ms = (value: number): string =>
  Number.isNaN(value) ? '–' : Number.isFinite(value) ? `${value} ms` : 'never';
console.log(
  `\nSeed ${seed}, ${full ? 'full' : 'small'} set. "Sent" are anomalies; times are to the thread of one of the highest severity.\n`,
);
console.log('| run | on | sent | incidents | lost | doubled | p50 | p99 | threads | messages used | |');
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
for (const { run, on, verdict, right, late, leftOut } of outcomes) {
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
  const result = leftOut ? 'left out' : right ? (late ? 'LATE' : 'ok') : 'WRONG';
  console.log(`| ${[run, on, ...figures, result].join(' | ')} |`);
}
for (const { run, notes, late, leftOut } of outcomes)
  for (const note of [...notes, late, leftOut]) if (note) console.log(`- ${run}: ${note}`);
if (!full && outcomes.some(({ late }) => late))
  console.log('\nTimes depend on the machine: LATE fails with --full only.');
console.log(`\n${passed} passed, ${ran.length - passed} failed`);
process.exit(passed === ran.length ? 0 : 1);
