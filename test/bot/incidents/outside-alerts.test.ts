import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyWire } from '../../../src/domain/alert/anomaly.ts';
import { anomaly, NOW } from '../fixtures.ts';
import { DAY, deliveries, incidentsHarness, MINUTE, parents, quietFor } from './harness.ts';

const at = (minute: number): string => new Date(NOW + minute * MINUTE).toISOString();
const span = (from: number, to: number) => ({ window: { from: at(from), to: at(to) } });

/** An alert of another system, as a hook publishes it. */
const alert = (
  name: string,
  state: 'firing' | 'resolved',
  minute: number,
  { key = name, since = minute, ends = true, ...fields }: Partial<AnomalyWire> & AlertMore = {},
) =>
  anomaly('orders', {
    anomaly_status: state === 'firing' ? 'critical' : 'normal',
    detector: state === 'firing' ? 'alertmanager' : 'recovery',
    detected_issues: state === 'firing' ? [name] : [],
    explanation: `${name} of orders`,
    template: { id: `alert/alertmanager/${name}`, pattern: name },
    severity: state === 'firing' ? 5 : 1,
    ...span(since, minute),
    alert: {
      hook: 'alertmanager',
      key,
      source: 'Alertmanager',
      name,
      state,
      since: at(since),
      ...(ends ? { ends } : {}),
    },
    ...fields,
  });
interface AlertMore {
  key?: string;
  since?: number;
  ends?: boolean;
}
const template = { id: 't1', pattern: 'cannot reach db' };
const logsOver = (from: number, to: number) =>
  anomaly('orders', {
    anomaly_status: 'normal',
    detector: 'recovery',
    severity: 1,
    template,
    ...span(from, to),
  });

test('an alert opens the incident of its service, and its end closes it', async () => {
  const { incidents, clock, state } = incidentsHarness();
  const open = await incidents.record(alert('HighErrorRate', 'firing', 0), clock.now);
  assert.equal(open?.title, 'HighErrorRate');
  assert.deepEqual(open?.alerts, {
    list: [
      {
        id: 'alertmanager/HighErrorRate',
        source: 'Alertmanager',
        name: 'HighErrorRate',
        since: NOW,
        ends: true,
      },
    ],
  });
  assert.deepEqual(await parents(state), ['console console', 'slack C1']);
  clock.now += 5 * MINUTE;
  await incidents.record(alert('HighErrorRate', 'resolved', 5, { since: 0 }), clock.now);
  const after = await incidents.get(open!.id);
  assert.deepEqual([after?.lifecycle.state, after?.alerts?.list[0]?.until], ['resolved', NOW + 5 * MINUTE]);
  assert.equal(after?.lifecycle.history.at(-1)?.what, 'recovered');
});

test('an alert joins what the logs of its service say; each holds the incident open until it is over', async () => {
  for (const first of ['logs', 'alert']) {
    const { incidents, clock, say } = incidentsHarness();
    const open = await say('orders', { template, ...span(-1, 0), severity: 4 });
    clock.now += 2 * MINUTE;
    const joined = await incidents.record(alert('HighErrorRate', 'firing', 2), clock.now);
    assert.equal(joined?.id, open?.id);
    // Its name says less than the lines do; how bad it is counts.
    assert.deepEqual([joined?.title, joined?.severity], [open?.title, 5]);
    clock.now += 2 * MINUTE;
    const ends = [logsOver(-1, 1), alert('HighErrorRate', 'resolved', 4, { since: 2 })];
    if (first === 'alert') ends.reverse();
    await incidents.record(ends[0]!, clock.now);
    assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'open', `${first} first`);
    await incidents.record(ends[1]!, clock.now);
    assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'resolved', `${first} first`);
  }
});

test('the logs of its service join the incident that an alert opened; another service and a second trouble do not', async () => {
  const { incidents, clock, say } = incidentsHarness();
  const open = await incidents.record(alert('HighErrorRate', 'firing', 0), clock.now);
  clock.now += 3 * MINUTE;
  assert.equal((await say('orders', { template, ...span(2, 3) }))?.id, open?.id);
  assert.notEqual((await say('mail', { template, ...span(2, 3) }))?.id, open?.id);
  assert.notEqual(
    (await say('orders', { template: { id: 't2', pattern: 'disk full' }, ...span(2, 3) }))?.id,
    open?.id,
  );
  // What comes long after the last news is told by itself, although the alert still fires; another instance of it is no news.
  clock.now += 180 * MINUTE;
  const late = await say('orders', { template: { id: 't3', pattern: 'no route' }, ...span(179, 180) });
  assert.notEqual(late?.id, open?.id);
  const other = await incidents.record(alert('HighLatency', 'firing', 180, { service: 'mail' }), clock.now);
  assert.notEqual(other?.id, open?.id);
  const again = await incidents.record(alert('HighErrorRate', 'firing', 180, { key: 'k2' }), clock.now);
  assert.equal(again?.id, open?.id);
});

test('two alerts of one service are one incident, which is over when both are', async () => {
  const { incidents, clock } = incidentsHarness();
  const open = await incidents.record(alert('HighErrorRate', 'firing', 0), clock.now);
  const second = await incidents.record(alert('HighLatency', 'firing', 1), clock.now);
  assert.equal(second?.id, open?.id);
  assert.deepEqual(
    second?.alerts?.list.map(({ name }) => name),
    ['HighErrorRate', 'HighLatency'],
  );
  await incidents.record(alert('HighErrorRate', 'resolved', 3, { since: 0 }), clock.now);
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'open');
  await incidents.record(alert('HighLatency', 'resolved', 4, { since: 1 }), clock.now);
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'resolved');
});

test('alerts without a service stay apart by their names', async () => {
  const { incidents, clock } = incidentsHarness();
  const nameless = { service: 'unknown' };
  const first = await incidents.record(alert('DiskFull', 'firing', 0, nameless), clock.now);
  const other = await incidents.record(alert('NodeDown', 'firing', 0, nameless), clock.now);
  assert.notEqual(first?.id, other?.id);
  const again = await incidents.record(alert('DiskFull', 'firing', 1, { ...nameless, key: 'k2' }), clock.now);
  assert.equal(again?.id, first?.id);
});

test('an end is found by the alert alone; one that is unknown, old or told twice changes nothing', async () => {
  const { incidents, clock } = incidentsHarness();
  const open = await incidents.record(alert('HighErrorRate', 'firing', 10, { since: 10 }), clock.now);
  // Of the time before it fired anew, of another alert of the same name, of nothing known.
  for (const end of [
    alert('HighErrorRate', 'resolved', 12, { since: 2 }),
    alert('HighErrorRate', 'resolved', 12, { since: 10, key: 'other' }),
  ])
    await incidents.record(end, clock.now);
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'open');
  await incidents.record(
    alert('HighErrorRate', 'resolved', 12, { since: 10, service: 'elsewhere' }),
    clock.now,
  );
  const resolved = await incidents.get(open!.id);
  assert.equal(resolved?.lifecycle.state, 'resolved');
  await incidents.record(alert('HighErrorRate', 'resolved', 14, { since: 10 }), clock.now);
  assert.deepEqual(await incidents.get(open!.id), resolved);
});

test('a firing alert is not over by quiet; one whose end is never told is', async () => {
  for (const ends of [true, false]) {
    const { incidents, clock } = incidentsHarness({ timing: quietFor(15) });
    const open = await incidents.record(alert('HighErrorRate', 'firing', 0, { ends }), clock.now);
    clock.now += 30 * MINUTE;
    await incidents.tick();
    assert.equal((await incidents.get(open!.id))?.lifecycle.state, ends ? 'open' : 'resolved');
    // A sender that never tells the end does not hold it for ever.
    clock.now += 8 * DAY;
    await incidents.tick();
    assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'resolved');
  }
});

test('after the last alert is over, the quiet of the logs counts', async () => {
  const { incidents, clock, say } = incidentsHarness({ timing: quietFor(15) });
  const open = await say('orders', { template, ...span(-1, 0) });
  await incidents.record(alert('HighErrorRate', 'firing', 1), clock.now);
  clock.now += 60 * MINUTE;
  await incidents.tick();
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'open');
  await incidents.record(alert('HighErrorRate', 'resolved', 60, { since: 1 }), clock.now);
  clock.now += 2 * MINUTE;
  await incidents.tick();
  assert.equal((await incidents.get(open!.id))?.lifecycle.state, 'resolved');
});

test('the thread is told of an alert that joins and of its end, once for those of one name', async () => {
  const { incidents, clock, say, state } = incidentsHarness();
  await say('orders', { template, ...span(-1, 0) });
  await incidents.record(alert('HighErrorRate', 'firing', 1), clock.now);
  await incidents.record(alert('HighErrorRate', 'firing', 2, { key: 'k2' }), clock.now);
  await incidents.record(alert('HighLatency', 'firing', 3), clock.now);
  await incidents.record(alert('HighErrorRate', 'resolved', 4, { since: 1 }), clock.now);
  await incidents.record(alert('HighErrorRate', 'resolved', 5, { since: 2, key: 'k2' }), clock.now);
  const told = (await deliveries(state)).flatMap(({ value: { chat, content } }) =>
    content.kind === 'alert' && chat === 'slack'
      ? [`${content.alert.name} ${content.alert.until === undefined ? 'on' : 'over'}`]
      : [],
  );
  assert.deepEqual(told.sort(), ['HighErrorRate on', 'HighErrorRate over', 'HighLatency on']);
});
