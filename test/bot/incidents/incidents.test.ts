import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { IDLE, isTask, loadDelivery, parentId } from '../../../src/bot/delivery/delivery.ts';
import type { Incidents } from '../../../src/bot/incidents/incidents.ts';
import { Blame } from '../../../src/bot/incidents/inhibition.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly, incidentsOn, mina, NOW } from '../fixtures.ts';

const CHAT = { name: 'slack', alertChannel: 'C1' };
const MINUTE = 60_000;

/** `clock` is what the incidents take for the time. */
const setUp = (state: StateStore = memoryState(), more: Parameters<typeof incidentsOn>[2] = {}): Incidents =>
  incidentsOn(state, [CHAT], more);
const jun = { ...mina, id: 'U2', name: 'jun' };
const at = (minutes: number): string => new Date(NOW + minutes * MINUTE).toISOString();
/** Parents that are told of or will be. */
const parents = async (state: StateStore): Promise<string[]> =>
  (await state.list('outbox', { to: IDLE, limit: 1_000 }))
    .flatMap(({ value }) => (isTask(value) ? [] : [value]))
    .filter((entry) => entry.content.kind === 'incident')
    .map((entry) => entry.incidentId!);

test('a critical anomaly opens an incident with one delivery; further ones join it', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  const first = await incidents.record(anomaly('payment', { sample_lines: ['ERROR one'] }), NOW);
  const second = await incidents.record(anomaly('payment', { sample_lines: ['ERROR two'] }), NOW);
  assert.equal(second?.id, first?.id);
  assert.equal(second?.activity.count, 2);
  assert.deepEqual(second?.sampleLines, ['ERROR one', 'ERROR two']);
  assert.deepEqual(await parents(state), [first!.id]);
  const delivery = await loadDelivery(state, parentId('slack', first!.id));
  assert.equal(delivery?.value.wanted, 2);
});

test('the same anomaly twice counts once, also after a restart', async () => {
  const state = memoryState();
  const same = anomaly('payment');
  const first = await setUp(state).record(same, NOW);
  assert.equal(await setUp(state).record(same, NOW), undefined);
  assert.equal((await setUp(state).get(first!.id))?.activity.count, 1);
});

test('warnings are open incidents without a thread until they turn critical; normal is no incident', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  assert.equal(await incidents.record(anomaly('cart', { anomaly_status: 'normal' }), NOW), undefined);
  const quiet = await incidents.record(anomaly('cart', { anomaly_status: 'warning', severity: 2 }), NOW);
  assert.deepEqual(await parents(state), []);
  assert.deepEqual(
    (await incidents.open()).map(({ id }) => id),
    [quiet!.id],
  );
  const loud = await incidents.record(anomaly('cart'), NOW);
  assert.equal(loud?.id, quiet?.id);
  assert.equal(loud?.anomalyStatus, 'critical');
  assert.deepEqual(await parents(state), [quiet!.id]);
});

test('a service that names an open incident as failing is told of in its thread', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  const cause = await incidents.record(anomaly('payment', { names: [] }), NOW);
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  // By the words of its lines; `payment에서` has the name as a word, `payments` has not.
  await incidents.record(anomaly('gateway', { sample_lines: ['payment에서 응답 없음'] }), NOW);
  const other = await incidents.record(anomaly('mail', { sample_lines: ['payments list rendered'] }), NOW);
  // Through another victim.
  await incidents.record(anomaly('web', { names: ['orders'] }), NOW);
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  const now = await incidents.get(cause!.id);
  assert.deepEqual(
    now?.correlation.affected.map((entry) => [entry.service, entry.count]),
    [
      ['gateway', 1],
      ['web', 1],
      ['orders', 2],
    ],
  );
  assert.equal(now?.activity.count, 1);
  assert.deepEqual((await parents(state)).sort(), [cause!.id, other!.id].sort());
});

test('a cause that appears after its victims takes them over', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  const victim = await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  const second = await incidents.record(anomaly('web', { names: ['orders'] }), NOW);
  assert.equal(second?.correlation.cause?.id, victim?.id);
  const cause = await incidents.record(anomaly('payment', { names: [] }), NOW);
  assert.equal((await incidents.get(victim!.id))?.correlation.cause?.id, cause!.id);
  const affected = (await incidents.get(cause!.id))?.correlation.affected.map((entry) => entry.service);
  assert.deepEqual(affected?.sort(), ['orders', 'web']);
  // Later trouble of a victim, and of a victim's victim, arrives at the cause.
  await incidents.record(anomaly('web', { names: ['orders'] }), NOW);
  const web = (await incidents.get(cause!.id))?.correlation.affected.find((entry) => entry.service === 'web');
  assert.equal(web?.count, 2);
  assert.deepEqual(
    (await incidents.open()).map((incident) => incident.id),
    [cause!.id],
  );
});

test('when two name each other, the one that was there first is the cause', async () => {
  const incidents = setUp();
  const first = await incidents.record(anomaly('payment', { names: ['orders'], detected_at: at(0) }), NOW);
  const second = await incidents.record(anomaly('orders', { names: ['payment'], detected_at: at(1) }), NOW);
  assert.equal(second?.correlation.cause?.id, first?.id);
  assert.equal((await incidents.get(first!.id))?.correlation.cause, undefined);
});

test('a critical victim lifts a warning of its named cause into a thread of the cause', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  const cause = await incidents.record(anomaly('payment', { anomaly_status: 'warning', names: [] }), NOW);
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  assert.deepEqual(await parents(state), [cause!.id]);
});

test('what lies further apart than the inhibition time is not joined', async () => {
  const incidents = setUp();
  await incidents.record(anomaly('payment', { names: [], detected_at: at(0) }), NOW);
  const late = await incidents.record(anomaly('orders', { names: ['payment'], detected_at: at(6) }), NOW);
  assert.equal(late?.correlation.cause, undefined);
});

test('after resolution, and after the window, the problem opens again as the next occurrence', async () => {
  const clock = { now: NOW };
  const incidents = setUp(memoryState(), { clock });
  const first = await incidents.record(anomaly('payment', { detected_at: at(0) }), NOW);
  await incidents.act(first!.id, { what: 'resolved' }, mina);
  clock.now += MINUTE;
  const second = await incidents.record(anomaly('payment', { detected_at: at(1) }), clock.now);
  assert.notEqual(second?.id, first?.id);
  assert.equal(second?.identity.occurrence, 2);
  assert.equal(second?.identity.previous?.id, first?.id);
  assert.equal(second?.identity.previous?.at, Date.parse(at(0)));
  const third = await incidents.record(anomaly('payment', { detected_at: at(40) }), clock.now);
  assert.equal(third?.identity.occurrence, 3);
  assert.equal(third?.identity.previous?.id, second?.id);
  assert.equal(third?.identity.previous?.at, Date.parse(at(1)));
});

test('a victim of a resolved cause has a thread of its own', async () => {
  const state = memoryState();
  const incidents = setUp(state);
  const cause = await incidents.record(anomaly('payment', { names: [] }), NOW);
  await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  await incidents.act(cause!.id, { what: 'resolved' }, mina);
  const again = await incidents.record(anomaly('orders', { names: ['payment'] }), NOW);
  assert.equal(again?.correlation.cause, undefined);
  assert.ok((await parents(state)).includes(again!.id));
});

test('actions keep who, when and why', async () => {
  const incidents = setUp();
  const opened = await incidents.record(anomaly('payment'), NOW);
  await incidents.act(opened!.id, { what: 'acknowledged', note: 'looking' }, mina);
  await incidents.act(opened!.id, { what: 'muted', forMs: MINUTE }, jun);
  const muted = await incidents.get(opened!.id);
  assert.equal(muted?.lifecycle.state, 'acknowledged');
  assert.equal(muted?.lifecycle.owner, 'mina');
  assert.ok((muted!.mute?.until ?? 0) > Date.now());
  assert.deepEqual(
    muted?.lifecycle.history.map((entry) => [entry.who, entry.what, entry.note]),
    [
      ['bongsu', 'opened', undefined],
      ['mina', 'acknowledged', 'looking'],
      ['jun', 'muted', undefined],
    ],
  );
  await assert.rejects(
    incidents.act('nope', { what: 'resolved' }, mina),
    (error) => error instanceof AppError && error.code === 'not_found',
  );
});

test('two processes that record at once lose nothing', async () => {
  const state = memoryState();
  const [one, two] = [setUp(state), setUp(state)];
  const many = Array.from({ length: 40 }, (_, index) => anomaly(index % 2 ? 'payment' : 'orders'));
  await Promise.all(many.map((entry, index) => (index % 3 ? one : two).record(entry, NOW)));
  const open = await one.open();
  assert.equal(open.length, 2);
  assert.equal(
    open.reduce((sum, incident) => sum + incident.activity.count, 0),
    40,
  );
});

test('a service is named only as a word of its own', () => {
  const blame = new Blame();
  const named = (line: string, service: string): number =>
    blame.of(
      {
        service: 'web',
        title: '',
        issues: [],
        explanation: '',
        sampleLines: [line],
        correlation: { names: undefined },
      },
      service,
    );
  assert.equal(named('call to cart-db failed', 'cart'), 0);
  assert.equal(named('call to CART failed', 'cart'), 1);
  assert.equal(named('http://cart:8080/x timed out', 'cart'), 1);
  assert.equal(named('a.b(c)+ is down', 'a.b(c)+'), 1);
  assert.equal(named('결제서비스가 응답하지 않음', '결제서비스'), 1);
  assert.equal(named('web is down', 'web'), 0);
});
