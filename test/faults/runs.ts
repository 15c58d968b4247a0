import { type BotProcess, Broker, play, slackConfig, Workshop } from './bots.ts';
import { isRight, quantile, settled, type Verdict } from './checker.ts';
import { load, ROUTES } from './load.ts';
import { STORMY, startPlatform } from './platform.ts';
import { random } from './random.ts';

/** How large the runs are. */
export interface Scale {
  anomalies: number;
  incidents: number;
  overMs: number;
  kills: number;
  cutMs: number;
}
export const SMALL: Scale = { anomalies: 1_000, incidents: 45, overMs: 20_000, kills: 5, cutMs: 15_000 };
export const FULL: Scale = { anomalies: 10_000, incidents: 300, overMs: 60_000, kills: 50, cutMs: 30_000 };

export interface Outcome {
  run: string;
  /** On what it ran. */
  on: string;
  verdict?: Verdict;
  /** Nothing lost, doubled or out of reach, every count exact, and what else it must show. Never a matter of speed. */
  right: boolean;
  /** A time that is over its limit, which may be the machine's fault. */
  late?: string;
  /** Why it could not run here. */
  leftOut?: string;
  /** What else it must show, and what was measured. */
  notes: string[];
}

const THREAD_LIMIT_MS = 10_000;
/** Long enough for what a dead process left on its way to be found and, if it was wrong, to be seen twice. */
export const QUIET_MS = 8_000;
/** Nothing that is right waits so long: not for a session that has to run out, nor for what is tried again. */
export const STUCK_MS = 90_000;
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const outcome = (
  run: string,
  on: string,
  verdict: Verdict,
  more: { notes?: string[]; also?: boolean; late?: string | false } = {},
): Outcome => ({
  run,
  on,
  verdict,
  right: isRight(verdict) && (more.also ?? true),
  ...(more.late ? { late: more.late } : {}),
  notes: [...(more.notes ?? []), ...verdict.wrong],
});

/** Kills the bot at random moments for as long as `playing` goes on or kills are left, starting it again each time. */
export async function killing(
  bot: BotProcess,
  options: {
    kills: number;
    chance: () => number;
    start: () => Promise<BotProcess>;
    meanMs: number;
    also?: (n: number) => Promise<void>;
  },
): Promise<BotProcess> {
  let current = bot;
  for (let n = 0; n < options.kills; n += 1) {
    await sleep(options.chance() * 2 * options.meanMs);
    await current.kill();
    await options.also?.(n);
    current = await options.start();
  }
  return current;
}

/**
 * Ten thousand anomalies at a platform that refuses, fails, is slow, and loses answers; once for each seed. How long the
 * worst wait for their threads is judged over all seeds together, in a row of its own: one storm has thirty of them, and the
 * 99th of a hundred is not among thirty.
 */
export async function storms(seeds: readonly number[], scale: Scale): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) outcomes.push(await storm(seed, scale));
  const delays = outcomes.flatMap(({ verdict }) => verdict?.delays ?? []).sort((a, b) => a - b);
  const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
  const all: Outcome = {
    run: `storm: ${delays.length} threads of seeds ${seeds.join(', ')}`,
    on: 'SQLite',
    right: delays.length > 0,
    notes: [`p50 ${p50} ms, p99 ${p99} ms, slowest ${delays.at(-1)} ms`],
  };
  if (!(p99 <= THREAD_LIMIT_MS)) all.late = `p99 to a thread over ${THREAD_LIMIT_MS} ms`;
  return [...outcomes, all];
}

async function storm(seed: number, scale: Scale): Promise<Outcome> {
  await using platform = await startPlatform({ seed, weather: STORMY });
  await using shop = new Workshop();
  const broker = new Broker();
  await shop.start(shop.config(slackConfig(ROUTES)), platform.env, { broker });
  const sent = load({ ...scale, seed, run: 'storm' });
  await play(sent, (due) => broker.publish(due));
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, stuckMs: STUCK_MS });
  return outcome(`storm ${seed}: 429, 5xx, slow, cut`, 'SQLite', verdict);
}

/** The same while the bot is killed again and again, on SQLite with the test as its broker. */
export async function killsOnSqlite(seed: number, scale: Scale, broken?: string): Promise<Outcome> {
  await using platform = await startPlatform({ seed, weather: STORMY });
  await using shop = new Workshop();
  const broker = new Broker();
  const chance = random(seed + 1);
  const config = shop.config(slackConfig(ROUTES));
  const start = () => shop.start(config, platform.env, { broker, ...(broken ? { broken } : {}) });
  const bot = await start();
  const sent = load({ ...scale, seed, run: 'kills' });
  const meanMs = scale.overMs / scale.kills;
  await Promise.all([
    play(sent, (due) => broker.publish(due)),
    killing(bot, { kills: scale.kills, chance, start, meanMs }),
  ]);
  const stuckMs = broken ? 2 * QUIET_MS : STUCK_MS;
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, stuckMs });
  return outcome(`storm and ${scale.kills} × kill -9`, 'SQLite', verdict);
}

/** What the checker must find when the product is broken on purpose. */
export async function proofs(seed: number): Promise<Outcome[]> {
  const scale: Scale = { anomalies: 400, incidents: 30, overMs: 15_000, kills: 8, cutMs: 0 };
  const [blind, early] = await Promise.all([
    killsOnSqlite(seed, scale, 'no-reconciliation'),
    killsOnSqlite(seed, scale, 'commit-first'),
  ]);
  return [
    {
      ...blind,
      run: 'checker: without reconciliation doubles are found',
      right: (blind.verdict?.doubled ?? 0) > 0,
      notes: blind.notes.slice(0, 1),
    },
    {
      ...early,
      run: 'checker: with the commit before the write losses are found',
      right: (early.verdict?.lost ?? 0) > 0,
      notes: early.notes.slice(0, 1),
    },
  ];
}
