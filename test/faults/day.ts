import { DatabaseSync } from 'node:sqlite';
import { IDLE } from '../../src/bot/delivery.ts';
import { Broker, slackConfig, Workshop } from './bots.ts';
import type { Sent } from './load.ts';
import { CALM, startPlatform } from './platform.ts';
import { random } from './random.ts';
import type { Outcome } from './runs.ts';

const HOURS = 48;
const KEEP_DAYS = 1;
const SERVICES = 40;
const SAMPLES = 24;
const DAY_MS = 86_400_000;
/** How much more the last quarter may need than the time when the first things are forgotten. */
const MORE = { memory: 1.25, rows: 1.15 };

/**
 * Two days of alerts while the bot's clock runs hundreds of times as fast, with a retention of one day: memory stays flat and
 * the state stops growing when the first day is forgotten.
 * @param takesMs real time
 */
export async function twoDays(seed: number, anomalies: number, takesMs: number): Promise<Outcome> {
  const speed = (HOURS * 3_600_000) / takesMs;
  const chance = random(seed);
  await using platform = await startPlatform({
    seed,
    weather: CALM,
    pace: { perSecond: 1_000, burst: 1_000 },
  });
  await using shop = new Workshop();
  const broker = new Broker();
  const started = Date.now();
  const clock = (): number => Math.round(started + (Date.now() - started) * speed);
  const env = {
    ...platform.env,
    BONGSU_CLOCK_SPEED: String(speed),
    BONGSU_CLOCK_START: String(started),
  };
  const file = shop.config({ ...slackConfig([]), incidents: { keepDays: KEEP_DAYS } });
  const preload = new URL('./clock.ts', import.meta.url).href;
  const bot = await shop.start(file, env, { broker, preload });
  /** Without what waits to be sent: how much that is depends on the machine's speed, not on what is kept. */
  const rows = (): number => {
    using database = new DatabaseSync(shop.stateOf(file), { readOnly: true });
    const kept = database.prepare(
      "SELECT count(*) AS n FROM documents WHERE NOT (kind = 'outbox' AND rank < ?)",
    );
    return (kept.get(IDLE) as { n: number }).n;
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${bot.address}/metrics`)).text();
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
    return found.reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const samples: { memory: number; rows: number }[] = [];
  const begun = Date.now();
  let sent = 0;
  while (Date.now() - begun < takesMs) {
    const share = (Date.now() - begun) / takesMs;
    const due: Sent[] = [];
    for (; sent < anomalies * share; sent += 1) {
      const service = `s-${Math.floor(chance() * SERVICES)}`;
      const id = `day/${sent}`;
      const value = JSON.stringify({
        id,
        anomaly_status: 'critical',
        confidence: 0.9,
        severity: 4,
        detected_issues: ['errors rose'],
        explanation: 'errors rose',
        service,
        names: [],
      });
      due.push({ id, service, channel: 'C0FIRST', severity: 4, after: 0, value });
    }
    if (due.length > 0) broker.publish(due, clock());
    if (share > (samples.length + 1) / SAMPLES)
      samples.push({ memory: await metric('bongsu_process_resident_memory_bytes'), rows: rows() });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const end = Date.now() + 60_000; Date.now() < end; )
    if ((await metric('bongsu_anomalies_received_total')) >= sent) break;
    else await new Promise((resolve) => setTimeout(resolve, 200));
  const received = await metric('bongsu_anomalies_received_total');
  const most = (of: 'memory' | 'rows', from: number, to: number): number =>
    Math.max(
      ...samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length)).map((s) => s[of]),
    );
  // The retention is half of the run: what the third quarter begins with is the most that is kept.
  const memory = { middle: most('memory', 0.3, 0.6), last: most('memory', 0.75, 1) };
  const state = { middle: most('rows', 0.4, 0.65), last: most('rows', 0.75, 1) };
  const flat = memory.last <= memory.middle * MORE.memory;
  const bounded = state.last <= state.middle * MORE.rows;
  const nonces = platform.messages.flatMap(({ nonce }) => nonce ?? []);
  const doubled = nonces.length - new Set(nonces).size;
  const lost = Math.max(0, sent - received);
  const used = platform.calls.filter(
    ({ method, outcome }) => method.startsWith('chat.') && outcome === 'done',
  );
  return {
    run: `${HOURS} h of alerts in ${Math.round(takesMs / 1_000)} s, retention ${KEEP_DAYS * (DAY_MS / 3_600_000)} h`,
    on: 'SQLite',
    verdict: {
      sent,
      incidents: SERVICES,
      lost,
      doubled,
      misplaced: 0,
      p50: Number.NaN,
      p99: Number.NaN,
      threads: nonces.filter((nonce) => nonce.startsWith('parent/')).length,
      used: used.length,
      wrong: [],
    },
    right: lost === 0 && doubled === 0 && flat && bounded,
    notes: [
      `memory ${Math.round(memory.middle / 1e6)} MB in the middle, ${Math.round(memory.last / 1e6)} MB in the last quarter`,
      `documents ${state.middle} when the first are forgotten, ${state.last} in the last quarter`,
    ],
  };
}
