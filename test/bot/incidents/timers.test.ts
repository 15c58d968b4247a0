import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { loadDelivery } from '../../../src/bot/delivery/delivery.ts';
import { readAudit } from '../../../src/bot/incidents/audit.ts';
import type { Timing } from '../../../src/bot/incidents/escalation.ts';
import type { Route } from '../../../src/domain/alert/route.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { WEEKDAYS } from '../../../src/domain/time/weekly-hours.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, incidentsOn, mina, NOW } from '../fixtures.ts';
import { CHATS, DAY, deliveries, incidentsHarness, MINUTE, parents, quietFor } from './harness.ts';

const HOUR = 60 * MINUTE;

test('what comes back soon after its resolution goes on in its thread, and says how often it came back', async () => {
  const { incidents, clock, say, state } = incidentsHarness({ flapMs: 10 * MINUTE });
  const first = await say('payment');
  for (const times of [2, 3]) {
    clock.now += MINUTE;
    await incidents.act(first!.id, { what: 'resolved' }, mina);
    clock.now += 5 * MINUTE;
    const again = await say('payment');
    assert.equal(again?.id, first!.id);
    assert.equal(again?.lifecycle.state, 'open');
    assert.equal(again?.lifecycle.flaps, times - 1);
    assert.deepEqual(again?.lifecycle.history.at(-1), {
      what: 'reopened',
      who: 'bongsu',
      at: clock.now,
      times,
    });
  }
  assert.equal((await parents(state)).length, 2, 'one thread in each chat');
  const told = (await deliveries(state)).filter(({ value }) => value.content.kind === 'action');
  assert.ok(told.some(({ id }) => id === `note/slack/${first!.id}/act-4`));
  // Later than that it is a new occurrence.
  await incidents.act(first!.id, { what: 'resolved' }, mina);
  clock.now += 11 * MINUTE;
  const later = await say('payment');
  assert.equal(later?.identity.occurrence, 2);
  assert.equal(later?.identity.previous?.id, first!.id);
});

test('an anomaly that was on its way when its incident was resolved is counted in, and opens nothing', async () => {
  const { incidents, clock, say } = incidentsHarness({ flapMs: 10 * MINUTE });
  const first = await say('payment');
  const sentAt = clock.now;
  clock.now += MINUTE;
  await incidents.act(first!.id, { what: 'resolved' }, mina);
  const late = await incidents.record(
    anomaly('payment', { detected_at: new Date(sentAt).toISOString() }),
    sentAt,
  );
  assert.equal(late?.id, first!.id);
  assert.equal(late?.lifecycle.state, 'resolved');
  assert.equal(late?.activity.count, 2);
});

test('a new thread waits a moment for what explains it, less where the anomaly is late already', async () => {
  const { incidents, clock, state } = incidentsHarness({ debounceMs: 1_500 });
  for (const [service, ago, waits] of [
    ['fresh', 0, 1_500],
    ['slow', 600, 900],
    ['late', 60_000, 500],
    ['ahead', -5_000, 1_500],
  ] as const) {
    const incident = await incidents.record(anomaly(service), clock.now - ago);
    const parent = await loadDelivery(state, `parent/slack/${incident!.id}`);
    assert.equal(parent!.value.due - clock.now, waits, service);
  }
});

test('a quiet incident resolves itself, also after a restart and with two processes; a new anomaly keeps it open', async () => {
  const state = memoryState();
  const one = incidentsHarness({ timing: quietFor(30) }, CHATS, state);
  const incident = await one.say('payment');
  one.clock.now += 20 * MINUTE;
  await one.say('payment');
  one.clock.now += 20 * MINUTE;
  await one.incidents.tick();
  assert.equal((await one.incidents.get(incident!.id))?.lifecycle.state, 'open');
  // Two other processes that know nothing but the store.
  const clock = { now: one.clock.now + 9 * MINUTE };
  const others = [1, 2].map(() => incidentsOn(state, CHATS, { clock, timing: quietFor(30) }));
  clock.now += 2 * MINUTE;
  await Promise.all(others.map((other) => other.tick()));
  const over = await one.incidents.get(incident!.id);
  assert.equal(over?.lifecycle.state, 'resolved');
  const entry = over!.lifecycle.history.at(-1)!;
  assert.equal(entry.what, 'recovered');
  assert.equal(entry.waitedMs, 31 * MINUTE);
  assert.equal(over!.lifecycle.history.filter(({ what }) => what === 'recovered').length, 1);
  assert.equal((await state.list('timer', {})).length, 0);
  assert.deepEqual(
    (await readAudit(state)).map(({ who, what, from }) => [who.name, what, from.chat]),
    [['bongsu', 'recovered', 'timer']],
  );
});

test('after a start nothing is over before what came meanwhile was read', async () => {
  const state = memoryState();
  const before = incidentsHarness({ timing: quietFor(30) }, CHATS, state);
  const incident = await before.say('payment');
  const clock = { now: NOW + 5 * 60 * MINUTE };
  const after = incidentsOn(state, CHATS, { clock, timing: quietFor(30) });
  await after.tick();
  assert.equal((await after.get(incident!.id))?.lifecycle.state, 'open');
  clock.now += 2 * MINUTE;
  await after.tick();
  assert.equal((await after.get(incident!.id))?.lifecycle.state, 'resolved');
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
  const { incidents, clock, say, state } = incidentsHarness({ timing });
  const incident = await say('payment');
  const seen = await say('cart');
  const minor = await say('mail', { severity: 3 });
  await incidents.act(seen!.id, { what: 'acknowledged' }, mina);
  const entries = async (id: string) =>
    (await incidents.get(id))!.lifecycle.history.filter(({ what }) => what === 'escalated');
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
  assert.deepEqual((await incidents.get(incident!.id))?.routing?.targets?.at(-1), {
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

test('a step that is late, because no bot ran, calls nobody outside of the hours: it waits for their next beginning', async () => {
  // NOW is Saturday 9:00 UTC, 18:00 in Seoul.
  const hours = { timeZone: 'Asia/Seoul', days: WEEKDAYS, from: '09:00', to: '22:00' };
  const steps = [{ afterMinutes: 10, platform: 'slack', mention: ['user:U9'] }];
  const timing: Timing = { resolveAfterMs: () => 0, escalation: { severity: 4, hours, steps } };
  const { incidents, clock, say, state } = incidentsHarness({ timing });
  const calls = async (id: string) =>
    (await incidents.get(id))!.lifecycle.history.filter(({ what }) => what === 'escalated').length;
  // Opened at 21:48 in Seoul, due at 21:58; the bot is down until 03:00.
  clock.now = NOW + 3 * HOUR + 48 * MINUTE;
  const incident = await say('payment');
  clock.now = NOW + 9 * HOUR;
  await incidents.tick();
  assert.equal(await calls(incident!.id), 0);
  const morning = NOW + 15 * HOUR;
  const [timer] = await state.list('timer', {});
  assert.equal(timer?.value.at, morning, 'it is not asked again and again through the night');
  clock.now = morning - 1;
  await incidents.tick();
  assert.equal(await calls(incident!.id), 0);
  clock.now = morning;
  await incidents.tick();
  assert.equal(await calls(incident!.id), 1);
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
  const { incidents, say, state } = incidentsHarness({ routes });
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
    tried?.routing?.targets?.filter((target) => target.shadow),
    [{ chat: 'slack', channel: 'CTRY', shadow: true }],
  );
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
  const { incidents, clock, say } = incidentsHarness({ timing: quietFor(5) }, CHATS, state);
  for (let n = 0; n < 100; n += 1) await say(`service-${n}`);
  clock.now += 10 * MINUTE;
  full = true;
  await incidents.tick();
  assert.equal(refused, 100, 'each was tried once');
  full = false;
  await incidents.tick();
  assert.equal((await incidents.open()).length, 0);
});

test('what was long ago when it came is not over by quiet: its log has ended, not the trouble', async () => {
  const { incidents, clock, say } = incidentsHarness({ timing: quietFor(15) });
  const old = await say('payment', { detected_at: new Date(clock.now - 30 * DAY).toISOString() });
  const late = await say('cart', { detected_at: new Date(clock.now - 2 * HOUR).toISOString() });
  clock.now += DAY;
  await incidents.tick();
  assert.equal((await incidents.get(old!.id))?.lifecycle.state, 'open');
  assert.equal((await incidents.get(late!.id))?.lifecycle.state, 'resolved');
});
