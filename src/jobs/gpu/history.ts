import type { StateStore } from '../../backends/state/store.ts';
import type { SystemHealth, SystemHistory, SystemSample } from '../../domain/health.ts';
import { HOUR } from '../../domain/time/units.ts';
import { withoutUndefined } from './nvidia.ts';

/** A ring buffer: one document for each hour of the day. */
const HOURS = 24;
/** Most samples of one hour: one every 15 s. */
const PER_HOUR = 240;
const HOSTS = 'system-hosts';
const HOSTS_KEPT = 20;

interface Slot {
  hour: number;
  samples: SystemSample[];
}
const slotId = (host: string, hour: number): string => `system/${host}/${hour % HOURS}`;
const largest = (values: (number | undefined)[]): number | undefined => {
  const found = values.filter((value) => value !== undefined);
  return found.length > 0 ? Math.max(...found) : undefined;
};

/** A reading in the form in which it is stored. */
export function sampleOf({ at, cpu, memory, gpus }: SystemHealth): SystemSample {
  const gpu = withoutUndefined({
    utilisation: largest(gpus.map((one) => one.utilisation)),
    memory: largest(
      gpus.map(({ memoryUsedMb, memoryTotalMb }) =>
        memoryUsedMb !== undefined && memoryTotalMb ? memoryUsedMb / memoryTotalMb : undefined,
      ),
    ),
    temperatureC: largest(gpus.map((one) => one.temperatureC)),
    powerW: largest(gpus.map((one) => one.powerW)),
  });
  return {
    at,
    cpu: cpu.load,
    memory: memory.totalMb > 0 ? memory.usedMb / memory.totalMb : 0,
    ...(gpus.length > 0 ? { gpu } : {}),
  };
}

/** Stores one more sample of a host; what is older than a day is overwritten. Only one process may write for a host. */
export async function keepSample(state: StateStore, host: string, sample: SystemSample): Promise<void> {
  const hour = Math.floor(sample.at / HOUR);
  const id = slotId(host, hour);
  const stored = (await state.get('machine-history', id))?.value;
  const samples = stored?.hour === hour ? stored.samples : [];
  const value: Slot = { hour, samples: [...samples, sample].slice(-PER_HOUR) };
  await state.commit({ put: [{ kind: 'machine-history', id, value, ttlMs: HOURS * HOUR }] });
  const hosts = await state.get('machines', HOSTS);
  if (hosts?.value.includes(host)) return;
  const list = [...(hosts?.value ?? []), host].slice(-HOSTS_KEPT);
  // On a conflict another host was faster; the next sample tries again.
  await state.commit({ put: [{ kind: 'machines', id: HOSTS, value: list, ifVersion: hosts?.version ?? 0 }] });
}

/** What every host measured since `from` (epoch ms), at most a day; hosts without samples are left out. */
export async function readHistory(
  state: StateStore,
  from: number,
  now = Date.now(),
): Promise<SystemHistory[]> {
  const hosts = (await state.get('machines', HOSTS))?.value ?? [];
  const first = Math.max(Math.floor(from / HOUR), Math.floor(now / HOUR) - HOURS + 1);
  const hours = Array.from({ length: Math.max(0, Math.floor(now / HOUR) - first + 1) }, (_, i) => first + i);
  const all = await Promise.all(
    hosts.map(async (host) => {
      const slots = await Promise.all(hours.map((hour) => state.get('machine-history', slotId(host, hour))));
      const samples = slots.flatMap((slot, index) =>
        slot?.value.hour === hours[index] ? slot!.value.samples : [],
      );
      return { host, samples: samples.filter(({ at }) => at >= from && at <= now) };
    }),
  );
  return all.filter(({ samples }) => samples.length > 0);
}
