import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import { Stream } from 'openai/streaming';

interface Answered {
  data: AsyncIterable<ChatCompletionChunk>;
  response: Response;
}

/** A part of an answer. Servers leave out fields that the client's types promise. */
export type AnswerPart = Pick<Partial<ChatCompletionChunk>, 'choices' | 'usage'>;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;
const EVENTS = 'text/event-stream';

/**
 * The parts of an answer as they come; a server that does not stream gives one part.
 * @throws APIError for an error in place of an answer; SyntaxError for what is no answer of a chat server: a web page, an
 *   empty body, JSON of something else
 */
export async function* answerParts({ data, response }: Answered): AsyncIterable<AnswerPart> {
  const type = response.headers.get('content-type') ?? '';
  let seen = false;
  let some = false;
  for await (const part of JSON_TYPE.test(type) ? wholeOf(response) : response.body ? data : []) {
    seen = true;
    if (!Array.isArray(part?.choices)) continue;
    some = true;
    yield part;
  }
  // A stream of events that ends before its first event was cut; anything else was no stream.
  if (!some && (seen || !type.startsWith(EVENTS))) throw new SyntaxError('no answer of a chat server');
}

async function* wholeOf(response: Response): AsyncIterable<AnswerPart> {
  const text = await response.text();
  // Some servers call their stream JSON.
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
