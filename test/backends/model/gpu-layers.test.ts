import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuLayers, layersOf } from '../../../src/backends/model/gpu-layers.ts';
import type { ModelEvent, ModelRequest } from '../../../src/backends/model/model.ts';
import { openOllama } from '../../../src/backends/model/ollama.ts';
import type { OllamaEntry } from '../../../src/backends/model/ollama-client.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { ModelError } from '../../../src/domain/question/model-fault.ts';
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
const holding = (
  most: number,
  error = 'llama runner process has terminated: cudaMalloc failed: out of memory',
) =>
  startModelServer((received): Reply => {
    const { num_gpu } = received.body.options as { num_gpu?: number };
    return (num_gpu ?? 32) <= most ? { say: 'fine' } : { status: 500, body: { error } };
  });
const asked = (server: Awaited<ReturnType<typeof holding>>) =>
  server.received.map(({ body }) => (body.options as { num_gpu?: number }).num_gpu);

test('out of GPU memory: asked again with fewer layers until it fits; remembered; said', async () => {
  await using server = await holding(16);
  const state = memoryState();
  const model = await openOllama(entryAt(server.url), log, state);
  assert.equal(await collect(model.ask(request)), 'fine');
  assert.deepEqual(asked(server), [undefined, 24, 16]);
  assert.deepEqual(model.onGpu, { layers: 16, of: 32 });
  await collect(model.ask(request));
  assert.deepEqual(asked(server), [undefined, 24, 16, 16], 'the same process knows');
  const restarted = await openOllama(entryAt(server.url), log, state);
  await collect(restarted.ask(request));
  assert.deepEqual(asked(server), [undefined, 24, 16, 16, 16], 'another process knows');
});

test('down to the CPU; where that does not fit either, it is said, and not walked down at every question', async () => {
  await using small = await holding(0);
  const model = await openOllama(entryAt(small.url), log);
  await collect(model.ask(request));
  assert.deepEqual(asked(small), [undefined, 24, 16, 8, 0]);
  assert.deepEqual(model.onGpu, { layers: 0, of: 32 });
  await using none = await holding(-1);
  const hopeless = await openOllama(entryAt(none.url), log);
  for (const requests of [5, 6, 7]) {
    await assert.rejects(
      collect(hopeless.ask(request)),
      (error) => error instanceof ModelError && error.fault === 'memory' && !error.retryable,
    );
    assert.equal(
      none.received.length,
      requests,
      'each step once, then the server’s own choice once a question',
    );
  }
});

/** What Ollama, old and new, and what runs in it say when memory is too small, or their process dies for it. */
const TOO_SMALL = [
  'memory layout cannot be allocated with num_gpu = 24',
  'memory layout cannot be allocated',
  'failed to allocate memory for model',
  'failed to commit memory for model',
  'unable to load full model on GPU',
  'model requires more system memory (8.1 GiB) than is available (5.2 GiB)',
  'model requires more system memory than is currently available unable to load full model on GPU',
  'model requires 9.6 GiB but only 4.1 GiB are available (after 512 MiB overhead)',
  'insufficient memory - required allocations: {InputWeights:272M CPU:...}',
  'model failed to load, this may be due to resource limitations or an internal error, check ollama server logs for details',
  'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
  'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details: CUDA error: out of memory\n  current device: 0, in function alloc',
  'llama runner process has terminated: cudaMalloc failed: out of memory\nggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 1073741824',
  'llama runner process has terminated: exit status 2',
  'llama runner process has terminated: signal: killed',
  'llama runner process has terminated with exit code 3221225477',
  'llama runner process no longer running: -1 ',
  'llama-server process has terminated: exit status 1: error: unable to create llama context',
  'llama-server reported out-of-memory during startup: hipMalloc failed',
  'llama runner process has terminated: error loading model: unable to allocate CUDA0 buffer',
  'llama runner process has terminated: error:failed to create context with model',
  'unable to load model: /models/blobs/sha256-b179',
  'error loading model: vk::Device::allocateMemory: ErrorOutOfDeviceMemory',
  'ggml_vulkan: Device memory allocation of size 369827840 failed.',
  'VK_ERROR_OUT_OF_HOST_MEMORY',
  'ROCm error: out of memory',
  'CUDA error: CUBLAS_STATUS_ALLOC_FAILED',
  'ggml_metal_graph_compute: error: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)',
  'UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY',
  'mlx runner failed: [metal::malloc] Attempting to allocate 9663676416 bytes: std::bad_alloc',
  'an error was encountered while running the model: unexpected EOF',
  'an error was encountered while running the model: CUDA error',
  'POST predict: Post "http://127.0.0.1:41713/completion": EOF',
  'do load request: Post "http://127.0.0.1:41713/load": read tcp 127.0.0.1:5->127.0.0.1:41713: connection reset by peer',
  'error reading llm response: read tcp 127.0.0.1:5->127.0.0.1:6: wsarecv: An existing connection was forcibly closed by the remote host.',
  'llm server error',
  'error starting runner: exec: no such process',
  'requested model (38.6 GiB) is too large for this system (15.5 GiB)',
  'The paging file is too small for this operation to complete. (os error 1455)',
  'llama_new_context_with_model failed',
];

for (const words of TOO_SMALL)
  test(`fewer layers after: ${words.slice(0, 90).replaceAll('\n', ' ')}`, async () => {
    await using server = await holding(8, words);
    const state = memoryState();
    const model = await openOllama(entryAt(server.url), log, state);
    assert.equal(await collect(model.ask(request)), 'fine');
    assert.deepEqual(asked(server), [undefined, 24, 16, 8], 'no number of layers twice');
    await collect((await openOllama(entryAt(server.url), log, state)).ask(request));
    assert.equal(asked(server).at(-1), 8, 'remembered');
  });

test('a stream that breaks for lack of memory is asked for again from its beginning, with fewer layers', async () => {
  await using server = await startModelServer((received): Reply => {
    const { num_gpu = 32 } = received.body.options as { num_gpu?: number };
    return num_gpu <= 16 ? { say: 'fine' } : { after: 'The pool', fails: 'cudaMalloc failed: out of memory' };
  });
  const model = await openOllama(entryAt(server.url), log);
  for (const again of [true, true])
    await assert.rejects(
      collect(model.ask(request)),
      (error) => error instanceof ModelError && error.fault === 'gpu_memory' && error.again === again,
    );
  assert.equal(await collect(model.ask(request)), 'fine');
  assert.deepEqual(asked(server), [undefined, 24, 16]);
});

test('a model that crashes with any number of layers is a crash, once down and no more', async () => {
  await using server = await startModelServer([
    { status: 500, body: { error: 'llama runner process has terminated: GGML_ASSERT(n > 0) failed' } },
  ]);
  const model = await openOllama(entryAt(server.url), log);
  for (const requests of [5, 6]) {
    await assert.rejects(
      collect(model.ask(request)),
      (error) => error instanceof ModelError && error.fault === 'crashed',
    );
    assert.equal(server.received.length, requests);
  }
});

test('other failures of the server lower nothing', async () => {
  for (const [error, fault] of [
    ['failed to load model: this model may be incompatible with your version of Ollama', 'crashed'],
    [
      "llama runner process has terminated: error loading model: unknown model architecture: 'new'",
      'crashed',
    ],
    ['invalid JSON schema in format', 'broken'],
    ['the input length exceeds the context length', 'context'],
  ] as const) {
    await using server = await startModelServer([{ status: 500, body: { error } }]);
    const model = await openOllama(entryAt(server.url), log);
    await assert.rejects(
      collect(model.ask(request)),
      (thrown) => thrown instanceof ModelError && thrown.fault === fault,
      error,
    );
    assert.ok(asked(server).every((layers) => layers === undefined));
  }
});

test('after an hour the server’s own choice is tried again; where it fails still, what worked is', async () => {
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
  now += 3_600_000;
  assert.equal(await open().step(), -1);
  assert.equal(await layers.step(), -1);
  assert.equal(await layers.lower(-1), 1, 'one failed loading, not all of them');
  assert.equal(await layers.step(), 1);
  now += 3_600_000;
  await layers.worked(await layers.step());
  assert.equal(await open().step(), -1, 'memory is free again');
  assert.deepEqual(
    [-1, 0, 1, 2, 3].map((step) => layersOf(step, 33)),
    [undefined, 24, 16, 8, 0],
  );
});
