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
import { partsOf } from './openai-chunks.ts';
import { isExternal, retryAfter, withRetry } from './retry.ts';
import { networkFault, refusalFault } from './vendor-words.ts';

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
          const asked = client.chat.completions.create(body(entry.model, request, dialect), { signal });
          for await (const part of partsOf(await asked.withResponse())) {
            usage = part.usage ?? usage;
            const choice = part.choices?.[0];
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
        const asked = client.models.list({ timeout: Math.min(3_000, entry.timeoutMs) });
        const listed: unknown = await (await asked.asResponse()).json();
        // A web page, or the API of something else; some give the bare list.
        if (![listed, ...Object.values(listed ?? {})].some(Array.isArray))
          throw new SyntaxError('no list of models');
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
  if (cause instanceof SyntaxError) return told('rejected', 'what came is no answer of a chat server');
  const fault = networkFault(cause);
  return told(fault === 'unreachable' ? 'cut' : fault, 'the connection broke');
}

/** An error within the stream, or in place of an answer, has its status as a code, if at all. */
function statusOf({ status, code }: InstanceType<typeof OpenAI.APIError>): number | undefined {
  const inside = Number(code);
  return status ?? (inside >= 400 && inside < 600 ? inside : undefined);
}

const statusFault = (error: InstanceType<typeof OpenAI.APIError>): ModelFault =>
  error.code === 'model_not_found' ? 'missing' : refusalFault(statusOf(error), saidIn(error));
