import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  before,
  onward,
  type Reference,
  timeOfDay,
  withoutDay,
  withoutYear,
} from '../../../../src/pipeline/normalize/time/instant.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();
const reference = (side: Reference['side'], time: string): Reference => ({
  ...before(at(time)),
  side,
  present: () => at('2026-11-30T00:00:00Z'),
});
const clock = (text: string): number => {
  const [hour, minute, second] = text.split(':').map(Number);
  return timeOfDay(hour!, minute!, second!, 0);
};

test('a clock alone takes the day that the reference gives it', () => {
  const cases: [side: Reference['side'], reference: string, clock: string, zone: string, expected: string][] =
    [
      ['before', '2026-06-20T13:00:00Z', '12:59:00', 'UTC', '2026-06-20T12:59:00.000Z'],
      ['before', '2026-06-20T13:00:00Z', '15:00:00', 'UTC', '2026-06-19T15:00:00.000Z'],
      ['near', '2026-06-20T23:59:00Z', '00:01:00', 'UTC', '2026-06-21T00:01:00.000Z'],
      ['near', '2026-06-20T00:01:00Z', '23:59:00', 'UTC', '2026-06-19T23:59:00.000Z'],
      ['after', '2026-06-20T23:59:58Z', '00:00:01', 'UTC', '2026-06-21T00:00:01.000Z'],
      // A night passes, or two lines are out of order.
      ['after', '2026-06-20T20:00:00Z', '09:00:00', 'UTC', '2026-06-21T09:00:00.000Z'],
      ['after', '2026-06-20T20:00:00Z', '19:59:58', 'UTC', '2026-06-20T19:59:58.000Z'],
      ['after', '2026-06-20T00:00:01Z', '23:59:59', 'UTC', '2026-06-19T23:59:59.000Z'],
      ['after', '2026-06-20T14:59:58Z', '00:00:01', 'Asia/Seoul', '2026-06-20T15:00:01.000Z'],
      // Not a day that has not come.
      ['after', '2026-11-30T23:00:00Z', '20:00:00', 'UTC', '2026-11-30T20:00:00.000Z'],
    ];
  for (const [side, ms, text, zone, expected] of cases)
    assert.equal(iso(withoutDay(clock(text), zone, reference(side, ms))), expected, `${side} ${ms} ${text}`);
  assert.equal(withoutDay(Number.NaN, 'UTC', reference('near', '2026-06-20T00:00:00Z')), undefined);
});

test('a date without a year goes on from the line before, over the turn of the year in both directions', () => {
  const year = (side: Reference['side'], ms: string, month: number, day: number) =>
    iso(withoutYear(month, day, 0, 'UTC', reference(side, ms)))?.slice(0, 10);
  assert.equal(year('before', '2026-01-02T00:00:00Z', 12, 31), '2025-12-31');
  assert.equal(year('after', '2024-12-31T23:59:00Z', 1, 1), '2025-01-01');
  assert.equal(year('after', '2025-01-01T00:00:00Z', 12, 31), '2024-12-31');
  assert.equal(year('near', '2023-03-01T00:00:00Z', 2, 20), '2023-02-20');
  // Not later than the present, although that were nearer.
  assert.equal(year('after', '2026-11-21T00:00:00Z', 12, 24), '2025-12-24');
});

test('the hour that comes twice at the end of summer time does not go back', () => {
  const after = (time: string) => reference('after', time);
  // 02:59:59 of the first round, then 02:00:00 of the second.
  const second = withoutDay(clock('02:00:00'), 'Europe/Berlin', after('2026-10-25T00:59:59Z'));
  assert.equal(iso(second), '2026-10-25T01:00:00.000Z');
  const newYork = withoutDay(clock('01:10:00'), 'America/New_York', after('2025-11-02T05:59:00Z'));
  assert.equal(iso(newYork), '2025-11-02T06:10:00.000Z');
  // A line a little out of order, and a zone without summer time.
  const late = at('2026-10-25T00:55:00Z');
  assert.equal(onward(late, 'Europe/Berlin', after('2026-10-25T00:59:59Z')), late);
  assert.equal(onward(late - 3_600_000, 'Asia/Seoul', after('2026-10-25T00:59:59Z')), late - 3_600_000);
});
