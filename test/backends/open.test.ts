import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Backends } from '../../src/backends/open.ts';
import { openBackends } from '../../src/backends/open.ts';
import { parseConfig } from '../../src/config/config.ts';
import { type Health, overall } from '../../src/domain/health.ts';
import { createLog } from '../../src/log.ts';

/** Backends that are well, and models by id whose health is what `models` says at the time. */
async function backendsWith(raw: object, env: Record<string, string>, models: Record<string, boolean>) {
  const fine = { health: async (): Promise<Health> => ({ ok: true, kind: 'fake', detail: 'fine' }) };
  const fake = Object.keys(models).map((id) => ({
    id,
    name: `${id}/m`,
    health: async (): Promise<Health> =>
      models[id]
        ? { ok: true, kind: id, detail: 'there' }
        : { ok: false, kind: id, detail: 'cannot be reached', mend: 'start it' },
  }));
  const overrides = { bus: fine, logs: fine, state: fine, queue: fine, models: fake };
  const config = parseConfig({ dataDir: tmpdir(), ...raw }, env);
  return openBackends(config, createLog('silent'), overrides as unknown as Partial<Backends>);
}

test('no model named and none there is the trial as it is meant: all is well, and it is said', async () => {
  const backends = await backendsWith({}, {}, { ollama: false });
  const health = await backends.health();
  assert.equal(overall(health), 'ok');
  assert.deepEqual(
    [health.model?.ok, health.model?.kind, health.model?.detail],
    [true, 'none', 'no model: answers are evidence and ranked causes (cannot be reached; start it)'],
  );
  const none = await (await backendsWith({ models: [] }, {}, {})).health();
  assert.equal(none.model?.detail, 'no model: answers are evidence and ranked causes');
});

test('the model that nobody named is not missed beside one that is there', async () => {
  const backends = await backendsWith({}, { OPENAI_API_KEY: 'k' }, { openai: true, ollama: false });
  const health = await backends.health();
  assert.equal(overall(health), 'ok');
  assert.deepEqual(
    Object.keys(health).filter((name) => name.startsWith('model')),
    ['model:openai/m'],
  );
});

test('a model that was named, or was there before, is missed', async () => {
  const named = await backendsWith({}, { OLLAMA_API_URL: 'http://gpu:11434' }, { ollama: false });
  assert.equal(overall(await named.health()), 'degraded');
  const models = { ollama: true };
  const seen = await backendsWith({}, {}, models);
  assert.equal(overall(await seen.health()), 'ok');
  models.ollama = false;
  const health = await seen.health();
  assert.equal(overall(health), 'degraded');
  assert.equal(health['model:ollama/m']?.mend, 'start it');
});
