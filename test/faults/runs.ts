import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { createLog } from '../../src/log.ts';
import { available, type Server, startKafka, startRedis } from '../engines/servers.ts';
import { type BotProcess, Broker, play, slackConfig, Workshop } from './bots.ts';
import { isRight, settled, type Verdict } from './checker.ts';
import { load, ROUTES, type Sent } from './load.ts';
import { CALM, type Platform, STORMY, startPlatform, type Weather } from './platform.ts';
import { random } from './random.ts';

/** How large the runs are. */
export interface Scale {
  anomalies: number;
  incidents: number;
  overMs: number;
  kills: number;
  cutMs: number;
}
export const SMALL: Scale = { anomalies: 1_000, incidents: 60, overMs: 20_000, kills: 5, cutMs: 15_000 };
export const FULL: Scale = { anomalies: 10_000, incidents: 300, overMs: 60_000, kills: 50, cutMs: 30_000 };

export interface Outcome {
  run: string;
  /** On what it ran. */
  on: string;
  verdict?: Verdict;
  right: boolean;
  /** What else it must show, and what was measured. */
  notes: string[];
}

export const THREAD_LIMIT_MS = 10_000;
const TAKEOVER_LIMIT_MS = 10_000;
const TAKEOVER_WINDOW_MS = 5_000;
/** Long enough for what a dead process left on its way to be found and, if it was wrong, to be seen twice. */
const QUIET_MS = 8_000;
const LIMIT_MS = 240_000;
const SAYS_MS = 30_000;
const log = createLog('silent');
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const outcome = (run: string, on: string, verdict: Verdict, notes: string[] = [], also = true): Outcome => ({
  run,
  on,
  verdict,
  right: isRight(verdict) && also,
  notes: [...notes, ...verdict.wrong],
});

/** Real Kafka and Redis for one run, a topic and keys of their own. */
async function engines(run: string) {
  const stack = new AsyncDisposableStack();
  const kafka = stack.use(await startKafka());
  const redis = stack.use(await startRedis());
  const bus = stack.use(await openKafkaBus({ brokers: kafka.brokers, group: `faults-${run}` }, log));
  const topic = `anomalies-${run}`;
  const config = (url = redis.url): Record<string, unknown> => ({
    ...slackConfig(ROUTES),
    bus: { kind: 'kafka', brokers: kafka.brokers, group: `bongsu-${run}` },
    topics: { logs: `logs-${run}`, anomalies: topic },
    state: { kind: 'redis', url },
    queue: { kind: 'redis', url: redis.url },
  });
  /** As a producer does that tries until the broker has it: what it sends twice has one id. */
  const publish = async (due: Sent[]): Promise<void> => {
    for (;;)
      try {
        return await bus.publish(
          topic,
          due.map(({ service, value }) => ({ key: service, value })),
        );
      } catch {
        await sleep(250);
      }
  };
  return { kafka, redis, topic, config, publish, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
const enginesMissing = (): string | undefined => available('redis') ?? available('kafka');

/** Kills the bot at random moments for as long as `playing` goes on or kills are left, starting it again each time. */
async function killing(
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

/** Ten thousand anomalies at a platform that refuses, fails, is slow, and loses answers. */
export async function storm(seed: number, scale: Scale, weather: Weather = STORMY): Promise<Outcome> {
  await using platform = await startPlatform({ seed, weather });
  await using shop = new Workshop();
  const broker = new Broker();
  await shop.start(shop.config(slackConfig(ROUTES)), platform.env, { broker });
  const sent = load({ ...scale, seed, run: 'storm' });
  await play(sent, (due) => broker.publish(due));
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, limitMs: LIMIT_MS });
  const quick = verdict.p99 <= THREAD_LIMIT_MS;
  return outcome(
    'storm: 429, 5xx, slow, cut',
    'SQLite',
    verdict,
    quick ? [] : [`p99 to a thread over ${THREAD_LIMIT_MS} ms`],
    quick,
  );
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
  const limitMs = broken ? 30_000 : LIMIT_MS;
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, limitMs });
  return outcome(`storm and ${scale.kills} × kill -9`, 'SQLite', verdict);
}

/** The same on Redis and Kafka, which are killed and come back as well. */
export async function killsOnEngines(seed: number, scale: Scale): Promise<Outcome> {
  const run = `storm and ${scale.kills} × kill -9, restarts of Redis and Kafka`;
  const missing = enginesMissing();
  if (missing) return { run, on: '–', right: true, notes: [`left out: ${missing}`] };
  await using servers = await engines('kills');
  await using platform = await startPlatform({ seed, weather: STORMY });
  await using shop = new Workshop();
  const chance = random(seed + 2);
  const file = shop.config(servers.config());
  const start = () => shop.start(file, platform.env);
  const bot = await start();
  // A dead bot's partitions go to the next one when its session is over: the kills take their time.
  const overMs = Math.max(scale.overMs, scale.kills * 4_000);
  const sent = load({ ...scale, overMs, seed, run: 'engines' });
  const restarts: Server[] = [servers.redis, servers.kafka];
  await Promise.all([
    play(sent, servers.publish),
    killing(bot, {
      kills: scale.kills,
      chance,
      start,
      meanMs: 2_500,
      also: async (n) => {
        const turn = Math.max(1, Math.floor(scale.kills / 4));
        if (n % turn === 0) await restarts[(n / turn) % restarts.length]!.restart();
      },
    }),
  ]);
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, limitMs: LIMIT_MS });
  return outcome(run, 'Redis, Kafka', verdict);
}

/** Who of several bots sends now, by what they say of themselves. */
async function sender(bots: readonly BotProcess[]): Promise<BotProcess> {
  for (;;) {
    for (const bot of bots) {
      const { outbox } = await bot.health();
      if (outbox?.ok && !outbox.detail.startsWith('standing by')) return bot;
    }
    await sleep(200);
  }
}

/**
 * The longest that an incident beginning within five seconds of a moment waited until it was told of: one of the highest
 * severity where there is one, since others may wait for the channel's pace.
 */
function takeover(sent: readonly Sent[], platform: Platform, moment: number): number {
  const begun = new Map<string, { at: number; severity: number }>();
  for (const { service, at = 0, severity } of sent)
    if (at < (begun.get(service)?.at ?? Infinity)) begun.set(service, { at, severity });
  const near = [...begun].filter(([, { at }]) => at >= moment && at <= moment + TAKEOVER_WINDOW_MS);
  const worst = near.filter(([, { severity }]) => severity === 5);
  const waits = (worst.length > 0 ? worst : near).map(([service, { at }]) => {
    const told = platform.messages.find(
      ({ nonce = '', text }) => /^(parent|storm)\//.test(nonce) && text.includes(`${service}: `),
    );
    return (told?.at ?? Infinity) - at;
  });
  return Math.max(...waits);
}

/** Two bots on one Redis: the wire of the one that sends is cut, later one is killed. */
export async function twoBots(seed: number, scale: Scale): Promise<Outcome> {
  const run = `two bots: Redis out of reach for ${scale.cutMs / 1_000} s, then kill -9`;
  const missing = enginesMissing();
  if (missing) return { run, on: '–', right: true, notes: [`left out: ${missing}`] };
  await using servers = await engines('two');
  const { openWire } = await import('./network.ts');
  await using wire = await openWire(Number(new URL(servers.redis.url).port));
  await using platform = await startPlatform({ seed, weather: { ...STORMY, latencyMs: [50, 500] } });
  await using shop = new Workshop();
  const first = await shop.start(shop.config(servers.config(`redis://127.0.0.1:${wire.port}`)), platform.env);
  await sender([first]);
  const second = await shop.start(shop.config(servers.config()), platform.env);
  // Incidents begin in the first seven tenths: some must begin after the kill.
  const overMs = Math.max(scale.overMs, (scale.cutMs + 20_000) / 0.7);
  const sent = load({ ...scale, overMs, seed, run: 'two' });
  let cutAt = 0;
  let killedAt = 0;
  const fate = async (): Promise<void> => {
    await sleep(6_000);
    cutAt = Date.now();
    wire.cut();
    await sleep(scale.cutMs);
    wire.mend();
    await sleep(6_000);
    const victim = await sender([first, second]);
    killedAt = Date.now();
    await victim.kill();
  };
  await Promise.all([play(sent, servers.publish), fate()]);
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, limitMs: LIMIT_MS });
  const cut = takeover(sent, platform, cutAt);
  const killed = takeover(sent, platform, killedAt);
  const quick = Math.max(cut, killed) <= TAKEOVER_LIMIT_MS;
  const notes = [`longest wait for a thread after the cut ${cut} ms, after the kill ${killed} ms`];
  return outcome(run, 'Redis, Kafka', verdict, notes, quick);
}

/** Asks for the health until it says what it must, and did not say before; false when it never does. */
async function says(bot: BotProcess, name: string, pattern: RegExp, before = ''): Promise<boolean> {
  for (const end = Date.now() + SAYS_MS; Date.now() < end; await sleep(50)) {
    const health = (await bot.health().catch(() => undefined))?.[name];
    if (health && health.detail !== before && pattern.test(health.detail)) return true;
  }
  return false;
}

/** The state store is full for a while, the clock is set back an hour, partitions are shared out anew. */
export async function troubles(seed: number, scale: Scale): Promise<Outcome> {
  const run = 'store full, clock back an hour, Kafka rebalance';
  const missing = enginesMissing();
  if (missing) return { run, on: '–', right: true, notes: [`left out: ${missing}`] };
  const { Redis } = await import('ioredis');
  await using servers = await engines('troubles');
  await using platform = await startPlatform({ seed, weather: CALM });
  await using shop = new Workshop();
  const preload = new URL('./clock.ts', import.meta.url).href;
  const bot = await shop.start(shop.config(servers.config()), platform.env, { preload });
  const admin = new Redis(servers.redis.url);
  const overMs = Math.max(scale.overMs, 30_000);
  const sent = load({ ...scale, overMs, seed, run: 'troubles' });
  const said: string[] = [];
  const mustSay = async (what: string, name: string, pattern: RegExp, before?: string): Promise<void> => {
    said.push(`${what}: ${(await says(bot, name, pattern, before)) ? 'said' : 'NOT said'} in health`);
  };
  const fate = async (): Promise<void> => {
    await sleep(4_000);
    await admin.config('SET', 'maxmemory', '1mb');
    await mustSay('store full', 'state', /no memory|disk/);
    await admin.config('SET', 'maxmemory', '0');
    await sleep(3_000);
    process.kill(bot.pid, 'SIGUSR2');
    await mustSay('clock set back', 'outbox', /clock/);
    const before = (await bot.health()).bus?.detail ?? '';
    const other = shop.start(shop.config(servers.config()), platform.env);
    await mustSay('rebalance', 'bus', /shared out/, before);
    await (await other).stop();
  };
  try {
    await Promise.all([play(sent, servers.publish), fate()]);
    const verdict = await settled(sent, platform, { quietMs: QUIET_MS, limitMs: LIMIT_MS });
    return outcome(run, 'Redis, Kafka', verdict, said, !said.some((line) => line.includes('NOT')));
  } finally {
    admin.disconnect();
  }
}

/** What the checker must find when the product is broken on purpose. */
export async function proofs(seed: number): Promise<Outcome[]> {
  const scale: Scale = { anomalies: 400, incidents: 30, overMs: 15_000, kills: 8, cutMs: 0 };
  const blind = await killsOnSqlite(seed, scale, 'no-reconciliation');
  const early = await killsOnSqlite(seed, scale, 'commit-first');
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
