import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeModel } from '../../../scripts/eval/fake-model.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { createInquiry, ROUNDS } from '../../../src/analysis/model/tool-queries.ts';
import type { Model } from '../../../src/backends/model/model.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { createLog } from '../../../src/log.ts';
import { NOON, poolIncident, record } from '../../fakes/incident-logs.ts';

const HIDDEN = 'nightly report of the warehouse took 48213 ms';
const records = [...poolIncident(), record(NOON + 5 * 60_000, 'reports', 'info', HIDDEN)];
const logs = readerOver(records);
const query = (over: object) => ({
  what: 'lines',
  service: '',
  words: '',
  level: '',
  by: '',
  at: '',
  ...over,
});
const asks = (...queries: object[]) => JSON.stringify({ queries, claims: [] });
const CLAIMS = { claims: [{ type: 'count', of: 'S1', than: '' }] };
const answers = JSON.stringify({ queries: [], ...CLAIMS });
const CHOSEN = /orders-db-proxy \(all errors\): 24 lines/;

async function answerOf(model: Model): Promise<Answer> {
  const analyst = createAnalyst({
    logs,
    models: [model],
    language: 'en',
    timeZone: 'UTC',
    log: createLog('silent'),
  });
  for await (const event of analyst.ask({ kind: 'why', text: '', language: 'en' }))
    if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}
/** Says one after the other, the last for ever. */
const inTurn = (...said: string[]) => {
  let turn = 0;
  return () => said[Math.min(turn++, said.length - 1)]!;
};

test('a capable model asks for lines before it chooses; a small one gets a straight question', async () => {
  const model = fakeModel(inTurn(asks(query({ service: 'reports' })), answers), { tools: true });
  const answer = await answerOf(model);
  assert.equal(model.asked.length, 2);
  assert.ok(!model.asked[0]!.prompt.includes(HIDDEN));
  assert.ok(model.asked[1]!.prompt.includes(HIDDEN));
  assert.match(answer.explanation, CHOSEN);
  assert.deepEqual(answer.tokens, { prompt: 200, completion: 40 });
  const small = fakeModel(() => JSON.stringify(CLAIMS));
  const straight = await answerOf(small);
  assert.equal(small.asked.length, 1);
  assert.ok(!JSON.stringify(small.asked[0]!.schema).includes('queries'));
  assert.match(straight.explanation, CHOSEN);
});

test('a model that repeats itself, or never stops asking, has to answer', async () => {
  const again = fakeModel(
    ({ schema }) =>
      JSON.stringify(schema).includes('queries') ? asks(query({ service: 'reports' })) : answers,
    { tools: true },
  );
  assert.match((await answerOf(again)).explanation, CHOSEN);
  assert.equal(again.asked.length, 3, 'the query, its repetition, the answer');
  let n = 0;
  const greedy = fakeModel(
    ({ schema }) => {
      n += 1;
      return JSON.stringify(schema).includes('queries') ? asks(query({ words: `word${n}` })) : answers;
    },
    { tools: true },
  );
  assert.match((await answerOf(greedy)).explanation, CHOSEN);
  assert.equal(greedy.asked.length, ROUNDS + 1);
});

test('only the known shapes are asked, inside the window, and never more than a few lines', async () => {
  const window = { from: NOON, to: NOON + 20 * 60_000 };
  const seen: string[] = [];
  const inquiry = createInquiry({
    reader: {
      ...logs,
      search: (filter, options) => {
        seen.push('search');
        assert.ok(filter.from! >= window.from && filter.to! <= window.to);
        return logs.search(filter, options);
      },
      counts: (filter, by, limit) => {
        seen.push(`counts ${by}`);
        return logs.counts(filter, by, limit);
      },
    },
    window,
    signal: new AbortController().signal,
    read: (text) => text,
  });
  await inquiry.ask([{ what: 'delete' }, 'drop it', query({ what: 'counts', by: 'error_code' })]);
  assert.deepEqual(seen, ['counts error_code']);
  assert.equal(inquiry.text.match(/query refused/g)?.length, 2);
  assert.match(inquiry.text, /ETIMEDOUT 720, errors 720/);
  await inquiry.ask([
    query({ what: 'around', at: new Date(NOON).toISOString() }),
    query({ what: 'around', at: 'soon' }),
  ]);
  assert.match(inquiry.text, /"at" is not a time/);
  assert.ok(inquiry.lines.length <= 20);
});
