import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../../../src/domain/time/units.ts';
import { Lows } from '../../../../src/pipeline/detect/statistics/lows.ts';
import { Season } from '../../../../src/pipeline/detect/statistics/series.ts';

const MONDAY = Date.UTC(2026, 0, 5);
/** Busy from eight to ten in the evening, and on Sundays never. */
const busy = (hour: number): boolean => {
  const day = Math.floor(hour / 24) % 7;
  return day !== 6 && hour % 24 >= 8 && hour % 24 < 22;
};

test('a low is known from the day before, and from the same day of the week before', () => {
  const lows = new Lows(MONDAY);
  assert.equal(lows.low(MONDAY + HOUR), undefined);
  for (let hour = 0; hour < 24 * 8; hour++)
    for (let part = 0; part < 30; part++)
      lows.push(MONDAY + hour * HOUR + part * 120_000, busy(hour) ? 100 : 4);
  // Tuesday evening and noon, then the second Sunday.
  assert.equal(lows.low(MONDAY + (24 * 8 + 22) * HOUR), 4);
  assert.equal(lows.low(MONDAY + (24 * 8 + 13) * HOUR), 100);
  for (let hour = 24 * 8; hour < 24 * 13; hour++) lows.push(MONDAY + hour * HOUR, busy(hour) ? 100 : 4);
  assert.equal(lows.low(MONDAY + (24 * 13 + 13) * HOUR), 4);
  const restored = new Lows(0, JSON.parse(JSON.stringify(lows.save())));
  assert.equal(restored.low(MONDAY + (24 * 13 + 13) * HOUR), 4);
});

test('a weekly high is known a week later in full', () => {
  const season = new Season(MONDAY);
  for (let hour = 0; hour < 24 * 7; hour++) season.push(MONDAY + hour * HOUR, hour === 26 ? 500 : 10);
  assert.equal(season.high(MONDAY + (24 * 7 + 26) * HOUR), 500);
  assert.ok(season.high(MONDAY + (24 * 7 + 14) * HOUR) < 50);
});

test('a state of one day is taken over', () => {
  const highs = Array.from({ length: 24 }, (_, hour) => hour);
  const season = new Season(0, { highs, hour: Math.floor(MONDAY / HOUR) + 1, high: 0, since: 0 });
  assert.equal(season.high(MONDAY + 20 * HOUR), 21);
});
