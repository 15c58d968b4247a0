import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anomalyWire, completeAnomaly } from '../../../src/domain/alert/anomaly.ts';

const foreign = {
  anomaly_status: 'critical',
  confidence: 0.92,
  detected_issues: ['연결 실패', '재시도 실패'],
  explanation: '데이터베이스 연결 실패',
};

test('four fields from any producer are enough; identity comes from the position', () => {
  const anomaly = completeAnomaly(anomalyWire.parse(foreign), 'log-anomalies/3/17', 1_700_000_000_000);
  assert.equal(anomaly.id, 'log-anomalies/3/17');
  assert.equal(anomaly.service, 'unknown');
  assert.equal(anomaly.severity, 5);
  assert.equal(anomaly.detected_at, '2023-11-14T22:13:20.000Z');
});

test('unknown fields are kept and epoch times are understood', () => {
  const wire = anomalyWire.parse({ ...foreign, team: 'core', detected_at: 1_700_000_000_000 });
  assert.equal(wire.team, 'core');
  assert.equal(wire.detected_at, '2023-11-14T22:13:20.000Z');
});

test('a wrong shape is refused with the path of the field', () => {
  for (const [field, value] of [
    ['anomaly_status', 'bad'],
    ['confidence', 1.2],
    ['detected_issues', 'x'],
    ['explanation', null],
  ] as const) {
    const result = anomalyWire.safeParse({ ...foreign, [field]: value });
    assert.deepEqual(result.error?.issues[0]?.path[0], field);
  }
});

test('an optional field that is null or makes no sense does not cost the alert', () => {
  for (const [field, value] of [
    ['service', null],
    ['service', ''],
    ['host', null],
    ['detected_at', 'soon'],
    ['detected_at', 1e300],
    ['window', null],
    ['window', { from: 'x' }],
    ['score', null],
    ['severity', 9],
    ['severity', '3'],
    ['sample_lines', null],
  ] as const) {
    const wire = anomalyWire.parse({ ...foreign, [field]: value });
    const anomaly = completeAnomaly(wire, 'log-anomalies/3/17', 1_700_000_000_000);
    assert.deepEqual(
      [anomaly.service, anomaly.severity, anomaly.detected_at],
      ['unknown', 5, '2023-11-14T22:13:20.000Z'],
      `${field}: ${value}`,
    );
  }
  assert.equal(anomalyWire.parse({ ...foreign, id: 5 }).id, '5');
});

test('times that name no zone are of the configured one', () => {
  const at = '2023-04-25T01:00:00';
  const wire = anomalyWire.parse({ ...foreign, detected_at: at, window: { from: at, to: `${at}.5` } });
  const anomaly = completeAnomaly(wire, 'x', 0, 'Asia/Seoul');
  assert.equal(anomaly.detected_at, '2023-04-24T16:00:00.000Z');
  assert.deepEqual(anomaly.window, { from: '2023-04-24T16:00:00.000Z', to: '2023-04-24T16:00:00.500Z' });
  assert.equal(completeAnomaly(wire, 'x', 0).detected_at, '2023-04-25T01:00:00.000Z');
});

test('what another system said of its alert is read; what is wrong in it does not cost the alert', () => {
  const alert = {
    hook: 'alertmanager',
    key: 'k1',
    source: 'Alertmanager',
    name: 'HighErrorRate',
    state: 'firing',
    since: '2026-11-21T09:00:00+09:00',
    url: 'https://alerts.example/a?b=1',
    ends: true,
  };
  assert.deepEqual(anomalyWire.parse({ ...foreign, alert }).alert, {
    ...alert,
    since: '2026-11-21T00:00:00.000Z',
  });
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:secret@alerts.example/',
    'https://alerts.example/ x',
    `https://alerts.example/${'a'.repeat(3_000)}`,
    7,
  ]) {
    const read = anomalyWire.parse({ ...foreign, alert: { ...alert, url } }).alert;
    assert.equal(read?.url, undefined, String(url));
    assert.equal(read?.name, 'HighErrorRate');
  }
  for (const wrong of [
    null,
    'x',
    { ...alert, key: '' },
    { ...alert, state: 'pending' },
    { ...alert, since: 'soon' },
  ])
    assert.equal(anomalyWire.parse({ ...foreign, alert: wrong }).alert, undefined);
});
