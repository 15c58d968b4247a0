import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyWire } from '../../../src/domain/alert/anomaly.ts';
import { anomaly, NOW } from '../fixtures.ts';
import { deliveries, incidentsHarness, MINUTE, parents } from './harness.ts';

const template = { id: 't1', pattern: 'cannot reach db' };
const at = (minute: number): string => new Date(NOW + minute * MINUTE).toISOString();
/** What says that the trouble of a template has ended. */
const over = (minute: number, fields: Partial<AnomalyWire> & { count?: number } = {}) =>
  anomaly('orders', {
    anomaly_status: 'normal',
    detector: 'recovery',
    severity: 1,
    template,
    window: { from: at(0), to: at(minute) },
    ...fields,
  });

test('the end of a trouble resolves its incident, says so in its thread and alerts nobody', async () => {
  const { incidents, clock, say, state } = incidentsHarness();
  const open = await say('orders', { template, window: { from: at(-2), to: at(0) }, count: 5 });
  const threads = await parents(state);
  clock.now += 5 * MINUTE;
  assert.equal(await incidents.record(over(4, { count: 7 }), clock.now), undefined);
  const after = await incidents.get(open!.id);
  assert.equal(after?.lifecycle.state, 'resolved');
  assert.deepEqual(after?.lifecycle.history.at(-1), {
    what: 'recovered',
    who: 'bongsu',
    at: clock.now,
    waitedMs: 4 * MINUTE,
  });
  // Its last lines are counted.
  assert.deepEqual([after?.activity.lines, after?.activity.lastSeen], [12, NOW + 4 * MINUTE]);
  assert.deepEqual(await parents(state), threads);
  const said = (await deliveries(state)).filter(({ value }) => value.content.kind === 'action');
  assert.equal(said.length, 2, 'a reply in each chat');
});

test('no other ends it: another template, another service, a plain normal, an end before its last line', async () => {
  const { incidents, clock, say } = incidentsHarness();
  const open = await say('orders', { template, window: { from: at(-2), to: at(2) } });
  clock.now += 5 * MINUTE;
  for (const ended of [
    over(4, { template: { id: 't2', pattern: 'other' } }),
    over(4, { service: 'mail' }),
    over(4, { detector: 'error-burst' }),
    over(1),
    // Of another producer, who may say so of anything.
    over(4, { window: undefined }),
    over(4, { window: { from: at(3), to: at(4) } }),
    over(4, { window: { from: at(-600), to: at(4) } }),
  ])
    assert.equal(await incidents.record(ended, clock.now), undefined);
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'open');
});

test('in a file the times of its lines count: what comes back minutes later goes on, hours later is another', async () => {
  const { incidents, clock, say } = incidentsHarness({ fromFile: true, flapMs: 10 * MINUTE });
  const first = await say('orders', { template, window: { from: at(0), to: at(2) }, detected_at: at(2) });
  await incidents.record(over(3), clock.now);
  const resolved = await incidents.get(first!.id);
  assert.deepEqual(
    [resolved?.lifecycle.state, resolved?.lifecycle.resolvedAt],
    ['resolved', NOW + 3 * MINUTE],
  );
  const again = await say('orders', { template, window: { from: at(8), to: at(9) }, detected_at: at(9) });
  assert.deepEqual([again?.id, again?.lifecycle.state], [first!.id, 'open']);
  await incidents.record(over(10), clock.now);
  const later = await say('orders', { template, window: { from: at(28), to: at(29) }, detected_at: at(29) });
  assert.notEqual(later?.id, first!.id);
});
