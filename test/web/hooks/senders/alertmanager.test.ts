import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAlertmanager } from '../../../../src/web/hooks/senders/alertmanager.ts';
import { alertsIn, firing, notification, wrongIn } from '../harness.ts';

test('a notification is its alerts, each by its fingerprint', () => {
  const over = firing({ status: 'resolved', endsAt: '2026-11-21T08:58:00Z', fingerprint: 'aa11' });
  const [first, second] = alertsIn(readAlertmanager, notification(firing(), over));
  assert.deepEqual(
    { ...first, labels: undefined },
    {
      key: '8f2c5b1d0e7a4c39',
      name: 'HighErrorRate',
      status: 'firing',
      since: Date.parse('2026-11-21T08:50:00.123Z'),
      text: ['Too many requests fail', '12 % of requests answer 5xx.'],
      severity: 'critical',
      labels: undefined,
      url: 'http://prometheus.example:9090/graph?g0.expr=up',
      ends: true,
    },
  );
  assert.equal(first?.labels.get('service'), 'checkout');
  assert.deepEqual([second?.status, second?.until], ['resolved', Date.parse('2026-11-21T08:58:00Z')]);
});

test('the notification of Grafana: its links lead to the panel, values are no labels', () => {
  const [alert] = alertsIn(readAlertmanager, {
    receiver: 'bongsu',
    status: 'firing',
    orgId: 1,
    title: '[FIRING:1] Slow checkout',
    state: 'alerting',
    message: 'text for people',
    alerts: [
      firing({
        labels: { alertname: 'Slow checkout', grafana_folder: 'Shop', service_name: 'checkout' },
        dashboardURL: 'https://grafana.example/d/abc?orgId=1',
        panelURL: 'https://grafana.example/d/abc?orgId=1&viewPanel=2',
        silenceURL: 'https://grafana.example/alerting/silence/new',
        values: { B: 2.5 },
        valueString: '[ var=B value=2.5 ]',
      }),
    ],
  });
  assert.equal(alert?.name, 'Slow checkout');
  assert.equal(alert?.url, 'https://grafana.example/d/abc?orgId=1&viewPanel=2');
  assert.equal(alert?.severity, undefined);
});

test('without a fingerprint the labels are the identity, in whatever order they come', () => {
  const key = (labels: object) =>
    alertsIn(readAlertmanager, notification(firing({ labels, fingerprint: undefined })))[0]?.key;
  assert.equal(key({ alertname: 'A', b: '1' }), key({ b: '1', alertname: 'A' }));
  assert.notEqual(key({ alertname: 'A', b: '1' }), key({ alertname: 'A', b: '2' }));
});

test('what is wrong is named by its path; the other alerts are read', () => {
  assert.deepEqual(wrongIn(readAlertmanager, { version: '4' }), ['alerts']);
  assert.deepEqual(wrongIn(readAlertmanager, 'text'), ['(top level)']);
  const mixed = notification(
    firing(),
    firing({ startsAt: 'soon' }),
    firing({ status: 'pending' }),
    7 as unknown as object,
  );
  assert.deepEqual(wrongIn(readAlertmanager, mixed), ['alerts.1.startsAt', 'alerts.2.status', 'alerts.3']);
  assert.equal(alertsIn(readAlertmanager, mixed).length, 1);
});
