import { openKafkaBus } from '../../src/backends/bus/kafka.ts';
import { createLog } from '../../src/log.ts';
import { available, type Server, startKafka, startRedis } from '../engines/servers.ts';
import { type BotProcess, play, slackConfig, Workshop } from './bots.ts';
import { settled } from './checker.ts';
import { load, ROUTES, type Sent } from './load.ts';
import { CALM, type Platform, STORMY, startPlatform } from './platform.ts';
import { random } from './random.ts';
import { killing, type Outcome, outcome, QUIET_MS, type Scale, STUCK_MS, sleep } from './runs.ts';

const TAKEOVER_LIMIT_MS = 10_000;
const TAKEOVER_WINDOW_MS = 5_000;
const SAYS_MS = 30_000;
const log = createLog('silent');

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

/** The same on Redis and Kafka, which are killed and come back as well. */
export async function killsOnEngines(seed: number, scale: Scale): Promise<Outcome> {
  const run = `storm and ${scale.kills} × kill -9, restarts of Redis and Kafka`;
  const missing = enginesMissing();
  if (missing) return { run, on: '–', right: true, leftOut: missing, notes: [] };
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
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, stuckMs: STUCK_MS });
  return outcome(run, 'Redis, Kafka', verdict);
}

/** Who of several bots sends now, by what they say of themselves. Throws when none does for too long. */
async function sender(bots: readonly BotProcess[]): Promise<BotProcess> {
  for (const end = Date.now() + SAYS_MS; Date.now() < end; await sleep(200))
    for (const bot of bots) {
      const outbox = (await bot.health().catch(() => undefined))?.outbox;
      if (outbox?.ok && !outbox.detail.startsWith('standing by')) return bot;
    }
  throw new Error('no bot says that it sends');
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
  if (missing) return { run, on: '–', right: true, leftOut: missing, notes: [] };
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
  const verdict = await settled(sent, platform, { quietMs: QUIET_MS, stuckMs: STUCK_MS });
  const cut = takeover(sent, platform, cutAt);
  const killed = takeover(sent, platform, killedAt);
  const late = Math.max(cut, killed) > TAKEOVER_LIMIT_MS && `takeover over ${TAKEOVER_LIMIT_MS} ms`;
  const notes = [`longest wait for a thread after the cut ${cut} ms, after the kill ${killed} ms`];
  return outcome(run, 'Redis, Kafka', verdict, { notes, late });
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
  if (missing) return { run, on: '–', right: true, leftOut: missing, notes: [] };
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
    const verdict = await settled(sent, platform, { quietMs: QUIET_MS, stuckMs: STUCK_MS });
    const also = !said.some((line) => line.includes('NOT'));
    return outcome(run, 'Redis, Kafka', verdict, { notes: said, also });
  } finally {
    admin.disconnect();
  }
}
