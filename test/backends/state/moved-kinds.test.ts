import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { memoryDocuments } from '../../../src/backends/state/memory.ts';
import { withMovedKinds } from '../../../src/backends/state/moved-kinds.ts';
import type { DocumentStore } from '../../../src/backends/state/store.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { DAY } from '../../../src/domain/time/units.ts';
import { createLog } from '../../../src/log.ts';
import { answer } from '../../bot/fixtures.ts';

const log = createLog('silent');

/** An incident as version 0.1 wrote it. */
const FLAT = {
  id: 'i1',
  key: 'payment\u0000t1',
  service: 'payment',
  title: 'pool exhausted',
  issues: ['pool exhausted'],
  explanation: 'no connection is free',
  anomalyStatus: 'critical',
  severity: 5,
  confidence: 0.9,
  state: 'acknowledged',
  owner: 'mina',
  mutedUntil: 90,
  muteId: 'm1',
  count: 3,
  lines: 40,
  firstSeen: 10,
  lastSeen: 20,
  trend: { from: 0, stepMs: 10, counts: [1, 2] },
  affected: [{ service: 'cart', count: 1, firstSeen: 11, lastSeen: 12, issues: ['503'] }],
  unlisted: 2,
  cause: { id: 'i0', service: 'db', title: 'disk full', carried: [] },
  names: ['db'],
  sampleLines: ['ERROR pool'],
  template: { id: 't1', pattern: 'ERROR pool' },
  detector: 'error-burst',
  signals: [{ template: 't1', detector: 'error-burst' }],
  verdict: 'real',
  quiet: true,
  quietReason: { likeness: 'family', rejected: 8, needed: 8, real: 0, chance: 0.04, model: 5 },
  targets: [{ chat: 'slack', channel: 'C1', mention: ['here'] }],
  openedAt: 10,
  quietSince: 20,
  flaps: 1,
  escalated: 2,
  occurrence: 2,
  previousId: 'i-1',
  previousAt: 5,
  history: [{ at: 10, who: 'bongsu', what: 'opened' }],
  forgotten: 1,
};

test('an incident of version 0.1 is read in today’s form, with nothing lost', async () => {
  const documents = memoryDocuments();
  await documents.commit({ put: [{ kind: 'incident', id: 'i1', value: FLAT, rank: 20 }] });
  const state = checkedState(documents, log);
  // As often as it is read: in the store it lies in its old form.
  await state.get('incident', 'i1');
  const stored = await state.get('incident', 'i1');
  assert.equal(stored?.version, 1, 'as it lies in the store');
  assert.deepEqual(stored?.value, {
    id: 'i1',
    service: 'payment',
    title: 'pool exhausted',
    issues: ['pool exhausted'],
    explanation: 'no connection is free',
    anomalyStatus: 'critical',
    severity: 5,
    confidence: 0.9,
    sampleLines: ['ERROR pool'],
    identity: {
      key: 'payment\u0000t1',
      template: { id: 't1', pattern: 'ERROR pool' },
      detector: 'error-burst',
      occurrence: 2,
      previous: { id: 'i-1', at: 5 },
    },
    activity: {
      count: 3,
      lines: 40,
      firstSeen: 10,
      lastSeen: 20,
      trend: { from: 0, stepMs: 10, counts: [1, 2] },
    },
    lifecycle: {
      state: 'acknowledged',
      owner: 'mina',
      openedAt: 10,
      quietSince: 20,
      flaps: 1,
      history: [{ at: 10, who: 'bongsu', what: 'opened' }],
      forgotten: 1,
    },
    correlation: {
      affected: [{ service: 'cart', count: 1, firstSeen: 11, lastSeen: 12, issues: ['503'] }],
      unlisted: 2,
      cause: { id: 'i0', service: 'db', title: 'disk full', carried: [] },
      names: ['db'],
    },
    feedback: { verdict: 'real', signals: [{ template: 't1', detector: 'error-burst' }] },
    routing: { targets: [{ chat: 'slack', channel: 'C1', mention: ['here'] }] },
    mute: { until: 90, id: 'm1' },
    suppression: {
      reason: { likeness: 'family', rejected: 8, needed: 8, real: 0, chance: 0.04, model: 5 },
    },
    escalation: { steps: 2 },
  });
});

test('the least that version 0.1 wrote of an incident is readable too', async () => {
  const documents = memoryDocuments();
  const { id, key, service, title, issues, explanation, anomalyStatus, severity, confidence } = FLAT;
  const least = {
    ...{ id, key, service, title, issues, explanation, anomalyStatus, severity, confidence },
    ...{ state: 'open', count: 1, firstSeen: 1, lastSeen: 1, affected: [], sampleLines: [], occurrence: 1 },
    history: [],
  };
  await documents.commit({ put: [{ kind: 'incident', id: 'i1', value: least }] });
  const value = (await checkedState(documents, log).get('incident', 'i1'))?.value;
  assert.equal(value?.identity.key, key);
  assert.deepEqual(
    [value?.mute, value?.suppression, value?.routing, value?.escalation],
    Array(4).fill(undefined),
  );
});

const report = (day: string) => ({ kind: 'answer', id: `digest-day-${day}-all`, value: { day } });

test('facts of version 0.1 have a kind of their own; what is there already stays; it can be done again', async () => {
  const documents = memoryDocuments();
  const put = [
    { kind: 'fact', id: 'problem/abc', value: { id: 'i1', occurrence: 2 } },
    { kind: 'fact', id: 'votes/mail|t1', value: [] },
    { kind: 'fact', id: 'incident-board', value: [] },
    { kind: 'fact', id: 'outbox-trouble', value: { places: {}, givenUp: 0 } },
    { kind: 'fact', id: 'dead-letters', value: { read: {}, recent: {}, untold: {}, known: [], notice: 1 } },
    { kind: 'fact', id: 'asked/1', value: { typed: 'why' } },
    { kind: 'fact', id: 'tuning/running', value: { since: 1 } },
    { kind: 'fact', id: 'tuning/alerts', value: { records: [] } },
    { kind: 'fact', id: 'system/host/3', value: { hour: 3, samples: [] } },
    { kind: 'fact', id: 'system-hosts', value: ['host'] },
    { kind: 'fact', id: 'gpu-layers/host/m', value: { step: 1, at: 1 } },
    { kind: 'fact', id: 'model-standing/m/1', value: { fault: 'missing' } },
    { kind: 'fact', id: 'demo', value: { endsAt: 1, done: true } },
    { kind: 'fact', id: 'of-another-program', value: 1 },
    { kind: 'position', id: 'schedule/digest', value: { at: 1 } },
    { kind: 'position', id: 'job/7', value: { saved: { read: 1 } } },
    {
      kind: 'position',
      id: 'file:1/2',
      value: { id: 'f', dev: 1, ino: 2, print: { length: 1, digest: 'd' }, offset: 3 },
    },
    { kind: 'model', id: 'learned/all/0', value: { format: 1, data: '' } },
    { kind: 'model', id: 'templates', value: { version: 2 } },
    { kind: 'answer', id: 'report/7', value: { answer, records: 1 } },
    { kind: 'answer', id: '0a1b2c', value: answer },
    report('2026-11-20'),
    { kind: 'problem', id: 'problem/abc', value: { id: 'i2', occurrence: 3 } },
  ];
  await documents.commit({ put });
  // A second start finds nothing to do.
  await withMovedKinds(documents, log).count('seen');
  const state = checkedState(withMovedKinds(documents, log), log);
  assert.deepEqual(
    (await state.get('problem', 'problem/abc'))?.value,
    { id: 'i2', occurrence: 3 },
    'the newer one',
  );
  for (const [kind, id] of [
    ['votes', 'votes/mail|t1'],
    ['recent-incidents', 'incident-board'],
    ['unreachable-channels', 'outbox-trouble'],
    ['dead-letters', 'dead-letters'],
    ['asked', 'asked/1'],
    ['training', 'tuning/running'],
    ['tuning', 'tuning/alerts'],
    ['machine-history', 'system/host/3'],
    ['machines', 'system-hosts'],
    ['gpu-layers', 'gpu-layers/host/m'],
    ['model-fault', 'model-standing/m/1'],
    ['demo', 'demo'],
    ['schedule', 'schedule/digest'],
    ['checkpoint', 'job/7'],
    ['file-position', 'file:1/2'],
    ['detector', 'learned/all/0'],
    ['templates', 'templates'],
    ['answer', '0a1b2c'],
  ] as const)
    assert.ok(await state.get(kind, id), `${kind}/${id}`);
  assert.equal(await documents.count('analysis'), 1);
  assert.equal(await documents.count('digest'), 1);
  const left = await Promise.all(
    ['fact', 'position', 'model', 'answer'].map((kind) => documents.count(kind)),
  );
  assert.deepEqual(left, [1, 0, 0, 1], 'what nobody knows stays where it is');
});

test('more than a page of them are all moved', async () => {
  const documents = memoryDocuments();
  const put = Array.from({ length: 2_500 }, (_, index) => ({
    kind: 'fact',
    id: `problem/${index}`,
    value: { id: 'i', occurrence: 1 },
  }));
  await documents.commit({ put });
  assert.equal(await withMovedKinds(documents, log).count('problem'), 2_500, 'before the first answer');
  assert.equal(await documents.count('problem'), 2_500);
  assert.equal(await documents.count('fact'), 0);
});

test('what is moved lives as long as what is written anew', async () => {
  const documents = memoryDocuments();
  const ttls = new Map<string, number | undefined>();
  const watched: DocumentStore = {
    ...documents,
    commit(changes) {
      for (const { kind, id, ttlMs } of changes.put ?? []) ttls.set(`${kind} ${id}`, ttlMs);
      return documents.commit(changes);
    },
  };
  const position = { id: 'f', dev: 1, ino: 2, print: { length: 1, digest: 'd' }, offset: 3 };
  await documents.commit({
    put: [
      { kind: 'fact', id: 'votes/mail|t1', value: [] },
      { kind: 'position', id: 'file:1:2', value: position },
      { kind: 'position', id: 'path:/a.log', value: position },
    ],
  });
  await withMovedKinds(watched, log).count('seen');
  assert.deepEqual(
    ['votes votes/mail|t1', 'file-position file:1:2', 'file-position path:/a.log'].map((name) =>
      ttls.get(name),
    ),
    Array(3).fill(90 * DAY),
  );
});

test('what stays hides nothing of what is moved, however much it is', async () => {
  const documents = memoryDocuments();
  // Beginnings of answers of incidents, and cached answers, have ids on both sides of the digests'.
  const staying = ['draft/', 'e', '0'].flatMap((begin) =>
    Array.from({ length: 1_500 }, (_, index) => ({ kind: 'answer', id: `${begin}${index}`, value: answer })),
  );
  await documents.commit({
    put: [
      ...staying,
      report('2026-11-20'),
      { kind: 'answer', id: 'report/7', value: { answer, records: 1 } },
    ],
  });
  assert.equal(await withMovedKinds(documents, log).count('digest'), 1);
  assert.equal(await documents.count('analysis'), 1);
  assert.equal(await documents.count('answer'), staying.length);
});

test('a document that another process changes or moves meanwhile is neither lost nor brought back', async () => {
  const documents = memoryDocuments();
  const fact = (id: string, occurrence: number) => ({ kind: 'fact', id, value: { id: 'i', occurrence } });
  await documents.commit({ put: [fact('problem/changed', 1), fact('problem/gone', 1)] });
  let read = false;
  const raced: DocumentStore = {
    ...documents,
    async list(kind, options) {
      const page = await documents.list(kind, options);
      if (kind === 'fact' && !read) {
        read = true;
        await documents.commit({
          put: [fact('problem/changed', 2)],
          delete: [{ kind: 'fact', id: 'problem/gone' }],
        });
      }
      return page;
    },
  };
  await withMovedKinds(raced, log).count('seen');
  const value = (await documents.get('problem', 'problem/changed'))?.value;
  assert.deepEqual(value, { id: 'i', occurrence: 2 });
  assert.equal(await documents.get('problem', 'problem/gone'), undefined);
  assert.equal(await documents.count('fact'), 0);
});

test('a store that is away is brought up to date by the first call that reaches it', async () => {
  const documents = memoryDocuments();
  await documents.commit({ put: [{ kind: 'fact', id: 'demo', value: { endsAt: 1, done: true } }] });
  let away = true;
  const flaky: DocumentStore = {
    ...documents,
    async list(kind, options) {
      if (away) throw new AppError('unavailable', 'away');
      return documents.list(kind, options);
    },
  };
  const state = checkedState(withMovedKinds(flaky, log), log);
  await assert.rejects(state.get('demo', 'demo'), { code: 'unavailable' });
  away = false;
  assert.equal((await state.get('demo', 'demo'))?.value.done, true);
});
