import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { judge, judgedMonth } from '../../scripts/eval/judged-month.ts';
import { createLedger } from '../../src/analysis/model/ledger.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { openBullQueue } from '../../src/backends/queue/bullmq.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import { openRegistry } from '../../src/backends/state/registry.ts';
import { createBot } from '../../src/bot/bot.ts';
import { reportPut } from '../../src/bot/follow-up/report-delivery.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { JobName, JobState } from '../../src/domain/job/job.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { plusDays } from '../../src/domain/time/calendar.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { fakeAnalyst, fakeLogs, idleSystem, NO_BUDGET } from '../bot/fixtures.ts';
import { available, startRedis } from '../engines/servers.ts';
import { fakeChat } from '../fakes/chat.ts';
import { messagesIn } from './file-bus.ts';
import { type JobsPlace, openJobsState, TOPIC, TUNING } from './job-place.ts';
import { random } from './random.ts';
import type { Outcome } from './runs.ts';

const DAY_MS = 86_400_000;
const FIRST = '2026-03-01';
const LINES_A_DAY = 2_500;
const DAYS = 120;
/** A kill comes within this time after the worker is ready. */
const WITHIN_MS = 1_500;
/** The same after a job of a kind that was seldom hit has begun. */
const BRIEFLY_MS = 60;
const LIMIT_MS = 5 * 60_000;
/** Kills after which what runs may end. */
const HITS = 4;
const log = createLog('silent');
const NAMES = ['analyze', 'digest', 'collect', 'fine-tune'] as const satisfies readonly JobName[];

/** What a run under kills showed. */
export interface JobsOutcome {
  on: string;
  kills: number;
  /** How many kills hit each kind at work. */
  hit: Record<(typeof NAMES)[number], number>;
  jobs: number;
  /** Jobs that did not end as done, or more than once. */
  wrong: string[];
  /** Reports that are missing, and that stand twice. */
  missing: number;
  doubled: number;
  /** Lines of collected days that are missing on the topic, and that are there twice. */
  linesMissing: number;
  linesDoubled: number;
  /** Nights that were decided more than once. */
  decidedTwice: number;
}

function* days(): Generator<LogRecord[]> {
  for (let day = 0; day < DAYS; day += 1) {
    const from = Date.parse(`${plusDays(FIRST, day)}T00:00:00Z`);
    yield Array.from({ length: LINES_A_DAY }, (_, i): LogRecord => {
      const kind = i % 40;
      return {
        id: `${day}-${i}`,
        timestamp: from + Math.floor((i / LINES_A_DAY) * DAY_MS),
        level: kind === 7 ? 'error' : 'info',
        service: `s${i % 5}`,
        message: `step ${kind}`,
        line: `step ${kind} of ${i}`,
        attributes: {},
        template: { id: `t${kind}`, pattern: `step ${kind}` },
      };
    });
  }
}

async function startChild(place: JobsPlace): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./job-child.ts', import.meta.url)), [JSON.stringify(place)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('a worker process ended by itself');
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}
async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Jobs of every kind, always some of each at work, and a watch over how each ended. */
async function load(queue: Queue, place: JobsPlace) {
  const state = await openJobsState(place);
  const ended = new Map<string, JobState[]>();
  const added: { id: string; name: JobName; day: string }[] = [];
  let next = 0;
  const watching = await queue.watch(({ id, state: how }) => {
    if (how === 'waiting' || how === 'active') return;
    ended.set(id, [...(ended.get(id) ?? []), how]);
  });
  const announce = (id: string) =>
    state.commit({ put: [reportPut(id, { chat: 'slack', channel: 'C1' }, 'en')] });
  const open = (name: JobName): number =>
    added.filter((job) => job.name === name && !ended.has(job.id)).length;
  return {
    added,
    ended,
    async fill() {
      for (const name of NAMES)
        while (open(name) < 2 && next < DAYS * NAMES.length) {
          const day = plusDays(FIRST, Math.floor(next / NAMES.length) + 1);
          const from = Date.parse(`${FIRST}T00:00:00Z`);
          next += 1;
          const id = `${name}-${day}-${next}`;
          added.push({ id, name, day });
          if (name === 'analyze')
            await queue.add(
              name,
              { window: { from, to: from + 3 * DAY_MS }, text: '', language: 'en' },
              { id },
            );
          else if (name === 'digest')
            await queue.add(name, { team: 'all', span: 'day', day, language: 'en' }, { id });
          else await queue.add(name, { day, language: 'en' }, { id });
          if (name !== 'collect') await announce(id);
        }
    },
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when a job of one of these kinds is at work, or when it seems that none will be. */
async function atWork(queue: Queue, names: readonly JobName[]): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(2))
    if ((await queue.list(['active'])).some(({ name }) => names.includes(name))) return;
}

/** Kills a worker at random moments while jobs of every kind run, and looks at what came of them. */
export async function jobsUnderKills(options: {
  seed: number;
  kills: number;
  /** Address of a Redis; the embedded queue and SQLite when absent. */
  redis?: string;
}): Promise<JobsOutcome> {
  const { seed, kills, redis } = options;
  const chance = random(seed);
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-kills-'));
  const place: JobsPlace = {
    queue: redis
      ? { kind: 'redis', url: redis, prefix: 'kills' }
      : { kind: 'embedded', dir: join(dir, 'queue') },
    ...(redis ? {} : { state: join(dir, 'state.sqlite') }),
    logs: join(dir, 'logs.sqlite'),
    bus: join(dir, 'bus.jsonl'),
    slowMs: 15,
  };
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  {
    await using logs = await openSqliteLogs({ file: place.logs }, log);
    for (const batch of days()) await logs.write(batch);
  }
  const queue = opened.use(await openBullQueue(place.queue, log, TUNING));
  const state = opened.use(await openJobsState(place));
  // What people judged, for the trainings.
  await state.commit({
    put: judgedMonth(seed, 14).map(({ incident, real }) => ({
      kind: 'incident' as const,
      id: incident.id,
      value: judge(incident, real),
      rank: incident.activity.lastSeen,
    })),
  });
  const chat = fakeChat();
  const bus = opened.use(openMemoryBus(log));
  const bot = createBot({
    bus,
    state,
    logs: fakeLogs(),
    queue,
    analyst: fakeAnalyst(),
    ledger: createLedger({ state, budget: NO_BUDGET, timeZone: 'UTC' }),
    chats: [chat],
    config: parseConfig({}),
    backendsHealth: async () => ({}),
    systemHealth: idleSystem,
    metrics: createMetrics(),
    log,
  });
  await bot.start();
  opened.defer(() => bot.stop());
  const work = opened.use(await load(queue, place));

  const hit = { analyze: 0, digest: 0, collect: 0, 'fine-tune': 0 };
  // Until each kind was hit that often, or was seldom at work when a kill came.
  let killed = 0;
  const settle = async (until: () => boolean): Promise<void> => {
    const child = await startChild(place);
    for (const end = Date.now() + LIMIT_MS; Date.now() < end && !until(); ) await sleep(50);
    await kill(child);
  };
  const allEnded = (): boolean => work.added.every(({ id }) => work.ended.has(id));
  for (; killed < kills || (killed < 3 * kills && NAMES.some((name) => hit[name] < kills)); killed += 1) {
    await work.fill();
    const child = await startChild(place);
    // What is quick is seldom at work at a random moment: after the first round the moment is one of those when it is.
    const lagging = NAMES.filter((name) => hit[name] < kills);
    if (killed >= kills) await atWork(queue, lagging);
    await sleep(chance() * (killed >= kills ? BRIEFLY_MS : WITHIN_MS));
    const running = new Set((await queue.list(['active'])).map(({ name }) => name));
    await kill(child);
    for (const name of NAMES) if (running.has(name)) hit[name] += 1;
    // A job whose workers die again and again is put aside by design: each is hit a few times only.
    if (killed % HITS === HITS - 1) await settle(allEnded);
  }
  const reports = work.added.filter(({ name }) => name !== 'collect');
  const posted = (): number =>
    reports.filter(({ id }) => chat.messages.some(({ nonce }) => nonce?.includes(id))).length;
  const failed = (): boolean => [...work.ended.values()].some((ends) => ends.includes('failed'));
  await settle(() => allEnded() && (posted() === reports.length || failed()));

  const wrong: string[] = [];
  for (const { id } of work.added) {
    const status = await queue.status(id);
    const ends = work.ended.get(id) ?? [];
    if (status?.state !== 'done' || ends.length !== 1)
      wrong.push(`${id}: ${status?.state}, ended ${ends.length} times`);
  }
  const sent = new Map<string, number>();
  for (const { value } of messagesIn(place.bus, TOPIC))
    for (const { id } of (JSON.parse(value) as { data: { id: string }[] }).data)
      sent.set(id, (sent.get(id) ?? 0) + 1);
  const nights = (await openRegistry(state).history('alerts')).map(({ night }) => night);
  const collected = new Set(work.added.filter(({ name }) => name === 'collect').map(({ day }) => day));
  const count = (nonce: string): number =>
    chat.messages.filter((message) => message.nonce?.includes(nonce)).length;
  return {
    on: redis ? 'Redis' : 'embedded queue, SQLite',
    kills: killed,
    hit,
    jobs: work.added.length,
    wrong,
    missing: reports.filter(({ id }) => count(id) === 0).length,
    doubled: reports.filter(({ id }) => count(id) > 1).length,
    linesMissing: collected.size * LINES_A_DAY - sent.size,
    linesDoubled: [...sent.values()].filter((times) => times > 1).length,
    decidedTwice: nights.length - new Set(nights).size,
  };
}

/** The runs of `npm run test:faults jobs`: on the embedded queue, and on Redis where there is one. */
export async function jobKills(seed: number, kills: number): Promise<Outcome[]> {
  const outcomes = [asOutcome(await jobsUnderKills({ seed, kills }))];
  if (available('redis') === undefined) {
    await using server = await startRedis();
    outcomes.push(asOutcome(await jobsUnderKills({ seed, kills, redis: server.url })));
  }
  return outcomes;
}

function asOutcome(found: JobsOutcome): Outcome {
  const { analyze, digest, collect, 'fine-tune': tune } = found.hit;
  const faults =
    found.wrong.length +
    found.missing +
    found.doubled +
    found.linesMissing +
    found.linesDoubled +
    found.decidedTwice;
  return {
    run: 'jobs: worker killed',
    on: found.on,
    right: faults === 0,
    notes: [
      `${found.kills} kills: analyses at work ${analyze} times, digests ${digest}, collections ${collect}, trainings ${tune}`,
      `${found.jobs} jobs; not done exactly once ${found.wrong.length}; reports missing ${found.missing}, doubled ${found.doubled}; lines missing ${found.linesMissing}, doubled ${found.linesDoubled}; nights decided twice ${found.decidedTwice}`,
    ],
  };
}
