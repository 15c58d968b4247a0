import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFilter, RequestStats } from '../../../src/backends/logs/store.ts';
import { requestsOf } from '../../../src/bot/follow-up/failing-requests.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import { anomaly, NOW } from '../fixtures.ts';

const incident = openIncident('i1', anomaly('web'));
const counted = (stats: Partial<RequestStats>, asked: LogFilter[] = []) =>
  requestsOf(incident, {
    requests: async (filter) => {
      asked.push(filter);
      return { requests: 0, endpoints: [], statuses: [], ...stats };
    },
  });

test('the requests of the service while the incident lasted, and those that the server failed', async () => {
  const asked: LogFilter[] = [];
  const statuses = [
    { status: 200, count: 60 },
    { status: 404, count: 10 },
    { status: 502, count: 25 },
    { status: 504, count: 5 },
  ];
  assert.deepEqual(await counted({ requests: 100, statuses }, asked), { total: 100, failed: 30 });
  const { firstSeen, lastSeen } = incident.activity;
  assert.ok(firstSeen >= NOW);
  assert.deepEqual(asked, [{ from: firstSeen, to: lastSeen + 1, services: ['web'] }]);
});

test('a service without requests has no share of them', async () => {
  assert.equal(await counted({}), undefined);
  assert.equal(await counted({ requests: 5 }), undefined, 'without a status nothing is known to fail');
});
