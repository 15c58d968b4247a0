import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Route, targetsFor } from '../../src/domain/alert/route.ts';
import { addTo, sparkline, together } from '../../src/domain/log/trend.ts';
import { type Hours, isWithin, nextWithin } from '../../src/domain/time/weekly-hours.ts';

const WORK: Hours = {
  timeZone: 'Asia/Seoul',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '18:00',
};
const seoul = (text: string): number => Date.parse(`${text}+09:00`);
const route = (fields: Partial<Route>): Route => ({
  match: {},
  mention: [],
  shadow: false,
  stop: true,
  ...fields,
});
const CHATS = [
  { name: 'console', alertChannel: 'console' },
  { name: 'slack', alertChannel: 'C0' },
  { name: 'discord', alertChannel: '1' },
];
const payment = {
  service: 'payment-api',
  severity: 5,
  status: 'critical' as const,
  texts: ['Pool exhausted'],
};

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

test('the first rule that matches decides, unless it goes on', () => {
  const rules = [
    route({ name: 'quiet', match: { service: ['cart'] } }),
    route({
      match: { service: ['pay*'], severity: 4 },
      platform: 'slack',
      channel: 'C1',
      mention: ['group:S1'],
      stop: false,
    }),
    route({ match: { text: ['POOL'] }, platform: 'slack', channel: 'C1', mention: ['user:U1'] }),
    route({ match: {}, platform: 'discord' }),
  ];
  const verdicts = judge(rules, payment, 0);
  assert.deepEqual(
    verdicts.map(({ rule, matched }) => [rule, matched]),
    [
      ['quiet', false],
      ['rule 2', true],
      ['rule 3', true],
    ],
  );
  assert.deepEqual(verdicts[0]!.reasons, [
    { field: 'service', wanted: 'cart', found: 'payment-api', holds: false },
  ]);
  assert.deepEqual(targetsFor(verdicts, CHATS), [
    { chat: 'console', channel: 'console' },
    { chat: 'slack', channel: 'C1', mention: ['group:S1', 'user:U1'] },
  ]);
});

test('without a match every chat is told; in shadow none but the console', () => {
  const none = judge([route({ match: { status: ['warning'] } })], payment, 0);
  assert.deepEqual(
    targetsFor(none, CHATS).map(({ chat, channel }) => `${chat} ${channel}`),
    ['console console', 'slack C0', 'discord 1'],
  );
  assert.deepEqual(
    targetsFor(none, CHATS, true).map(({ chat, shadow }) => [chat, shadow]),
    [
      ['console', undefined],
      ['slack', true],
      ['discord', true],
    ],
  );
  // A rule for a platform that is not there must not swallow the alert.
  const lost = judge([route({ platform: 'discord', channel: '9' })], payment, 0);
  assert.deepEqual(
    targetsFor(lost, CHATS.slice(0, 2)).map(({ chat, channel }) => `${chat} ${channel}`),
    ['console console', 'slack C0'],
  );
  // A rule in force wins over one that is tried for the same channel.
  const both = judge([route({ shadow: true, stop: false }), route({ platform: 'slack' })], payment, 0);
  assert.deepEqual(
    targetsFor(both, CHATS).map(({ chat, shadow }) => [chat, shadow]),
    [
      ['console', undefined],
      ['slack', undefined],
      ['discord', true],
    ],
  );
});

test('a trend keeps every count in at most 24 spans, whatever the order and length', () => {
  let trend = addTo(undefined, 1_000_000, 1);
  assert.equal(sparkline(trend), '');
  let sum = 1;
  for (let index = 1; index <= 500; index += 1) {
    trend = addTo(trend, 1_000_000 + ((index * 7_919) % 500) * 60_000, index);
    sum += index;
    assert.ok(trend.counts.length <= 24);
    assert.equal(
      trend.counts.reduce((a, b) => a + b, 0),
      sum,
    );
  }
  trend = addTo(trend, 0, 5);
  assert.ok(trend.counts.length <= 24 && trend.from <= 0);
  const both = together(trend, addTo(undefined, 99_000_000, 2));
  assert.equal(
    both?.counts.reduce((a, b) => a + b, 0),
    sum + 7,
  );
  assert.equal(sparkline({ from: 0, stepMs: 1, counts: [0, 1, 4, 8] }), '▁▂▅█');
});
