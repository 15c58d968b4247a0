import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobHandler } from '../../../src/backends/queue/queue.ts';
import type { GpuPause, SystemHealth } from '../../../src/domain/health.ts';
import type { JobProgress } from '../../../src/domain/job/job.ts';
import { createGpuGate, gated } from '../../../src/jobs/gpu/gpu-gate.ts';
import { keepSample, readHistory, sampleOf } from '../../../src/jobs/gpu/history.ts';
import { memoryState } from '../../fakes/state.ts';

type Gpu = SystemHealth['gpus'][number];
const machine = (...gpus: Partial<Gpu>[]): SystemHealth => ({
  gpus: gpus.map((gpu) => ({ name: 'H200', ...gpu })),
  cpu: { load: 0.5, cores: 2 },
  memory: { usedMb: 1_024, totalMb: 4_096 },
  at: Date.UTC(2026, 10, 21, 9),
});
const limits = { pauseAboveC: 85, resumeBelowC: 75 };
const never = new AbortController().signal;

/** A gate with readings that come one after the other; the last one stays. */
function gateOver(readings: SystemHealth[], now?: () => number) {
  const told: (GpuPause | undefined)[] = [];
  const read = async () => (readings.length > 1 ? readings.shift()! : readings[0]!);
  const gate = createGpuGate({ read, limits, pollMs: 1, ...(now ? { now } : {}) });
  const tell = async (pause: GpuPause | undefined): Promise<void> => void told.push(pause);
  return { gate, told, tell };
}

test('a hot GPU holds work back until it is cool, and says so; between the limits it stays as it is', async () => {
  const { gate, told, tell } = gateOver([90, 80, 76, 74].map((temperatureC) => machine({ temperatureC })));
  await gate.enter(0, never, tell);
  assert.deepEqual(told, [
    { reason: 'hot', value: 90, limit: 85 },
    { reason: 'hot', value: 80, limit: 85 },
    { reason: 'hot', value: 76, limit: 85 },
    undefined,
  ]);
  assert.equal(gate.pause, undefined);
  const warm = gateOver([machine({ temperatureC: 80 })]);
  await warm.gate.enter(0, never, warm.tell);
  assert.deepEqual(warm.told, [], 'warm alone is no reason');
});

test('as many at once as memory is really free, what was promised just now counted', async () => {
  let time = 0;
  const full = machine(
    { memoryUsedMb: 9_000, memoryTotalMb: 10_000 },
    { memoryUsedMb: 5_000, memoryTotalMb: 10_000 },
  );
  const { gate, told, tell } = gateOver([full], () => time);
  await gate.enter(2_000, never, tell);
  await gate.enter(2_000, never, tell);
  assert.equal(told.length, 0);
  const stop = new AbortController();
  const third = gate.enter(2_000, stop.signal, async (pause) => {
    told.push(pause);
    // The two have taken their memory by now, or have ended.
    time = 61_000;
  });
  await third;
  assert.deepEqual(told, [{ reason: 'memory', value: 1_000, limit: 2_000 }, undefined]);
});

test('a machine without a GPU, or one that tells nothing, holds nothing back; a stop ends the waiting', async () => {
  for (const readings of [[machine()], [machine({})]]) {
    const { gate, told, tell } = gateOver(readings);
    await gate.enter(4_000, never, tell);
    assert.deepEqual(told, []);
  }
  const { gate } = gateOver([machine({ temperatureC: 99 })]);
  const stop = new AbortController();
  await assert.rejects(
    gate.enter(0, stop.signal, async () => stop.abort(new Error('stopped'))),
    /stopped/,
  );
});

test('a job that is held back says why in its progress, and then runs', async () => {
  const full = machine({ memoryUsedMb: 9_500, memoryTotalMb: 10_000 });
  const { gate } = gateOver([full, machine({ memoryUsedMb: 1_000, memoryTotalMb: 10_000 })]);
  const told: (GpuPause | undefined)[] = [];
  const handler = gated<'collect'>(gate, 2_000, async ({ day }) => ({
    day,
    topic: 't',
    lines: 1,
    batches: 1,
  }));
  const result = await handler(
    { day: '2026-01-01', language: 'en' },
    {
      id: 'j',
      attempt: 1,
      attempts: 1,
      signal: never,
      progress: async ({ paused }) => void told.push(paused),
    },
  );
  assert.equal(result.lines, 1);
  assert.deepEqual(told, [{ reason: 'memory', value: 500, limit: 2_000 }, undefined]);
});

test('a job that runs is held by heat where it tells its progress, not by memory, and not at its end', async () => {
  const full = { memoryUsedMb: 9_900, memoryTotalMb: 10_000 };
  const at = (temperatureC: number) => machine({ temperatureC, ...full });
  const readings = [machine({ temperatureC: 60 }), at(60), at(90), at(80), at(70), at(90)];
  const { gate } = gateOver(readings);
  const told: string[] = [];
  const handler =
    (steps: number[]): JobHandler<'collect'> =>
    async ({ day }, { progress }) => {
      for (const fraction of steps) await progress({ fraction, step: 'step.scan' });
      return { day, topic: 't', lines: 1, batches: 1 };
    };
  const context = {
    id: 'j',
    attempt: 1,
    attempts: 1,
    signal: never,
    progress: async ({ fraction, step, paused }: JobProgress) =>
      void told.push(`${fraction} ${step}${paused ? ` ${paused.reason} ${paused.value}` : ''}`),
  };
  const payload = { day: '2026-01-01', language: 'en' } as const;
  await gated(gate, 2_000, handler([0.2, 0.5, 1]), 0)(payload, context);
  assert.deepEqual(told, [
    '0.2 step.scan',
    '0.5 step.scan hot 90',
    '0.5 step.scan hot 80',
    '0.5 step.scan',
    '1 step.scan',
  ]);
  // Of many steps in a second, one looks at the GPU.
  let reads = 0;
  const read = async (): Promise<SystemHealth> => {
    reads += 1;
    return at(60);
  };
  const rare = createGpuGate({ read, limits });
  await gated(rare, 0, handler(Array.from({ length: 50 }, () => 0.5)), 3_600_000)(payload, context);
  assert.equal(reads, 1);
});

test('history: a day of samples for each host, bounded; what is older is written over', async () => {
  const start = Date.UTC(2026, 10, 21, 9);
  const state = memoryState({ now: () => start });
  const hot = sampleOf({ ...machine({ temperatureC: 60, memoryUsedMb: 1, memoryTotalMb: 4 }), at: start });
  assert.deepEqual(hot, { at: start, cpu: 0.5, memory: 0.25, gpu: { memory: 0.25, temperatureC: 60 } });
  assert.equal(sampleOf(machine()).gpu, undefined);
  for (let at = start; at < start + 30 * 3_600_000; at += 600_000)
    await keepSample(state, 'a', { at, cpu: 0.1, memory: 0.1 });
  await keepSample(state, 'b', hot);
  const end = start + 30 * 3_600_000;
  const [a, ...others] = await readHistory(state, start, end - 1);
  assert.equal(a?.host, 'a');
  assert.equal(a?.samples.length, 24 * 6);
  assert.ok(a?.samples.every(({ at }, index, all) => index === 0 || at > all[index - 1]!.at));
  assert.deepEqual(others, [], 'silent for a day');
  assert.equal((await readHistory(state, start, start + 1))[0]?.host, 'b');
  assert.equal((await readHistory(state, end - 3_600_000, end - 1))[0]?.samples.length, 6);
});
