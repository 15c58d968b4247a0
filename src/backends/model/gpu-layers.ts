import { hostname } from 'node:os';
import { DAY, HOUR } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';

/** Shares of a model's layers that are tried one after the other when memory does not hold them; 0 is the CPU. */
const STEPS = [0.75, 0.5, 0.25, 0];
/**
 * After this long the server's own choice is tried again: memory may be free by now. Where it does not fit still, that
 * one question pays for one failed loading.
 */
const AGAIN_MS = HOUR;
const KEEP_MS = 30 * DAY;

interface Known {
  /** Which of `STEPS` worked last; -1 with `futile`. */
  step: number;
  /** Epoch milliseconds at which more did not fit. */
  at: number;
  /** No step helped, the CPU neither: until it is time to try again they are not walked down once more. */
  futile?: true;
}

/** How many layers of one model fit on the GPU of one host: learned from what failed, remembered over restarts. */
export interface GpuLayers {
  /** Which step to ask with now; -1 lets the server decide. */
  step(): Promise<number>;
  /** It did not fit: the next step, or undefined when it ran on the CPU already or no step helps. */
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
      known ??= (await state?.get('gpu-layers', id))?.value;
      loaded = true;
    } catch (err) {
      log.debug({ err, model }, 'the GPU layers of a model could not be read');
    }
  };
  const remember = async (next: Known | undefined): Promise<void> => {
    known = next;
    try {
      if (next) await state?.commit({ put: [{ kind: 'gpu-layers', id, value: next, ttlMs: KEEP_MS }] });
      else await state?.commit({ delete: [{ kind: 'gpu-layers', id }] });
    } catch (err) {
      // It is learned again after the next start.
      log.debug({ err, model }, 'the GPU layers of a model could not be kept');
    }
  };
  const isFresh = (): boolean => known !== undefined && now() - known.at < AGAIN_MS;

  return {
    async step() {
      await load();
      return known && isFresh() ? known.step : -1;
    },
    async lower(step) {
      if (known?.futile && isFresh()) return undefined;
      // What the server chose did not fit after all: back to what did, also where another question has just found it.
      const next = step < 0 && known && !known.futile ? known.step : step + 1;
      if (next >= STEPS.length) {
        log.warn(
          { model },
          'the model does not run with any number of layers on the GPU, and not on the CPU',
        );
        await remember({ step: -1, at: now(), futile: true });
        return undefined;
      }
      await remember({ step: next, at: now() });
      log.warn(
        { model, share: STEPS[next] },
        'memory does not hold the model: asking again with fewer layers on the GPU',
      );
      return next;
    },
    async worked(step) {
      if (step === (known?.step ?? -1) && !known?.futile) return;
      await remember(step < 0 ? undefined : { step, at: now() });
    },
  };
}
