import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandler } from '../../backends/queue/queue.ts';
import type { GpuPause, SystemHealth } from '../../domain/health.ts';
import type { JobName } from '../../domain/job/job.ts';
import { MINUTE } from '../../domain/time/units.ts';

const POLL_MS = 5_000;
/** After this time (ms) the memory that a job takes is seen in the figures of the driver. */
const SETTLE_MS = MINUTE;

export interface GpuGate {
  /**
   * Waits until work may use the GPU: it is not too hot, and enough memory is free that was not promised to another
   * job just now. Resolves at once if there is no GPU or its figures are not known.
   * @param needMb memory that must be free; 0 if the model is loaded already
   * @param tell called each time it has to wait, with the reason; and with `undefined` when it goes on
   * @throws the signal's reason
   */
  enter(
    needMb: number,
    signal: AbortSignal,
    tell: (pause: GpuPause | undefined) => Promise<void>,
  ): Promise<void>;
  /** Why work on the GPU waits now; undefined if it does not. */
  readonly pause: GpuPause | undefined;
}

/** Makes work on the GPUs of this machine wait, by their temperature and free memory. */
export function createGpuGate(options: {
  read: () => Promise<SystemHealth>;
  limits: { pauseAboveC: number; resumeBelowC: number };
  pollMs?: number;
  now?: () => number;
}): GpuGate {
  const { read, limits, pollMs = POLL_MS, now = Date.now } = options;
  const promised: { mb: number; until: number }[] = [];
  let hot = false;
  let pause: GpuPause | undefined;

  async function look(needMb: number): Promise<GpuPause | undefined> {
    const { gpus } = await read();
    const temperatures = gpus.map(({ temperatureC }) => temperatureC).filter((value) => value !== undefined);
    if (temperatures.length > 0) {
      const hottest = Math.max(...temperatures);
      // Between the two limits nothing changes, or work would start and stop at one degree.
      if (hottest > limits.pauseAboveC) hot = true;
      else if (hottest < limits.resumeBelowC) hot = false;
      if (hot) return { reason: 'hot', value: hottest, limit: limits.pauseAboveC };
    } else hot = false;
    const free = gpus
      .filter(({ memoryUsedMb, memoryTotalMb }) => memoryUsedMb !== undefined && memoryTotalMb !== undefined)
      .map(({ memoryUsedMb, memoryTotalMb }) => memoryTotalMb! - memoryUsedMb!);
    if (needMb === 0 || free.length === 0) return undefined;
    while (promised.length > 0 && promised[0]!.until <= now()) promised.shift();
    const left = Math.max(...free) - promised.reduce((sum, { mb }) => sum + mb, 0);
    if (left < needMb) return { reason: 'memory', value: Math.max(0, left), limit: needMb };
    promised.push({ mb: needMb, until: now() + SETTLE_MS });
    return undefined;
  }

  return {
    async enter(needMb, signal, tell) {
      for (let waited = false; ; waited = true) {
        signal.throwIfAborted();
        pause = await look(needMb);
        if (!pause) {
          if (waited) await tell(undefined);
          return;
        }
        await tell(pause);
        // If the signal aborts, its reason is thrown when the loop goes on.
        await sleep(pollMs, undefined, { signal }).catch(() => {});
      }
    },
    get pause() {
      return pause;
    },
  };
}

/**
 * Wraps a handler: it begins when the GPU has room and is cool, and waits where it reports progress while the GPU is
 * hot. The progress says why it waits.
 * @param lookMs how often the GPU is looked at while the job runs, at most
 */
export const gated =
  <N extends JobName>(
    gate: GpuGate,
    needMb: number,
    handler: JobHandler<N>,
    lookMs = POLL_MS,
  ): JobHandler<N> =>
  async (payload, context) => {
    const { signal, progress } = context;
    await gate.enter(needMb, signal, (paused) =>
      progress({ fraction: 0, step: 'step.waiting', ...(paused ? { paused } : {}) }),
    );
    let looked = Date.now();
    return handler(payload, {
      ...context,
      async progress(said) {
        // A job that is done needs no GPU any more.
        if (said.fraction < 1 && Date.now() - looked >= lookMs) {
          // It has its memory already: only heat makes it wait.
          await gate.enter(0, signal, async (paused) => {
            if (paused) await progress({ ...said, paused });
          });
          looked = Date.now();
        }
        await progress(said);
      },
    });
  };
