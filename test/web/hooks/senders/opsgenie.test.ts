import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpsgenie } from '../../../../src/web/hooks/senders/opsgenie.ts';
import { alertsIn, wrongIn } from '../harness.ts';

const action = (name: string, fields: object = {}) => ({
  source: { name: 'web', type: 'API' },
  alert: {
    alertId: '0a1b-2c3d',
    message: 'Disk of db is full',
    tags: ['shop'],
    tinyId: '23',
    entity: 'db',
    alias: 'disk-db',
    createdAt: Date.UTC(2026, 10, 21, 8, 50),
    updatedAt: Date.UTC(2026, 10, 21, 8, 58) * 1e6,
    username: 'system',
    priority: 'P1',
    description: '97 % are used.',
    details: { region: 'eu' },
    ...fields,
  },
  action: name,
  integrationId: '37c8',
  integrationName: 'Bongsu',
});

test('an alert begins when it is created and ends when it is closed or deleted', () => {
  const [begun] = alertsIn(readOpsgenie, action('Create'));
  assert.deepEqual(
    [begun?.key, begun?.name, begun?.service, begun?.severity, begun?.since],
    ['0a1b-2c3d', 'Disk of db is full', 'db', 'P1', Date.UTC(2026, 10, 21, 8, 50)],
  );
  assert.deepEqual(begun?.text, ['Disk of db is full', '97 % are used.']);
  for (const name of ['Close', 'Delete']) {
    const [over] = alertsIn(readOpsgenie, action(name));
    assert.deepEqual([over?.status, over?.until], ['resolved', Date.UTC(2026, 10, 21, 8, 58)], name);
  }
});

test('an empty entity names no service; other actions are no alerts; a wrong one is named', () => {
  assert.equal(alertsIn(readOpsgenie, action('Create', { entity: '' }))[0]?.service, undefined);
  for (const name of ['Acknowledge', 'AddNote', 'EscalateNext'])
    assert.deepEqual(readOpsgenie({ payload: action(name), headers: {}, receivedAt: 0 }), []);
  assert.deepEqual(wrongIn(readOpsgenie, { alert: {} }), ['action']);
  assert.deepEqual(wrongIn(readOpsgenie, { action: 'Create', alert: {} }), ['alert.alertId']);
});
