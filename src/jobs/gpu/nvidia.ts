import type { SystemHealth } from '../../domain/health.ts';

type Gpu = SystemHealth['gpus'][number];

/**
 * Fields to ask `nvidia-smi` for, newest drivers first. A driver that does not know one of the fields refuses them
 * all with exit code 2: `clocks_event_reasons` came with driver 535; `clocks_throttle_reasons` and `mig.mode` are
 * missing in the oldest ones.
 */
export const NVIDIA_FIELDS: readonly string[] = [
  'index,uuid,name,mig.mode.current,memory.used,memory.total,utilization.gpu,power.draw,temperature.gpu,clocks_event_reasons.active',
  'index,uuid,name,mig.mode.current,memory.used,memory.total,utilization.gpu,power.draw,temperature.gpu,clocks_throttle_reasons.active',
  'index,uuid,name,memory.used,memory.total,utilization.gpu,power.draw,temperature.gpu',
];
/** The name is last because it may contain commas. */
export const PROCESS_FIELDS = 'gpu_uuid,pid,used_gpu_memory,process_name';
/** Exit code: the driver does not know a field. */
export const UNKNOWN_FIELD = 2;

/** Bits of NVML's `nvmlClocksEventReasons` that mean the GPU is slowed down because of a limit. */
const THROTTLES = { power: 0x4 | 0x80, thermal: 0x20 | 0x40, hardware: 0x8 } as const;

/** A GPU as `nvidia-smi` lists it, with the id that its processes and MIG devices refer to. */
export interface NvidiaGpu extends Gpu {
  uuid: string;
  /** Whether it is split into MIG devices; its own utilisation is then unknown. */
  split: boolean;
}

/** A number. `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU is lost]`, `ERR!` and the like are none. */
function figure(text: string | undefined): number | undefined {
  const found = /^(-?\d+(?:\.\d+)?)(?:\s*(?:MiB|MB|W|%|C))?$/.exec(text?.trim() ?? '');
  return found ? Number(found[1]) : undefined;
}

/** A table of `--format=csv`: rows by column name, without the units in the header (`memory.used [MiB]`). */
function table(csv: string, columns: number): Map<string, string>[] {
  const [header, ...rows] = csv.split(/\r?\n/).filter((line) => line.trim());
  const names = (header ?? '').split(',').map((name) => name.trim().replace(/\s*\[.*\]$/, ''));
  return rows
    .map((row) => row.split(','))
    .filter((cells) => cells.length >= columns)
    .map((cells) => {
      const last = cells.slice(names.length - 1).join(',');
      const fitted = [...cells.slice(0, names.length - 1), last];
      return new Map(names.map((name, index) => [name, (fitted[index] ?? '').trim()]));
    });
}

function throttled(text: string | undefined): Gpu['throttled'] {
  if (!text || !/^0x[0-9a-f]+$/i.test(text)) return undefined;
  const bits = BigInt(text);
  const reasons = (Object.keys(THROTTLES) as (keyof typeof THROTTLES)[]).filter(
    (reason) => (bits & BigInt(THROTTLES[reason])) !== 0n,
  );
  return reasons.length > 0 ? reasons : undefined;
}

/** Leaves out fields that are undefined. */
export function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** Reads `nvidia-smi --query-gpu=… --format=csv` of any driver, with or without units; any field may be missing. */
export function readGpus(csv: string): NvidiaGpu[] {
  return table(csv, 3).map((row) => {
    const percent = figure(row.get('utilization.gpu'));
    return withoutUndefined({
      uuid: row.get('uuid') ?? '',
      split: row.get('mig.mode.current') === 'Enabled',
      name: row.get('name') || 'NVIDIA',
      memoryUsedMb: figure(row.get('memory.used')),
      memoryTotalMb: figure(row.get('memory.total')),
      powerW: figure(row.get('power.draw')),
      temperatureC: figure(row.get('temperature.gpu')),
      utilisation: percent === undefined ? undefined : percent / 100,
      throttled: throttled(
        row.get('clocks_event_reasons.active') ?? row.get('clocks_throttle_reasons.active'),
      ),
    });
  });
}

/** Reads `nvidia-smi --query-compute-apps=… --format=csv`: which programs use which GPU. */
export function readProcesses(csv: string): Map<string, NonNullable<Gpu['processes']>> {
  const found = new Map<string, NonNullable<Gpu['processes']>>();
  for (const row of table(csv, 4)) {
    const pid = figure(row.get('pid'));
    const uuid = row.get('gpu_uuid');
    if (pid === undefined || !uuid) continue;
    const path = row.get('process_name') ?? '';
    const name = path.startsWith('[') ? '' : (path.split(/[\\/]/).at(-1) ?? '');
    const process = withoutUndefined({ pid, name, memoryMb: figure(row.get('used_gpu_memory')) });
    found.set(uuid, [...(found.get(uuid) ?? []), process]);
  }
  return found;
}

/** Reads `nvidia-smi -L`: the MIG devices (`3g.20gb`) of each GPU by its uuid. */
export function readMigDevices(list: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let devices: string[] | undefined;
  for (const line of list.split(/\r?\n/)) {
    const gpu = /^GPU\s+\d+:.*\(UUID:\s*(\S+?)\)/.exec(line);
    if (gpu) {
      devices = [];
      found.set(gpu[1]!, devices);
      continue;
    }
    const device = /^\s+MIG\s+(\S+)\s+Device\s+\d+:/.exec(line);
    if (device) devices?.push(device[1]!);
  }
  return found;
}
