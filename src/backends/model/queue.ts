import { AppError, toAppError } from '../../domain/errors.ts';
import { ModelError } from '../../domain/question/model-fault.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Model, ModelRequest } from './model.ts';

type Lane = NonNullable<ModelRequest['lane']>;

/** A person is not kept waiting longer than this for a server that asked for a pause: another model may answer. */
const PERSON_WAITS_MS = 10_000;
/** Batch work waits out pauses of the server this long in all. */
const BATCH_WAITS_MS = 5 * MINUTE;
const PAUSE_MS = 5_000;

interface Waiting {
  lane: Lane;
  start: () => void;
}

export interface RequestLimits {
  /** Requests at the same time. Batch work leaves one of them free for people, where there are several. */
  concurrency: number;
  requestsPerMinute?: number | undefined;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

/**
 * Lets requests through as fast as the server allows: so many at once, so many a minute, and none while it asked for
 * a pause. People go before batch work, each in the order they came.
 */
export function createLanes({ concurrency, requestsPerMinute, now = Date.now }: RequestLimits) {
  const running: Record<Lane, number> = { person: 0, batch: 0 };
  const waiting: Waiting[] = [];
  /** When the requests of the last minute began. */
  const begun: number[] = [];
  let pausedUntil = 0;
  let timer: NodeJS.Timeout | undefined;

  const room = (lane: Lane): boolean => {
    if (running.person + running.batch >= concurrency) return false;
    return lane === 'person' || concurrency === 1 || running.batch < concurrency - 1;
  };
  /** Milliseconds until the server may be asked again. */
  const rest = (): number => {
    const at = now();
    while (begun[0] !== undefined && begun[0] <= at - MINUTE) begun.shift();
    const full = requestsPerMinute !== undefined && begun.length >= requestsPerMinute;
    return Math.max(0, pausedUntil - at, full ? begun[0]! + MINUTE - at : 0);
  };

  function drain(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      const pause = rest();
      if (pause > 0) {
        timer = setTimeout(drain, pause);
        return;
      }
      const next =
        waiting.find(({ lane }) => lane === 'person' && room(lane)) ?? waiting.find(({ lane }) => room(lane));
      if (!next) return;
      waiting.splice(waiting.indexOf(next), 1);
      next.start();
    }
  }

  return {
    /** Nobody is let through for this long. */
    pause(ms: number): void {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    /**
     * Resolves when it is this request's turn, with what gives the place back. Throws AppError `rate_limited` for a
     * person where the server's pause is long, `stopped` when `signal` aborts.
     */
    async enter(lane: Lane, signal?: AbortSignal): Promise<() => void> {
      const stopped = (): AppError =>
        new AppError('stopped', 'stopped while waiting for the model', { cause: signal?.reason });
      if (signal?.aborted) throw stopped();
      const pause = pausedUntil - now();
      if (lane === 'person' && pause > PERSON_WAITS_MS)
        throw new ModelError('limited', 'the model server asked for a pause', { retryAfterMs: pause });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry: Waiting = { lane, start: begin };
      function begin(): void {
        running[lane] += 1;
        if (requestsPerMinute !== undefined) begun.push(now());
        signal?.removeEventListener('abort', leave);
        resolve();
      }
      function leave(): void {
        waiting.splice(waiting.indexOf(entry), 1);
        if (waiting.length === 0) clearTimeout(timer);
        reject(stopped());
      }
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(entry);
      drain();
      await promise;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        running[lane] -= 1;
        drain();
      };
    },
    get waiting(): number {
      return waiting.length;
    },
  };
}

/** The model behind its lanes. Batch requests that a server turned away as too many wait and are asked again. */
export function queued(model: Model, limits: RequestLimits): Model {
  const { now = Date.now } = limits;
  const lanes = createLanes(limits);
  return {
    id: model.id,
    name: model.name,
    get onGpu() {
      return model.onGpu;
    },
    external: model.external,
    get contextTokens() {
      return model.contextTokens;
    },
    price: model.price,
    tools: model.tools,
    async *ask(request) {
      const { lane = 'person' } = request;
      const patience = now() + BATCH_WAITS_MS;
      for (;;) {
        const leave = await lanes.enter(lane, request.signal);
        let spoke = false;
        try {
          for await (const event of model.ask(request)) {
            spoke = true;
            yield event;
          }
          return;
        } catch (cause) {
          const error = toAppError(cause);
          const pause = error.retryAfterMs ?? PAUSE_MS;
          if (error.code !== 'rate_limited' || !error.retryable) throw error;
          lanes.pause(pause);
          if (lane === 'person' || spoke || now() + pause > patience) throw error;
        } finally {
          leave();
        }
      }
    },
    health: () => model.health(),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
