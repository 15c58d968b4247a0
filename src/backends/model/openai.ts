import OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { Config } from '../../config.ts';
import { AppError } from '../../domain/errors.ts';
import { type Health, healthOf, type Phrase } from '../../domain/health.ts';
import { faultOf, ModelError, type ModelFault } from '../../domain/model-fault.ts';
import type { Log } from '../../log.ts';
import { FREE, type Model, type ModelEvent, type ModelRequest } from './model.ts';
import { isExternal, retryAfter, withRetry } from './retry.ts';
import { faultHealth } from './standing.ts';
import { networkFault, saidFault, saysQuotaSpent } from './vendor-words.ts';

export type OpenAiEntry = Extract<Config['models'][number], { kind: 'openai' }>;

/** How the answer's form is asked for, strongest first; servers differ in what they understand. */
const FORMATS = ['json_schema', 'json_object', 'none'] as const;

/** What this server has refused so far, so that later calls do not try it again. */
interface Dialect {
  format: number;
  newTokenField: boolean;
  temperature: boolean;
}

/**
 * A model behind any server that speaks OpenAI's chat completions. Does not connect: a server that is down is
 * noticed by the first question and by `health`.
 */
export async function openOpenAi(entry: OpenAiEntry, log: Log): Promise<Model> {
  const external = isExternal(entry.baseUrl);
  const keyMissing = external && !entry.apiKey;
  const client = new OpenAI({
    baseURL: entry.baseUrl,
    // Local servers want no key, the client wants some text.
    apiKey: entry.apiKey ?? 'none',
    // Retries are ours (`withRetry`): a server that asks for a minute's pause must not hold the asker that long.
    maxRetries: 0,
    timeout: entry.timeoutMs,
    logLevel: 'off',
  });
  const dialect: Dialect = { format: 0, newTokenField: false, temperature: true };

  async function* attempt(request: ModelRequest): AsyncIterable<ModelEvent> {
    const deadline = AbortSignal.timeout(entry.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
    let usage: OpenAI.CompletionUsage | undefined;
    let finish: string | undefined;
    try {
      for (;;) {
        try {
          const stream = await client.chat.completions.create(body(entry.model, request, dialect), {
            signal,
          });
          for await (const chunk of stream) {
            usage = chunk.usage ?? usage;
            const choice = chunk.choices[0];
            if (choice?.delta?.content) yield { kind: 'text', text: choice.delta.content };
            finish = choice?.finish_reason ?? finish;
          }
          break;
        } catch (error) {
          if (!adapt(error, dialect)) throw error;
          log.debug({ model: entry.model, ...dialect }, 'the server refused a field, asking without it');
        }
      }
    } catch (error) {
      throw translate(error, entry, request.signal, deadline);
    }
    // The client ends its loop quietly when the signal aborts or the connection is cut.
    if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
    if (deadline.aborted)
      throw new ModelError('timeout', `${entry.model}: no answer in ${entry.timeoutMs} ms`);
    if (!finish) throw new ModelError('cut', `${entry.model}: the stream ended before the answer did`);
    yield {
      kind: 'end',
      tokens: { prompt: usage?.prompt_tokens ?? 0, completion: usage?.completion_tokens ?? 0 },
      ...(finish === 'stop' ? {} : { note: finish }),
    };
  }

  return {
    id: entry.id ?? 'openai',
    name: `openai/${entry.model}`,
    external,
    contextTokens: entry.contextTokens,
    price: entry.price ?? FREE,
    tools: entry.tools ?? false,
    async *ask(request) {
      if (keyMissing) throw new ModelError('key', 'no key: set OPENAI_API_KEY');
      if (request.signal?.aborted) throw new AppError('stopped', 'the request was stopped');
      yield* withRetry(() => attempt(request), request.signal);
    },
    async health(): Promise<Health> {
      const where: Phrase = ['model', { model: entry.model, place: new URL(entry.baseUrl).host }];
      if (keyMissing) return healthOf(false, 'openai', [where, ['noKey']], ['mend.key']);
      try {
        await client.models.list({ timeout: Math.min(3_000, entry.timeoutMs) });
        return healthOf(true, 'openai', [where]);
      } catch (error) {
        const fault = faultOf(translate(error, entry, undefined, undefined));
        return faultHealth('openai', [where], { fault, model: entry.model });
      }
    },
    async [Symbol.asyncDispose]() {},
  };
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

/** On a refusal (400, 422) drops the field the server names, else the answer format; false when nothing is left to drop. */
function adapt(error: unknown, dialect: Dialect): boolean {
  if (!(error instanceof OpenAI.APIError) || (error.status !== 400 && error.status !== 422)) return false;
  // It says what is wrong, and no field is.
  if (statusFault(error) !== 'rejected') return false;
  if (error.param === 'max_tokens' && !dialect.newTokenField) {
    dialect.newTokenField = true;
    return true;
  }
  if (error.param === 'temperature' && dialect.temperature) {
    dialect.temperature = false;
    return true;
  }
  if (dialect.format >= FORMATS.length - 1) return false;
  dialect.format += 1;
  return true;
}

/** Everything a server says of an error: code, kind and words. */
const saidIn = (error: InstanceType<typeof OpenAI.APIError>): string =>
  [error.code, error.type, error.message].filter(Boolean).join(' ');

const isContextOverflow = (error: InstanceType<typeof OpenAI.APIError>): boolean =>
  error.status === 413 || error.code === 'string_above_max_length' || saidFault(saidIn(error)) === 'context';

/** What the client, the network or the server threw, as one of the program's own errors. */
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
  if (cause instanceof SyntaxError) return told('rejected', 'the stream is not JSON');
  const fault = networkFault(cause);
  return told(fault === 'unreachable' ? 'cut' : fault, 'the connection broke');
}

/** By status, then by what the server says; an error within the stream has no status. */
function statusFault(error: InstanceType<typeof OpenAI.APIError>): ModelFault {
  const { status } = error;
  const said = saidIn(error);
  if (status === 402 || (status !== undefined && status < 500 && saysQuotaSpent(said))) return 'quota';
  if (status === 404 || error.code === 'model_not_found') return 'missing';
  if (status === 401) return 'key';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'limited';
  if (status === 408 || status === 504) return 'timeout';
  if (isContextOverflow(error)) return 'context';
  const words = saidFault(said);
  if (words) return words;
  if (status === 503 || status === 529) return 'busy';
  return status === undefined || status >= 500 || status === 409 ? 'broken' : 'rejected';
}
