import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { visibleField } from '../../domain/text/visible.ts';
import { type HookAlert, type HookRead, labelsOf, name, readWith, text, time } from './hook-alert.ts';
import type { MappingJob, MappingResult } from './mapping-worker.ts';

/** How long one evaluation may take, and how long the thread may take to begin. */
const EVALUATE_MS = 1_000;
const BEGIN_MS = 10_000;
/** Payloads that wait for the thread; more are told to come again. */
const MOST_WAITING = 64;
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
const MESSAGE = 200;

const mapped = z.looseObject({
  title: z.string().min(1),
  status: z
    .string()
    .transform((status) => status.toLowerCase())
    .pipe(z.enum(['firing', 'resolved'])),
  key: name,
  at: time,
  service: text,
  severity: text,
  text,
  url: text,
  labels: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

function alertOf(given: z.output<typeof mapped>): HookAlert {
  const { title, status, key, at, service, severity, url } = given;
  return {
    key,
    name: title,
    status,
    since: at,
    ...(status === 'resolved' ? { until: at } : {}),
    text: given.text ? [given.text] : [title],
    ...(severity ? { severity } : {}),
    ...(service ? { service } : {}),
    labels: labelsOf(given.labels),
    ...(url ? { url } : {}),
    ends: true,
  };
}

/** The alerts that a mapping made of a payload. */
const readMapped = (result: unknown): HookRead[] =>
  (Array.isArray(result) ? result : [result]).flatMap((one, index) =>
    readWith(mapped, one, Array.isArray(result) ? `mapping.${index}` : 'mapping', alertOf),
  );

/**
 * Evaluates the mappings of hooks, in a thread of their own: neither a hostile payload nor an expression that takes long holds up
 * this one. A thread that takes too long or too much memory is ended, and the next payload gets a new one.
 */
export class Mappings implements AsyncDisposable {
  readonly #expressions: Record<string, string>;
  #worker: Promise<Worker> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #stopped = false;

  /** @param expressions by the hook's name */
  constructor(expressions: Record<string, string>) {
    this.#expressions = expressions;
  }

  /**
   * @param payload JSON
   * @throws AppError `malformed` where the mapping fails on this payload or takes too long, `rate_limited` where too many wait
   */
  async read(hook: string, payload: string): Promise<HookRead[]> {
    if (this.#waiting >= MOST_WAITING || this.#stopped)
      throw new AppError('rate_limited', 'too many payloads wait for their mapping');
    this.#waiting += 1;
    const next = this.#turn.then(() => this.#evaluate({ hook, payload }));
    this.#turn = next.catch(() => {});
    try {
      const said = await next;
      if ('error' in said)
        throw new AppError('malformed', `The mapping failed: ${visibleField(said.error.slice(0, MESSAGE))}`);
      return said.result === undefined ? [] : readMapped(JSON.parse(said.result));
    } finally {
      this.#waiting -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#end();
    await this.#turn;
  }

  async #evaluate(job: MappingJob): Promise<MappingResult> {
    if (this.#stopped) throw new AppError('stopped', 'the server is shutting down');
    this.#worker ??= this.#begin();
    const worker = await this.#worker.catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    try {
      const answer = answerOf(worker, EVALUATE_MS);
      worker.postMessage(job);
      return (await answer) as MappingResult;
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async #begin(): Promise<Worker> {
    const worker = new Worker(new URL('./mapping-worker.ts', import.meta.url), {
      workerData: this.#expressions,
      resourceLimits: MEMORY,
      // Nothing of the environment is of use there, and it holds secrets.
      env: {},
      execArgv: [],
    });
    worker.unref();
    // What it has to say is awaited where it is asked; between two payloads nobody waits.
    worker.on('error', () => {});
    worker.once('exit', () => {
      this.#worker = undefined;
    });
    await answerOf(worker, BEGIN_MS);
    return worker;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.then((one) => one.terminate()).catch(() => {});
  }
}

/** The next message of a thread. @throws AppError `malformed` when it ends before, or takes longer than `ms` */
function answerOf(worker: Worker, ms: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const late = (): void =>
    reject(new AppError('malformed', `The mapping took longer than ${ms / 1_000} s on this payload.`));
  const ended = (): void =>
    reject(new AppError('malformed', 'The mapping took too much memory on this payload.'));
  const timer = setTimeout(late, ms);
  worker.once('message', resolve).once('error', ended).once('exit', ended);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', ended).off('exit', ended);
  });
}
