import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSentry } from '../../../../src/web/hooks/senders/sentry.ts';
import { alertsIn, NOW, wrongIn } from '../harness.ts';

const issue = (action: string, fields: object = {}) => ({
  action,
  actor: { id: 'sentry', name: 'Sentry', type: 'application' },
  installation: { uuid: 'a1b2' },
  data: {
    issue: {
      id: '4509',
      shortId: 'CHECKOUT-1',
      title: 'TypeError: total is undefined',
      culprit: 'app/checkout/total',
      level: 'error',
      status: 'unresolved',
      count: '3',
      firstSeen: '2026-11-21T08:40:00.000000Z',
      lastSeen: '2026-11-21T08:50:00.000000Z',
      web_url: 'https://acme.sentry.example/issues/4509/',
      project: { id: '7', name: 'Checkout', slug: 'checkout', platform: 'node' },
      ...fields,
    },
  },
});
const event = (fields: object = {}) => ({
  action: 'triggered',
  data: {
    event: {
      event_id: 'e1f2a3',
      issue_id: '4509',
      title: 'TypeError: total is undefined',
      culprit: 'app/checkout/total',
      level: 'error',
      datetime: '2026-11-21T08:50:00.000000Z',
      project: 7,
      tags: [
        ['environment', 'production'],
        ['server_name', 'web-1'],
      ],
      url: 'https://sentry.example/api/0/projects/acme/checkout/events/e1f2a3/',
      web_url: 'https://acme.sentry.example/issues/4509/events/e1f2a3/',
      ...fields,
    },
    triggered_rule: 'More than ten errors a minute',
  },
});

test('an issue begins when it is created or comes back, and ends when it is resolved or archived', () => {
  const [begun] = alertsIn(readSentry, issue('created'));
  assert.deepEqual(
    [begun?.key, begun?.name, begun?.service, begun?.severity, begun?.since, begun?.ends],
    ['4509', 'TypeError: total is undefined', 'checkout', 'error', Date.parse('2026-11-21T08:40:00Z'), true],
  );
  for (const [action, status] of [
    ['unresolved', 'firing'],
    ['resolved', 'resolved'],
    ['archived', 'resolved'],
    ['ignored', 'resolved'],
  ])
    assert.equal(alertsIn(readSentry, issue(action!))[0]?.status, status, action);
  // The same change is the same state; the next one is another.
  const state = (fields?: object) => alertsIn(readSentry, issue('unresolved', fields))[0]?.state;
  assert.equal(state(), state());
  assert.notEqual(state(), state({ count: '4' }));
});

test('an issue alert is of the issue, names its project, and does not tell its end', () => {
  const [alert] = alertsIn(readSentry, event());
  assert.deepEqual(
    [alert?.key, alert?.status, alert?.labels.get('service'), alert?.ends],
    ['4509', 'firing', 'checkout', false],
  );
  assert.ok(alert?.text.includes('More than ten errors a minute'));
  assert.notEqual(alertsIn(readSentry, event({ event_id: 'other' }))[0]?.state, alert?.state);
});

test('a metric alert goes through its levels and ends', () => {
  const metric = (action: string) => ({
    action,
    data: {
      metric_alert: {
        id: '31',
        title: 'Too many errors',
        alert_rule: { id: '5', name: 'Errors of checkout' },
        date_started: '2026-11-21T08:40:00Z',
        date_closed: action === 'resolved' ? '2026-11-21T08:58:00Z' : null,
        projects: ['checkout'],
      },
      description_title: 'Critical: Too many errors',
      description_text: '1000 events in the last 10 minutes',
      web_url: 'https://acme.sentry.example/alerts/31/',
    },
  });
  const [begun] = alertsIn(readSentry, metric('critical'));
  assert.deepEqual([begun?.key, begun?.severity, begun?.service], ['31', 'critical', 'checkout']);
  const [over] = alertsIn(readSentry, metric('resolved'));
  assert.deepEqual([over?.status, over?.until], ['resolved', Date.parse('2026-11-21T08:58:00Z')]);
});

test('other resources are no alerts; a wrong one is named by its path', () => {
  for (const payload of [
    issue('assigned'),
    { action: 'created', data: { installation: { uuid: 'x' } } },
    { action: 'created', data: { comment: 'x', issue: {} } },
  ])
    assert.deepEqual(readSentry({ payload, headers: {}, receivedAt: NOW }), []);
  assert.deepEqual(wrongIn(readSentry, { data: {} }), ['action']);
  assert.deepEqual(wrongIn(readSentry, event({ datetime: 'x' })), ['data.event.datetime']);
});
