import assert from 'node:assert/strict';
import type { AnswerEvent } from '../../src/analysis/analyst.ts';
import { type AnalystOptions, createAnalyst } from '../../src/analysis/create-analyst.ts';
import { gatherEvidence } from '../../src/analysis/evidence/evidence.ts';
import { readerOver, templateOf } from '../../src/analysis/logs/reader.ts';
import { findWindow } from '../../src/analysis/logs/window.ts';
import { rankCauses } from '../../src/analysis/ranking/rank.ts';
import { openOllama } from '../../src/backends/model/ollama.ts';
import { openOpenAi } from '../../src/backends/model/openai.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { type Answer, answerWire } from '../../src/domain/question/answer.ts';
import type { Language, Question } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { recordsOfText } from '../../src/pipeline/offline.ts';
import { poolIncident } from '../fakes/incident-logs.ts';
import { type Received, type Reply, startModelServer } from '../fakes/model-server.ts';
import { truthful } from './fixtures.ts';

export const log = createLog('silent');

/** The question of most tests: why, over all there is. */
export const whyQuestion = (language: Language = 'en', over: Partial<Question> = {}): Question => ({
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

/** The evidence of some records, and what is ranked from it. */
export async function analysed(records: LogRecord[]) {
  const reader = readerOver(records);
  const span = await findWindow(reader, {});
  assert.ok(span);
  const evidence = await gatherEvidence(reader, span);
  return { span, evidence, ranking: rankCauses(evidence) };
}

/** The answer to why over records, without a model. */
export async function answerWhy(records: LogRecord[], over: Partial<Question> = {}): Promise<Answer> {
  const asked = analyst({ logs: readerOver(records) }).ask(whyQuestion('en', over), { useModel: false });
  return (await drain(asked)).answer;
}

/** The answer to a pasted text, without a model. */
export async function answerPasted(text: string, language: Language = 'en'): Promise<Answer> {
  const records = await recordsOfText(text, 'UTC');
  return (await drain(analyst().assess(records, { language, useModel: false }))).answer;
}
