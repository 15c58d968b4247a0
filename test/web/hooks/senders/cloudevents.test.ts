import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCloudEvents } from '../../../../src/web/hooks/senders/cloudevents.ts';
import { alertsIn, wrongIn } from '../harness.ts';

const event = (fields: object = {}) => ({
  specversion: '1.0',
  id: 'n-1',
  source: '/monitoring/eu',
  type: 'com.example.alert.firing',
  subject: 'checkout',
  time: '2026-11-21T08:50:00Z',
  datacontenttype: 'application/json',
  data: { title: 'Checkout is slow', severity: 'warning', service: 'checkout', region: 'eu' },
  ...fields,
});

test('structured: the last word of the type says whether it is over; both are one alert', () => {
  const [begun] = alertsIn(readCloudEvents, event());
  assert.deepEqual(
    [begun?.name, begun?.status, begun?.service, begun?.severity, begun?.since, begun?.ends],
    ['Checkout is slow', 'firing', 'checkout', 'warning', Date.parse('2026-11-21T08:50:00Z'), true],
  );
  assert.equal(begun?.labels.get('region'), 'eu');
  const [over] = alertsIn(readCloudEvents, event({ id: 'n-2', type: 'com.example.alert.resolved' }));
  assert.deepEqual([over?.status, over?.key], ['resolved', begun?.key]);
  assert.notEqual(over?.state, begun?.state);
});

test('the data says it first; an event without a state keeps nothing open', () => {
  const data = { title: 'Checkout is slow', status: 'Resolved', key: 'k1' };
  const [over] = alertsIn(readCloudEvents, event({ data }));
  assert.deepEqual([over?.status, over?.key], ['resolved', 'k1']);
  const [plain] = alertsIn(readCloudEvents, event({ type: 'com.example.deployment', data: undefined }));
  assert.deepEqual([plain?.status, plain?.ends, plain?.name], ['firing', false, 'com.example.deployment']);
});

test('binary: the attributes are headers; batched: a list', () => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': 'n-3',
    'ce-source': '/monitoring/eu',
    'ce-type': 'com.example.alert.firing',
    'ce-subject': '%EA%B2%B0%EC%A0%9C',
    'ce-time': '2026-11-21T08:50:00Z',
    'ce-severity': 'critical',
  };
  const [alert] = alertsIn(readCloudEvents, { title: 'Slow' }, headers);
  assert.deepEqual([alert?.name, alert?.severity], ['Slow', 'critical']);
  assert.match(alert!.key, /결제/);
  assert.equal(alertsIn(readCloudEvents, { title: 'Slow' }, { ...headers, 'ce-subject': '%E0%' }).length, 1);
  assert.equal(alertsIn(readCloudEvents, [event(), event({ id: 'n-4' })]).length, 2);
});

test('what is wrong is named by its path', () => {
  assert.deepEqual(wrongIn(readCloudEvents, event({ specversion: '0.3', id: '' })), ['specversion', 'id']);
  assert.deepEqual(wrongIn(readCloudEvents, [event(), event({ source: undefined })]), ['1.source']);
});
