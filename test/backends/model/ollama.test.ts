import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import type { OllamaEntry } from '../../../src/backends/model/ollama-client.ts';
import { createLog } from '../../../src/log.ts';
import { collect, fails, modelContract, request } from '../../contract/model.ts';
import { startModelServer } from '../../fakes/model-server.ts';

const log = createLog('silent');
const entry = (url: string, over: Partial<OllamaEntry> = {}): OllamaEntry => ({
  kind: 'ollama',
  url,
  model: 'fake',
  contextTokens: 4_096,
  timeoutMs: 5_000,
  ...over,
});

modelContract('ollama', (url, timeoutMs) => openOllama(entry(url, { timeoutMs }), log));

test('sets the context, the schema and how long the model stays loaded', async () => {
  await using server = await startModelServer([{ say: '{}' }]);
  await using model = await openOllama(entry(server.url), log);
  await collect(model.ask(request()));
  const { body } = server.received[0]!;
  assert.deepEqual(body.options, { num_ctx: 4_096, num_predict: 200, temperature: 0.2 });
  assert.deepEqual(body.format, request().schema);
  assert.equal(body.truncate, false);
  assert.equal(body.keep_alive, '10m');
});

test('thinking is switched off, or to a level, only for a model that can think', async () => {
  for (const [capabilities, thinking, think, thinks] of [
    [['completion', 'thinking'], undefined, false, false],
    [['completion', 'thinking'], 'low', 'low', true],
    [['completion'], 'high', undefined, false],
    [undefined, undefined, undefined, false],
  ] as const) {
    await using server = await startModelServer(
      [{ say: '{}' }],
      capabilities ? { capabilities: [...capabilities] } : {},
    );
    await using model = await openOllama(entry(server.url, thinking ? { thinking } : {}), log);
    await collect(model.ask(request()));
    assert.equal(server.received[0]!.body.think, think);
    assert.equal(model.thinks, thinks);
  }
});

test('the context is no larger than the model holds', async () => {
  await using server = await startModelServer([{ say: '{}' }], { contextLength: 2_048 });
  await using model = await openOllama(entry(server.url), log);
  assert.equal(model.contextTokens, 2_048);
  await collect(model.ask(request()));
  assert.equal((server.received[0]!.body.options as { num_ctx: number }).num_ctx, 2_048);
});

test('a prompt that filled the context was cut, so the answer is refused', async () => {
  await using server = await startModelServer([{ say: '{}', tokens: { prompt: 4_096, completion: 3 } }]);
  await using model = await openOllama(entry(server.url), log);
  assert.equal((await fails(collect(model.ask(request())))).code, 'too_large');
});

test('a prompt that cannot fit is not sent', async () => {
  await using server = await startModelServer([{ say: '{}' }]);
  await using model = await openOllama(entry(server.url), log);
  assert.equal((await fails(collect(model.ask(request({ prompt: 'x'.repeat(20_000) }))))).code, 'too_large');
  assert.equal(server.received.length, 0);
});

test('bytes that are no JSON are malformed, an error within the stream is unavailable', async () => {
  await using server = await startModelServer([
    { garbage: '<html>proxy</html>\n' },
    { garbage: '{"error":"oom"}\n' },
  ]);
  await using model = await openOllama(entry(server.url), log);
  assert.equal((await fails(collect(model.ask(request())))).code, 'malformed');
  const error = await fails(collect(model.ask(request())));
  assert.equal(error.code, 'unavailable');
});

test('a model that was not pulled says how to get it', async () => {
  await using server = await startModelServer([{ status: 404 }], { models: ['other:latest'] });
  await using model = await openOllama(entry(server.url, { model: 'missing' }), log);
  const error = await fails(collect(model.ask(request())));
  assert.equal(error.code, 'unavailable');
  assert.equal(error.retryable, false);
  assert.equal((await model.health()).mend, 'ollama pull missing');
});
