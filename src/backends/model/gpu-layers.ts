import { hostname } from 'node:os';
import { DAY, HOUR } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';

/** Shares of a model's layers on the GPU that are tried one after another when the memory is too small; 0 is the CPU. */
const STEPS = [0.75, 0.5, 0.25, 0];
/**
 * After this long the server may decide again: there may be more memory by now. Where the model still does not fit, one
 * question has to wait for one loading that fails.
 */
const AGAIN_MS = HOUR;
const KEEP_MS = 30 * DAY;

interface Known {
  /** Which of `STEPS` worked last; -1 with `futile`. */
  step: number;
  /** When more layers did not fit, in epoch milliseconds. */
  at: number;
  /** No step helped, not even the CPU: no step is tried before it is time to try again. */
  futile?: true;
}

/** How many layers of one model fit on the GPU of one host: learned from failures, and remembered over restarts. */
export interface GpuLayers {
  /** The step to ask with now; -1 lets the server decide. */
  step(): Promise<number>;
  /** The model did not fit: the next step; undefined when it ran on the CPU already, or no step helps. */
  lower(step: number): Promise<number | undefined>;
  /** It worked with this step. */
  worked(step: number): Promise<void>;
}

/** The number of layers (`num_gpu`) of a step; undefined lets the server decide. */
export const layersOf = (step: number, total: number): number | undefined =>
  step < 0 ? undefined : Math.floor(total * STEPS[step]!);

/** @param options.host the server's name with its port; for a server on this machine its own name is added */
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
      // After the next start it is learned again.
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
      // The server's own choice did not fit: back to the step that did, which another question may have just found.
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
