import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dayOf,
  daysWindow,
  instantOf,
  isDay,
  mondayOf,
  plusDays,
} from '../../../src/domain/time/calendar.ts';
import { occurrences, parseCron } from '../../../src/domain/time/cron.ts';

const iso = (at: number): string => new Date(at).toISOString();
const due = (text: string, zone: string, after: string, until: string): string[] =>
  [...occurrences(parseCron(text)!, zone, Date.parse(after), Date.parse(until))].map(
    ({ period, at }) => `${period} ${iso(at)}`,
  );

test('what is no crontab expression is refused', () => {
  for (const wrong of ['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8'])
    assert.equal(parseCron(wrong), undefined, wrong);
  for (const wrong of [
    '*/0 * * * *',
    '5-1 * * * *',
    'a * * * *',
    '1,,2 * * * *',
    '0 1 * * * *',
    '-1 * * * *',
  ])
    assert.equal(parseCron(wrong), undefined, wrong);
  for (const right of ['0 1 * * *', '*/15 9-17 * * mon-fri', '0 9 1 jan,jul *', '5/20 * * * 7'])
    assert.ok(parseCron(right), right);
});

test('days of month and of week: either where both are said', () => {
  assert.deepEqual(
    due('0 0 13 * fri', 'UTC', '2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z').map((text) =>
      text.slice(8, 10),
    ),
    ['06', '13', '20', '27'],
  );
  assert.deepEqual(due('30 9 * * 1', 'UTC', '2026-11-20T00:00:00Z', '2026-11-25T00:00:00Z'), [
    '2026-11-23T09:30 2026-11-23T09:30:00.000Z',
  ]);
  assert.deepEqual(due('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2029-01-01T00:00:00Z'), [
    '2028-02-29T00:00 2028-02-29T00:00:00.000Z',
  ]);
});

test('a time that summer leaves out comes an hour later, a time that comes twice is its first', () => {
  assert.deepEqual(due('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z'), [
    '2026-03-29T02:30 2026-03-29T01:30:00.000Z',
    '2026-03-30T02:30 2026-03-30T00:30:00.000Z',
  ]);
  assert.deepEqual(due('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z'), [
    '2026-10-25T02:30 2026-10-25T00:30:00.000Z',
    '2026-10-26T02:30 2026-10-26T01:30:00.000Z',
  ]);
});

test('local days are as long as they are', () => {
  const hours = (day: string, zone: string): number => {
    const { from, to } = daysWindow(day, 1, zone);
    return (to - from) / 3_600_000;
  };
  assert.equal(hours('2026-03-29', 'Europe/Berlin'), 23);
  assert.equal(hours('2026-10-25', 'Europe/Berlin'), 25);
  assert.equal(hours('2026-11-21', 'Asia/Seoul'), 24);
  // A clock that is set forward at midnight: the day begins at one.
  assert.equal(iso(daysWindow('2026-04-24', 1, 'Africa/Cairo').from), '2026-04-23T22:00:00.000Z');
  assert.equal(hours('2026-04-24', 'Africa/Cairo'), 23);
  assert.equal(iso(daysWindow('2026-11-20', 1, 'Asia/Seoul').from), '2026-11-19T15:00:00.000Z');
  assert.equal(dayOf(Date.parse('2026-11-20T15:00:00Z'), 'Asia/Seoul'), '2026-11-21');
  assert.equal(mondayOf('2026-11-22'), '2026-11-16');
  assert.equal(mondayOf('2026-11-16'), '2026-11-16');
  assert.equal(plusDays('2026-02-28', 1), '2026-03-01');
  assert.equal(
    instantOf(Date.parse('2026-11-21T09:00:00Z'), 'America/New_York'),
    Date.parse('2026-11-21T14:00:00Z'),
  );
  assert.deepEqual(['2026-02-29', '2026-2-1', 'x', '2028-02-29'].map(isDay), [false, false, false, true]);
});
