import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import { Stream } from 'openai/streaming';

interface Answered {
  data: AsyncIterable<ChatCompletionChunk>;
  response: Response;
}

/** What any part of an answer holds; servers leave out what the client's types promise. */
export type AnswerPart = Pick<Partial<ChatCompletionChunk>, 'choices' | 'usage'>;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;
const EVENTS = 'text/event-stream';

/**
 * The parts of an answer as they come; one part for all of it from a server that does not stream.
 * Throws APIError for an error in place of an answer, SyntaxError where what came is no answer of a chat server: a web
 * page, an empty body, JSON of something else.
 */
export async function* partsOf({ data, response }: Answered): AsyncIterable<AnswerPart> {
  const type = response.headers.get('content-type') ?? '';
  let seen = false;
  let some = false;
  for await (const part of JSON_TYPE.test(type) ? wholeOf(response) : response.body ? data : []) {
    seen = true;
    if (!Array.isArray(part?.choices)) continue;
    some = true;
    yield part;
  }
  // A stream of events that ends before its first one was cut; anything else was none.
  if (!some && (seen || !type.startsWith(EVENTS))) throw new SyntaxError('no answer of a chat server');
}

async function* wholeOf(response: Response): AsyncIterable<AnswerPart> {
  const text = await response.text();
  // Some call their stream JSON.
  if (/^\s*(?:data|event|id|retry)?:/.test(text)) {
    yield* Stream.fromSSEResponse<AnswerPart>(new Response(text), new AbortController());
    return;
  }
  const body = JSON.parse(text) as (Partial<ChatCompletion> & { error?: object }) | null;
  if (body?.error) throw new OpenAI.APIError(undefined, body.error, undefined, response.headers);
  if (!Array.isArray(body?.choices)) return;
  const [first] = body.choices;
  yield {
    choices: [
      {
        index: 0,
        delta: { content: first?.message?.content ?? null },
        finish_reason: first?.finish_reason ?? 'stop',
      },
    ],
    ...(body.usage ? { usage: body.usage } : {}),
  };
}
