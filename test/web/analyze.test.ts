import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWire } from '../../src/domain/question/answer.ts';
import { postJson, readEvents, scriptedAnalyst, startWeb } from './harness.ts';

test('analyze answers one text by the contract', async () => {
  await using server = await startWeb();
  const response = await postJson(`${server.address}/analyze`, { text: 'ERROR one' });
  assert.equal(response.status, 200);
  assert.equal(answerWire.parse(await response.json()).explanation, 'ERROR one');
});

test('analyze answers texts in order and a bad one fails alone', async () => {
  await using server = await startWeb();
  const response = await postJson(`${server.address}/analyze`, { texts: ['a', ' ', 7, 'down', 'b'] });
  assert.equal(response.status, 200);
  const { results } = (await response.json()) as { results: { explanation?: string; status?: number }[] };
  assert.deepEqual(
    results.map((result) => result.explanation ?? result.status),
    ['a', 400, 400, 503, 'b'],
  );
  assert.ok(!JSON.stringify(results).includes('secret-host'), 'vendor text is not shown');
});

test('analyze streams steps, draft, words and the answer, then ends', async () => {
  await using server = await startWeb();
  const response = await postJson(`${server.address}/analyze`, { text: 'x', stream: true });
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const events = await readEvents(response);
  assert.deepEqual(
    events.map((event) => event.event),
    ['step', 'draft', 'text', 'answer', 'end'],
  );
  const failed = await readEvents(
    await postJson(`${server.address}/analyze`, { texts: ['down', 'y'], stream: true }),
  );
  assert.deepEqual(
    failed.map((event) => event.event),
    ['problem', 'step', 'draft', 'text', 'answer', 'end'],
  );
});

test('hanging up stops the analysis behind it', async () => {
  const analyst = scriptedAnalyst();
  await using server = await startWeb({ analyst });
  const hangUp = new AbortController();
  const response = await fetch(`${server.address}/analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'hang', stream: true }),
    signal: hangUp.signal,
  });
  const reading = response.text().catch(() => 'cut');
  hangUp.abort();
  assert.equal(await reading, 'cut');
  while (analyst.stopped === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(analyst.stopped, 1);
});

test('the field of the task comes from the model that was trained for it', async () => {
  await using server = await startWeb({
    tuned: async (task) => (task === 'sentiment' ? { sentiment: 'positive' } : undefined),
  });
  const ask = async (task: string) =>
    (await (await postJson(`${server.address}/analyze`, { text: 'ERROR failed', task })).json()) as {
      sentiment: string;
    };
  assert.equal((await ask('sentiment')).sentiment, 'positive');
  assert.notEqual((await ask('anomaly')).sentiment, 'positive');
});

test('so it does for each of many texts, and in a stream', async () => {
  await using server = await startWeb({
    tuned: async (task, text) => (task === 'summary' ? { summary: `In short: ${text}.` } : undefined),
  });
  const ask = (body: object) => postJson(`${server.address}/analyze`, { ...body, task: 'summary' });
  const { results } = (await (await ask({ texts: ['a', ' ', 'b'] })).json()) as {
    results: { summary?: string; status?: number }[];
  };
  assert.deepEqual(
    results.map((result) => result.summary ?? result.status),
    ['In short: a. a', 400, 'In short: b. b'],
  );
  const events = await readEvents(await ask({ text: 'c', stream: true }));
  const { answer } = events.find(({ event }) => event === 'answer')!.data as { answer: { summary: string } };
  assert.equal(answer.summary, 'In short: c. c');
});

test('the task `summary` asks for the figures', async () => {
  const kinds: unknown[] = [];
  const analyst = scriptedAnalyst();
  const { assess } = analyst;
  analyst.assess = (records, options) => {
    kinds.push(options.kind);
    return assess(records, options);
  };
  await using server = await startWeb({ analyst });
  for (const task of ['summary', 'anomaly'])
    await (await postJson(`${server.address}/analyze`, { text: 'x', task })).text();
  assert.deepEqual(kinds, ['summarize', 'why']);
});
