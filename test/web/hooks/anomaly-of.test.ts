import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anomalyWire } from '../../../src/domain/alert/anomaly.ts';
import { anomalyOf } from '../../../src/web/hooks/anomaly-of.ts';
import type { HookAlert } from '../../../src/web/hooks/hook-alert.ts';
import { NOW } from './harness.ts';

const HOOK = { name: 'alertmanager', title: 'Alertmanager', serviceLabels: ['service', 'pod'] };
const MINUTE = 60_000;
const alert = (fields: Partial<HookAlert> = {}): HookAlert => ({
  key: 'k1',
  name: 'HighErrorRate',
  status: 'firing',
  since: NOW - 10 * MINUTE,
  text: ['Too many requests fail', '12 % answer 5xx.'],
  severity: 'critical',
  labels: new Map([
    ['service', 'checkout'],
    ['instance', '10.0.0.3:9100'],
  ]),
  url: 'https://prometheus.example/graph',
  ends: true,
  ...fields,
});
const of = (fields: Partial<HookAlert> = {}, receivedAt = NOW) => anomalyOf(alert(fields), HOOK, receivedAt);

test('an alert is an anomaly of the contract, of its service, in the time when it began', () => {
  const made = of();
  const { id: _id, template, ...rest } = made;
  assert.deepEqual(rest, {
    anomaly_status: 'critical',
    confidence: 1,
    severity: 5,
    detected_issues: ['HighErrorRate'],
    explanation: 'Too many requests fail\n12 % answer 5xx.',
    service: 'checkout',
    host: '10.0.0.3:9100',
    detected_at: '2026-11-21T08:50:00.000Z',
    window: { from: '2026-11-21T08:50:00.000Z', to: '2026-11-21T08:50:00.000Z' },
    detector: 'alertmanager',
    alert: {
      hook: 'alertmanager',
      key: 'k1',
      source: 'Alertmanager',
      name: 'HighErrorRate',
      state: 'firing',
      since: '2026-11-21T08:50:00.000Z',
      url: 'https://prometheus.example/graph',
      ends: true,
    },
  });
  assert.deepEqual(anomalyWire.parse(made), made);
  assert.equal(template?.pattern, 'HighErrorRate');
});

test('its end is what ends a trouble, by the same alert', () => {
  const over = of({ status: 'resolved', until: NOW - MINUTE });
  assert.deepEqual([over.anomaly_status, over.detector, over.severity], ['normal', 'recovery', 1]);
  assert.deepEqual(over.window, { from: '2026-11-21T08:50:00.000Z', to: '2026-11-21T08:59:00.000Z' });
  assert.deepEqual([over.alert?.key, over.alert?.state], ['k1', 'resolved']);
});

test('a repeated notification is the same anomaly whenever it comes; another state is another', () => {
  assert.equal(of().id, of({}, NOW + 240 * MINUTE).id);
  const ids = [of(), of({ key: 'k2' }), of({ status: 'resolved' }), of({ since: NOW }), of({ state: 's' })];
  assert.equal(new Set(ids.map(({ id }) => id)).size, ids.length);
  assert.notEqual(anomalyOf(alert(), { ...HOOK, name: 'other' }, NOW).id, of().id);
});

test('names that differ only by their numbers are of one family; other names are not', () => {
  const family = (name: string) => of({ name }).template?.id;
  assert.equal(family('CPU of web-3 is at 93 %'), family('CPU of web-4 is at 97 %'));
  assert.notEqual(family('HighErrorRate'), family('HighLatency'));
});

test('times that are not possible, texts without end, and links of another kind do no harm', () => {
  const future = of({ since: NOW + 600 * MINUTE });
  assert.equal(future.detected_at, new Date(NOW).toISOString());
  const early = of({ status: 'resolved', until: NOW - 600 * MINUTE });
  assert.equal(early.window?.to, '2026-11-21T08:50:00.000Z');
  const long = 'a\u0000 <!channel> '.repeat(50_000);
  const huge = of({ key: long, name: long, text: [long, long], service: long });
  const read = anomalyWire.parse(huge);
  assert.ok(JSON.stringify(huge).length < 8_000);
  assert.equal(read.alert?.key, huge.alert?.key);
  assert.ok(read.service);
  assert.equal(anomalyWire.parse(of({ url: 'javascript:alert(1)' })).alert?.url, undefined);
  const bare = of({ text: [], severity: undefined, labels: new Map(), name: ' ' });
  assert.deepEqual([bare.explanation, bare.service, bare.anomaly_status], ['alert', undefined, 'critical']);
});
