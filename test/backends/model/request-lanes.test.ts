import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOpenAi } from '../../../src/backends/model/openai.ts';
import { queued, RequestLanes } from '../../../src/backends/model/request-lanes.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { collect, fails, request } from '../../contract/model.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';

test('a person goes before batch work that came earlier, and batch leaves a place free', async () => {
  const lanes = new RequestLanes({ concurrency: 2 });
  const order: string[] = [];
  const enter = (name: string, lane: 'person' | 'batch') =>
    lanes.enter(lane).then((leave) => {
      order.push(name);
      return leave;
    });
  const first = await enter('batch 1', 'batch');
  const second = enter('batch 2', 'batch');
  const asked = await enter('person 1', 'person');
  const third = enter('batch 3', 'batch');
  const next = enter('person 2', 'person');
  assert.deepEqual(order, ['batch 1', 'person 1']);
  first();
  asked();
  (await next)();
  (await second)();
  (await third)();
  assert.deepEqual(order, ['batch 1', 'person 1', 'person 2', 'batch 2', 'batch 3']);
});

test('no more than so many a minute', async () => {
  let now = 1_000_000;
  const lanes = new RequestLanes({ concurrency: 8, requestsPerMinute: 2, now: () => now });
  (await lanes.enter('person'))();
  (await lanes.enter('person'))();
  const stop = new AbortController();
  const third = lanes.enter('person', stop.signal);
  assert.equal(lanes.waiting, 1);
  stop.abort();
  await assert.rejects(third, (error) => error instanceof AppError && error.code === 'stopped');
  assert.equal(lanes.waiting, 0);
  now += 60_001;
  (await lanes.enter('person'))();
});

const open = async (url: string) =>
  queued(
    await openOpenAi(
      { kind: 'openai', baseUrl: `${url}/v1`, model: 'fake', contextTokens: 8_192, timeoutMs: 5_000 },
      createLog('silent'),
    ),
    { concurrency: 1 },
  );
const limited: Reply = { status: 429, headers: { 'retry-after': '11' } };

test('batch work waits out what a server asks for; a person is told at once', async () => {
  const quick: Reply = { status: 429, headers: { 'retry-after-ms': '20' } };
  // Three times 429 is more than the adapter itself repeats.
  await using server = await startModelServer([quick, quick, quick, { say: '{}' }]);
  const model = await open(server.url);
  assert.equal((await collect(model.ask(request({ lane: 'batch' })))).text, '{}');
  await using busy = await startModelServer([limited]);
  const other = await open(busy.url);
  assert.equal((await fails(collect(other.ask(request())))).code, 'rate_limited');
  const again = await fails(collect(other.ask(request())));
  assert.equal(again.code, 'rate_limited');
  assert.ok(again.retryAfterMs !== undefined && again.retryAfterMs > 0);
  assert.equal(busy.received.length, 1, 'the server is left in peace');
});

test('who waits for a place can stop waiting', async () => {
  await using server = await startModelServer([{ endless: 'x' }]);
  const model = await open(server.url);
  const first = new AbortController();
  const running = fails(collect(model.ask(request({ signal: first.signal }))));
  const second = new AbortController();
  const waiting = fails(collect(model.ask(request({ signal: second.signal }))));
  second.abort();
  assert.equal((await waiting).code, 'stopped');
  first.abort();
  assert.equal((await running).code, 'stopped');
});
