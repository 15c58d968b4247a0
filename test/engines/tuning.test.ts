import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loraTuner } from '../../src/backends/model/lora-tuner.ts';
import type { OllamaEntry } from '../../src/backends/model/ollama-client.ts';
import { ollamaTuner } from '../../src/backends/model/ollama-tuner.ts';
import type { Lesson } from '../../src/backends/model/tuner.ts';
import type { Example } from '../../src/domain/job/job.ts';
import { askTask, INSTRUCTIONS, promptOf } from '../../src/jobs/fine-tune/scoring.ts';
import { createLog } from '../../src/log.ts';
import { layout, OLLAMA_MODEL } from './provision.layout.ts';
import { available, type Server, startOllama } from './servers.ts';

const log = createLog('silent');
const signal = new AbortController().signal;
const python = layout.loraPython();
const weights = layout.loraWeights();

const examples: Example[] = Array.from({ length: 16 }, (_, at) => ({
  id: `e${at}`,
  task: 'sentiment',
  input: at % 2 ? `INFO job ${at} started` : `ERROR payment ${at} failed, giving up`,
  output: at % 2 ? 'neutral' : 'negative',
  at,
}));
const lesson = (version: string): Lesson => ({
  task: 'sentiment',
  instruction: INSTRUCTIONS.sentiment,
  examples,
  promptOf,
  version,
});

describe('variants on a real Ollama', { skip: available('ollama') ?? false }, () => {
  let server: Server;
  let entry: OllamaEntry;
  before(async () => {
    server = await startOllama();
    entry = {
      kind: 'ollama',
      url: server.url,
      model: OLLAMA_MODEL,
      contextTokens: 2_048,
      timeoutMs: 120_000,
    };
  });
  after(() => server?.[Symbol.asyncDispose]());

  test('instruction and examples are built in, the variant answers in its labels, and is removed', async () => {
    const tuner = ollamaTuner(entry, log);
    const name = await tuner.train(lesson('000000000001'), { signal, progress: async () => {} });
    assert.equal(await tuner.train(lesson('000000000001'), { signal, progress: async () => {} }), name);
    await using variant = await tuner.open(name);
    assert.ok((await variant.health()).ok);
    const said = await askTask(variant, 'sentiment', 'ERROR cannot write to disk');
    assert.ok(['negative', 'neutral', 'positive'].includes(said!), said);
    await tuner.remove(name);
    assert.equal((await variant.health()).ok, false);
    await tuner.remove(name);
  });

  test('an adapter is trained on the GPU, else on the processor, its loss falls, and Ollama answers with it', {
    skip: available('lora') ?? false,
  }, async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'bongsu-lora-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const losses: number[] = [];
    let device = '';
    const told = {
      ...log,
      warn: log.warn,
      info: (fields: { device?: string }) => {
        device = fields.device ?? device;
      },
      debug: (fields: { loss?: number }) => void (fields.loss && losses.push(fields.loss)),
    };
    const tuner = loraTuner(entry, { python, weights }, told as unknown as typeof log, { epochs: 2, dir });
    const fractions: number[] = [];
    const name = await tuner.train(lesson('000000000002'), {
      signal,
      progress: async (fraction) => void fractions.push(fraction),
    });
    assert.equal(fractions.at(-1), 1);
    assert.ok(losses.at(-1)! < losses[0]! / 1.3, `loss ${losses.join(' ')}`);
    await using variant = await tuner.open(name);
    const said = await askTask(variant, 'sentiment', 'ERROR cannot write to disk');
    assert.ok(['negative', 'neutral', 'positive'].includes(said!), said);
    console.log(`LoRA on ${device}: loss ${losses[0]} → ${losses.at(-1)} in ${losses.length} steps`);
    await tuner.remove(name);
  });

  test('a Python that is not there is named', async () => {
    const tuner = loraTuner(entry, { python: '/nowhere/python', weights }, log);
    await assert.rejects(tuner.train(lesson('000000000003'), { signal, progress: async () => {} }), {
      code: 'unavailable',
      message: /jobs\.fineTune\.lora\.python/,
    });
  });
});
