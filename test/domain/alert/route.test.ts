import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Route, targetsFor } from '../../../src/domain/alert/route.ts';

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

test('without a match it goes to every chat; in shadow only to the console', () => {
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
