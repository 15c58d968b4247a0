import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Bus } from '../../src/backends/bus/bus.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { openBackends } from '../../src/backends/open.ts';
import type { Queue } from '../../src/backends/queue/queue.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { readEvents, startWeb } from './harness.ts';

test('health names each backend: 200 while only a model is missing, 503 when a store is', async () => {
  const down = { ok: false, kind: 'redis', detail: 'refused', mend: 'start it' };
  await using degraded = await startWeb({ backendsHealth: async () => ({ model: down }) });
  const ok = await fetch(`${degraded.address}/health`);
  assert.equal(ok.status, 200);
  assert.equal(((await ok.json()) as { status: string }).status, 'degraded');
  await using broken = await startWeb({ backendsHealth: async () => ({ state: down }) });
  const response = await fetch(`${broken.address}/health`);
  assert.equal(response.status, 503);
  const body = (await response.json()) as { status: string; backends: Record<string, unknown> };
  assert.deepEqual(body.backends, { state: down });
});

test('health names the one backend that hangs', async () => {
  const fine = { health: async () => ({ ok: true, kind: 'fake', detail: 'fine' }) };
  const hangs = { health: () => new Promise<never>(() => {}) };
  const config = parseConfig({ dataDir: tmpdir() });
  const backends = await openBackends(config, createLog('silent'), {
    bus: fine as Bus,
    logs: fine as LogStore,
    state: fine as StateStore,
    queue: hangs as unknown as Queue,
    models: [],
  });
  await using server = await startWeb({ backendsHealth: backends.health });
  const response = await fetch(`${server.address}/health`);
  assert.equal(response.status, 503);
  const body = (await response.json()) as { backends: Record<string, { ok: boolean }> };
  assert.deepEqual(
    Object.entries(body.backends).map(([name, health]) => [name, health.ok]),
    [
      ['bus', true],
      ['logs', true],
      ['state', true],
      ['queue', false],
      ['model', true],
    ],
  );
});

test('health answers though the question for it hangs', async () => {
  await using server = await startWeb({ backendsHealth: () => new Promise<never>(() => {}) });
  assert.equal((await fetch(`${server.address}/health`)).status, 503);
});

test('health_stream sends the machine and the backends', async () => {
  await using server = await startWeb();
  const response = await fetch(`${server.address}/health_stream`);
  const [event] = await readEvents(response, (events) => events.length > 0);
  const sample = event!.data as { cpu: { cores: number }; gpus: unknown[]; backends: object };
  assert.equal(sample.cpu.cores, 4);
  assert.deepEqual(sample.gpus, []);
  assert.deepEqual(Object.keys(sample.backends), ['logs']);
});
