import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAudit } from '../../../src/bot/incidents/audit.ts';
import { mina, NOW } from '../fixtures.ts';
import { deliveries, incidentsHarness, MINUTE } from './harness.ts';

test('a mute of a service: nothing is posted while it lasts, and it is told of when the mute has ended', async () => {
  const { incidents, clock, say, state } = incidentsHarness();
  const before = await say('payment', { detected_issues: ['slow'] });
  const mute = await incidents.mute({ service: 'payment' }, 60 * MINUTE, mina, 'deploy');
  assert.equal((await incidents.get(before!.id))?.mute?.until, mute.until);
  clock.now += MINUTE;
  const during = await say('payment', { detected_issues: ['down'] });
  assert.equal(during?.mute?.id, mute.id);
  const isTold = async (): Promise<boolean> =>
    (await deliveries(state)).some(({ id }) => id === `parent/slack/${during!.id}`);
  assert.equal(await isTold(), false);
  assert.deepEqual(
    (await incidents.mutes()).map(({ by, service, reason }) => [by, service, reason]),
    [['service', 'payment', 'deploy']],
  );
  clock.now += 60 * MINUTE;
  await incidents.tick();
  assert.equal(await isTold(), true);
  assert.equal((await incidents.get(before!.id))?.mute?.until, undefined);
  assert.deepEqual(await incidents.mutes(), []);
});

test('a mute of one kind of problem leaves the others of its service; it can be ended by hand', async () => {
  const { incidents, clock, say } = incidentsHarness();
  const slow = await say('payment', { template: { id: 't1', pattern: 'slow <*>' } });
  const mute = await incidents.mute({ service: 'payment', incident: slow }, 60 * MINUTE, mina);
  await incidents.act(slow!.id, { what: 'resolved' }, mina);
  clock.now += 2_000;
  assert.ok((await say('payment', { template: { id: 't1', pattern: 'slow <*>' } }))?.mute?.until);
  assert.equal((await say('payment', { template: { id: 't2', pattern: 'down' } }))?.mute?.until, undefined);
  assert.equal((await incidents.unmute(mute.id, mina))?.id, mute.id);
  assert.equal(await incidents.unmute(mute.id, mina), undefined);
  assert.ok((await incidents.find((one) => one.mute?.until !== undefined)).length === 0);
});

test('merging adds up what it takes in, splitting takes exactly that out again', async () => {
  const { incidents, say, state } = incidentsHarness();
  const cause = await say('payment');
  await say('payment');
  const other = await say('orders');
  await say('gateway', { names: ['orders'] });
  assert.equal(await incidents.merge(other!.id, cause!.id, mina), true);
  assert.equal(await incidents.merge(other!.id, cause!.id, mina), false, 'one already');
  const counts = async (id: string) => {
    const one = (await incidents.get(id))!;
    return [
      one.activity.count,
      Object.fromEntries(one.correlation.affected.map(({ service, count }) => [service, count])),
    ];
  };
  assert.deepEqual(await counts(cause!.id), [2, { orders: 1, gateway: 1 }]);
  // What comes later goes on in the thread of the other.
  await say('orders');
  assert.deepEqual(await counts(cause!.id), [2, { orders: 2, gateway: 1 }]);
  assert.equal(await incidents.split(other!.id, mina), true);
  assert.deepEqual(await counts(cause!.id), [2, {}]);
  assert.deepEqual(await counts(other!.id), [2, { gateway: 1 }]);
  assert.equal(await incidents.split(other!.id, mina), false);
  // It is not folded into a cause by itself any more.
  await say('orders', { names: ['payment'] });
  assert.equal((await incidents.get(other!.id))?.correlation.cause, undefined);
  // Of one service the counts add up.
  const twin = await say('payment', { detected_issues: ['another'] });
  await incidents.merge(twin!.id, cause!.id, mina);
  await say('payment', { detected_issues: ['another'] });
  assert.deepEqual((await counts(cause!.id))[0], 4);
  const audit = (await readAudit(state, { incident: other!.id })).map(({ what, about }) => [what, about]);
  assert.deepEqual(audit.sort(), [
    ['merged', cause!.id],
    ['split', cause!.id],
  ]);
});

test('merging and splitting leave each trend as it would be without the other', async () => {
  const { incidents, say, clock } = incidentsHarness();
  const sum = async (id: string): Promise<number> =>
    ((await incidents.get(id))!.activity.trend?.counts ?? []).reduce((a, b) => a + b, 0);
  const cause = await say('payment');
  clock.now += 30_000;
  await say('payment');
  const alone = (await incidents.get(cause!.id))!.activity.trend;
  clock.now += 20_000;
  const other = await say('orders');
  await incidents.merge(other!.id, cause!.id, mina);
  clock.now += 10_000;
  for (let times = 0; times < 3; times += 1) await say('orders');
  assert.deepEqual([await sum(cause!.id), await sum(other!.id)], [6, 4]);
  await incidents.split(other!.id, mina);
  assert.deepEqual((await incidents.get(cause!.id))!.activity.trend, alone);
  assert.equal(await sum(other!.id), 4);
  // Again, over hours that make the spans wider in between.
  await incidents.merge(other!.id, cause!.id, mina);
  for (let times = 0; times < 8; times += 1) {
    clock.now += 10 * MINUTE;
    await say(times % 2 ? 'payment' : 'orders');
  }
  assert.equal(await sum(cause!.id), 14);
  await incidents.split(other!.id, mina);
  assert.deepEqual([await sum(cause!.id), await sum(other!.id)], [6, 8]);
});

test('what joined an incident that joined another itself is split off the one that tells of it', async () => {
  const { incidents, say } = incidentsHarness();
  const part = await say('web');
  const between = await say('orders');
  const root = await say('payment');
  await incidents.merge(part!.id, between!.id, mina);
  await incidents.merge(between!.id, root!.id, mina);
  const affected = async (id: string) =>
    (await incidents.get(id))!.correlation.affected.map(({ service }) => service);
  assert.deepEqual((await affected(root!.id)).sort(), ['orders', 'web']);
  assert.equal(await incidents.split(part!.id, mina), true);
  assert.deepEqual(await affected(root!.id), ['orders']);
  assert.equal(await incidents.split(between!.id, mina), true);
  assert.deepEqual(
    [await affected(root!.id), await affected(between!.id)],
    [[], []],
    'and does not come back',
  );
  for (const one of [part, between, root]) {
    const {
      activity: { count, trend },
    } = (await incidents.get(one!.id))!;
    assert.deepEqual([count, trend?.counts], [1, [1]]);
  }
});

test('false alarm and real are kept as judgements on every detector behind it, and in the audit log', async () => {
  const { incidents, say, state } = incidentsHarness();
  const template = { id: 't1', pattern: 'slow <*>' };
  const incident = await say('payment', { template, detector: 'rate' });
  await say('payment', { template, detector: 'session' });
  await incidents.act(incident!.id, { what: 'false_alarm', note: 'load test' }, mina);
  const again = await incidents.act(incident!.id, { what: 'false_alarm' }, mina);
  assert.equal(again.changed, false);
  assert.equal(again.incident.lifecycle.state, 'resolved');
  assert.equal(
    (await incidents.act(incident!.id, { what: 'reopened' }, mina)).incident.feedback.verdict,
    undefined,
  );
  const feedback = (await state.list('feedback', {})).map(({ value }) => value);
  assert.deepEqual(
    feedback.map(({ verdict, service, template: id, detector, by, incident: of }) => [
      verdict,
      service,
      id,
      detector,
      by,
      of,
    ]),
    ['rate', 'session'].map((detector) => ['false_alarm', 'payment', 't1', detector, 'mina', incident!.id]),
  );
  assert.deepEqual(
    (await readAudit(state)).filter(({ what }) => what === 'false_alarm'),
    [
      {
        at: NOW,
        what: 'false_alarm',
        incident: incident!.id,
        note: 'load test',
        who: { id: 'U1', name: 'mina' },
        from: { chat: 'slack', channel: 'C1' },
      },
    ],
  );
});

test('what is done in the thread of a consequence is done with what caused it', async () => {
  const { incidents, say } = incidentsHarness();
  const cause = await say('payment', { names: [] });
  const victim = await say('orders', { names: ['payment'] });
  const { incident } = await incidents.act(victim!.id, { what: 'acknowledged' }, mina);
  assert.equal(incident.id, cause!.id);
  assert.equal((await incidents.get(cause!.id))?.lifecycle.owner, 'mina');
});
