import type { ChatRequest } from 'ollama';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { faultOf, ModelError } from '../../domain/question/model-fault.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from '../state/store.ts';
import { type GpuLayers, gpuLayers, layersOf } from './gpu-layers.ts';
import { faultHealth } from './last-fault.ts';
import { FREE, type Model, type ModelEvent, type ModelRequest } from './model.ts';
import { connect, type OllamaEntry, OllamaRefusal, translate } from './ollama-client.ts';
import { isExternal, withRetry } from './server.ts';
import { mayBeMemory } from './vendor-words.ts';

const KIND = 'ollama';
const SHOW_TIMEOUT_MS = 3_000;
/** The model stays loaded this long after a question, so that the next one need not wait for it. */
const KEEP_ALIVE = '10m';
/** Layers of a model where the server does not say; most have about as many. */
const USUAL_LAYERS = 32;

/**
 * A model served by Ollama. Its context is set with every call (`num_ctx`), at most what the model was made for. A prompt
 * that does not fit is refused (fault `context`); the server would cut it without a word.
 */
export async function openOllama(entry: OllamaEntry, log: Log, state?: StateStore): Promise<Model> {
  const model = new OllamaModel(entry, log, state);
  // Best effort, so that prompts fit the real context from the first question on.
  await model.learnLimits(AbortSignal.timeout(shortMs(entry))).catch(() => undefined);
  return model;
}

const shortMs = ({ timeoutMs }: OllamaEntry): number => Math.min(SHOW_TIMEOUT_MS, timeoutMs);

class OllamaModel implements Model {
  readonly id: string;
  readonly name: string;
  readonly external: boolean;
  readonly price: Model['price'];
  readonly tools: boolean;
  readonly #entry: OllamaEntry;
  readonly #log: Log;
  readonly #gpu: GpuLayers;
  #layers = USUAL_LAYERS;
  #onGpu: Model['onGpu'];
  #context: number;
  #limitsKnown = false;
  /** Whether the server knows how to switch thoughts of this model on and off; one that cannot think refuses to be told so. */
  #canThink = false;

  constructor(entry: OllamaEntry, log: Log, state: StateStore | undefined) {
    this.id = entry.id ?? KIND;
    this.name = `ollama/${entry.model}`;
    this.external = isExternal(entry.url);
    this.price = entry.price ?? FREE;
    this.tools = entry.tools ?? false;
    this.#entry = entry;
    this.#log = log;
    this.#context = entry.contextTokens;
    this.#gpu = gpuLayers({ state, host: new URL(entry.url).host, model: entry.model, log });
  }

  get onGpu(): Model['onGpu'] {
    return this.#onGpu;
  }
  get contextTokens(): number {
    return this.#context;
  }
  get thinks(): boolean {
    return this.#canThink && this.#thinking !== 'off';
  }
  get #thinking(): NonNullable<OllamaEntry['thinking']> {
    return this.#entry.thinking ?? 'off';
  }

  async *ask(request: ModelRequest): AsyncIterable<ModelEvent> {
    if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
    yield* this.#fitted(request);
  }

  async health(): Promise<Health> {
    const { model, url } = this.#entry;
    const where: Phrase = ['model', { model, place: new URL(url).host }];
    const deadline = AbortSignal.timeout(shortMs(this.#entry));
    try {
      const { models } = await connect(url, deadline).list();
      if (!Array.isArray(models)) throw new SyntaxError('no list of models');
      const full = model.includes(':') ? model : `${model}:latest`;
      if (!models.some(({ name }) => name === full || name === model))
        return healthOf(false, KIND, [where, ['modelMissing']], ['mend.pull', { model }]);
      const less = this.#shareOf(await this.#gpu.step());
      const runs: Phrase[] = less ? [less.layers === 0 ? ['onCpu'] : ['onGpu', { ...less }]] : [];
      return healthOf(true, KIND, [where, ['context', { tokens: this.#context }], ...runs]);
    } catch (error) {
      const about = { entry: this.#entry, asker: undefined, deadline, estimate: 0, context: this.#context };
      return faultHealth(KIND, [where], { fault: faultOf(translate(error, about)), model });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Asks the server once for the model's own limits. Older servers give `model_info` with `<family>.context_length`. */
  async learnLimits(signal: AbortSignal): Promise<void> {
    if (this.#limitsKnown) return;
    const { url, model } = this.#entry;
    const shown = await connect(url, signal).show({ model });
    const info = Object.entries(shown.model_info ?? {}) as [string, unknown][];
    const limit = info.find(([key]) => key.endsWith('.context_length'))?.[1];
    if (typeof limit === 'number' && limit > 0 && limit < this.#context) {
      this.#log.info({ model, configured: this.#context, limit }, 'context limited to what the model holds');
      this.#context = limit;
    }
    const blocks = info.find(([key]) => key.endsWith('.block_count'))?.[1];
    this.#canThink = shown.capabilities?.includes('thinking') ?? false;
    // The output counts as one more.
    if (typeof blocks === 'number' && blocks > 0) this.#layers = blocks + 1;
    this.#limitsKnown = true;
  }

  /** How the model runs with a step; undefined where the server decides. */
  #shareOf(step: number): Model['onGpu'] {
    const count = layersOf(step, this.#layers);
    return count === undefined ? undefined : { layers: count, of: this.#layers };
  }

  /** Asks with fewer and fewer layers on the GPU until the model fits, down to the CPU. */
  async *#fitted(request: ModelRequest): AsyncIterable<ModelEvent> {
    const gpu = this.#gpu;
    for (let step = await gpu.step(); ; ) {
      let begun = false;
      try {
        const numGpu = layersOf(step, this.#layers);
        for await (const event of withRetry(() => this.#attempt(request, numGpu), request.signal)) {
          begun = true;
          this.#onGpu = this.#shareOf(step);
          yield event;
        }
        return await gpu.worked(step);
      } catch (error) {
        if (!(error instanceof ModelError && isForLackOfMemory(error))) throw error;
        const next = await gpu.lower(step);
        if (next === undefined)
          throw error.fault === 'crashed' ? error : new ModelError('memory', error.message, { cause: error });
        // Text that was already shown cannot be taken back here: the caller asks again from the beginning.
        if (begun) throw new ModelError(error.fault, error.message, { cause: error, again: true });
        step = next;
      }
    }
  }

  async *#attempt(request: ModelRequest, numGpu?: number): AsyncIterable<ModelEvent> {
    const entry = this.#entry;
    const deadline = AbortSignal.timeout(entry.timeoutMs);
    // Aborted at the end in any case: the client leaves the connection open when its loop is left early.
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, deadline, ...(request.signal ? [request.signal] : [])]);
    const estimate = (request.system.length + request.prompt.length) / 4;
    try {
      await this.learnLimits(signal);
      const context = this.#context;
      if (estimate + Math.min(request.maxTokens, context / 4) > context)
        throw new ModelError('context', `${entry.model}: about ${Math.ceil(estimate)} tokens for ${context}`);
      const stream = await connect(entry.url, signal).chat(this.#chatOf(request, numGpu));
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
      throw translate(error, { entry, asker: request.signal, deadline, estimate, context: this.#context });
    } finally {
      left.abort();
    }
  }

  /** `truncate` and `shift` are newer than the client's types; servers that know them refuse a long prompt instead of cutting it. */
  #chatOf(
    request: ModelRequest,
    numGpu?: number,
  ): ChatRequest & { stream: true; truncate: boolean; shift: boolean } {
    return {
      model: this.#entry.model,
      stream: true,
      truncate: false,
      shift: false,
      messages: [
        // A variant with an instruction of its own is asked without one.
        ...(request.system ? [{ role: 'system', content: request.system }] : []),
        { role: 'user', content: request.prompt },
      ],
      format: request.schema,
      ...(this.#canThink ? { think: this.#thinking === 'off' ? false : this.#thinking } : {}),
      keep_alive: KEEP_ALIVE,
      options: {
        num_ctx: this.#context,
        num_predict: request.maxTokens,
        temperature: request.temperature,
        ...(numGpu === undefined ? {} : { num_gpu: numGpu }),
      },
    };
  }
}

/** Whether fewer layers on the GPU may help: the server says so, or its process died and gave no other reason. */
const isForLackOfMemory = ({ fault, cause }: ModelError): boolean =>
  fault === 'gpu_memory' || (fault === 'crashed' && mayBeMemory(saidBy(cause)));

/** The words of the server itself; errors of the program and of the network say nothing about the model. */
const saidBy = (cause: unknown): string => (cause instanceof OllamaRefusal ? cause.said : '');
