import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../../scripts/eval/seeded.ts';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import type { StateStore } from '../../../src/backends/state/store.ts';
import { createDisclosure } from '../../../src/bot/incidents/disclosure.ts';
import { createIncidentRepository } from '../../../src/bot/incidents/incident-repository.ts';
import { incidentView } from '../../../src/bot/views/incident.ts';
import { type AlertModel, signalOfAnomaly } from '../../../src/domain/alert/alert-model.ts';
import type { AnomalyWire } from '../../../src/domain/alert/anomaly.ts';
import { needsThread } from '../../../src/domain/alert/incident.ts';
import { type Vote, voteOf } from '../../../src/domain/alert/suppression.ts';
import { wordingOf } from '../../../src/domain/alert/wording.ts';
import type { TuningRecord } from '../../../src/domain/job/job.ts';
import { speech } from '../../../src/i18n/format.ts';
import { memoryState } from '../../fakes/state.ts';
import { anomaly as anyAnomaly, incidentsOn, mina, NOW } from '../fixtures.ts';

const model: AlertModel = { weights: {}, bias: -3, slope: 1, offset: 0, quietBelow: 0.35 };
const HOUR = 3_600_000;
/** Critical, and not of the worst severity: that is always told. */
const anomaly = (service: string, fields: Partial<AnomalyWire> = {}) =>
  anyAnomaly(service, { severity: 4, ...fields });
const template = { id: 't1', pattern: 'backup skipped <*>' };
/** People called alerts of the template `t1` of `mail` false, thrice nine times, around the clock. */
const VOTES: Vote[] = Array.from({ length: 27 }, (_, index) => ({
  ...voteOf(`earlier-${index}`, signalOfAnomaly(anomaly('mail', { template })), false),
  at: NOW - (27 - index) * 5 * HOUR,
}));
async function taught(): Promise<StateStore> {
  const state = memoryState();
  await state.commit({ put: [{ kind: 'votes', id: 'votes/mail|t1', value: VOTES }] });
  return state;
}
const CHAT = { name: 'slack', alertChannel: 'C1' };

test('what people keep calling a false alarm is recorded and not told; what suffers with it is', async () => {
  const state = await taught();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const suppressed = await incidents.record(anomaly('mail', { template }), NOW);
  assert.ok(suppressed?.suppression);
  assert.equal(needsThread(suppressed!), false);
  assert.equal((await incidents.open()).length, 0);
  const other = await incidents.record(anomaly('cart', { template }), NOW);
  assert.equal(other?.suppression, undefined);
  assert.equal(
    (await state.list('outbox')).some(({ id }) => id.includes(suppressed!.id)),
    false,
  );
});

test('without a model, and for what was told before, nothing is kept quiet', async () => {
  const state = await taught();
  let serving: AlertModel | undefined;
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => serving });
  const told = await incidents.record(anomaly('mail', { template }), NOW);
  assert.equal(told?.suppression, undefined);
  serving = model;
  const again = await incidents.record(anomaly('mail', { template }), NOW + 1_000);
  assert.deepEqual([again?.id, again?.suppression], [told?.id, undefined]);
});

test('somebody calls it real after all: it is told', async () => {
  const state = await taught();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const suppressed = await incidents.record(anomaly('mail', { template }), NOW);
  const { incident } = await incidents.act(suppressed!.id, { what: 'real' }, mina);
  assert.equal(incident.suppression, undefined);
  assert.equal(needsThread(incident), true);
  assert.ok((await state.list('outbox', { limit: 1_000 })).some(({ id }) => id.includes(suppressed!.id)));
});

test('what people merge into it is told: somebody says that they are one problem', async () => {
  const state = await taught();
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model });
  const suppressed = await incidents.record(anomaly('mail', { template }), NOW);
  const other = await incidents.record(anomaly('mail', { template: { id: 't2', pattern: 'disk' } }), NOW);
  assert.deepEqual([Boolean(suppressed?.suppression), other?.suppression], [true, undefined]);
  assert.equal(await incidents.merge(other!.id, suppressed!.id, mina), true);
  assert.deepEqual(
    (await incidents.open()).map(({ id }) => id),
    [suppressed!.id],
  );
  await incidents.split(other!.id, mina);
  assert.equal((await incidents.open()).length, 2);
});

test('what people press counts from the next alert on: eight false alarms silence a kind, one real ends that', async () => {
  const state = memoryState();
  const clock = { now: NOW };
  const incidents = incidentsOn(state, [CHAT], { alertModel: async () => model, clock });
  const alert = async () => {
    clock.now += 5 * HOUR;
    const detected_at = new Date(clock.now).toISOString();
    return (await incidents.record(anomaly('mail', { template, detected_at }), clock.now))!;
  };
  for (let times = 0; times < 8; times += 1) {
    const { id, suppression } = await alert();
    assert.equal(suppression, undefined, `after ${times}`);
    await incidents.act(id, { what: 'false_alarm' }, mina);
  }
  const suppressed = await alert();
  assert.ok(suppressed.suppression);
  const { chance, ...counted } = suppressed.suppression?.reason ?? assert.fail('no reason');
  assert.deepEqual(counted, { likeness: 'family', rejected: 8, needed: 8, real: 0 });
  assert.ok(chance > 0.04 && chance < 0.05);
  for (const [language, words] of [
    ['en', /last 8 alerts of its kind .*\(8 were needed\).* 5 %/],
    ['ko', /최근에 판단한 8건.*기준 8건.*5%/],
  ] as const) {
    const card = incidentView(suppressed, speech(language, 'UTC'), clock.now);
    assert.match(JSON.stringify(card.blocks), words);
    assert.ok(JSON.stringify(card.blocks).includes('"name":"real"'));
  }
  const { incident } = await incidents.act(suppressed.id, { what: 'real' }, mina);
  assert.equal(incident.suppression?.reason, undefined);
  await incidents.act(suppressed.id, { what: 'resolved' }, mina);
  assert.equal((await alert()).suppression, undefined);
});

test('who takes a verdict back takes the vote back', async () => {
  const state = memoryState();
  const incidents = incidentsOn(state, [CHAT], {});
  const { id } = (await incidents.record(anomaly('mail', { template }), NOW))!;
  const feedback = async () => (await state.get('votes', 'votes/mail|t1'))?.value ?? [];
  await incidents.act(id, { what: 'false_alarm' }, mina);
  assert.deepEqual(
    (await feedback()).map(({ incident, real }) => [incident, real]),
    [[id, false]],
  );
  await incidents.act(id, { what: 'real' }, mina);
  assert.deepEqual(
    (await feedback()).map(({ real }) => real),
    [true],
  );
  await incidents.act(id, { what: 'reopened' }, mina);
  assert.deepEqual(await feedback(), []);
  await incidents.act(id, { what: 'resolved', note: 'the mail server had no disk left' }, mina);
  assert.deepEqual(
    (await feedback()).map(({ real }) => real),
    [true],
    'a note of what mended it says it was real',
  );
});

/** What producers send that know only the contract's required fields and `service`. */
const foreign = (issue: string, explanation: string, fields: Partial<AnomalyWire> = {}) =>
  anomaly('billing', { detected_issues: [issue], explanation, ...fields });

/** Alerts that come five hours apart, as people judge them. */
function judging(state: StateStore) {
  const clock = { now: NOW };
  const incidents = incidentsOn(state, [CHAT], {
    alertModel: async () => ({ ...model, trainedAt: 7 }),
    clock,
  });
  const alert = async (issue: string, explanation: string, fields: Partial<AnomalyWire> = {}) => {
    clock.now += 5 * HOUR;
    const detected_at = new Date(clock.now).toISOString();
    return (await incidents.record(foreign(issue, explanation, { detected_at, ...fields }), clock.now))!;
  };
  const reject = async (
    times: number,
    issue: (time: number) => string,
    fields: Partial<AnomalyWire> = {},
  ) => {
    for (let time = 0; time < times; time += 1) {
      const { id } = await alert(issue(time), `retried ${time} times`, fields);
      await incidents.act(id, { what: 'false_alarm' }, mina);
    }
  };
  return { clock, incidents, alert, reject };
}

test('an alert without a template is of the family of what it says: nothing else is kept quiet with it', async () => {
  const { alert, reject } = judging(memoryState());
  await reject(9, (time) => `queue is ${time + 3} messages behind`);
  assert.ok((await alert('queue is 88 messages behind', 'retried 12 times')).suppression);
  for (const [issue, explanation] of [
    ['DATA CORRUPTION: checksum mismatch', 'retried 12 times'],
    ['queue is 5 messages behind', 'the disk failed'],
    ['', 'ransom note found'],
    ['17', ''],
    ['', ''],
  ] as const)
    assert.equal((await alert(issue, explanation)).suppression, undefined, `${issue}|${explanation}`);
  const more = { detected_issues: ['queue is 5 messages behind', 'disk failure'] };
  assert.equal((await alert('', 'retried 1 times', more)).suppression, undefined, 'one issue more');
  const warning = { anomaly_status: 'warning', severity: 3 } as const;
  assert.equal(
    (await alert('queue is 5 messages behind', 'retried 1 times', warning)).suppression,
    undefined,
  );
  const worst = await alert('queue is 6 messages behind', 'retried 1 times', { severity: 5 });
  assert.equal(worst.suppression, undefined, 'of the worst severity');
});

test('one template for all that a producer says names no kind: what it says does', async () => {
  for (const [shared, issues] of [
    [{ id: '0', pattern: '<*>' }, false],
    [{ id: '0', pattern: '' }, true],
    [{ id: 'generic', pattern: 'an error was found in <*>' }, false],
    [{ id: 'generic', pattern: 'an error was found in <*>' }, true],
  ] as const) {
    const { alert, reject } = judging(memoryState());
    const said = (text: string): Partial<AnomalyWire> => ({
      template: shared,
      detected_issues: issues ? [text] : [],
      explanation: issues ? 'see the log' : text,
    });
    await reject(9, () => '', said('queue is 3 messages behind'));
    const suppressed = await alert('', '', said('queue is 41 messages behind'));
    assert.ok(suppressed.suppression, shared.pattern);
    for (const text of ['DATA CORRUPTION: checksum mismatch', '디스크 장애', 'ransom note found'])
      assert.equal((await alert('', '', said(text))).suppression, undefined, `${shared.pattern}|${text}`);
  }
});

test('a template whose words became others is judged anew', async () => {
  const { alert, reject } = judging(memoryState());
  const of = (pattern: string): Partial<AnomalyWire> => ({ template: { id: 't9', pattern } });
  await reject(9, () => 'rate', of('backup <*> skipped'));
  assert.ok((await alert('rate', '', of('backup <ID> skipped'))).suppression);
  assert.equal((await alert('rate', '', of('database <*> corrupted'))).suppression, undefined);
});

test('several kinds merged and called false make none of them graver', async () => {
  const { incidents, alert, reject } = judging(memoryState());
  await reject(9, () => 'queue is behind', { severity: 3 });
  const mild = await alert('queue is behind', 'retried 1 times', { severity: 3 });
  assert.ok(mild.suppression);
  const grave = await alert('certificate expires', 'soon', { severity: 4 });
  await incidents.merge(grave.id, mild.id, mina);
  await incidents.act(mild.id, { what: 'false_alarm' }, mina);
  assert.equal((await incidents.get(mild.id))?.severity, 4);
  assert.equal((await alert('queue is behind', 'retried 2 times', { severity: 4 })).suppression, undefined);
  assert.ok((await alert('queue is behind', 'retried 3 times', { severity: 3 })).suppression);
});

test('what joins an incident that is kept quiet is judged by its own words: it is told with it', async () => {
  for (const [fields, joins] of [
    [{ template }, { template, detected_issues: ['backup skipped', 'DISK FAILURE'] }],
    [{}, { explanation: 'ransom note found' }],
    [{}, { severity: 5 }],
  ] satisfies [Partial<AnomalyWire>, Partial<AnomalyWire>][]) {
    const { clock, incidents, alert, reject } = judging(memoryState());
    await reject(9, () => 'backup skipped', fields);
    const suppressed = await alert('backup skipped', 'retried 3 times', fields);
    assert.ok(suppressed.suppression);
    const detected_at = new Date(clock.now + 1_000).toISOString();
    const more = foreign('backup skipped', 'retried 4 times', { ...fields, detected_at, ...joins });
    const after = await incidents.record(more, clock.now + 1_000);
    assert.deepEqual([after?.id, after?.suppression], [suppressed.id, undefined], JSON.stringify(joins));
    assert.equal(needsThread(after!), true);
  }
});

test('no alert whose words share no family with a judged one is ever kept quiet', async () => {
  const WORDS =
    'disk queue 결제 연결 checksum mismatch 실패 lost replica slow ransom note token 만료 full'.split(' ');
  for (let seed = 1; seed <= 12; seed += 1) {
    const random = seeded(seed);
    const { alert, reject, incidents } = judging(memoryState());
    const sentence = (): string =>
      Array.from({ length: random.int(0, 4) }, () =>
        random.next() < 0.2 ? String(random.int(0, 9_999)) : random.pick(WORDS),
      ).join(' ');
    const judged = new Set<string>();
    for (let kind = 0; kind < 3; kind += 1) {
      const issue = sentence();
      await reject(9, () => issue);
      judged.add(wordingOf(issue));
    }
    for (let times = 0; times < 40; times += 1) {
      const issue = sentence();
      const told = await alert(issue, `retried ${times} times`);
      if (told.suppression) assert.ok(judged.has(wordingOf(issue)), `seed ${seed}: ${issue}`);
      await incidents.act(told.id, { what: 'resolved' }, mina);
    }
  }
});

test('a model is rolled back: what it hid is told, over or not, once, with the reason', async () => {
  const state = memoryState();
  const { alert, reject, incidents, clock } = judging(state);
  await reject(9, () => 'queue is behind');
  const over = await alert('queue is behind', 'retried 3 times');
  await incidents.act(over.id, { what: 'resolved' }, mina);
  const open = await alert('queue is behind', 'retried 2 times');
  assert.ok(over.suppression && open.suppression);
  const record = {
    target: 'alerts',
    trainer: 'embedded',
    at: 7,
    night: 'n',
    promoted: true,
    reason: 'better',
  } as const;
  const registry = openRegistry(state);
  const card = {} as TuningRecord['card'];
  await registry.add({ ...record, card, tuned: { kind: 'alerts', model } }, undefined);
  assert.deepEqual(await incidents.discloseRolledBack(), [], 'while it serves');
  await registry.rollBack('alerts');
  // Two processes at once.
  const other = incidentsOn(state, [CHAT], { clock });
  const told = (await Promise.all([incidents.discloseRolledBack(), other.discloseRolledBack()])).flat();
  assert.deepEqual(told.map(({ id }) => id).sort(), [over.id, open.id].sort());
  assert.deepEqual(await incidents.discloseRolledBack(), []);
  const outbox = (await state.list('outbox', { limit: 1_000 })).map(({ id }) => id);
  for (const {
    id,
    lifecycle: { history },
    suppression,
  } of told) {
    assert.deepEqual([suppression, history.at(-1)?.what], [undefined, 'disclosed']);
    assert.ok(outbox.includes(`parent/slack/${id}`), 'its thread');
    assert.ok(
      outbox.some((entry) => entry.startsWith(`note/slack/${id}/act-`)),
      'and why only now',
    );
  }
});

test('a process that learns late of a rollback keeps nothing to itself: what it hid meanwhile is told too', async () => {
  const state = memoryState();
  const { alert, reject, incidents, clock } = judging(state);
  await reject(9, () => 'queue is behind');
  const registry = openRegistry(state);
  const card = {} as TuningRecord['card'];
  const record = { target: 'alerts', trainer: 'embedded', at: 7, night: 'n', promoted: true } as const;
  const tuned = { kind: 'alerts', model } as const;
  await registry.add({ ...record, reason: 'better', card, tuned }, undefined);
  await registry.rollBack('alerts');
  const looks = createDisclosure({
    state,
    repository: createIncidentRepository({
      state,
      chats: [CHAT],
      debounceMs: 0,
      timing: { resolveAfterMs: () => 0, escalation: { severity: 4, steps: [] } },
      notBefore: 0,
      now: () => clock.now,
      wake: () => {},
    }),
    keepMs: HOUR,
    now: () => clock.now,
  });
  await looks.look();
  // Ten seconds later.
  clock.now -= 5 * HOUR - 10_000;
  const late = await alert('queue is behind', 'retried 2 times');
  assert.ok(late.suppression);
  clock.now += 15_000;
  await looks.look();
  assert.equal((await incidents.get(late.id))?.suppression, undefined);
});
