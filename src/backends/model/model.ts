import type { Health } from '../../domain/health.ts';

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
  /** Where many wait, a person's question goes before batch work; `person` when absent. */
  lane?: 'person' | 'batch';
  signal?: AbortSignal;
}

export type ModelEvent =
  | { kind: 'text'; text: string }
  /** Always the last event. Token figures are the server's own. */
  | { kind: 'end'; tokens: { prompt: number; completion: number }; note?: string };

/**
 * A language model behind a server.
 * `ask` throws ModelError, whose `fault` says why there is no answer, or AppError `stopped`.
 * Aborting `signal` closes the connection to the server at once.
 */
export interface Model extends AsyncDisposable {
  /** As the configuration calls it: `openai`, `ollama`, or an id of its own. */
  readonly id: string;
  /** As shown to people: `ollama/llama3`. */
  readonly name: string;
  /** How many of its layers run on the GPU, where memory did not hold all of them; 0 is the CPU. */
  readonly onGpu?: { layers: number; of: number } | undefined;
  /** Whether text sent to it leaves the operator's machines; decides masking. */
  readonly external: boolean;
  /** Tokens of prompt and answer together that the server really holds. */
  readonly contextTokens: number;
  /** US dollars per million tokens. */
  readonly price: { prompt: number; completion: number };
  /** Whether it may ask for more lines and counts before it answers. */
  readonly tools: boolean;
  ask(request: ModelRequest): AsyncIterable<ModelEvent>;
  health(): Promise<Health>;
}

/** The price of what runs on the operator's own machines. */
export const FREE = { prompt: 0, completion: 0 } as const;
