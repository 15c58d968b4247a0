import type { Health } from '../../domain/health.ts';
import type { ModelFault } from '../../domain/question/model-fault.ts';

export interface ModelRequest {
  /** Instructions; never contains log text. */
  system: string;
  /** The question and the delimited evidence. */
  prompt: string;
  /** JSON Schema the answer must follow; adapters ask the server to enforce it. */
  schema: Record<string, unknown>;
  schemaName: string;
  temperature: number;
  maxTokens: number;
  /** If many requests wait, those of people go before batch work; `person` when absent. */
  lane?: 'person' | 'batch';
  signal?: AbortSignal;
}

export type ModelEvent =
  | { kind: 'text'; text: string }
  /** Always the last event. Token figures are the server's own. */
  | { kind: 'end'; tokens: { prompt: number; completion: number }; note?: string };

/**
 * A language model behind a server.
 *
 * Life cycle:
 * 1. Open: the factory resolves whether or not the server is there, and throws only for a configuration it cannot use.
 * 2. Calls may assume nothing about the server. `contextTokens` and `onGpu` may change with every answer, so they are read
 *    anew each time; everything else stays as it is.
 * 3. At the same time: any number of questions. How many really run at once is the matter of `request-lanes.ts`.
 * 4. One question: the last event is `end`, or the iteration throws. Aborting `signal`, or leaving the loop early, closes
 *    the connection to the server at once.
 * 5. Dispose: may be called twice. Questions under way are stopped by their own `signal`, not by this.
 * 6. Throws: `ask` throws ModelError, whose `fault` says why there is no answer, or AppError `stopped`. `health` never
 *    rejects.
 */
export interface Model extends AsyncDisposable {
  /** As the configuration names it: `openai`, `ollama`, or an id of its own. */
  readonly id: string;
  /** As shown to people: `ollama/llama3`. */
  readonly name: string;
  /** How many of its layers run on the GPU, where the memory is too small for all of them; 0: all run on the CPU. */
  readonly onGpu?: { layers: number; of: number } | undefined;
  /** Whether text that is sent to it leaves the operator's machines; then it is masked. */
  readonly external: boolean;
  /** How many tokens of prompt and answer together the server really holds. */
  readonly contextTokens: number;
  /** US dollars per million tokens. */
  readonly price: { prompt: number; completion: number };
  /** Whether it thinks before it answers; its thoughts count as tokens of the answer. */
  readonly thinks?: boolean | undefined;
  /** Whether it may ask for more lines and counts before it answers. */
  readonly tools: boolean;
  ask(request: ModelRequest): AsyncIterable<ModelEvent>;
  health(): Promise<Health>;
  /**
   * What came of its latest reply, told by who read it: `untrue` or `unusable` where it was of no use, undefined where it was.
   * A server that answers well may still answer nonsense. Never rejects.
   */
  judged?(fault: ModelFault | undefined): Promise<void>;
}

/** The price of a model on the operator's own machines. */
export const FREE = { prompt: 0, completion: 0 } as const;

/** A model that is like `inner` but for what `own` does in another way. */
export const derivedModel = (
  inner: Model,
  own: Partial<Pick<Model, 'ask' | 'health' | 'judged'>>,
): Model => ({
  id: inner.id,
  name: inner.name,
  get onGpu() {
    return inner.onGpu;
  },
  external: inner.external,
  get contextTokens() {
    return inner.contextTokens;
  },
  price: inner.price,
  get thinks() {
    return inner.thinks;
  },
  tools: inner.tools,
  ask: own.ask ?? ((request) => inner.ask(request)),
  health: own.health ?? (() => inner.health()),
  judged: own.judged ?? (async (fault) => inner.judged?.(fault)),
  [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
});
