import { execFile } from 'node:child_process';
import { cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { currentLoad, graphics, mem } from 'systeminformation';
import { AppError } from '../../domain/errors.ts';
import type { SystemHealth } from '../../domain/health.ts';
import { withTimeout } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import {
  NVIDIA_FIELDS,
  PROCESS_FIELDS,
  readGpus,
  readMigDevices,
  readProcesses,
  UNKNOWN_FIELD,
  withoutUndefined,
} from './nvidia.ts';

const run = promisify(execFile);

const CACHE_MS = 2_000;
const TIMEOUT_MS = 2_000;
/** How long "there is no nvidia-smi" and the list of other GPUs count as true, in milliseconds. */
const HARDWARE_MS = 10 * MINUTE;
/** An `nvidia-smi` that failed is asked again after this, in milliseconds. */
const HANG_MS = 30_000;
const MEBIBYTE = 1024 * 1024;
/** With less video memory than this it is a display adapter; no model runs on it. */
const SMALLEST_GPU_MB = 512;

type Gpu = SystemHealth['gpus'][number];

/** `work`, or undefined if it fails or takes too long: a reading must never hold up a page. */
const attempt = <T>(work: Promise<T>): Promise<T | undefined> =>
  withTimeout(TIMEOUT_MS, work, () => new AppError('timeout', 'the system gave no figures in time')).catch(
    () => undefined,
  );

/** Runs `nvidia-smi`. Rejects with its exit code in `code`, or `ENOENT` where there is none. */
async function nvidiaSmi(...args: string[]): Promise<string> {
  const { stdout } = await run('nvidia-smi', args, { timeout: TIMEOUT_MS, windowsHide: true });
  return stdout;
}

/**
 * NVIDIA GPUs by `nvidia-smi`. Not by systeminformation: it calls the same program synchronously, needs `lspci`
 * beside it, and drops a figure that is zero.
 * @param dialect the first of `NVIDIA_FIELDS` to try
 */
async function nvidia(dialect: number): Promise<{ gpus: Gpu[]; dialect: number }> {
  try {
    const found = readGpus(await nvidiaSmi(`--query-gpu=${NVIDIA_FIELDS[dialect]}`, '--format=csv,nounits'));
    // If the details fail, the figures above are still good.
    const [processes, devices] = await Promise.all([
      nvidiaSmi(`--query-compute-apps=${PROCESS_FIELDS}`, '--format=csv,nounits').then(
        readProcesses,
        () => undefined,
      ),
      found.some(({ split }) => split) ? nvidiaSmi('-L').then(readMigDevices, () => undefined) : undefined,
    ]);
    const gpus = found.map(({ uuid, split: _, ...gpu }) =>
      withoutUndefined({ ...gpu, processes: processes?.get(uuid), mig: devices?.get(uuid) }),
    );
    return { gpus, dialect };
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === UNKNOWN_FIELD && dialect + 1 < NVIDIA_FIELDS.length) return nvidia(dialect + 1);
    throw error;
  }
}

/** Other GPUs: what systeminformation finds, without live figures on most systems. */
async function otherGpus(): Promise<Gpu[]> {
  const { controllers } = await graphics();
  return controllers
    .filter(({ vendor, vram }) => (vram ?? 0) >= SMALLEST_GPU_MB || /apple/i.test(vendor))
    .map((found) =>
      withoutUndefined({
        name: found.name || found.model,
        memoryUsedMb: found.memoryUsed,
        memoryTotalMb: found.memoryTotal ?? found.vram ?? undefined,
        powerW: found.powerDraw,
        temperatureC: found.temperatureGpu,
        utilisation: found.utilizationGpu === undefined ? undefined : found.utilizationGpu / 100,
      }),
    );
}

/** A reader with a cache: within 2 s everybody gets the same reading. It never rejects. */
export function systemReader(): () => Promise<SystemHealth> {
  let cached: { at: number; reading: Promise<SystemHealth> } | undefined;
  let noNvidiaUntil = 0;
  let dialect = 0;
  let others: { until: number; gpus: Promise<Gpu[] | undefined> } | undefined;

  const gpus = async (): Promise<Gpu[]> => {
    const now = Date.now();
    if (now >= noNvidiaUntil) {
      try {
        const found = await nvidia(dialect);
        dialect = found.dialect;
        if (found.gpus.length > 0) return found.gpus;
        noNvidiaUntil = now + HARDWARE_MS;
      } catch (error) {
        // A driver that hangs now may answer later; a program that is not installed will hardly be soon.
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        noNvidiaUntil = now + (missing ? HARDWARE_MS : HANG_MS);
      }
    }
    if (!others || now >= others.until) others = { until: now + HARDWARE_MS, gpus: attempt(otherGpus()) };
    return (await others.gpus) ?? [];
  };

  const read = async (): Promise<SystemHealth> => {
    const [found, load, memory] = await Promise.all([gpus(), attempt(currentLoad()), attempt(mem())]);
    const total = memory?.total ?? totalmem();
    const free = memory?.available ?? freemem();
    return {
      gpus: found,
      cpu: {
        load: Math.min(1, Math.max(0, (load?.currentLoad ?? 0) / 100)),
        cores: load?.cpus.length ?? cpus().length,
      },
      memory: { usedMb: Math.round((total - free) / MEBIBYTE), totalMb: Math.round(total / MEBIBYTE) },
      at: Date.now(),
    };
  };

  return () => {
    const now = Date.now();
    if (!cached || now - cached.at >= CACHE_MS) cached = { at: now, reading: read() };
    return cached.reading;
  };
}

/** How loaded this machine is now: GPUs (none: an empty list), CPU, memory. At most 2 s old, never rejects. */
export const readSystem = systemReader();
