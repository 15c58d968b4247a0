import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuLayers, layersOf } from '../../../src/backends/model/gpu-layers.ts';
import type { ModelEvent, ModelRequest } from '../../../src/backends/model/model.ts';
import { type OllamaEntry, openOllama } from '../../../src/backends/model/ollama.ts';
import { parseConfig } from '../../../src/config.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';
import { type Reply, startModelServer } from '../../fakes/model-server.ts';
import { memoryState } from '../../fakes/state.ts';

const log = createLog('silent');
const entryAt = (url: string): OllamaEntry => {
  const [entry] = parseConfig({ models: [{ kind: 'ollama', url, model: 'fake' }] }).models;
  return entry as OllamaEntry;
};
const request: ModelRequest = {
  system: 'Answer.',
  prompt: 'Why?',
  schema: {},
  schemaName: 'answer',
  temperature: 0,
  maxTokens: 50,
};
const collect = async (events: AsyncIterable<ModelEvent>): Promise<string> => {
  let text = '';
  for await (const event of events) if (event.kind === 'text') text += event.text;
  return text;
};
/** A server whose GPU holds so many of 32 layers. */
const holding = (most: number) =>
  startModelServer((received): Reply => {
    const { num_gpu } = received.body.options as { num_gpu?: number };
    if ((num_gpu ?? 32) <= most) return { say: 'fine' };
    return {
      status: 500,
      body: { error: 'llama runner process has terminated: cudaMalloc failed: out of memory' },
    };
  });
const asked = (server: Awaited<ReturnType<typeof holding>>) =>
  server.received.map(({ body }) => (body.options as { num_gpu?: number }).num_gpu);

test('out of GPU memory: asked again with fewer layers until it fits; remembered; said', async () => {
  await using server = await holding(16);
  const state = memoryState();
  const model = await openOllama(entryAt(server.url), log, state);
  assert.equal(await collect(model.ask(request)), 'fine');
  assert.deepEqual(asked(server), [undefined, 24, 16]);
  assert.equal(model.remark, 'GPU 16/32');
  await collect(model.ask(request));
  assert.deepEqual(asked(server), [undefined, 24, 16, 16], 'the same process knows');
  const restarted = await openOllama(entryAt(server.url), log, state);
  await collect(restarted.ask(request));
  assert.deepEqual(asked(server), [undefined, 24, 16, 16, 16], 'another process knows');
});

test('down to the CPU; where that does not fit either, the error is said', async () => {
  await using small = await holding(0);
  const model = await openOllama(entryAt(small.url), log);
  await collect(model.ask(request));
  assert.deepEqual(asked(small), [undefined, 24, 16, 8, 0]);
  assert.equal(model.remark, 'CPU');
  await using none = await holding(-1);
  const hopeless = await openOllama(entryAt(none.url), log);
  await assert.rejects(
    collect(hopeless.ask(request)),
    (error) => error instanceof AppError && error.code === 'unavailable' && !error.retryable,
  );
  assert.equal(none.received.length, 5, 'each step once');
});

test('other failures of the server lower nothing', async () => {
  await using server = await startModelServer([
    { status: 500, body: { error: 'model requires more system memory (8 GiB) than is available' } },
  ]);
  const model = await openOllama(entryAt(server.url), log);
  await assert.rejects(collect(model.ask(request)), AppError);
  assert.ok(asked(server).every((layers) => layers === undefined));
});

test('after a day one step more is tried; what fails again waits another day', async () => {
  let now = 1_000_000;
  const state = memoryState({ now: () => now });
  const open = () => gpuLayers({ state, host: 'gpu-1:11434', model: 'm', log, now: () => now });
  const layers = open();
  assert.equal(await layers.step(), -1);
  assert.equal(await layers.lower(-1), 0);
  assert.equal(await layers.lower(0), 1);
  await layers.worked(1);
  assert.equal(await layers.step(), 1);
  assert.equal(await gpuLayers({ state, host: 'gpu-2:11434', model: 'm', log, now: () => now }).step(), -1);
  now += 86_400_000;
  assert.equal(await open().step(), 0);
  assert.equal(await layers.step(), 0);
  assert.equal(await layers.lower(0), 1);
  assert.equal(await layers.step(), 1);
  now += 86_400_000;
  await layers.worked(await layers.step());
  now += 86_400_000;
  await layers.worked(await layers.step());
  assert.equal(await open().step(), -1, 'all of it again');
  assert.deepEqual(
    [-1, 0, 1, 2, 3].map((step) => layersOf(step, 33)),
    [undefined, 24, 16, 8, 0],
  );
});
