import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { findBulk } from '../../../src/analysis/logs/log-extent.ts';
import { type LogReader, readerOver, templateOf } from '../../../src/analysis/logs/reader.ts';
import { openSqliteLogs } from '../../../src/backends/logs/sqlite.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import type { Question } from '../../../src/domain/question/question.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { log } from '../harness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Four minutes of a shop whose store of stock burns in the second half. */
const burning = (from = NOON): LogRecord[] =>
  Array.from({ length: 240 }, (_, at) => [
    record(from + at * 1_000, 'shop', 'info', `page ${at} served`),
    ...(at >= 120 ? [record(from + at * 1_000 + 300, 'stock', 'error', 'no space left on device')] : []),
  ]).flat();
const END = NOON + 239 * 1_000 + 301;
const stray = (at: number, level: LogRecord['level'] = 'info'): LogRecord =>
  record(at, 'shop', level, 'page served at another time');

async function ask(logs: LogReader, now: number, over: Partial<Question> = {}): Promise<Answer> {
  const analyst = createAnalyst({
    logs,
    models: [],
    language: 'en',
    timeZone: 'UTC',
    log,
    now: () => now,
  });
  const question: Question = { kind: 'why', text: '', language: 'en', ...over };
  for await (const event of analyst.ask(question, { useModel: false }))
    if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}

/** The same lines asked in memory and in a store on disk. */
async function inBoth(records: LogRecord[], check: (logs: LogReader, place: string) => Promise<void>) {
  await check(readerOver(records), 'memory');
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-bulk-'));
  try {
    await using store = await openSqliteLogs({ file: join(dir, 'logs.db') }, log);
    await store.write(records.map((one) => ({ ...one, template: templateOf(one) })));
    await check(store, 'sqlite');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('lines dated outside of the rest move nothing, and are told', async () => {
  const soon = END + MINUTE;
  const cases: [name: string, now: number, strays: LogRecord[], told: RegExp, korean: RegExp][] = [
    ['tomorrow', soon, [stray(END + DAY)], /^1 line is dated later than now/m, /지금보다 늦은 로그 1줄/],
    ['2190', soon, [stray(NOON + 164 * YEAR, 'error')], /^1 line is dated later than now/m, /1줄/],
    [
      'in twenty minutes, tomorrow and in 2190',
      soon,
      [stray(soon + 20 * MINUTE), stray(soon + DAY), stray(NOON + 164 * YEAR, 'fatal')],
      /^3 lines are dated later than now/m,
      /지금보다 늦은 로그 3줄/,
    ],
    [
      'recorded, a day after',
      NOON + YEAR,
      [stray(END + DAY)],
      /^1 line is dated far after/m,
      /훨씬 뒤인 1줄/,
    ],
    [
      'recorded, five hours after',
      NOON + YEAR,
      [stray(END + 5 * HOUR)],
      /^1 line is dated far after/m,
      /1줄/,
    ],
    [
      'recorded, one after and one in the future',
      NOON + YEAR,
      [stray(END + DAY), stray(NOON + 164 * YEAR)],
      /^1 line is dated later than now.*\n1 line is dated far after/m,
      /1줄/,
    ],
    [
      'recorded in what is the future',
      NOON - YEAR,
      [stray(END + 3 * YEAR)],
      /^1 line is dated far after/m,
      /1줄/,
    ],
    ['1970', soon, [stray(0)], /^1 line is dated far before/m, /훨씬 앞선 1줄/],
  ];
  for (const [name, now, strays, told, korean] of cases)
    await inBoth([...burning(), ...strays], async (logs, place) => {
      const answer = await ask(logs, now);
      const alone = await ask(readerOver(burning()), now);
      const title = `${name}, ${place}`;
      assert.equal(answer.root_cause, alone.root_cause, title);
      assert.equal(answer.verdict, alone.verdict, title);
      assert.equal(answer.causes[0]?.confidence, alone.causes[0]?.confidence, title);
      if (name !== '1970') assert.match(answer.explanation, told, title);
      const summary = await ask(logs, now, {
        kind: 'summarize',
        window: (await findBulk(logs, now))!.extent,
      });
      assert.match(summary.explanation, told, title);
      assert.match(
        (
          await ask(logs, now, {
            kind: 'summarize',
            language: 'ko',
            window: (await findBulk(logs, now))!.extent,
          })
        ).explanation,
        korean,
        title,
      );
      assert.ok((summary.course?.buckets.length ?? 0) >= 4 && summary.course!.bucket_ms <= MINUTE, title);
    });
});

test('steady failures, which make no burst, are found beside a line of tomorrow', async () => {
  const steady = burning().filter(({ timestamp }) => timestamp >= NOON + 120_000);
  await inBoth([...steady, stray(END + 5 * HOUR)], async (logs, place) => {
    for (const now of [END + MINUTE, END + YEAR])
      assert.equal((await ask(logs, now)).causes[0]?.service, 'stock', place);
  });
});

/** What belongs to the bulk: nothing is set aside. */
test('logs of any time, sparse tails, pauses and other zones stay whole', async () => {
  const tail = (at: number, count: number): LogRecord[] =>
    Array.from({ length: count }, (_, i) => record(at + i * 4_000, 'stock', 'fatal', 'cannot open ledger'));
  const daily = (days: number, lines: number): LogRecord[] =>
    Array.from({ length: days }, (_, day) =>
      Array.from({ length: lines }, (_, i) =>
        record(NOON + day * DAY + i * 1_000, 'batch', 'info', `row ${i}`),
      ),
    ).flat();
  const later = (records: LogRecord[], by: number) =>
    records.map((one) => ({ ...one, id: `${one.id}-later`, timestamp: one.timestamp + by }));
  const cases: [name: string, now: number, records: LogRecord[]][] = [
    ['of 2019', NOON + 7 * YEAR, burning()],
    ['all in the future', NOON - 7 * YEAR, burning()],
    ['now', END + 1_000, burning()],
    [
      'a dozen lines after a pause of 20 minutes',
      NOON + YEAR,
      [...burning(), ...tail(END + 20 * MINUTE, 12)],
    ],
    ['three lines after a pause of 20 minutes', NOON + YEAR, [...burning(), ...tail(END + 20 * MINUTE, 3)]],
    ['a dozen lines after twelve hours', NOON + YEAR, [...burning(), ...tail(END + 12 * HOUR, 12)]],
    [
      'two lines just now, after twelve hours',
      END + 12 * HOUR + MINUTE,
      [...burning(), ...tail(END + 12 * HOUR, 2)],
    ],
    ['one line a day', NOON + YEAR, daily(40, 1)],
    [
      'a nightly batch whose last run ended at once',
      NOON + YEAR,
      [...daily(20, 100), ...tail(NOON + 20 * DAY, 2)],
    ],
    ['a service nine hours ahead', NOON + YEAR, [...burning(), ...later(burning(), 9 * HOUR)]],
    ['hosts a few seconds ahead', END - 5_000, burning()],
    ['five lines', NOON + YEAR, [0, 1, 2, 3, 4].map((hour) => stray(NOON + hour * HOUR))],
  ];
  for (const [name, now, records] of cases) {
    const bulk = await findBulk(readerOver(records), now);
    assert.deepEqual(bulk?.strays, { later: 0, after: 0, before: 0 }, name);
  }
  // A store whose only zone was misread: everything of the last nine hours is dated later than now.
  const day = Array.from({ length: 1_000 }, (_, i) => stray(NOON + i * 2 * MINUTE));
  const end = NOON + 999 * 2 * MINUTE;
  assert.equal((await findBulk(readerOver(day), end - 9 * HOUR))?.extent.to, end + 1);
});

test('services whose clock is nine hours ahead of the others do not move now', async () => {
  const hours = Array.from({ length: 1_440 }, (_, i) =>
    record(NOON + i * MINUTE, 'shop', 'info', `page ${i}`),
  );
  const ahead = hours.map((one) => ({
    ...one,
    id: `${one.id}-ahead`,
    service: 'desk',
    timestamp: one.timestamp + 9 * HOUR,
  }));
  const now = NOON + DAY;
  const bulk = await findBulk(readerOver([...hours, ...ahead]), now);
  assert.ok(bulk!.extent.to <= now);
  assert.ok(bulk!.strays.later > 500 && bulk!.strays.after === 0);
});

test('an empty store has no bulk', async () => {
  assert.equal(await findBulk(readerOver([]), NOON), undefined);
});
