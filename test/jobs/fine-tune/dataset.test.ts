import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../../../src/domain/alert/incident.ts';
import type { Example } from '../../../src/domain/job/job.ts';
import { buildDataset, leaks } from '../../../src/jobs/fine-tune/dataset.ts';
import { changed } from '../../fakes/incident.ts';
import { fill, judged, openState } from './harness.ts';

test('the data: later incidents test, none is on both sides, secrets are masked, the card counts', async (t) => {
  const state = await openState(t);
  await fill(state, [
    ...judged,
    changed(judged[0]!, {
      id: 'noted',
      feedback: { verdict: undefined },
      activity: { firstSeen: judged[3]!.activity.firstSeen },
      sampleLines: ['login of kim@example.com failed, password=hunter2x9'],
      lifecycle: {
        history: [
          {
            at: 1,
            who: 'U1',
            what: 'resolved',
            note: 'rotated the key AKIAIOSFODNN7EXAMPLE for kim@example.com',
          },
        ],
      },
    }),
  ]);
  const data = await buildDataset(state);
  const end = Math.max(...data.alerts.train.map(({ signal }) => signal.at));
  assert.ok(data.alerts.test.every(({ signal }) => signal.at > end));
  const ids = new Set(data.alerts.train.map(({ incident }) => incident));
  assert.ok(data.alerts.test.every(({ incident }) => !ids.has(incident)));
  const text = JSON.stringify(data.texts);
  for (const secret of ['kim@example.com', 'hunter2x9', 'AKIAIOSFODNN7EXAMPLE'])
    assert.ok(!text.includes(secret), secret);
  assert.equal(data.texts.train.filter(({ task }) => task === 'summary').length, 1);
  assert.equal(data.card.counts.alerts.train, data.alerts.train.length);
  assert.equal(data.card.sources.resolved, 1);
  assert.equal((await buildDataset(state)).card.hash, data.card.hash);
});

test('of one template with one answer there is one text, and it is on one side', async (t) => {
  const numbered = (index: number, id: string, template?: string): Incident =>
    changed(judged[index]!, {
      id,
      activity: { firstSeen: index * 60_000, lastSeen: index * 60_000 },
      feedback: { verdict: 'real' },
      anomalyStatus: 'critical',
      lifecycle: { history: [] },
      sampleLines: Array.from(
        { length: 1 + (index % 3) },
        (_, line) => `ERROR order ${4_711 + index} failed after ${3_000 + line} ms (job-4f${index}a-90)`,
      ),
      identity: {
        template: template ? { id: template, pattern: 'ERROR order <*> failed after <*> ms' } : undefined,
      },
    });
  for (const template of [undefined, 't1']) {
    const state = await openState(t);
    const all = Array.from({ length: 40 }, (_, index) => numbered(index, `i${index}`, template));
    // The same template may be a false alarm too: that is another answer.
    const other = changed(numbered(20, 'false', template), { feedback: { verdict: 'false_alarm' } });
    await fill(state, [
      ...all,
      { ...other, sampleLines: ['ERROR order 99 failed after 1 ms (job-4f7a-90)'] },
    ]);
    const { texts, card } = await buildDataset(state);
    const ids = ({ id }: Example): string => id;
    assert.deepEqual(texts.train.map(ids), ['false/anomaly', 'false/sentiment'], String(template));
    assert.deepEqual(texts.test.map(ids), ['i39/anomaly', 'i39/sentiment']);
    assert.equal(card.repeated, 2 * 41 - 4);
    assert.deepEqual(leaks(texts), []);
  }
});

test('a text that was judged twice is not on both sides, whatever its templates are', async (t) => {
  const state = await openState(t);
  const same = (index: number, verdict: 'real' | 'false_alarm'): Incident =>
    changed(judged[index]!, {
      id: `i${index}`,
      activity: { firstSeen: index * 60_000, lastSeen: index * 60_000 },
      feedback: { verdict },
      lifecycle: { history: [] },
      identity: { template: { id: `t${index}`, pattern: 'ERROR disk is full' } },
      sampleLines: ['ERROR disk is full'],
    });
  await fill(state, [
    same(0, 'false_alarm'),
    same(1, 'false_alarm'),
    same(2, 'false_alarm'),
    same(3, 'real'),
  ]);
  const { texts } = await buildDataset(state);
  assert.deepEqual(texts.train, []);
  assert.deepEqual(
    texts.test.map(({ id }) => id),
    ['i3/anomaly', 'i3/sentiment'],
  );
});

test('a leak that was planted between training and test is found', () => {
  const example = (id: string, at: number, incident: string): Example => ({
    id,
    task: 'anomaly',
    input: `lines of ${id}`,
    output: 'normal',
    at,
    incident,
  });
  const train = [example('a', 1, 'i1'), example('b', 2, 'i2')];
  assert.deepEqual(leaks({ train, test: [example('c', 3, 'i3')] }), []);
  assert.deepEqual(leaks({ train, test: [example('c', 3, 'i2')] }), ['c'], 'the same incident');
  assert.deepEqual(
    leaks({ train, test: [{ ...example('c', 3, 'i3'), input: 'lines of a' }] }),
    ['c'],
    'the same text',
  );
  const order = (text: string): Partial<Example> => ({ input: `ERROR order ${text} ms` });
  const sold = { ...example('a', 1, 'i1'), ...order('4711 failed after 3000') };
  const later = { ...example('c', 3, 'i3'), ...order('4712 failed after 3001') };
  assert.deepEqual(leaks({ train: [sold], test: [later] }), ['c'], 'the same text but for its numbers');
  assert.deepEqual(leaks({ train: [sold], test: [{ ...later, output: 'critical' }] }), [], 'another answer');
  const named = { ...example('a', 1, 'i1'), template: 't1' };
  assert.deepEqual(
    leaks({ train: [named], test: [{ ...example('c', 3, 'i3'), template: 't1' }] }),
    ['c'],
    'the same template',
  );
  assert.deepEqual(leaks({ train, test: [example('c', 2, 'i3')] }), ['c'], 'not later');
});
