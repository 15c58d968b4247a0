import type { StateStore } from '../../backends/state/store.ts';
import type { SystemHealth } from '../../domain/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { keepSample, sampleOf } from './history.ts';

const MEBIBYTE = 1024 * 1024;

/** Measures this machine every `everyMs` until disposed, for the history in the state store and for Prometheus. */
export function startSampler(options: {
  read: () => Promise<SystemHealth>;
  everyMs: number;
  state: StateStore;
  host: string;
  metrics: Metrics;
  log: Log;
}): AsyncDisposable {
  const { read, everyMs, state, host, metrics, log } = options;
  let last: Promise<void> = Promise.resolve();
  const sample = async (): Promise<void> => {
    try {
      const health = await read();
      show(health, metrics);
      await keepSample(state, host, sampleOf(health));
    } catch (err) {
      log.debug({ err }, 'a sample of the machine was not kept');
    }
  };
  const begin = (): void => {
    last = last.then(sample);
  };
  begin();
  const timer = setInterval(begin, everyMs);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await last;
    },
  };
}

function show({ gpus, cpu, memory }: SystemHealth, metrics: Metrics): void {
  const { machine } = metrics;
  machine.cpu.set(cpu.load);
  machine.memory.set({ kind: 'used' }, memory.usedMb * MEBIBYTE);
  machine.memory.set({ kind: 'total' }, memory.totalMb * MEBIBYTE);
  machine.gpus.set(gpus.length);
  for (const one of [machine.gpuMemory, machine.gpuUtilisation, machine.gpuPower, machine.gpuTemperature])
    one.reset();
  machine.gpuThrottled.reset();
  for (const [index, found] of gpus.entries()) {
    const gpu = String(index);
    if (found.memoryUsedMb !== undefined)
      machine.gpuMemory.set({ gpu, kind: 'used' }, found.memoryUsedMb * MEBIBYTE);
    if (found.memoryTotalMb !== undefined)
      machine.gpuMemory.set({ gpu, kind: 'total' }, found.memoryTotalMb * MEBIBYTE);
    if (found.utilisation !== undefined) machine.gpuUtilisation.set({ gpu }, found.utilisation);
    if (found.powerW !== undefined) machine.gpuPower.set({ gpu }, found.powerW);
    if (found.temperatureC !== undefined) machine.gpuTemperature.set({ gpu }, found.temperatureC);
    for (const reason of found.throttled ?? []) machine.gpuThrottled.set({ gpu, reason }, 1);
  }
}
