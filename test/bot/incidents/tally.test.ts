import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyWire } from '../../../src/domain/alert/anomaly.ts';
import { anomaly, NOW } from '../fixtures.ts';
import { deliveries, incidentsHarness, MINUTE, parents } from './harness.ts';

const template = { id: 't1', pattern: 'cannot reach db' };
const at = (minute: number): string => new Date(NOW + minute * MINUTE).toISOString();
/** What only counts the lines since the last report of a trouble. */
const tally = (minute: number, fields: Partial<AnomalyWire> & { count?: number } = {}) =>
  anomaly('orders', {
    ...{ anomaly_status: 'normal', detector: 'tally', severity: 1, template, count: 7 },
    window: { from: at(-2), to: at(minute) },
    ...fields,
  });

test('lines that no anomaly told are added to the incident, and nothing is said of them', async () => {
  const { incidents, clock, say, state } = incidentsHarness();
  const window = { from: at(-2), to: at(0) };
  const open = await say('orders', { template, window, count: 5 } as Partial<AnomalyWire>);
  const before = { threads: await parents(state), messages: (await deliveries(state)).length };
  clock.now += 5 * MINUTE;
  const counted = tally(4);
  assert.equal(await incidents.record(counted, clock.now), undefined);
  const after = await incidents.get(open!.id);
  assert.deepEqual([after?.activity.lines, after?.activity.count], [12, 1]);
  assert.equal(after?.activity.lastSeen, NOW + 4 * MINUTE);
  assert.equal(after?.activity.firstSeen, NOW - 2 * MINUTE);
  assert.equal(
    after?.activity.trend?.counts.reduce((sum, count) => sum + count, 0),
    12,
  );
  assert.deepEqual(
    [after?.severity, after?.title, after?.lifecycle.history.length],
    [open?.severity, open?.title, 1],
  );
  assert.equal((await parents(state)).length, before.threads.length);
  assert.equal((await deliveries(state)).length, before.messages);
  await incidents.record(counted, clock.now);
  assert.equal((await incidents.get(open!.id))?.activity.lines, 12, 'once, also when it is delivered again');
});

test('a resolved incident is not opened by them, and none opens for them', async () => {
  const { incidents, clock, say } = incidentsHarness({ flapMs: 60 * MINUTE });
  const open = await say('orders', { template, window: { from: at(-2), to: at(0) } });
  await incidents.record(
    anomaly('orders', {
      ...{ anomaly_status: 'normal', detector: 'recovery', severity: 1, template },
      window: { from: at(-2), to: at(1) },
    }),
    clock.now,
  );
  await incidents.record(tally(1), clock.now);
  const after = await incidents.get(open!.id);
  assert.deepEqual([after?.lifecycle.state, after?.activity.lines], ['resolved', 7]);
  assert.equal(await incidents.record(tally(1, { service: 'mail' }), clock.now), undefined);
  const long = { window: { from: at(6_000), to: at(6_001) } };
  assert.equal(await incidents.record(tally(1, long), clock.now), undefined);
  assert.equal((await incidents.get(open!.id))?.activity.lines, 7, 'days later it is another trouble');
});
