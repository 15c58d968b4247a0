import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { fileIntake } from '../../src/bot/file-intake.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Anomaly, AnomalyWire } from '../../src/domain/alert/anomaly.ts';
import { createMetrics } from '../../src/metrics.ts';
import { memoryState } from '../fakes/state.ts';
import { anomaly, incidentsOn, log, mina, NOW } from './fixtures.ts';
import { CHATS, DAY, deliveries, MINUTE, parents, quietFor } from './incidents/harness.ts';

const LAST_MONTH = NOW - 30 * DAY;
const config = parseConfig({ models: [] });

/** Anomalies as `ingest` of a file publishes them, into a store that a bot opens later. */
async function ingest(state: StateStore, ...found: Anomaly[]): Promise<void> {
  await using bus = openMemoryBus();
  const intake = fileIntake(config, { bus, state, metrics: createMetrics(), log });
  await intake.bus.publish(
    config.topics.anomalies,
    found.map((one) => ({ key: one.service, value: JSON.stringify(one) })),
  );
}

const at = (minute: number): string => new Date(LAST_MONTH + minute * MINUTE).toISOString();
const old = (service: string, fields: Partial<AnomalyWire> = {}): Anomaly =>
  anomaly(service, { window: { from: at(0), to: at(2) }, detected_at: at(2), ...fields });
const stored = async (state: StateStore) =>
  (await state.list('incident', { limit: 100 })).map(({ value }) => value);

/** The bot that opens the store after the file was read, with a Slack beside the page. */
function botOn(state: StateStore, more: Parameters<typeof incidentsOn>[2] = {}) {
  const clock = { now: Date.now() };
  return { clock, incidents: incidentsOn(state, CHATS, { clock, timing: quietFor(15), ...more }) };
}

test('what a file holds becomes incidents with the times of the log, warnings too', async () => {
  const state = memoryState();
  await ingest(state, old('orders'), old('mail', { anomaly_status: 'warning', severity: 2 }));
  const found = await stored(state);
  assert.deepEqual(found.map(({ service }) => service).sort(), ['mail', 'orders']);
  for (const { activity, lifecycle } of found) {
    assert.deepEqual([activity.firstSeen, activity.lastSeen], [LAST_MONTH, LAST_MONTH + 2 * MINUTE]);
    assert.equal(lifecycle.state, 'open');
  }
  assert.equal((await botOn(state).incidents.open()).length, 2);
});

test('read twice, nothing is doubled', async () => {
  const state = memoryState();
  const found = [old('orders'), old('mail', { anomaly_status: 'warning' })];
  await ingest(state, ...found);
  await ingest(state, ...found);
  assert.deepEqual(
    (await stored(state)).map(({ activity }) => activity.count),
    [1, 1],
  );
});

test('two that read the same file at once make its incidents once', async () => {
  const state = memoryState();
  const found = Array.from({ length: 12 }, (_, n) => old(`service-${n}`));
  await Promise.all([ingest(state, ...found), ingest(state, ...found)]);
  assert.deepEqual(
    (await stored(state)).map(({ activity }) => activity.count),
    found.map(() => 1),
  );
});

test('a bot that starts later tells of them on the page only, calls nobody and ends none by quiet', async () => {
  const state = memoryState();
  await ingest(state, ...Array.from({ length: 20 }, (_, n) => old(`service-${n}`, { severity: 5 })));
  const steps = [{ afterMinutes: 1, platform: 'slack', channel: 'C9', mention: ['here'] }];
  const timing = { ...quietFor(15), escalation: { severity: 1, steps } };
  const { clock, incidents } = botOn(state, { timing });
  for (let day = 0; day < 3; day += 1) {
    clock.now += DAY;
    await incidents.tick();
  }
  const places = new Set(await parents(state));
  assert.deepEqual([...places], ['console console']);
  assert.ok((await deliveries(state)).every(({ value }) => value.chat === 'console'));
  const after = await stored(state);
  assert.ok(after.every(({ lifecycle, escalation }) => lifecycle.state === 'open' && !escalation));
});

test('people acknowledge, mute and resolve them as any other', async () => {
  const state = memoryState();
  await ingest(state, old('mail', { anomaly_status: 'warning' }));
  const [{ id } = { id: '' }] = await stored(state);
  const { incidents, clock } = botOn(state);
  await incidents.act(id, { what: 'acknowledged' }, mina);
  await incidents.act(id, { what: 'muted', forMs: MINUTE }, mina);
  clock.now += 2 * MINUTE;
  await incidents.tick();
  const after = await incidents.get(id);
  assert.deepEqual([after?.lifecycle.state, after?.mute], ['acknowledged', undefined]);
  const { incident } = await incidents.act(id, { what: 'resolved' }, mina);
  assert.equal(incident.lifecycle.state, 'resolved');
});

test('once the same goes on live, it is told where alerts go, and is over by quiet again', async () => {
  const state = memoryState();
  const template = { id: 't1', pattern: 'cannot reach db' };
  const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * MINUTE).toISOString();
  const window = { from: minutesAgo(12), to: minutesAgo(10) };
  await ingest(state, old('orders', { template, window, detected_at: window.to }));
  const { incidents, clock } = botOn(state);
  const live = anomaly('orders', { template, detected_at: minutesAgo(0) });
  const joined = await incidents.record(live, clock.now);
  assert.equal(joined?.activity.count, 2);
  assert.equal(joined?.fromFile, undefined);
  assert.equal(joined?.lifecycle.openedAt, clock.now);
  assert.deepEqual(await parents(state), ['console console', 'slack C1']);
  clock.now += 16 * MINUTE;
  await incidents.tick();
  assert.equal((await incidents.get(joined!.id))?.lifecycle.state, 'resolved');
});

test('rules decide where it is told once it goes on live', async () => {
  const state = memoryState();
  const template = { id: 't1', pattern: 'cannot reach db' };
  await ingest(state, old('orders', { template }));
  const route = {
    match: {},
    platform: 'slack' as const,
    channel: 'C7',
    mention: [],
    shadow: false,
    stop: true,
  };
  const { incidents, clock } = botOn(state, { routes: [route] });
  await incidents.record(anomaly('orders', { template, detected_at: at(12) }), clock.now);
  assert.deepEqual(await parents(state), ['console console', 'slack C7']);
});

test('other topics go to the bus as before', async () => {
  await using bus = openMemoryBus();
  const state = memoryState();
  const intake = fileIntake(config, { bus, state, metrics: createMetrics(), log });
  const heard = Promise.withResolvers<string>();
  await using _heard = await bus.subscribe('other', { group: 'g', from: 'earliest' }, async ([message]) =>
    heard.resolve(String(message?.value)),
  );
  await intake.bus.publish('other', [{ value: JSON.stringify(old('orders')) }]);
  assert.match(await heard.promise, /orders/);
  assert.deepEqual(await stored(state), []);
});
