import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemReader } from '../../../src/jobs/gpu/system.ts';

let dir: string;
const path = process.env.PATH;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bongsu-system-'));
});
afterEach(async () => {
  process.env.PATH = path;
  await rm(dir, { recursive: true, force: true });
});

/** Puts a program of this name first on the PATH. */
async function pretend(name: string, script: string): Promise<void> {
  await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, name), 0o755);
  process.env.PATH = `${dir}${delimiter}${path}`;
}

test('CPU and memory are within their bounds, on a machine with or without a GPU', async () => {
  const health = await systemReader()();
  assert.ok(health.cpu.cores >= 1);
  assert.ok(health.cpu.load >= 0 && health.cpu.load <= 1);
  assert.ok(health.memory.usedMb > 0 && health.memory.usedMb < health.memory.totalMb);
  assert.ok(Array.isArray(health.gpus));
  assert.ok(Math.abs(Date.now() - health.at) < 60_000);
});

test('readings that come close together are one reading', async () => {
  const read = systemReader();
  const [first, second] = await Promise.all([read(), read()]);
  assert.equal(first, second);
});

test('figures of NVIDIA GPUs: zero is a figure, [N/A] is none', {
  skip: process.platform === 'win32',
}, async () => {
  await pretend(
    'nvidia-smi',
    [
      // A driver that knows neither MIG nor the reasons of a low clock.
      'case "$1" in *clocks*) exit 2;; *compute-apps*) exit 6;; esac',
      "echo 'index, uuid, name, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu'",
      "echo '0, GPU-a, NVIDIA H200, 1024, 143771, 0, 75.31, 34'",
      "echo '1, GPU-b, Tesla T4, 0, 15360, 97, [N/A], 41'",
    ].join('\n'),
  );
  const { gpus } = await systemReader()();
  assert.deepEqual(gpus, [
    {
      name: 'NVIDIA H200',
      memoryUsedMb: 1_024,
      memoryTotalMb: 143_771,
      powerW: 75.31,
      temperatureC: 34,
      utilisation: 0,
    },
    { name: 'Tesla T4', memoryUsedMb: 0, memoryTotalMb: 15_360, temperatureC: 41, utilisation: 0.97 },
  ]);
});

test('a driver that fails does not fail the reading', { skip: process.platform === 'win32' }, async () => {
  await pretend('nvidia-smi', 'echo "NVIDIA-SMI has failed" >&2; exit 9');
  const health = await systemReader()();
  assert.ok(Array.isArray(health.gpus));
  assert.ok(health.memory.totalMb > 0);
});
