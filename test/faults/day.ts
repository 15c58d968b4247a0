import { DatabaseSync } from 'node:sqlite';
import { Broker, slackConfig, Workshop } from './bots.ts';
import type { Sent } from './load.ts';
import { CALM, startPlatform } from './platform.ts';
import { random } from './random.ts';
import { type Outcome, sleep } from './runs.ts';

const HOURS = 48;
const KEEP_DAYS = 1;
const SERVICES = 40;
const SAMPLES = 24;
const STEP_MS = 50;
/** After so many steps it is looked whether the bot keeps up: no more than this waits for it. */
const LOOK = 5;
const BEHIND = 60;
/** How far the clock goes in a step then: a channel takes a message a second. */
const SLOW_MS = 3_000;
const RECEIVED = 'bongsu_anomalies_received_total';
/** How much more the last quarter may need than the time when the first things are forgotten. */
const MORE = { memory: 1.25, rows: 1.15 };

/**
 * Two days of alerts while the bot's clock runs hundreds of times as fast, with a retention of one day: memory stays flat and
 * the state stops growing when the first day is forgotten. The clock goes slower where the bot falls behind, so that a
 * slow machine shows the same.
 * @param takesMs real time, at least
 */
export async function twoDays(seed: number, anomalies: number, takesMs: number): Promise<Outcome> {
  const steps = Math.ceil(takesMs / STEP_MS);
  const chance = random(seed);
  await using platform = await startPlatform({
    seed,
    weather: CALM,
    pace: { perSecond: 1_000, burst: 1_000 },
  });
  await using shop = new Workshop();
  const broker = new Broker();
  let clock = Date.now();
  const file = shop.config({ ...slackConfig([]), incidents: { keepDays: KEEP_DAYS } });
  const preload = new URL('./clock.ts', import.meta.url).href;
  const bot = await shop.start(file, platform.env, { broker, preload });
  const rows = (): number => {
    using database = new DatabaseSync(shop.stateOf(file), { readOnly: true });
    const alive = database.prepare('SELECT count(*) AS n FROM documents');
    return (alive.get() as { n: number }).n;
  };
  /** Sums of the bot's metrics, in the order of their names. */
  const metrics = async (...names: string[]): Promise<number[]> => {
    const text = await (await fetch(`${bot.address}/metrics`)).text();
    return names.map((name) => {
      const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
      return found.reduce((sum, [, value]) => sum + Number(value), 0);
    });
  };
  const received = async (): Promise<number> => (await metrics(RECEIVED))[0]!;
  const samples: { memory: number; rows: number }[] = [];
  const goOn = async (ms: number): Promise<void> => {
    clock += ms;
    broker.setClock(Math.round(clock));
    await sleep(STEP_MS);
  };
  let sent = 0;
  const isBehind = async (): Promise<boolean> => {
    const [waiting = 0, taken = 0] = await metrics('bongsu_outbox_pending', RECEIVED);
    return waiting > BEHIND || taken < sent - BEHIND;
  };
  for (let step = 0; step < steps; step += 1) {
    const share = step / steps;
    if (step % LOOK === 0) while (await isBehind()) await goOn(SLOW_MS);
    await goOn((HOURS * 3_600_000) / steps);
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
    if (due.length > 0) broker.publish(due, Math.round(clock));
    if (share > (samples.length + 1) / SAMPLES)
      samples.push({ memory: (await metrics('bongsu_process_resident_memory_bytes'))[0]!, rows: rows() });
  }
  for (const end = Date.now() + 60_000; Date.now() < end && (await received()) < sent; ) await sleep(200);
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
  const lost = Math.max(0, sent - (await received()));
  const used = platform.calls.filter(
    ({ method, outcome }) => method.startsWith('chat.') && outcome === 'done',
  );
  return {
    run: `${HOURS} h of alerts in ${Math.round(takesMs / 1_000)} s, retention ${KEEP_DAYS * 24} h`,
    on: 'SQLite',
    verdict: {
      sent,
      incidents: SERVICES,
      lost,
      doubled,
      misplaced: 0,
      p50: Number.NaN,
      p99: Number.NaN,
      delays: [],
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
