import OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { faultOf, ModelError, type ModelFault } from '../../domain/question/model-fault.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { faultHealth } from './last-fault.ts';
import { FREE, type Model, type ModelEvent, type ModelRequest } from './model.ts';
import { type AnswerPart, answerParts } from './openai-chunks.ts';
import { isExternal, retryAfter, withRetry } from './server.ts';
import { networkFault, refusalFault } from './vendor-words.ts';

export type OpenAiEntry = Extract<Config['models'][number], { kind: 'openai' }>;

const KIND = 'openai';
const HEALTH_MS = 3_000;

/** Ways to ask for the form of the answer, strictest first; not every server knows all of them. */
const FORMATS = ['json_schema', 'json_object', 'none'] as const;

/** Ways to ask for no thoughts, the plainest first; models of a vendor differ in which they know. The last says nothing of it. */
const EFFORTS = ['none', 'minimal', 'low', undefined] as const;

/** What this server has refused so far, so that later calls do not try it again. */
interface Dialect {
  effort: (typeof EFFORTS)[number] | 'medium' | 'high';
  format: number;
  newTokenField: boolean;
  temperature: boolean;
}

/**
 * A model behind any server with OpenAI's chat completions. Opening does not connect: if a server is down, the first question and
 * `health` will show it.
 */
export async function openOpenAi(entry: OpenAiEntry, log: Log): Promise<Model> {
  return new OpenAiModel(entry, log);
}

class OpenAiModel implements Model {
  readonly id: string;
  readonly name: string;
  readonly external: boolean;
  readonly contextTokens: number;
  readonly price: Model['price'];
  readonly tools: boolean;
  readonly #entry: OpenAiEntry;
  readonly #log: Log;
  readonly #client: OpenAI;
  readonly #keyMissing: boolean;
  readonly #dialect: Dialect;

  constructor(entry: OpenAiEntry, log: Log) {
    this.id = entry.id ?? KIND;
    this.name = `openai/${entry.model}`;
    this.external = isExternal(entry.baseUrl);
    this.contextTokens = entry.contextTokens;
    this.price = entry.price ?? FREE;
    this.tools = entry.tools ?? false;
    const { thinking = 'off' } = entry;
    const effort = thinking === 'off' ? EFFORTS[0] : thinking;
    this.#dialect = { effort, format: 0, newTokenField: false, temperature: true };
    this.#entry = entry;
    this.#log = log;
    this.#keyMissing = this.external && !entry.apiKey;
    this.#client = new OpenAI({
      baseURL: entry.baseUrl,
      // Local servers want no key, the client wants some text.
      apiKey: entry.apiKey ?? 'none',
      // `withRetry` tries again instead: a server that asks for a pause of a minute must not hold the asker for so long.
      maxRetries: 0,
      timeout: entry.timeoutMs,
      logLevel: 'off',
    });
  }

  get thinks(): boolean {
    const { effort } = this.#dialect;
    return effort === 'low' || effort === 'medium' || effort === 'high';
  }

  async *ask(request: ModelRequest): AsyncIterable<ModelEvent> {
    if (this.#keyMissing) throw new ModelError('key', 'no key: set OPENAI_API_KEY');
    if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
    yield* withRetry(() => this.#attempt(request), request.signal);
  }

  async health(): Promise<Health> {
    const { model, baseUrl, timeoutMs } = this.#entry;
    const where: Phrase = ['model', { model, place: new URL(baseUrl).host }];
    if (this.#keyMissing) return healthOf(false, KIND, [where, ['noKey']], ['mend.key']);
    try {
      const asked = this.#client.models.list({ timeout: Math.min(HEALTH_MS, timeoutMs) });
      const listed: unknown = await (await asked.asResponse()).json();
      // Else a web page, or the API of something else. Some servers give the list itself.
      if (![listed, ...Object.values(listed ?? {})].some(Array.isArray))
        throw new SyntaxError('no list of models');
      return healthOf(true, KIND, [where]);
    } catch (error) {
      const fault = faultOf(translate(error, this.#entry, undefined, undefined));
      return faultHealth(KIND, [where], { fault, model });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#attempt(request: ModelRequest): AsyncIterable<ModelEvent> {
    const { model, timeoutMs } = this.#entry;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
    let usage: OpenAI.CompletionUsage | undefined;
    let finish: string | undefined;
    try {
      for await (const part of this.#parts(request, signal)) {
        usage = part.usage ?? usage;
        const choice = part.choices?.[0];
        if (choice?.delta?.content) yield { kind: 'text', text: choice.delta.content };
        finish = choice?.finish_reason ?? finish;
      }
    } catch (error) {
      throw translate(error, this.#entry, request.signal, deadline);
    }
    // The client ends its loop without an error when the signal aborts or the connection is cut.
    if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
    if (deadline.aborted) throw new ModelError('timeout', `${model}: no answer in ${timeoutMs} ms`);
    if (!finish) throw new ModelError('cut', `${model}: the stream ended before the answer did`);
    yield {
      kind: 'end',
      tokens: { prompt: usage?.prompt_tokens ?? 0, completion: usage?.completion_tokens ?? 0 },
      ...(finish === 'stop' ? {} : { note: finish }),
    };
  }

  /** The parts of the answer; asks again without a field that the server refuses. */
  async *#parts(request: ModelRequest, signal: AbortSignal): AsyncIterable<AnswerPart> {
    const { model } = this.#entry;
    const dialect = this.#dialect;
    for (;;) {
      try {
        const asked = this.#client.chat.completions.create(body(model, request, dialect), { signal });
        yield* answerParts(await asked.withResponse());
        return;
      } catch (error) {
        if (!adapt(error, dialect)) throw error;
        this.#log.debug({ model, ...dialect }, 'the server refused a field, asking without it');
      }
    }
  }
}

function body(model: string, request: ModelRequest, dialect: Dialect): ChatCompletionCreateParamsStreaming {
  const format = FORMATS[dialect.format];
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: request.system },
      { role: 'user', content: request.prompt },
    ],
    ...(dialect.effort ? { reasoning_effort: dialect.effort } : {}),
    ...(dialect.temperature ? { temperature: request.temperature } : {}),
    ...(dialect.newTokenField
      ? { max_completion_tokens: request.maxTokens }
      : { max_tokens: request.maxTokens }),
    ...(format === 'json_schema'
      ? {
          response_format: {
            type: format,
            json_schema: { name: request.schemaName, schema: request.schema, strict: true },
          },
        }
      : format === 'json_object'
        ? { response_format: { type: format } }
        : {}),
  };
}

/**
 * After a refusal (400, 422): drops the field that the server names, else the effort, which only some servers know, else the
 * answer format. False when nothing is left to drop.
 */
function adapt(error: unknown, dialect: Dialect): boolean {
  if (!(error instanceof OpenAI.APIError) || (error.status !== 400 && error.status !== 422)) return false;
  // The server names another reason: no field is wrong.
  if (statusFault(error) !== 'rejected') return false;
  if (error.param === 'max_tokens' && !dialect.newTokenField) {
    dialect.newTokenField = true;
    return true;
  }
  if (error.param === 'temperature' && dialect.temperature) {
    dialect.temperature = false;
    return true;
  }
  const isNamed = /reasoning/i.test(error.param ?? error.message);
  if (dialect.effort && (isNamed || !error.param)) {
    // A server that names the field knows it, but not this value.
    dialect.effort = isNamed
      ? EFFORTS[(EFFORTS as readonly unknown[]).indexOf(dialect.effort) + 1]
      : undefined;
    return true;
  }
  if (dialect.format >= FORMATS.length - 1) return false;
  dialect.format += 1;
  return true;
}

/** Everything that a server says about an error: code, type and message. */
const saidIn = (error: InstanceType<typeof OpenAI.APIError>): string =>
  [error.code, error.type, error.message].filter(Boolean).join(' ');

/** An error of the client, the network or the server as an AppError. */
export function translate(
  cause: unknown,
  entry: OpenAiEntry,
  asker: AbortSignal | undefined,
  deadline: AbortSignal | undefined,
): AppError {
  if (cause instanceof AppError) return cause;
  if (asker?.aborted) return new AppError('stopped', 'the request was stopped', { cause });
  const told = (fault: ModelFault, what: string, retryAfterMs?: number): ModelError =>
    new ModelError(fault, `${entry.model}: ${what}`, { cause, retryAfterMs });
  if (deadline?.aborted || cause instanceof OpenAI.APIConnectionTimeoutError)
    return told('timeout', `no answer in ${entry.timeoutMs} ms`);
  if (cause instanceof OpenAI.APIConnectionError) return told(networkFault(cause), 'cannot be reached');
  if (cause instanceof OpenAI.APIError) {
    const { status } = cause;
    const wait = retryAfter(cause.headers as Headers | undefined);
    return told(statusFault(cause), `the server answered ${status ?? 'with an error'}`, wait);
  }
  if (cause instanceof SyntaxError) return told('rejected', 'what came is no answer of a chat server');
  const fault = networkFault(cause);
  return told(fault === 'unreachable' ? 'cut' : fault, 'the connection broke');
}

/** An error in the stream, or in place of an answer, has its status as a code, if at all. */
function statusOf({ status, code }: InstanceType<typeof OpenAI.APIError>): number | undefined {
  const inside = Number(code);
  return status ?? (inside >= 400 && inside < 600 ? inside : undefined);
}

const statusFault = (error: InstanceType<typeof OpenAI.APIError>): ModelFault =>
  error.code === 'model_not_found' ? 'missing' : refusalFault(statusOf(error), saidIn(error));
