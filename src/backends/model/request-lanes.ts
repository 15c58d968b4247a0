import { AppError, toAppError } from '../../domain/errors.ts';
import { ModelError } from '../../domain/question/model-fault.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { derivedModel, type Model, type ModelRequest } from './model.ts';

type Lane = NonNullable<ModelRequest['lane']>;

/** The longest pause of a server that a person waits for: another model may answer. */
const PERSON_WAITS_MS = 10_000;
/** How long batch work waits for pauses of the server, all together. */
const BATCH_WAITS_MS = 5 * MINUTE;
const PAUSE_MS = 5_000;

interface Waiting {
  lane: Lane;
  start: () => void;
}

export interface RequestLimits {
  /** Requests at the same time. Where there are several, batch work leaves one of them free for people. */
  concurrency: number;
  requestsPerMinute?: number | undefined;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

/**
 * Lets requests through as fast as the server allows: a limited number at once and per minute, and none during a pause that the
 * server asked for. Requests of people go before batch work, each in the order in which they came.
 */
export class RequestLanes {
  readonly #limits: RequestLimits;
  readonly #now: () => number;
  readonly #running: Record<Lane, number> = { person: 0, batch: 0 };
  readonly #waiting: Waiting[] = [];
  /** When the requests of the last minute began. */
  readonly #begun: number[] = [];
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.#now = limits.now ?? Date.now;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** No request is let through for this long. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms);
  }

  /**
   * Resolves when it is this request's turn, with a function that gives the place back.
   * @throws AppError `rate_limited` for a person while the server's pause is long, `stopped` when `signal` aborts
   */
  async enter(lane: Lane, signal?: AbortSignal): Promise<() => void> {
    const stopped = (): AppError =>
      new AppError('stopped', 'stopped while waiting for the model', { cause: signal?.reason });
    if (signal?.aborted) throw stopped();
    const pause = this.#pausedUntil - this.#now();
    if (lane === 'person' && pause > PERSON_WAITS_MS)
      throw new ModelError('limited', 'the model server asked for a pause', { retryAfterMs: pause });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry: Waiting = {
      lane,
      start: () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      },
    };
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      if (this.#waiting.length === 0) clearTimeout(this.#timer);
      reject(stopped());
    };
    signal?.addEventListener('abort', leave, { once: true });
    this.#waiting.push(entry);
    this.#drain();
    await promise;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#running[lane] -= 1;
      this.#drain();
    };
  }

  #hasRoom(lane: Lane): boolean {
    const { concurrency } = this.#limits;
    const { person, batch } = this.#running;
    if (person + batch >= concurrency) return false;
    return lane === 'person' || concurrency === 1 || batch < concurrency - 1;
  }

  /** Milliseconds until the server may be asked again. */
  #restMs(): number {
    const { requestsPerMinute } = this.#limits;
    const at = this.#now();
    const begun = this.#begun;
    while (begun[0] !== undefined && begun[0] <= at - MINUTE) begun.shift();
    const full = requestsPerMinute !== undefined && begun.length >= requestsPerMinute;
    return Math.max(0, this.#pausedUntil - at, full ? begun[0]! + MINUTE - at : 0);
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    while (waiting.length > 0) {
      const rest = this.#restMs();
      if (rest > 0) {
        this.#timer = setTimeout(() => this.#drain(), rest);
        return;
      }
      const next =
        waiting.find(({ lane }) => lane === 'person' && this.#hasRoom(lane)) ??
        waiting.find(({ lane }) => this.#hasRoom(lane));
      if (!next) return;
      waiting.splice(waiting.indexOf(next), 1);
      this.#running[next.lane] += 1;
      if (this.#limits.requestsPerMinute !== undefined) this.#begun.push(this.#now());
      next.start();
    }
  }
}

/** A model behind its lanes. A batch request that the server turned away as too many waits and is asked again. */
export function queued(model: Model, limits: RequestLimits): Model {
  const { now = Date.now } = limits;
  const lanes = new RequestLanes(limits);
  return derivedModel(model, {
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
  });
}
