import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anomalyWire } from '../../../../src/domain/alert/anomaly.ts';
import { anomalyOf } from '../../../../src/web/hooks/anomaly-of.ts';
import type { HookReader } from '../../../../src/web/hooks/hook-alert.ts';
import { readAlertmanager } from '../../../../src/web/hooks/senders/alertmanager.ts';
import { readCloudEvents } from '../../../../src/web/hooks/senders/cloudevents.ts';
import { readOpsgenie } from '../../../../src/web/hooks/senders/opsgenie.ts';
import { readPagerDuty } from '../../../../src/web/hooks/senders/pagerduty.ts';
import { readSentry } from '../../../../src/web/hooks/senders/sentry.ts';
import { firing, NOW, notification } from '../harness.ts';

const HOOK = { name: 'any', title: 'Any', serviceLabels: ['service', 'pod'] };
const at = '2026-11-21T08:50:00Z';
const incident = {
  id: 'Q1',
  title: 'Slow',
  created_at: at,
  service: { summary: 'checkout' },
  html_url: 'https://a.example',
};
const issue = {
  id: '1',
  title: 'TypeError',
  level: 'error',
  firstSeen: at,
  lastSeen: at,
  project: { slug: 'shop' },
};
const PAYLOADS: [HookReader, object][] = [
  [readAlertmanager, notification(firing(), firing({ status: 'resolved', endsAt: at }))],
  [readPagerDuty, { event: { id: 'e', event_type: 'incident.triggered', occurred_at: at, data: incident } }],
  [readSentry, { action: 'created', data: { issue } }],
  [
    readSentry,
    { action: 'triggered', data: { event: { event_id: 'e', title: 'x', datetime: at, tags: [['a', 'b']] } } },
  ],
  [
    readOpsgenie,
    { action: 'Create', alert: { alertId: 'a', message: 'm', createdAt: NOW, details: { a: 'b' } } },
  ],
  [
    readCloudEvents,
    {
      specversion: '1.0',
      id: 'i',
      source: '/s',
      type: 'a.firing',
      time: at,
      data: { key: 'k', labels: { pod: 'a-0' } },
    },
  ],
];

/** What nobody expects in place of a value. */
const STRANGE: unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  1e308,
  true,
  [],
  {},
  [[]],
  { length: -1 },
  { length: { toString: 1 } },
  '\ud800',
  '\u0000\u202e<!channel> [x](javascript:alert(1)) `*_~',
  '-'.repeat(20_000),
  'a-'.repeat(20_000),
  '9'.repeat(20_000),
  '-271821-04-20T00:00:00.000Z',
  '+275760-09-13T00:00:00.000Z',
  '__proto__',
  JSON.parse('{"__proto__": {"service": "x"}, "constructor": 1}'),
];

/** Numbers from 0 to below `most`, the same in each run. */
function seeded(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** A copy in which one value, however deep, is another one or is gone. */
function changed(value: unknown, pick: (most: number) => number): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || pick(6) === 0) return STRANGE[pick(STRANGE.length)];
  const key = keys[pick(keys.length)]!;
  const copy = structuredClone(value) as Record<string, unknown>;
  if (pick(10) === 0) delete copy[key];
  else copy[key] = changed(copy[key], pick);
  return copy;
}

test('whatever stands in a payload is an alert of the contract, or is named as wrong', () => {
  const pick = seeded(20_261_121);
  let [alerts, wrong] = [0, 0];
  for (let round = 0; round < 3_000; round += 1) {
    const [reader, good] = PAYLOADS[round % PAYLOADS.length]!;
    let payload: unknown = good;
    for (let times = pick(3); times >= 0; times -= 1) payload = changed(payload, pick);
    for (const one of reader({ payload, headers: {}, receivedAt: NOW })) {
      if ('wrong' in one) {
        wrong += 1;
        assert.ok(one.wrong.length > 0 && one.wrong.every(({ path, message }) => path && message));
        continue;
      }
      alerts += 1;
      const made = anomalyOf(one.alert, HOOK, NOW);
      const read = anomalyWire.safeParse(JSON.parse(JSON.stringify(made)));
      assert.ok(read.success, JSON.stringify(read.error?.issues));
      // Nothing of it is lost on the way: what is left out of an anomaly as wrong would have no end.
      assert.equal(read.data.alert?.key, made.alert?.key, JSON.stringify(made).slice(0, 500));
      assert.ok(Date.parse(made.window!.from) <= NOW && Date.parse(made.window!.to) <= NOW);
      assert.ok(JSON.stringify(made).length < 12_000);
    }
  }
  assert.ok(alerts > 500 && wrong > 200, `${alerts} alerts, ${wrong} wrong`);
});
