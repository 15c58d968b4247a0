import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Analyst, AnswerEvent, AssessOptions } from '../analysis/analyst.ts';
import { AppError, toAppError } from '../domain/errors.ts';
import type { FineTuneTask } from '../domain/job/job.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { Answer } from '../domain/question/answer.ts';
import type { Language } from '../domain/question/question.ts';
import type { Asker } from '../domain/question/spend.ts';
import { turn } from '../domain/time/event-loop.ts';
import type { Log } from '../log.ts';
import { type AnalyzeBody, analyzeBody, analyzeText } from './contract.ts';
import { invalid, type Problem, problem, problemOf, sendProblem } from './problem.ts';
import type { EventStreams } from './sse.ts';

/** Requests answered at the same time; a model server answers few at once, the rest is told to come back. */
const MAX_AT_ONCE = 8;
const BODY_LIMIT = 16 * 1024 * 1024;
/** One token opens the interface, so its callers are one person to the budget. */
const CALLER: Asker = { id: 'http', name: 'HTTP' };

export interface AnalyzeDeps {
  analyst: Analyst;
  /** Pasted text → records. Throws the signal's reason when it aborts. */
  normalize: (text: string, signal: AbortSignal) => Promise<LogRecord[]>;
  /** What a trained model that serves the task says to a text; undefined where none serves or it has nothing to say. */
  tuned?: (task: FineTuneTask, text: string, signal: AbortSignal) => Promise<Partial<Answer> | undefined>;
  streams: EventStreams;
  language: Language;
  log: Log;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** `POST /analyze`. Returns a promise maker: all analyses that run now have ended. */
export function addAnalyzeRoutes(app: FastifyInstance, deps: AnalyzeDeps): () => Promise<unknown> {
  const running = new Set<Promise<unknown>>();

  /** A text's log lines. Throws AppError `usage` when it holds none. */
  async function linesOf(text: string, signal: AbortSignal): Promise<LogRecord[]> {
    const records = await deps.normalize(text, signal);
    if (records.length === 0) throw new AppError('usage', 'The text holds no log line.');
    return records;
  }
  const manner = (body: AnalyzeBody, signal: AbortSignal): AssessOptions => ({
    kind: body.task === 'summary' ? 'summarize' : 'why',
    language: body.language ?? deps.language,
    temperature: body.temperature,
    fresh: body.fresh,
    asker: CALLER,
    signal,
  });

  /** The answer with the field of its task from what was trained for it. A summary keeps its figures behind those words. */
  async function tuned(answer: Answer, text: string, { task }: AnalyzeBody, signal: AbortSignal) {
    const said = task && (await deps.tuned?.(task, text, signal));
    if (!said) return answer;
    return { ...answer, ...said, ...(said.summary ? { summary: `${said.summary} ${answer.summary}` } : {}) };
  }

  /** The events of one text. Throws AppError; `usage` when the text holds nothing to analyze. */
  async function* assess(text: string, body: AnalyzeBody, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    for await (const event of deps.analyst.assess(await linesOf(text, signal), manner(body, signal)))
      yield event.kind === 'answer'
        ? { ...event, answer: await tuned(event.answer, text, body, signal) }
        : event;
  }

  /** Several texts in as few model calls as they fit into; results in their order, a bad one fails alone. */
  async function many(
    texts: unknown[],
    body: AnalyzeBody,
    signal: AbortSignal,
  ): Promise<(Answer | Problem)[]> {
    const results: (Answer | Problem | undefined)[] = [];
    const good: { text: string; lines: LogRecord[] }[] = [];
    for (const text of texts) {
      const parsed = analyzeText.safeParse(text);
      if (!parsed.success) {
        results.push(invalid(parsed.error));
        continue;
      }
      try {
        good.push({ text: parsed.data, lines: await linesOf(parsed.data, signal) });
        results.push(undefined);
      } catch (error) {
        results.push(failed(error));
      }
    }
    const lines = good.map((one) => one.lines);
    const answers = await deps.analyst
      .assessAll(lines, { ...manner(body, signal), lane: 'batch' })
      .catch((error: unknown) => good.map(() => toAppError(error)));
    const done: (Answer | Problem)[] = [];
    // One after the other: what was trained has no queue of its own.
    for (const [index, answer] of answers.entries()) {
      if (answer instanceof AppError) done.push(failed(answer));
      else done.push(await tuned(answer, good[index]!.text, body, signal).catch(failed));
    }
    let next = 0;
    return results.map((result) => result ?? done[next++]!);
  }

  /** A text's failure as the caller sees it; what is our fault goes to the log. */
  function failed(error: unknown): Problem {
    const known = toAppError(error);
    if (known.code !== 'usage' && known.code !== 'stopped')
      deps.log.warn({ err: known, code: known.code }, 'analyze failed');
    return problemOf(known);
  }

  async function one(text: unknown, body: AnalyzeBody, signal: AbortSignal): Promise<Answer | Problem> {
    const parsed = analyzeText.safeParse(text);
    if (!parsed.success) return invalid(parsed.error);
    try {
      let answer: Answer | undefined;
      for await (const event of assess(parsed.data, body, signal))
        if (event.kind === 'answer') answer = event.answer;
      if (!answer) throw new AppError('internal', 'the analyst ended without an answer');
      return answer;
    } catch (error) {
      return failed(error);
    }
  }

  async function stream(texts: unknown[], body: AnalyzeBody, signal: AbortSignal, reply: FastifyReply) {
    const events = deps.streams.open(reply);
    if (!events) return;
    for (const [index, text] of texts.entries()) {
      const at = body.texts ? { index } : {};
      const parsed = analyzeText.safeParse(text);
      try {
        if (!parsed.success) {
          events.send({ event: 'problem', data: { ...invalid(parsed.error), ...at } });
          continue;
        }
        for await (const event of assess(parsed.data, body, signal))
          events.send({ event: event.kind, data: { ...event, ...at } });
      } catch (error) {
        events.send({ event: 'problem', data: { ...failed(error), ...at } });
        if (signal.aborted) break;
      }
    }
    events.send({ event: 'end', data: {} });
    events.close();
  }

  async function analyze(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const parsed = analyzeBody.safeParse(request.body);
    if (!parsed.success) return sendProblem(reply, invalid(parsed.error));
    if (running.size >= MAX_AT_ONCE) {
      reply.header('retry-after', '5');
      return sendProblem(reply, problem(503, 'rate_limited', 'Too many analyses at once. Try again later.'));
    }
    const body = parsed.data;
    const texts = body.texts ?? [body.text];
    // A caller that hangs up has pressed stop: the work behind it ends too.
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort(new AppError('stopped', 'the caller hung up')));
    const signal = AbortSignal.any([gone.signal, deps.stopping]);
    const { promise, resolve } = Promise.withResolvers<void>();
    running.add(promise);
    try {
      if (body.stream) await stream(texts, body, signal, reply);
      else if (body.texts) {
        const results = await many(texts, body, signal);
        await reply.send({ results });
      } else {
        const result = await one(body.text, body, signal);
        await ('status' in result ? sendProblem(reply, result) : reply.send(result));
      }
      return reply;
    } finally {
      running.delete(promise);
      resolve();
    }
  }

  void app.register(async (scope) => {
    const parse = scope.getDefaultJsonParser('error', 'error');
    // Several large bodies that come together are read one in each turn.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      const read = (): void => void parse(request, body as string, done);
      const pause = turn();
      if (pause) void pause.then(read);
      else read();
    });
    scope.post('/analyze', { bodyLimit: BODY_LIMIT, config: { access: 'viewer' } }, analyze);
  });

  return () => Promise.all(running);
}
