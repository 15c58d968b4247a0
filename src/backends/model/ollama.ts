import { type ChatRequest, Ollama } from 'ollama';
import type { Config } from '../../config.ts';
import { AppError } from '../../domain/errors.ts';
import { type Health, healthOf, type Phrase } from '../../domain/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';
import { gpuLayers, layersOf } from './gpu-layers.ts';
import { FREE, type Model, type ModelEvent, type ModelRequest } from './model.ts';
import { isExternal, retryAfter, withRetry } from './retry.ts';

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
  let remark: string | undefined;
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

  /** Asks with ever fewer layers on the GPU until the model fits, down to the CPU. */
  async function* fitted(request: ModelRequest): AsyncIterable<ModelEvent> {
    for (let step: number | undefined = await gpu.step(); ; ) {
      let begun = false;
      try {
        for await (const event of withRetry(
          () => attempt(request, layersOf(step!, layers)),
          request.signal,
        )) {
          begun = true;
          const share = layersOf(step, layers);
          remark = share === undefined ? undefined : share === 0 ? 'CPU' : `GPU ${share}/${layers}`;
          yield event;
        }
        return await gpu.worked(step);
      } catch (error) {
        if (!(error instanceof AppError && isOutOfMemory(error.cause))) throw error;
        step = await gpu.lower(step);
        // Words that were shown cannot be taken back; the next question fits.
        if (begun || step === undefined) throw error;
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
        throw new AppError('too_large', `${entry.model}: about ${Math.ceil(estimate)} tokens for ${context}`);
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
        if (part.message?.content) yield { kind: 'text', text: part.message.content };
        if (!part.done) continue;
        ended = true;
        const prompt = part.prompt_eval_count ?? 0;
        if (prompt >= context - 1)
          throw new AppError(
            'too_large',
            `${entry.model}: the prompt filled the context of ${context} tokens`,
          );
        yield {
          kind: 'end',
          tokens: { prompt, completion: part.eval_count ?? 0 },
          ...(part.done_reason && part.done_reason !== 'stop' ? { note: part.done_reason } : {}),
        };
      }
      if (!ended) throw new AppError('unavailable', `${entry.model}: the stream ended before the answer did`);
    } catch (error) {
      throw translate(error, { entry, asker: request.signal, deadline, estimate, context });
    } finally {
      left.abort();
    }
  }

  const model: Model = {
    id: entry.id ?? 'ollama',
    name: `ollama/${entry.model}`,
    get remark() {
      return remark;
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
        const full = entry.model.includes(':') ? entry.model : `${entry.model}:latest`;
        if (models.some((known) => known.name === full || known.name === entry.model))
          return healthOf(true, 'ollama', [where, ['context', { tokens: context }]]);
        return healthOf(false, 'ollama', [where, ['modelMissing']], ['mend.pull', { model: entry.model }]);
      } catch {
        return healthOf(false, 'ollama', [where, ['unreachable']], ['mend.ollama']);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
  // Best effort, so that prompts are fitted to the real context from the first question on.
  await check(AbortSignal.timeout(Math.min(SHOW_TIMEOUT_MS, entry.timeoutMs))).catch(() => undefined);
  return model;
}

/**
 * What Ollama and llama.cpp say when a model does not fit on the GPU. There is no code for it: the server answers 500, or
 * ends its stream with this text. (`requires more system memory` is about main memory: fewer layers on the GPU do not help.)
 */
const OUT_OF_MEMORY =
  /out of memory|unable to allocate \w+ buffer|cudaMalloc failed|insufficient (?:gpu|vram) memory/i;

const isOutOfMemory = (cause: unknown): boolean =>
  cause instanceof StatusError
    ? cause.outOfMemory
    : cause instanceof Error && OUT_OF_MEMORY.test(cause.message);

/** An answer of the server other than 2xx. */
class StatusError extends Error {
  override name = 'StatusError';
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly outOfMemory: boolean;

  constructor(response: Response, said: string) {
    super(`status ${response.status}`);
    this.outOfMemory = response.status >= 500 && OUT_OF_MEMORY.test(said);
    this.status = response.status;
    this.retryAfterMs = retryAfter(response.headers);
  }
}

/**
 * A client for one call. Its fetch turns a refusal into a StatusError and a broken line into a SyntaxError before
 * the client sees them: the client would print both to the console, model text included.
 */
export function connect(url: string, signal: AbortSignal): Ollama {
  return new Ollama({
    host: url,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, signal });
      if (!response.ok) {
        const said = await response.text().catch(() => '');
        throw new StatusError(response, said.slice(0, 2_000));
      }
      if (!response.body) return response;
      return new Response(response.body.pipeThrough(checkedLines()), response);
    },
  });
}

/** Passes newline-delimited JSON on line by line; a complete line that is not JSON ends the stream with a SyntaxError. */
function checkedLines(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.trim()) continue;
        JSON.parse(line);
        controller.enqueue(encoder.encode(`${line}\n`));
      }
    },
    flush(controller) {
      if (!rest.trim()) return;
      try {
        JSON.parse(rest);
      } catch {
        // The connection ended within a line: the missing end is noticed by the caller.
        return;
      }
      controller.enqueue(encoder.encode(rest));
    },
  });
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
  if (about.deadline.aborted)
    return new AppError('timeout', `${entry.model}: no answer in ${entry.timeoutMs} ms`, { cause });
  if (cause instanceof StatusError) {
    const { status, retryAfterMs } = cause;
    const said = `${entry.model}: the server answered ${status}`;
    if (status === 401 || status === 403) return new AppError('unauthorized', said, { cause });
    if (status === 429)
      return new AppError('rate_limited', said, {
        cause,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    if (status === 404)
      return new AppError('unavailable', `${entry.model}: not on the server; ollama pull ${entry.model}`, {
        cause,
        retryable: false,
      });
    if (status >= 500 || status === 408)
      // The same again would not fit either.
      return new AppError('unavailable', said, { cause, retryable: !cause.outOfMemory });
    // With `truncate: false` a prompt that does not fit is a 400 without a code of its own.
    if (status === 413 || (status === 400 && about.estimate > about.context / 2))
      return new AppError('too_large', said, { cause });
    return new AppError('malformed', said, { cause });
  }
  if (cause instanceof SyntaxError)
    return new AppError('malformed', `${entry.model}: the stream is not JSON`, { cause });
  const retryable = !isOutOfMemory(cause);
  return new AppError('unavailable', `${entry.model}: cannot be reached`, { cause, retryable });
}
