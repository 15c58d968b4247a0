import assert from 'node:assert/strict';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { type AnalystOptions, createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver, templateOf } from '../../src/analysis/logs/reader.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../src/backends/model/openai.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { type Answer, answerWire } from '../../src/domain/question/answer.ts';
import type { Language, Question } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { poolIncident } from '../fakes/incident-logs.ts';
import { type Received, type Reply, startModelServer } from '../fakes/model-server.ts';

export const log = createLog('silent');

/** The question of most tests: why, over all there is. */
export const why = (language: Language = 'en', over: Partial<Question> = {}): Question => ({
  kind: 'why',
  text: '',
  language,
  ...over,
});

/** An analyst over an incident of a dry pool, without a model. */
export const analyst = (over: Partial<AnalystOptions> = {}) =>
  createAnalyst({
    logs: readerOver(poolIncident()),
    models: [],
    language: 'en',
    timeZone: 'UTC',
    log,
    ...over,
  });

export async function drain(
  events: AsyncIterable<AnswerEvent>,
): Promise<{ events: AnswerEvent[]; answer: Answer }> {
  const out: AnswerEvent[] = [];
  for await (const event of events) out.push(event);
  const last = out.at(-1);
  assert.ok(last?.kind === 'answer', 'the last event is the answer');
  answerWire.parse(last.answer);
  return { events: out, answer: last.answer };
}

export const truthful = {
  explanation:
    'The pool of orders-db-proxy ran dry. It says "connection pool exhausted: 40 of 40 in use, 12 waiting". The shipping-api crashed 4711 times.',
  root_cause: 'The connection pool of orders-db-proxy is exhausted.',
  solution: 'Raise the pool size of orders-db-proxy back to 80.',
  summary: 'orders-db-proxy has no free connections.',
  error_type: 'POOL_EXHAUSTED',
  severity: 5,
  sentiment: 'negative',
  quotes: [],
};

/** An Ollama model (inside) and an OpenAI one (here made `external`), on servers that follow a script. */
export async function models(first: Reply[], second: Reply[] = [{ say: JSON.stringify(truthful) }]) {
  const a = await startModelServer(first);
  const b = await startModelServer(second);
  const openai = await openOpenAi(
    {
      kind: 'openai',
      baseUrl: `${a.url}/v1`,
      model: 'first',
      contextTokens: 8_192,
      price: { prompt: 2, completion: 4 },
      timeoutMs: 500,
      apiKey: 'sk-test-0123456789abcdef',
    },
    log,
  );
  const ollama = await openOllama(
    { kind: 'ollama', url: b.url, model: 'second', contextTokens: 8_192, timeoutMs: 500 },
    log,
  );
  return {
    first: a,
    second: b,
    models: [openai, ollama],
    async [Symbol.asyncDispose]() {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
    },
  };
}

/** As the pipeline stores them: with a template. */
export const mined = (records: LogRecord[]): LogRecord[] =>
  records.map((entry) => ({ ...entry, template: templateOf(entry) }));

export const promptOf = (received: Received): string =>
  (received.body.messages as { content: string }[]).map((message) => message.content).join('\n');
