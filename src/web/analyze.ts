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

/** Requests answered at the same time. A model server can handle only a few at once; the others have to come back later. */
const MAX_AT_ONCE = 8;
const BODY_LIMIT = 16 * 1024 * 1024;
/** There is one token for the interface, so all of its callers share one budget. */
const CALLER: Asker = { id: 'http', name: 'HTTP' };

export interface AnalyzeDeps {
  analyst: Analyst;
  /** Pasted text → records. Throws the signal's reason when it aborts. */
  normalize: (text: string, signal: AbortSignal) => Promise<LogRecord[]>;
  /** What the records of a text are and what is wrong in them, in sentences. Throws the signal's reason when it aborts. */
  readText?: (records: LogRecord[], language: Language, signal: AbortSignal) => Promise<string[]>;
  /** The field of the task from a trained model; undefined when no model serves the task or it has nothing to say. */
  tuned?: (task: FineTuneTask, text: string, signal: AbortSignal) => Promise<Partial<Answer> | undefined>;
  streams: EventStreams;
  language: Language;
  log: Log;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** `POST /analyze`. Returns a function that resolves when all analyses that run at that moment have ended. */
export function addAnalyzeRoutes(app: FastifyInstance, deps: AnalyzeDeps): () => Promise<unknown> {
  const analyses = new Analyses(deps);
  void app.register(async (scope) => {
    const parse = scope.getDefaultJsonParser('error', 'error');
    // Large bodies that come together are parsed one per turn of the event loop.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      const read = (): void => void parse(request, body as string, done);
      const pause = turn();
      if (pause) void pause.then(read);
      else read();
    });
    scope.post(
      '/analyze',
      { bodyLimit: BODY_LIMIT, config: { access: 'viewer' } },
      async (request, reply) => await analyses.answer(request, reply),
    );
  });
  return () => analyses.ended();
}

/** Answers requests for an analysis: one text, many texts, or a stream of events. */
class Analyses {
  readonly #deps: AnalyzeDeps;
  readonly #running = new Set<Promise<unknown>>();

  constructor(deps: AnalyzeDeps) {
    this.#deps = deps;
  }

  ended(): Promise<unknown> {
    return Promise.all(this.#running);
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const parsed = analyzeBody.safeParse(request.body);
    if (!parsed.success) return sendProblem(reply, invalid(parsed.error));
    if (this.#running.size >= MAX_AT_ONCE) {
      reply.header('retry-after', '5');
      return sendProblem(reply, problem(503, 'rate_limited', 'Too many analyses at once. Try again later.'));
    }
    const body = parsed.data;
    // A caller that hangs up wants no answer any more: the work for it stops too.
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort(new AppError('stopped', 'the caller hung up')));
    const signal = AbortSignal.any([gone.signal, this.#deps.stopping]);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    try {
      if (body.stream) await this.#stream(body.texts ?? [body.text], body, signal, reply);
      else if (body.texts) {
        const results = await this.#many(body.texts, body, signal);
        await reply.send({ results });
      } else {
        const result = await this.#one(body.text, body, signal);
        await ('status' in result ? sendProblem(reply, result) : reply.send(result));
      }
      return reply;
    } finally {
      this.#running.delete(promise);
      resolve();
    }
  }

  async #one(text: unknown, body: AnalyzeBody, signal: AbortSignal): Promise<Answer | Problem> {
    const parsed = analyzeText.safeParse(text);
    if (!parsed.success) return invalid(parsed.error);
    try {
      let answer: Answer | undefined;
      for await (const event of this.#assess(parsed.data, body, signal))
        if (event.kind === 'answer') answer = event.answer;
      if (!answer) throw new AppError('internal', 'the analyst ended without an answer');
      return answer;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Several texts in as few model calls as possible. Results are in the order of the texts; a bad one fails alone. */
  async #many(texts: unknown[], body: AnalyzeBody, signal: AbortSignal): Promise<(Answer | Problem)[]> {
    const results: (Answer | Problem)[] = [];
    const good: { index: number; text: string; lines: LogRecord[] }[] = [];
    for (const [index, text] of texts.entries()) {
      const parsed = analyzeText.safeParse(text);
      try {
        if (!parsed.success) results[index] = invalid(parsed.error);
        else good.push({ index, text: parsed.data, lines: await this.#linesOf(parsed.data, signal) });
      } catch (error) {
        results[index] = this.#failed(error);
      }
    }
    const lines = good.map((one) => one.lines);
    const answers = await this.#deps.analyst
      .assessAll(lines, { ...this.#manner(body, signal), lane: 'batch' })
      .catch((error: unknown) => good.map(() => toAppError(error)));
    // One after the other: a trained model has no queue of its own.
    for (const [at, answer] of answers.entries()) {
      const { index, text } = good[at]!;
      results[index] =
        answer instanceof AppError
          ? this.#failed(answer)
          : await this.#tuned(answer, text, body, signal).catch((error: unknown) => this.#failed(error));
    }
    return results;
  }

  async #stream(texts: unknown[], body: AnalyzeBody, signal: AbortSignal, reply: FastifyReply) {
    const events = this.#deps.streams.open(reply);
    if (!events) return;
    for (const [index, text] of texts.entries()) {
      const at = body.texts ? { index } : {};
      const parsed = analyzeText.safeParse(text);
      try {
        if (!parsed.success) {
          events.send({ event: 'problem', data: { ...invalid(parsed.error), ...at } });
          continue;
        }
        for await (const event of this.#assess(parsed.data, body, signal, (read) =>
          events.send({ event: 'read', data: { lines: read, ...at } }),
        ))
          events.send({ event: event.kind, data: { ...event, ...at } });
      } catch (error) {
        events.send({ event: 'problem', data: { ...this.#failed(error), ...at } });
        if (signal.aborted) break;
      }
    }
    events.send({ event: 'end', data: {} });
    events.close();
  }

  /**
   * The events of one text. Throws AppError; `usage` when the text holds nothing to analyze.
   * @param onRead told first what was read, in sentences
   */
  async *#assess(
    text: string,
    body: AnalyzeBody,
    signal: AbortSignal,
    onRead?: (sentences: string[]) => void,
  ): AsyncGenerator<AnswerEvent> {
    const lines = await this.#linesOf(text, signal);
    const { readText, language } = this.#deps;
    if (onRead && readText) onRead(await readText(lines, body.language ?? language, signal));
    for await (const event of this.#deps.analyst.assess(lines, this.#manner(body, signal)))
      yield event.kind === 'answer'
        ? { ...event, answer: await this.#tuned(event.answer, text, body, signal) }
        : event;
  }

  /** A text's log lines. Throws AppError `usage` when it holds none. */
  async #linesOf(text: string, signal: AbortSignal): Promise<LogRecord[]> {
    const records = await this.#deps.normalize(text, signal);
    if (records.length === 0) throw new AppError('usage', 'The text holds no log line.');
    return records;
  }

  #manner(body: AnalyzeBody, signal: AbortSignal): AssessOptions {
    return {
      kind: body.task === 'summary' ? 'summarize' : 'why',
      language: body.language ?? this.#deps.language,
      temperature: body.temperature,
      fresh: body.fresh,
      asker: CALLER,
      signal,
    };
  }

  /** The answer with the field of its task from the trained model. A summary keeps its figures behind the model's words. */
  async #tuned(answer: Answer, text: string, { task }: AnalyzeBody, signal: AbortSignal): Promise<Answer> {
    const said = task && (await this.#deps.tuned?.(task, text, signal));
    if (!said) return answer;
    return { ...answer, ...said, ...(said.summary ? { summary: `${said.summary} ${answer.summary}` } : {}) };
  }

  /** A text's failure as the caller sees it. What is our fault goes to the log. */
  #failed(error: unknown): Problem {
    const known = toAppError(error);
    if (known.code !== 'usage' && known.code !== 'stopped')
      this.#deps.log.warn({ err: known, code: known.code }, 'analyze failed');
    return problemOf(known);
  }
}
