import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hours, isWithin, nextWithin } from '../../../src/domain/time/weekly-hours.ts';

const WORK: Hours = {
  timeZone: 'Asia/Seoul',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '18:00',
};
const seoul = (text: string): number => Date.parse(`${text}+09:00`);

test('hours of the week in a zone, also over midnight and where the clock changes', () => {
  // 20 November 2026 is a Friday.
  assert.ok(isWithin(WORK, seoul('2026-11-20T09:00')));
  assert.ok(!isWithin(WORK, seoul('2026-11-20T18:00')));
  assert.ok(!isWithin(WORK, seoul('2026-11-21T12:00')));
  assert.equal(nextWithin(WORK, seoul('2026-11-20T12:00')), seoul('2026-11-20T12:00'));
  assert.equal(nextWithin(WORK, seoul('2026-11-20T18:00')), seoul('2026-11-23T09:00'));
  assert.equal(nextWithin(WORK, seoul('2026-11-23T03:00')), seoul('2026-11-23T09:00'));
  const night: Hours = { ...WORK, from: '22:00', to: '06:00' };
  assert.ok(isWithin(night, seoul('2026-11-20T23:00')));
  // Saturday morning belongs to Friday's night, Monday morning to no night.
  assert.ok(isWithin(night, seoul('2026-11-21T05:59')));
  assert.ok(!isWithin(night, seoul('2026-11-21T06:00')));
  assert.ok(!isWithin(night, seoul('2026-11-23T03:00')));
  const always: Hours = { ...night, days: ['sun'], from: '00:00', to: '24:00' };
  assert.ok(isWithin(always, seoul('2026-11-22T23:59')));
  // Berlin's clock goes forward on 29 March 2026 at 2:00.
  const berlin: Hours = { timeZone: 'Europe/Berlin', days: ['sun'], from: '08:00', to: '09:00' };
  assert.equal(nextWithin(berlin, Date.parse('2026-03-28T12:00Z')), Date.parse('2026-03-29T06:00Z'));
});
