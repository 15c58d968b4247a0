import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { type Schedule, startScheduler } from '../../src/jobs/scheduler.ts';
import { createLog } from '../../src/log.ts';
import { memoryState } from '../fakes/state.ts';

const log = createLog('silent');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const latest: Schedule['missed'] = { withinMs: 12 * HOUR, which: 'latest' };

/** Small and seeded: jitter of the ticks. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The days of a year in order, `2026-01-01` … */
const daysOf = (year: number): string[] => {
  const days: string[] = [];
  for (let at = Date.UTC(year, 0, 1); new Date(at).getUTCFullYear() === year; at += DAY)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
};

test('a year on a simulated clock in three zones with daylight saving: every period once, two schedulers', async () => {
  const state = memoryState();
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
  const runs = new Map<string, string[]>();
  let crashes = 0;
  const next = random(7);
  const all = zones.flatMap((timeZone): Schedule[] =>
    [
      ['night', '30 2 * * *'],
      ['midnight', '0 0 * * *'],
      ['week', '15 9 * * mon'],
    ].map(([name, cron]) => ({
      name: `${name} ${timeZone}`,
      cron: cron!,
      timeZone,
      missed: { withinMs: 3 * DAY, which: 'each' },
      async run({ period }) {
        const key = `${name} ${timeZone}`;
        // Like the queue: a job with a known id is added once.
        const known = runs.get(key) ?? [];
        if (!known.includes(period)) known.push(period);
        runs.set(key, known);
        if (next() < 0.05) {
          crashes += 1;
          throw new AppError('unavailable', 'a crash between the queue and the note of it');
        }
      },
    })),
  );
  let clock = Date.UTC(2025, 11, 31, 6);
  const now = () => clock;
  let pair = [
    startScheduler({ state, schedules: all, log, now }),
    startScheduler({ state, schedules: all, log, now }),
  ];
  for (const end = Date.UTC(2027, 0, 1, 16); clock < end; clock += 20 * 60_000 + next() * 40 * 60_000) {
    await Promise.all(pair.map((scheduler) => scheduler.tick()));
    // Sometimes both processes end, and others begin up to two days later.
    if (next() < 0.002) {
      await Promise.all(pair.map((scheduler) => scheduler[Symbol.asyncDispose]()));
      clock += next() * 2 * DAY;
      pair = [
        startScheduler({ state, schedules: all, log, now }),
        startScheduler({ state, schedules: all, log, now }),
      ];
    }
  }
  await Promise.all(pair.map((scheduler) => scheduler[Symbol.asyncDispose]()));
  assert.ok(crashes > 10, 'there were crashes');
  const days = daysOf(2026);
  const of2026 = (name: string): string[] => runs.get(name)!.filter((period) => period.startsWith('2026'));
  for (const zone of zones) {
    assert.deepEqual(
      of2026(`night ${zone}`),
      days.map((day) => `${day}T02:30`),
    );
    assert.deepEqual(
      of2026(`midnight ${zone}`),
      days.map((day) => `${day}T00:00`),
    );
    assert.equal(of2026(`week ${zone}`).length, 52);
  }
});

/** A scheduler with one schedule at one o'clock, and what ran. */
function nightly(missed: Schedule['missed'], state = memoryState()) {
  const ran: string[] = [];
  let clock = Date.UTC(2026, 4, 1, 12);
  let broken = false;
  const schedule: Schedule = {
    name: 'nightly',
    cron: '0 1 * * *',
    timeZone: 'UTC',
    missed,
    async run({ period }) {
      if (broken) throw new AppError('unavailable', 'the queue is away');
      ran.push(period);
    },
  };
  const open = () => startScheduler({ state, schedules: [schedule], log, now: () => clock });
  let scheduler = open();
  return {
    ran,
    async at(text: string) {
      clock = Date.parse(text);
      await scheduler.tick();
    },
    restart() {
      scheduler = open();
    },
    breaks(yes: boolean) {
      broken = yes;
    },
  };
}

test('a new schedule begins with its next time; missed ones are caught up or skipped by rule', async () => {
  const each = nightly({ withinMs: 3 * DAY, which: 'each' });
  await each.at('2026-05-01T12:00:00Z');
  assert.deepEqual(each.ran, [], 'nothing of the past');
  await each.at('2026-05-02T01:00:10Z');
  each.restart();
  await each.at('2026-05-10T00:30:00Z');
  assert.deepEqual(each.ran, [
    '2026-05-02T01:00',
    '2026-05-07T01:00',
    '2026-05-08T01:00',
    '2026-05-09T01:00',
  ]);

  const last = nightly(latest);
  await last.at('2026-05-01T12:00:00Z');
  await last.at('2026-05-05T02:00:00Z');
  assert.deepEqual(last.ran, ['2026-05-05T01:00'], 'only the latest');
  last.restart();
  await last.at('2026-05-08T20:00:00Z');
  assert.deepEqual(last.ran, ['2026-05-05T01:00'], 'too late for the latest');
  await last.at('2026-05-09T01:00:00Z');
  assert.deepEqual(last.ran, ['2026-05-05T01:00', '2026-05-09T01:00']);
});

test('while the queue is away a time stays due; a clock that is set back runs nothing twice', async () => {
  const one = nightly(latest);
  await one.at('2026-05-01T12:00:00Z');
  one.breaks(true);
  await one.at('2026-05-02T01:00:00Z');
  assert.deepEqual(one.ran, []);
  one.breaks(false);
  await one.at('2026-05-02T01:05:00Z');
  assert.deepEqual(one.ran, ['2026-05-02T01:00']);
  one.restart();
  await one.at('2026-05-02T00:30:00Z');
  await one.at('2026-05-02T01:00:30Z');
  await one.at('2026-05-02T01:30:00Z');
  assert.deepEqual(one.ran, ['2026-05-02T01:00']);
});

test('the real clock ticks by itself, and off is off', async () => {
  const state = memoryState();
  // As if it had run long ago: the latest minute is due at once.
  await state.commit({
    put: [{ kind: 'schedule', id: 'schedule/minute', value: { at: Date.now() - HOUR } }],
  });
  const ran = Promise.withResolvers<string>();
  const base = { timeZone: 'UTC', missed: latest };
  await using _ = startScheduler({
    state,
    log,
    schedules: [
      { ...base, name: 'minute', cron: '* * * * *', run: async ({ period }) => ran.resolve(period) },
      { ...base, name: 'never', cron: 'off', run: async () => ran.reject(new Error('off')) },
    ],
  });
  assert.match(await ran.promise, /^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  assert.throws(
    () =>
      startScheduler({
        state,
        log,
        schedules: [{ ...base, name: 'x', cron: '99 * * * *', run: async () => {} }],
      }),
    { code: 'config_invalid' },
  );
});
