import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPagerDuty } from '../../../../src/web/hooks/senders/pagerduty.ts';
import { alertsIn, wrongIn } from '../harness.ts';

const event = (event_type: string, fields: object = {}, data: object = {}) => ({
  event: {
    id: `event-of-${event_type}`,
    event_type,
    resource_type: 'incident',
    occurred_at: '2026-11-21T08:55:00.169Z',
    agent: { id: 'PA1', summary: 'Somebody', type: 'user_reference' },
    client: null,
    data: {
      id: 'Q1W2E3',
      type: 'incident',
      self: 'https://api.pagerduty.example/incidents/Q1W2E3',
      html_url: 'https://acme.pagerduty.example/incidents/Q1W2E3',
      number: 77,
      status: 'triggered',
      created_at: '2026-11-21T08:50:00Z',
      title: 'Checkout is slow',
      service: { id: 'PS1', summary: 'checkout', type: 'service_reference' },
      priority: { id: 'PP1', summary: 'P2', type: 'priority_reference' },
      urgency: 'high',
      ...data,
    },
    ...fields,
  },
});

test('an incident that is triggered, reopened or resolved is one alert', () => {
  const [begun] = alertsIn(readPagerDuty, event('incident.triggered'));
  assert.deepEqual(
    [begun?.key, begun?.status, begun?.name, begun?.service, begun?.severity, begun?.since],
    ['Q1W2E3', 'firing', 'Checkout is slow', 'checkout', 'P2', Date.parse('2026-11-21T08:50:00Z')],
  );
  const [again] = alertsIn(readPagerDuty, event('incident.reopened'));
  assert.deepEqual([again?.key, again?.status], ['Q1W2E3', 'firing']);
  assert.notEqual(again?.state, begun?.state);
  const [over] = alertsIn(readPagerDuty, event('incident.resolved'));
  assert.deepEqual([over?.status, over?.until], ['resolved', Date.parse('2026-11-21T08:55:00.169Z')]);
});

test('without a priority the urgency says how bad it is', () => {
  const [alert] = alertsIn(
    readPagerDuty,
    event('incident.triggered', {}, { priority: null, urgency: 'low' }),
  );
  assert.equal(alert?.severity, 'low');
});

test('other events are no alerts; a wrong one is named by its path', () => {
  for (const type of ['incident.acknowledged', 'incident.annotated', 'service.updated', 'pagey.ping'])
    assert.deepEqual(readPagerDuty({ payload: event(type), headers: {}, receivedAt: 0 }), []);
  assert.deepEqual(wrongIn(readPagerDuty, {}), ['event']);
  assert.deepEqual(wrongIn(readPagerDuty, event('incident.triggered', { occurred_at: 'x' }, { title: 5 })), [
    'event.occurred_at',
    'event.data.title',
  ]);
});
