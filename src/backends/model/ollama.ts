import { type ChatRequest, Ollama } from 'ollama';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { faultOf, ModelError, type ModelFault } from '../../domain/question/model-fault.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';
import { gpuLayers, layersOf } from './gpu-layers.ts';
import { faultHealth } from './last-fault.ts';
import { FREE, type Model, type ModelEvent, type ModelRequest } from './model.ts';
import { isExternal, retryAfter, withRetry } from './retry.ts';
import { mayBeMemory, networkFault, refusalFault } from './vendor-words.ts';

export type OllamaEntry = Extract<Config['models'][number], { kind: 'ollama' }>;

const SHOW_TIMEOUT_MS = 3_000;
/** The model stays loaded this long after a question, so that the next one need not wait for it. */
const KEEP_ALIVE = '10m';

/**
 * A model served by Ollama. Its context is set on every call (`num_ctx`) and limited to what the model was made
 * for; a prompt that does not fit is refused as `too_large` instead of being cut silently by the server.
 */
export async function openOllama(entry: OllamaEntry, log: Log, state?: StateStore): Promise<Model> {
  const gpu = gpuLayers({ state, host: new URL(entry.url).host, model: entry.model, log });
  /** Layers of the model; most have about as many where the server does not say. */
  let layers = 32;
  let onGpu: Model['onGpu'];
  let context = entry.contextTokens;
  let checked = false;

  /** Asks the server once for the model's own limit. Older servers give `model_info` with `<family>.context_length`. */
  async function check(signal: AbortSignal): Promise<void> {
    if (checked) return;
    const shown = await connect(entry.url, signal).show({ model: entry.model });
    const info = Object.entries(shown.model_info ?? {}) as [string, unknown][];
    const limit = info.find(([key]) => key.endsWith('.context_length'))?.[1];
    if (typeof limit === 'number' && limit > 0 && limit < context) {
      log.info({ model: entry.model, configured: context, limit }, 'context limited to what the model holds');
      context = limit;
    }
    const blocks = info.find(([key]) => key.endsWith('.block_count'))?.[1];
    // The output counts as one more.
    if (typeof blocks === 'number' && blocks > 0) layers = blocks + 1;
    checked = true;
  }

  /** How the model runs with a step; undefined where the server decides. */
  const share = (step: number): Model['onGpu'] => {
    const count = layersOf(step, layers);
    return count === undefined ? undefined : { layers: count, of: layers };
  };

  /** Asks with ever fewer layers on the GPU until the model fits, down to the CPU. */
  async function* fitted(request: ModelRequest): AsyncIterable<ModelEvent> {
    for (let step = await gpu.step(); ; ) {
      let begun = false;
      try {
        const numGpu = layersOf(step, layers);
        for await (const event of withRetry(() => attempt(request, numGpu), request.signal)) {
          begun = true;
          onGpu = share(step);
          yield event;
        }
        return await gpu.worked(step);
      } catch (error) {
        if (!(error instanceof ModelError && isForLackOfMemory(error))) throw error;
        const next = await gpu.lower(step);
        if (next === undefined)
          throw error.fault === 'crashed' ? error : new ModelError('memory', error.message, { cause: error });
        // Words that were shown cannot be taken back here: whoever asked begins anew.
        if (begun) throw new ModelError(error.fault, error.message, { cause: error, again: true });
        step = next;
      }
    }
  }

  async function* attempt(request: ModelRequest, numGpu?: number): AsyncIterable<ModelEvent> {
    const deadline = AbortSignal.timeout(entry.timeoutMs);
    // Aborted in any case at the end: the client leaves the connection open when its loop is left early.
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, deadline, ...(request.signal ? [request.signal] : [])]);
    const estimate = (request.system.length + request.prompt.length) / 4;
    try {
      await check(signal);
      if (estimate + Math.min(request.maxTokens, context / 4) > context)
        throw new ModelError('context', `${entry.model}: about ${Math.ceil(estimate)} tokens for ${context}`);
      // `truncate` and `shift` are newer than the client's types; servers that know them refuse instead of cutting.
      const chat: ChatRequest & { stream: true; truncate: boolean; shift: boolean } = {
        model: entry.model,
        stream: true,
        truncate: false,
        shift: false,
        messages: [
          // A variant that was made with an instruction of its own is asked without one.
          ...(request.system ? [{ role: 'system', content: request.system }] : []),
          { role: 'user', content: request.prompt },
        ],
        format: request.schema,
        keep_alive: KEEP_ALIVE,
        options: {
          num_ctx: context,
          num_predict: request.maxTokens,
          temperature: request.temperature,
          ...(numGpu === undefined ? {} : { num_gpu: numGpu }),
        },
      };
      const stream = await connect(entry.url, signal).chat(chat);
      let ended = false;
      for await (const part of stream) {
        // JSON of something that is no chat server.
        if (!part.message && !part.done) throw new SyntaxError('no part of an answer');
        if (part.message?.content) yield { kind: 'text', text: part.message.content };
        if (!part.done) continue;
        ended = true;
        const prompt = part.prompt_eval_count ?? 0;
        if (prompt >= context - 1)
          throw new ModelError(
            'context',
            `${entry.model}: the prompt filled the context of ${context} tokens`,
          );
        yield {
          kind: 'end',
          tokens: { prompt, completion: part.eval_count ?? 0 },
          ...(part.done_reason && part.done_reason !== 'stop' ? { note: part.done_reason } : {}),
        };
      }
      if (!ended) throw new ModelError('cut', `${entry.model}: the stream ended before the answer did`);
    } catch (error) {
      throw translate(error, { entry, asker: request.signal, deadline, estimate, context });
    } finally {
      left.abort();
    }
  }

  const model: Model = {
    id: entry.id ?? 'ollama',
    name: `ollama/${entry.model}`,
    get onGpu() {
      return onGpu;
    },
    external: isExternal(entry.url),
    get contextTokens() {
      return context;
    },
    price: entry.price ?? FREE,
    tools: entry.tools ?? false,
    async *ask(request) {
      if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
      yield* fitted(request);
    },
    async health(): Promise<Health> {
      const where: Phrase = ['model', { model: entry.model, place: new URL(entry.url).host }];
      const deadline = AbortSignal.timeout(Math.min(SHOW_TIMEOUT_MS, entry.timeoutMs));
      try {
        const { models } = await connect(entry.url, deadline).list();
        if (!Array.isArray(models)) throw new SyntaxError('no list of models');
        const full = entry.model.includes(':') ? entry.model : `${entry.model}:latest`;
        if (!models.some((known) => known.name === full || known.name === entry.model))
          return healthOf(false, 'ollama', [where, ['modelMissing']], ['mend.pull', { model: entry.model }]);
        const less = share(await gpu.step());
        const runs: Phrase[] = less ? [less.layers === 0 ? ['onCpu'] : ['onGpu', { ...less }]] : [];
        return healthOf(true, 'ollama', [where, ['context', { tokens: context }], ...runs]);
      } catch (error) {
        const about = { entry, asker: undefined, deadline, estimate: 0, context };
        const fault = faultOf(translate(error, about));
        return faultHealth('ollama', [where], { fault, model: entry.model });
      }
    },
    async [Symbol.asyncDispose]() {},
  };
  // Best effort, so that prompts are fitted to the real context from the first question on.
  await check(AbortSignal.timeout(Math.min(SHOW_TIMEOUT_MS, entry.timeoutMs))).catch(() => undefined);
  return model;
}

/** Whether fewer layers on the GPU may help: the server says so, or its process died without a word that says otherwise. */
const isForLackOfMemory = ({ fault, cause }: ModelError): boolean =>
  fault === 'gpu_memory' || (fault === 'crashed' && mayBeMemory(saidBy(cause)));

/** The server's own words in an error; those of the program and of the network tell nothing of the model. */
const saidBy = (cause: unknown): string => (cause instanceof OllamaRefusal ? cause.said : '');

/** What the server says went wrong. Its words are kept out of message and log: nobody knows what is in them. */
class OllamaRefusal extends Error {
  override name = 'Refusal';
  /** Absent where it came within the stream, after a status of 200. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly #said: string;

  constructor(said: string, response?: Response) {
    super(response ? `status ${response.status}` : 'an error within the stream');
    this.status = response?.status;
    this.retryAfterMs = response && retryAfter(response.headers);
    this.#said = said.slice(0, SAID);
  }

  get said(): string {
    return this.#said;
  }
}
/** Ollama passes on the last 8 KB its runner wrote; what went wrong stands at their end. */
const SAID = 10_000;

/**
 * A client for one call. Its fetch turns a refusal into a OllamaRefusal and a broken line into a SyntaxError before
 * the client sees them: the client would print both to the console, model text included.
 */
export function connect(url: string, signal: AbortSignal): Ollama {
  return new Ollama({
    host: url,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, signal });
      if (!response.ok) {
        throw new OllamaRefusal(await response.text().catch(() => ''), response);
      }
      // A status that nothing follows (204) is read like an empty answer.
      const body = response.body ?? new Blob([]).stream();
      return new Response(body.pipeThrough(checkedLines()), { headers: response.headers });
    },
  });
}

/**
 * Passes newline-delimited JSON on line by line; a complete line that is no JSON object ends the stream with a SyntaxError,
 * and so does its end before the first line; an error object ends it with a OllamaRefusal.
 */
function checkedLines(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  let some = false;
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.trim()) continue;
        checkLine(line);
        some = true;
        controller.enqueue(encoder.encode(`${line}\n`));
      }
    },
    flush(controller) {
      if (!rest.trim()) {
        if (!some) throw new SyntaxError('an empty answer');
        return;
      }
      try {
        checkLine(rest);
      } catch (error) {
        if (error instanceof OllamaRefusal || !rest.trimStart().startsWith('{')) throw error;
        // The connection ended within a line: the missing end is noticed by the caller.
        return;
      }
      controller.enqueue(encoder.encode(rest));
    },
  });
}

function checkLine(line: string): void {
  const part: unknown = JSON.parse(line);
  if (typeof part !== 'object' || part === null) throw new SyntaxError('not an object');
  const { error } = part as { error?: unknown };
  if (error !== undefined) throw new OllamaRefusal(typeof error === 'string' ? error : JSON.stringify(error));
}

/** What the client, the network or the server threw, as one of the program's own errors. */
export function translate(
  cause: unknown,
  about: {
    entry: OllamaEntry;
    asker: AbortSignal | undefined;
    deadline: AbortSignal;
    estimate: number;
    context: number;
  },
): AppError {
  const { entry } = about;
  if (cause instanceof AppError) return cause;
  if (about.asker?.aborted) return new AppError('stopped', 'the request was stopped', { cause });
  const told = (fault: ModelFault, what: string, retryAfterMs?: number): ModelError =>
    new ModelError(fault, `${entry.model}: ${what}`, { cause, retryAfterMs });
  if (about.deadline.aborted) return told('timeout', `no answer in ${entry.timeoutMs} ms`);
  if (cause instanceof OllamaRefusal)
    return told(faultIn(cause, about), `the server answered ${cause.message}`, cause.retryAfterMs);
  if (cause instanceof SyntaxError) return told('rejected', 'the stream is not JSON');
  const fault = networkFault(cause);
  // The client itself throws where a stream ends without its last object.
  const ended = cause instanceof Error && !(cause instanceof TypeError) && fault === 'unreachable';
  return told(ended ? 'cut' : fault, ended ? 'the stream ended before the answer did' : 'cannot be reached');
}

function faultIn(
  { status, said }: OllamaRefusal,
  { estimate, context }: { estimate: number; context: number },
): ModelFault {
  const fault = refusalFault(status, said);
  // With `truncate: false` a prompt that does not fit is a 400 without a code of its own.
  return fault === 'rejected' && status === 400 && estimate > context / 2 ? 'context' : fault;
}
