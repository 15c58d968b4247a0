import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandler } from '../../backends/queue/queue.ts';
import type { GpuPause, SystemHealth } from '../../domain/health.ts';
import type { JobName } from '../../domain/job/job.ts';
import { MINUTE } from '../../domain/time/units.ts';

const POLL_MS = 5_000;
/** What a job that was let in will take shows in the driver's figures by then. */
const SETTLE_MS = MINUTE;

export interface GpuGate {
  /**
   * Waits until work may use the GPU: not too hot, and so much memory free that was not promised to others just now.
   * Resolves at once where there is no GPU, or nobody tells its figures.
   * @param needMb memory that must be free; 0 where the model is loaded already
   * @param tell is told why it waits, each time it looks; and `undefined` when it goes on
   * Throws the signal's reason.
   */
  enter(
    needMb: number,
    signal: AbortSignal,
    tell: (pause: GpuPause | undefined) => Promise<void>,
  ): Promise<void>;
  /** Why work on the GPU waits now; undefined when it does not. */
  readonly pause: GpuPause | undefined;
}

/** Holds back work on this machine's GPUs by their temperature and their free memory. */
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
      // Between the two it stays as it is, or work would start and stop at one degree.
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
        // What the signal says is thrown at the next turn.
        await sleep(pollMs, undefined, { signal }).catch(() => {});
      }
    },
    get pause() {
      return pause;
    },
  };
}

/**
 * A handler that begins when the GPU has room and is cool, and is held where it tells its progress while the GPU is hot; its
 * message says why it waits.
 * @param lookMs the GPU is not looked at more often while it runs
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
        // What is done needs no GPU any more.
        if (said.fraction < 1 && Date.now() - looked >= lookMs) {
          // Its memory it has: only heat holds it back.
          await gate.enter(0, signal, async (paused) => {
            if (paused) await progress({ ...said, paused });
          });
          looked = Date.now();
        }
        await progress(said);
      },
    });
  };
