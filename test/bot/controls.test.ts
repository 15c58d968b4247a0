import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../src/backends/state/store.ts';
import { readAudit } from '../../src/bot/audit.ts';
import { type Delivery, IDLE, isTask } from '../../src/bot/delivery.ts';
import type { Timing } from '../../src/bot/timing.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Feedback } from '../../src/domain/feedback.ts';
import type { Route } from '../../src/domain/route.ts';
import { memoryState } from '../fakes/state.ts';
import { anomaly, incidentsOn, mina, NOW } from './fixtures.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CHATS = [
  { name: 'console', alertChannel: 'console' },
  { name: 'slack', alertChannel: 'C1' },
];
const quietFor = (minutes: number): Timing => ({
  resolveAfterMs: () => minutes * MINUTE,
  escalation: { severity: 4, steps: [] },
});

type More = Parameters<typeof incidentsOn>[2];
function rig(more: More = {}, chats = CHATS, state: StateStore = memoryState()) {
  const clock = { now: NOW };
  const incidents = incidentsOn(state, chats, { clock, ...more });
  const say = (service: string, fields: Parameters<typeof anomaly>[1] = {}) =>
    incidents.record(
      anomaly(service, { detected_at: new Date(clock.now).toISOString(), ...fields }),
      clock.now,
    );
  return { state, clock, incidents, say };
}
/** Every delivery, as `chat channel kind`, with the name of the reply. */
const deliveries = async (state: StateStore): Promise<{ id: string; value: Delivery }[]> =>
  (await state.list<Delivery>('outbox', { to: IDLE, limit: 1_000 })).filter(({ value }) => !isTask(value));
const parents = async (state: StateStore): Promise<string[]> =>
  (await deliveries(state))
    .filter(({ value }) => value.content.kind === 'incident')
    .map(({ value }) => `${value.chat} ${value.channel}`)
    .sort();

test('what comes back soon after its resolution goes on in its thread, and says for the how manieth time', async () => {
  const { incidents, clock, say, state } = rig({ flapMs: 10 * MINUTE });
  const first = await say('payment');
  for (const times of [2, 3]) {
    clock.now += MINUTE;
    await incidents.act(first!.id, { what: 'resolved' }, mina);
    clock.now += 5 * MINUTE;
    const again = await say('payment');
    assert.equal(again?.id, first!.id);
    assert.equal(again?.state, 'open');
    assert.equal(again?.flaps, times - 1);
    assert.deepEqual(again?.history.at(-1), { what: 'reopened', who: 'bongsu', at: clock.now, times });
  }
  assert.equal((await parents(state)).length, 2, 'one thread in each chat');
  const told = (await deliveries(state)).filter(({ value }) => value.content.kind === 'action');
  assert.ok(told.some(({ id }) => id === `note/slack/${first!.id}/act-4`));
  // Later than that it is a new occurrence.
  await incidents.act(first!.id, { what: 'resolved' }, mina);
  clock.now += 11 * MINUTE;
  const later = await say('payment');
  assert.equal(later?.occurrence, 2);
  assert.equal(later?.previousId, first!.id);
});

test('an anomaly that was on its way when its incident was resolved is counted in, and opens nothing', async () => {
  const { incidents, clock, say } = rig({ flapMs: 10 * MINUTE });
  const first = await say('payment');
  const sentAt = clock.now;
  clock.now += MINUTE;
  await incidents.act(first!.id, { what: 'resolved' }, mina);
  const late = await incidents.record(
    anomaly('payment', { detected_at: new Date(sentAt).toISOString() }),
    sentAt,
  );
  assert.equal(late?.id, first!.id);
  assert.equal(late?.state, 'resolved');
  assert.equal(late?.count, 2);
});

test('a quiet incident resolves itself, also after a restart and with two processes; a new anomaly keeps it open', async () => {
  const state = memoryState();
  const one = rig({ timing: quietFor(30) }, CHATS, state);
  const incident = await one.say('payment');
  one.clock.now += 20 * MINUTE;
  await one.say('payment');
  one.clock.now += 20 * MINUTE;
  await one.incidents.tick();
  assert.equal((await one.incidents.get(incident!.id))?.state, 'open');
  // Two other processes that know nothing but the store.
  const clock = { now: one.clock.now + 9 * MINUTE };
  const others = [1, 2].map(() => incidentsOn(state, CHATS, { clock, timing: quietFor(30) }));
  clock.now += 2 * MINUTE;
  await Promise.all(others.map((other) => other.tick()));
  const over = await one.incidents.get(incident!.id);
  assert.equal(over?.state, 'resolved');
  const entry = over!.history.at(-1)!;
  assert.equal(entry.what, 'recovered');
  assert.equal(entry.waitedMs, 31 * MINUTE);
  assert.equal(over!.history.filter(({ what }) => what === 'recovered').length, 1);
  assert.equal((await state.list('timer', {})).length, 0);
  assert.deepEqual(
    (await readAudit(state)).map(({ who, what, from }) => [who.name, what, from.chat]),
    [['bongsu', 'recovered', 'timer']],
  );
});

test('after a start nothing is over before what came meanwhile was read', async () => {
  const state = memoryState();
  const before = rig({ timing: quietFor(30) }, CHATS, state);
  const incident = await before.say('payment');
  const clock = { now: NOW + 5 * 60 * MINUTE };
  const after = incidentsOn(state, CHATS, { clock, timing: quietFor(30) });
  await after.tick();
  assert.equal((await after.get(incident!.id))?.state, 'open');
  clock.now += 2 * MINUTE;
  await after.tick();
  assert.equal((await after.get(incident!.id))?.state, 'resolved');
});

test('nobody acknowledges: step after step, each once, within the hours; acknowledged ones are left alone', async () => {
  // NOW is Saturday 9:00 UTC.
  const hours = { timeZone: 'UTC', days: ['sat' as const], from: '09:00', to: '10:00' };
  const steps = [
    { afterMinutes: 10, platform: 'slack', mention: ['user:U9'] },
    { afterMinutes: 30, platform: 'slack', channel: 'C2', mention: ['group:S1'] },
    { afterMinutes: 90, platform: 'slack', channel: 'C3', mention: [] },
  ];
  const timing: Timing = { resolveAfterMs: () => 0, escalation: { severity: 4, hours, steps } };
  const { incidents, clock, say, state } = rig({ timing });
  const incident = await say('payment');
  const seen = await say('cart');
  const minor = await say('mail', { severity: 3 });
  await incidents.act(seen!.id, { what: 'acknowledged' }, mina);
  const entries = async (id: string) =>
    (await incidents.get(id))!.history.filter(({ what }) => what === 'escalated');
  clock.now += 9 * MINUTE;
  await incidents.tick();
  assert.deepEqual(await entries(incident!.id), []);
  clock.now += 2 * MINUTE;
  await incidents.tick();
  await incidents.tick();
  const [step] = await entries(incident!.id);
  assert.deepEqual([step?.mention, step?.chat, step?.waitedMs], [['user:U9'], 'slack', 11 * MINUTE]);
  clock.now += 20 * MINUTE;
  await incidents.tick();
  assert.equal((await entries(incident!.id)).length, 2);
  assert.deepEqual((await incidents.get(incident!.id))?.targets?.at(-1), {
    chat: 'slack',
    channel: 'C2',
    mention: ['group:S1'],
  });
  assert.ok((await parents(state)).includes('slack C2'), 'its parent stands in the further channel too');
  // 10:31 is outside of the hours: the third step waits a week.
  clock.now = NOW + 91 * MINUTE;
  await incidents.tick();
  assert.equal((await entries(incident!.id)).length, 2);
  clock.now = NOW + 7 * DAY;
  await incidents.tick();
  assert.equal((await entries(incident!.id)).length, 3);
  assert.deepEqual(await entries(seen!.id), []);
  assert.deepEqual(await entries(minor!.id), []);
});

test('a mute of a service: nothing is posted while it lasts, and it is told of when the mute has ended', async () => {
  const { incidents, clock, say, state } = rig();
  const before = await say('payment', { detected_issues: ['slow'] });
  const mute = await incidents.mute({ service: 'payment' }, 60 * MINUTE, mina, 'deploy');
  assert.equal((await incidents.get(before!.id))?.mutedUntil, mute.until);
  clock.now += MINUTE;
  const during = await say('payment', { detected_issues: ['down'] });
  assert.equal(during?.muteId, mute.id);
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
  assert.equal((await incidents.get(before!.id))?.mutedUntil, undefined);
  assert.deepEqual(await incidents.mutes(), []);
});

test('a mute of one kind of problem leaves the others of its service; it can be ended by hand', async () => {
  const { incidents, clock, say } = rig();
  const slow = await say('payment', { template: { id: 't1', pattern: 'slow <*>' } });
  const mute = await incidents.mute({ service: 'payment', incident: slow }, 60 * MINUTE, mina);
  await incidents.act(slow!.id, { what: 'resolved' }, mina);
  clock.now += 2_000;
  assert.ok((await say('payment', { template: { id: 't1', pattern: 'slow <*>' } }))?.mutedUntil);
  assert.equal((await say('payment', { template: { id: 't2', pattern: 'down' } }))?.mutedUntil, undefined);
  assert.equal((await incidents.unmute(mute.id, mina))?.id, mute.id);
  assert.equal(await incidents.unmute(mute.id, mina), undefined);
  assert.ok((await incidents.find((one) => one.mutedUntil !== undefined)).length === 0);
});

test('merging adds up what it takes in, splitting takes exactly that out again', async () => {
  const { incidents, say, state } = rig();
  const cause = await say('payment');
  await say('payment');
  const other = await say('orders');
  await say('gateway', { names: ['orders'] });
  assert.equal(await incidents.merge(other!.id, cause!.id, mina), true);
  assert.equal(await incidents.merge(other!.id, cause!.id, mina), false, 'one already');
  const counts = async (id: string) => {
    const one = (await incidents.get(id))!;
    return [one.count, Object.fromEntries(one.affected.map(({ service, count }) => [service, count]))];
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
  assert.equal((await incidents.get(other!.id))?.cause, undefined);
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

test('false alarm and real are kept as judgements on every detector behind it, and in the audit log', async () => {
  const { incidents, say, state } = rig();
  const template = { id: 't1', pattern: 'slow <*>' };
  const incident = await say('payment', { template, detector: 'rate' });
  await say('payment', { template, detector: 'session' });
  await incidents.act(incident!.id, { what: 'false_alarm', note: 'load test' }, mina);
  const again = await incidents.act(incident!.id, { what: 'false_alarm' }, mina);
  assert.equal(again.changed, false);
  assert.equal(again.incident.state, 'resolved');
  assert.equal((await incidents.act(incident!.id, { what: 'reopened' }, mina)).incident.verdict, undefined);
  const feedback = (await state.list<Feedback>('feedback', {})).map(({ value }) => value);
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

test('rules decide the channels when it opens, and more of them when it gets worse; the rest is as in any thread', async () => {
  const rule = (fields: Partial<Route>): Route => ({
    match: {},
    mention: [],
    shadow: false,
    stop: true,
    ...fields,
  });
  const routes = [
    rule({ match: { severity: 5 }, platform: 'slack', channel: 'C5', mention: ['here'], stop: false }),
    rule({ match: { service: ['pay*'] }, platform: 'slack', channel: 'CPAY' }),
    rule({ match: { service: ['try*'] }, platform: 'slack', channel: 'CTRY', shadow: true }),
  ];
  const { incidents, say, state } = rig({ routes });
  const incident = await say('payment', { severity: 4 });
  assert.deepEqual(await parents(state), ['console console', 'slack CPAY']);
  await say('payment', { severity: 5 });
  assert.deepEqual(await parents(state), ['console console', 'slack C5', 'slack CPAY']);
  await incidents.act(incident!.id, { what: 'acknowledged' }, mina);
  const replies = (await deliveries(state)).filter(({ value }) => value.content.kind === 'action');
  assert.deepEqual(replies.map(({ value }) => value.channel).sort(), ['C5', 'CPAY', 'console']);
  // A rule in shadow posts nothing; the console shows where it would have gone.
  const tried = await say('try-me', { severity: 4 });
  const places = (await deliveries(state)).filter(({ value }) => value.incidentId === tried!.id);
  assert.deepEqual(
    places.map(({ value }) => value.chat),
    ['console'],
  );
  assert.deepEqual(
    tried?.targets?.filter((target) => target.shadow),
    [{ chat: 'slack', channel: 'CTRY', shadow: true }],
  );
});

test('what is done in the thread of a consequence is done with what caused it', async () => {
  const { incidents, say } = rig();
  const cause = await say('payment', { names: [] });
  const victim = await say('orders', { names: ['payment'] });
  const { incident } = await incidents.act(victim!.id, { what: 'acknowledged' }, mina);
  assert.equal(incident.id, cause!.id);
  assert.equal((await incidents.get(cause!.id))?.owner, 'mina');
});

test('a store that takes no writes is not asked again at once for what is due', async () => {
  const inner = memoryState();
  let full = false;
  let refused = 0;
  const state: StateStore = {
    ...inner,
    async commit(changes) {
      // Room again at last, so that a loop without an end fails here instead of hanging.
      if (!full || refused > 1_000) return inner.commit(changes);
      refused += 1;
      throw new AppError('storage_full', 'the disk is full');
    },
  };
  const { incidents, clock, say } = rig({ timing: quietFor(5) }, CHATS, state);
  for (let n = 0; n < 100; n += 1) await say(`service-${n}`);
  clock.now += 10 * MINUTE;
  full = true;
  await incidents.tick();
  assert.equal(refused, 100, 'each was tried once');
  full = false;
  await incidents.tick();
  assert.equal((await incidents.open()).length, 0);
});
