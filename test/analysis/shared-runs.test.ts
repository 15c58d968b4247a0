import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { AppError } from '../../src/domain/errors.ts';
import { startModelServer } from '../fakes/model-server.ts';
import { truthful } from './fixtures.ts';
import { analyst, drain, log, models, whyQuestion } from './harness.ts';

test('abort stops the model and the asker within the same turn', async () => {
  const slow = await startModelServer([{ endless: '{"claims":[{"type":"count","of":"S1","than":""},' }]);
  const model = await openOllama(
    { kind: 'ollama', url: slow.url, model: 'slow', contextTokens: 8_192, timeoutMs: 60_000 },
    log,
  );
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const event of analyst({ models: [model] }).ask(whyQuestion(), {
        signal: controller.signal,
      }))
        if (event.kind === 'text') controller.abort();
    },
    (error) => error instanceof AppError && error.code === 'stopped',
  );
  await slow.received[0]!.closed;
  await slow[Symbol.asyncDispose]();
});

test('the same question asked twice at once runs once; one asker may leave', async () => {
  await using server = await models([{ say: JSON.stringify(truthful) }]);
  const asked = analyst({ models: server.models });
  const leaving = new AbortController();
  const leaver = (async () => {
    for await (const event of asked.ask(whyQuestion(), { signal: leaving.signal }))
      if (event.kind === 'draft') leaving.abort();
  })();
  const [left, first, second] = await Promise.all([
    leaver.then(
      () => 'finished',
      (error: unknown) => (error as AppError).code,
    ),
    drain(asked.ask(whyQuestion())),
    drain(asked.ask(whyQuestion())),
  ]);
  assert.equal(left, 'stopped');
  assert.equal(server.first.received.length, 1);
  assert.deepEqual(first.answer, second.answer);
});
