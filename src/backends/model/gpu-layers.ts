import { hostname } from 'node:os';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';

/** Shares of a model's layers that are tried one after the other when the GPU's memory does not hold them; 0 is the CPU. */
const STEPS = [0.75, 0.5, 0.25, 0];
/** After this long what failed is tried again: other programs may have left the GPU. */
const AGAIN_MS = 86_400_000;
const KEEP_MS = 30 * 86_400_000;

interface Known {
  /** Which of `STEPS` worked last. */
  step: number;
  /** Epoch milliseconds at which more did not fit. */
  at: number;
}

/** How many layers of one model fit on the GPU of one host: learned from what failed, remembered over restarts. */
export interface GpuLayers {
  /** Which step to ask with now; -1 lets the server decide. */
  step(): Promise<number>;
  /** It did not fit: the next step, or undefined when it ran on the CPU already. */
  lower(step: number): Promise<number | undefined>;
  /** It worked with this step. */
  worked(step: number): Promise<void>;
}

/** The number of layers (`num_gpu`) of a step; undefined lets the server decide. */
export const layersOf = (step: number, total: number): number | undefined =>
  step < 0 ? undefined : Math.floor(total * STEPS[step]!);

/** @param host the server's name with its port; one on this machine is told apart by this machine's name */
export function gpuLayers(options: {
  state: StateStore | undefined;
  host: string;
  model: string;
  log: Log;
  now?: () => number;
}): GpuLayers {
  const { state, model, log, now = Date.now } = options;
  const host = /^(?:localhost|127\.|\[::1\])/.test(options.host)
    ? `${hostname()}/${options.host}`
    : options.host;
  const id = `gpu-layers/${host}/${model}`;
  let known: Known | undefined;
  let loaded = false;

  const load = async (): Promise<void> => {
    if (loaded) return;
    try {
      known ??= (await state?.get<Known>('fact', id))?.value;
      loaded = true;
    } catch (err) {
      log.debug({ err, model }, 'the GPU layers of a model could not be read');
    }
  };
  const remember = async (next: Known | undefined): Promise<void> => {
    known = next;
    try {
      if (next) await state?.commit({ put: [{ kind: 'fact', id, value: next, ttlMs: KEEP_MS }] });
      else await state?.commit({ delete: [{ kind: 'fact', id }] });
    } catch (err) {
      // It is learned again after the next start.
      log.debug({ err, model }, 'the GPU layers of a model could not be kept');
    }
  };

  return {
    async step() {
      await load();
      if (!known) return -1;
      return now() - known.at >= AGAIN_MS ? known.step - 1 : known.step;
    },
    async lower(step) {
      if (step + 1 >= STEPS.length) return undefined;
      await remember({ step: step + 1, at: now() });
      log.warn(
        { model, share: STEPS[step + 1] },
        'out of GPU memory: asking again with fewer layers on the GPU',
      );
      return step + 1;
    },
    async worked(step) {
      if (step === (known?.step ?? -1)) return;
      // A step higher holds after a day: the next one is tried after another.
      await remember(step < 0 ? undefined : { step, at: now() });
    },
  };
}
