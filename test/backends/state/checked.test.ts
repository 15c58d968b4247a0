import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { STATE_KINDS } from '../../../src/backends/state/kinds/kinds.ts';
import { memoryDocuments } from '../../../src/backends/state/memory.ts';
import type { StateKind } from '../../../src/backends/state/store.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import { createLog } from '../../../src/log.ts';
import { anomaly } from '../../bot/fixtures.ts';

const log = createLog('silent');

test('a document of its kind comes back as it was written, with fields of a later version', async () => {
  const documents = memoryDocuments();
  const state = checkedState(documents, log);
  const incident = openIncident('i', anomaly('payment'));
  const later = { ...incident, tags: ['x'], lifecycle: { ...incident.lifecycle, seenBy: 'mina' } };
  await state.commit({ put: [{ kind: 'incident', id: 'i', value: later }] });
  assert.deepEqual((await state.get('incident', 'i'))?.value, JSON.parse(JSON.stringify(later)));
});

test('fields of a later version are kept in every part of a document that is written again', async () => {
  const documents = memoryDocuments();
  const state = checkedState(documents, log);
  const later = { later: 1 };
  const incident = openIncident('i', anomaly('payment', { template: { id: 't', pattern: 'p' } }));
  const { identity, correlation } = incident;
  const value = {
    ...incident,
    identity: { ...identity, template: { id: 't', pattern: 'p', ...later }, previous: { id: 'h', ...later } },
    correlation: { ...correlation, cause: { id: 'c', service: 's', title: 't', ...later } },
    routing: { targets: [{ chat: 'slack', channel: 'C1', ...later }], ...later },
    mute: { until: 1, ...later },
    escalation: { steps: 1, ...later },
  };
  const sent = { channel: 'C1', id: '1', ...later };
  const delivery = {
    ...{ chat: 'slack', channel: 'C1', content: { kind: 'storm', incidents: ['i'], ...later } },
    ...{ severity: 5, wanted: 1, shown: 1, due: 1, attempts: 0, ref: sent },
  };
  await documents.commit({
    put: [
      { kind: 'incident', id: 'i', value },
      { kind: 'outbox', id: 'o', value: delivery },
    ],
  });
  assert.deepEqual((await state.get('incident', 'i'))?.value, JSON.parse(JSON.stringify(value)));
  assert.deepEqual((await state.get('outbox', 'o'))?.value, delivery);
});

test('a document that is not of its kind is named by get, left out by list, and told in health', async () => {
  const lines: string[] = [];
  const documents = memoryDocuments();
  const state = checkedState(
    documents,
    createLog('warn', { write: (line: string) => void lines.push(line) }),
  );
  assert.deepEqual(await state.health(), await documents.health());
  await documents.commit({
    put: [
      { kind: 'timer', id: 'good', value: { at: 5 } },
      { kind: 'timer', id: 'bad', value: { at: 'noon' } },
    ],
  });
  assert.deepEqual(
    (await state.list('timer')).map(({ id }) => id),
    ['good'],
  );
  await assert.rejects(state.get('timer', 'bad'), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'malformed');
    assert.match(error.message, /timer\/bad .*at: /);
    return true;
  });
  assert.equal(lines.length, 1, 'named once');
  assert.match((await state.health()).detail, /1 document\(s\) cannot be read.*timer\/bad/);
});

test('no kind takes what is not JSON of its own form', async () => {
  for (const kind of Object.keys(STATE_KINDS) as StateKind[]) {
    const documents = memoryDocuments();
    await documents.commit({ put: [{ kind, id: 'x', value: 7 }] });
    await assert.rejects(checkedState(documents, log).get(kind, 'x'), { code: 'malformed' }, kind);
  }
});

test('while a page of large documents is checked, everything else has its turn', async () => {
  const documents = memoryDocuments();
  const incident = openIncident('i', anomaly('payment'));
  const history = Array.from({ length: 200 }, (_, at) => ({ at, who: 'mina', what: 'real' as const }));
  const value = { ...incident, lifecycle: { ...incident.lifecycle, history } };
  const put = Array.from({ length: 1_000 }, (_, id) => ({ kind: 'incident', id: String(id), value }));
  await documents.commit({ put });
  const state = checkedState(documents, log);
  let turns = 0;
  let over = false;
  const turned = () => {
    turns += 1;
    if (!over) setImmediate(turned);
  };
  setImmediate(turned);
  const found = await state.list('incident', { limit: 1_000 });
  over = true;
  assert.equal(found.length, 1_000);
  assert.equal(found[999]?.id, '999');
  assert.ok(turns > 1, `${turns} turns`);
});

test('a document that was checked is checked again when it has changed', async () => {
  const documents = memoryDocuments();
  const state = checkedState(documents, log);
  await documents.commit({ put: [{ kind: 'timer', id: 'x', value: { at: 1 } }] });
  for (let times = 0; times < 2; times += 1) assert.equal((await state.get('timer', 'x'))?.value.at, 1);
  await documents.commit({ put: [{ kind: 'timer', id: 'x', value: { at: 'noon' } }] });
  await assert.rejects(state.get('timer', 'x'), { code: 'malformed' });
  await documents.commit({ put: [{ kind: 'timer', id: 'x', value: { at: 2 } }] });
  assert.equal((await state.get('timer', 'x'))?.value.at, 2);
});
