import type { Model } from '../backends/model/model.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import { AppError, toAppError } from '../domain/errors.ts';
import type { LogRecord, TimeWindow } from '../domain/log/record.ts';
import type { Answer } from '../domain/question/answer.ts';
import type { Language, Question } from '../domain/question/question.ts';
import type { Asker } from '../domain/question/spend.ts';
import { MINUTE } from '../domain/time/units.ts';
import { say } from '../i18n/answers.ts';
import { clockOf } from '../i18n/dates.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Analyst, AnswerEvent, AskOptions, AssessOptions } from './analyst.ts';
import { draftAnswer, emptyAnswer } from './answer/draft.ts';
import { wordingOf } from './answer/explanation.ts';
import { ownFindings } from './answer/own-findings.ts';
import { rootCauseOf } from './answer/root-cause.ts';
import { chooseQuery } from './choose-query.ts';
import { gatherEvidence } from './evidence/evidence.ts';
import { histogramOf } from './evidence/histogram.ts';
import { type LogReader, readerOver } from './logs/reader.ts';
import { findWindow } from './logs/window.ts';
import { explainAll } from './model/batch.ts';
import { createAnswerCache } from './model/cache.ts';
import { createBreaker } from './model/circuit-breaker.ts';
import { explain } from './model/explain.ts';
import { type ExplainerParts, type ExplainOptions, modelsFor, type Prepared } from './model/explainer.ts';
import type { Ledger } from './model/ledger.ts';
import { createMeter } from './model/meter.ts';
import { PACK_TOKENS } from './model/pack.ts';
import { loadPrompts, type PromptName } from './model/prompt.ts';
import { rankCauses } from './ranking/rank.ts';
import { rankAround } from './ranking/rank-incident.ts';
import { similarPast } from './ranking/similar-incidents.ts';
import { createSharedRuns } from './shared-runs.ts';
import { subjectsOf } from './verify/subjects.ts';

export interface AnalystOptions {
  logs: LogReader;
  /** In order of preference; the first that answers is used. */
  models: readonly Model[];
  /** Where answers are cached and past incidents are found. */
  state?: StateStore;
  language: Language;
  /** IANA zone times are shown in. */
  timeZone: string;
  /** Which model is used for which task and may guess, how long answers are kept, and what is hidden from models outside. */
  answers?: Pick<Config['answers'], 'tasks' | 'cacheMs' | 'mask' | 'hypothesis'>;
  /** Records and limits what is spent; without it nothing is limited. */
  ledger?: Ledger;
  /** Folder of the prompt files; the project's own by default. */
  promptsDir?: string;
  metrics?: Metrics;
  log: Log;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

const TEMPERATURE = 0.2;
/** How many services are listed when an unknown one was asked about. */
const KNOWN_SHOWN = 20;
const CACHE_MS = 10 * MINUTE;
/** The person who is charged if no asker is named. */
const SYSTEM: Asker = { id: 'system', name: 'Bongsu' };

/** A question with everything that its answer depends on. */
interface Request extends ExplainOptions {
  prompt: PromptName;
  reader: LogReader;
  question: Question;
  useModel: boolean | 'later';
  catalogue: readonly string[];
  /** Looks at all records instead of finding the window in question. */
  whole: boolean;
}

/** Builds the analyst. An answer never fails because of a model: the evidence and the ranked causes need none. */
export const createAnalyst = (options: AnalystOptions): Analyst => new EvidenceAnalyst(options);

class EvidenceAnalyst implements Analyst {
  readonly #options: AnalystOptions;
  readonly #parts: ExplainerParts;
  readonly #now: () => number;
  readonly chooseQuery: Analyst['chooseQuery'];
  readonly #shared = createSharedRuns<AnswerEvent>();

  constructor(options: AnalystOptions) {
    const { models, state, ledger, metrics, log, answers, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#parts = {
      models,
      tasks: answers?.tasks ?? {},
      mask: answers?.mask ?? { addresses: false, names: false },
      hypothesis: answers?.hypothesis ?? 'local',
      prompts: loadPrompts(options.promptsDir),
      breaker: createBreaker(now),
      meter: createMeter({ ledger, metrics, log }),
      cache: createAnswerCache({ state, ttlMs: answers?.cacheMs ?? CACHE_MS, log }),
      log,
    };
    if (models.length > 0)
      this.chooseQuery = (text, services, { asker, signal }) =>
        chooseQuery(this.#parts, { text, services, asker, signal });
  }

  ask(question: Question, options: AskOptions = {}): AsyncIterable<AnswerEvent> {
    const { signal, useModel = true, budgetTokens = PACK_TOKENS, catalogue = [] } = options;
    const { asker = SYSTEM, lane = 'person', fresh = false } = options;
    const { kind, text, language, window, services, incidentId } = question;
    const asked = [kind, text.trim(), language, window, services, incidentId];
    const key = JSON.stringify([...asked, useModel, budgetTokens, catalogue, fresh, lane]);
    const start = (shared: AbortSignal) =>
      this.#run({
        prompt: kind,
        reader: this.#options.logs,
        question,
        useModel,
        temperature: TEMPERATURE,
        signal: shared,
        budgetTokens,
        catalogue,
        asker,
        lane,
        fresh,
        whole: false,
      });
    return stoppable(this.#shared(key, start, signal), signal);
  }

  assess(records: LogRecord[], options: AssessOptions): AsyncIterable<AnswerEvent> {
    return stoppable(this.#run(requestOver(records, options)), options.signal);
  }

  async assessAll(texts: readonly LogRecord[][], options: AssessOptions): Promise<(Answer | AppError)[]> {
    try {
      return await this.#runAll(texts, options);
    } catch (error) {
      if (options.signal?.aborted) throw stopped(error);
      throw error;
    }
  }

  async *#run(request: Request): AsyncIterable<AnswerEvent> {
    const started = this.#now();
    const finish = (answer: Answer): Extract<AnswerEvent, { kind: 'answer' }> => ({
      kind: 'answer',
      answer: this.#counted(request.question.kind, answer, started),
    });
    const prepared = yield* this.#prepare(request);
    if (!('draft' in prepared)) {
      yield finish(prepared);
      return;
    }
    const cause = rootCauseOf(prepared.ranking);
    const draft = { ...prepared.draft, duration_ms: this.#now() - started };
    yield { kind: 'draft', answer: draft, ...(cause ? { cause } : {}) };
    const some = modelsFor(this.#parts, request.prompt).length > 0;
    if (!request.useModel || (request.useModel === 'later' && some)) {
      yield { ...finish(prepared.draft), ...(request.useModel ? { later: true } : {}) };
      return;
    }
    yield { kind: 'step', step: 'model' };
    for await (const event of explain(this.#parts, prepared, request))
      yield event.kind === 'answer' ? { ...event, ...finish(event.answer) } : event;
  }

  /**
   * Many texts: first the evidence for each, then as few model calls as possible. A text that fails does not affect the others.
   */
  async #runAll(texts: readonly LogRecord[][], options: AssessOptions): Promise<(Answer | AppError)[]> {
    const started = this.#now();
    const results: (Answer | AppError | Prepared)[] = [];
    for (const records of texts) {
      try {
        options.signal?.throwIfAborted();
        results.push(await resultOf(this.#prepare(requestOver(records, options))));
      } catch (error) {
        if (options.signal?.aborted) throw error;
        results.push(toAppError(error));
      }
    }
    const open = results.filter((result) => 'draft' in result);
    const common = requestOver([], options);
    const answers =
      common.useModel && open.length > 0
        ? await explainAll(this.#parts, open, common)
        : open.map(({ draft }) => draft);
    return results.map((result) => {
      if (result instanceof AppError) return result;
      const answer = 'draft' in result ? answers[open.indexOf(result)]! : result;
      return this.#counted(options.kind ?? 'why', answer, started);
    });
  }

  /** Evidence and causes: yields steps, then the input for a model, or the answer if there is nothing to explain. */
  async *#prepare(request: Request): AsyncGenerator<AnswerEvent, Prepared | Answer> {
    const { prompt, reader, question, signal, catalogue, whole } = request;
    const { kind, language, window, services, incidentId } = question;
    const { state, timeZone } = this.#options;
    yield { kind: 'step', step: 'window' };
    const incident = incidentId ? (await state?.get('incident', incidentId))?.value : undefined;
    const hints = {
      ...(window ? { window } : {}),
      ...(incident ? { incident } : {}),
      ...(services ? { services } : {}),
      whole,
    };
    const span = await findWindow(reader, hints, this.#now());
    if (!span) return emptyAnswer(language, say(language, 'explain.empty'));
    yield { kind: 'step', step: 'evidence' };
    const only = services ? { services } : {};
    const evidence = await gatherEvidence(reader, span, { ...only, catalogue, signal });
    if (services && services.length > 0 && evidence.records === 0)
      return emptyAnswer(language, await this.#unknownService(reader, question, services, span.window));
    yield { kind: 'step', step: 'causes' };
    const ranking = incident ? rankAround(evidence, incident) : rankCauses(evidence);
    const past = await similarPast(state, ranking.causes[0], { incidentId, now: this.#now() });
    const course = kind === 'summarize' ? await histogramOf(reader, span, services) : undefined;
    const scene = { logs: reader, evidence, ranking, subjects: subjectsOf(evidence, ranking), signal };
    const told = kind === 'why' && evidence.failures.length > 0 ? await ownFindings(scene) : [];
    const shown = { kind, language, timeZone, past, told, ...(course ? { course } : {}) };
    const draft = draftAnswer(evidence, ranking, shown);
    const wording = wordingOf(ranking, { language, timeZone });
    return { prompt, question, reader, evidence, ranking, scene, wording, draft };
  }

  /** No service of that name wrote a line: the answer lists the services that did. */
  async #unknownService(
    reader: LogReader,
    { language }: Question,
    services: readonly string[],
    window: TimeWindow,
  ): Promise<string> {
    const known = await reader.counts(window, 'service', KNOWN_SHOWN);
    const time = clockOf(this.#options.timeZone).dayAndClock;
    return say(language, 'explain.unknown', {
      service: services.join(', '),
      from: time(window.from),
      to: time(window.to),
      list: known.map((entry) => entry.key).join(', ') || '-',
    });
  }

  /** The finished answer, counted in the metrics. */
  #counted(kind: Question['kind'], answer: Answer, started: number): Answer {
    const { verdict, cached } = answer;
    this.#options.metrics?.answers.inc({ kind, verdict, cached: String(cached) });
    return { ...answer, duration_ms: this.#now() - started };
  }
}

/** The request for all of some records that are not stored. */
const requestOver = (records: LogRecord[], options: AssessOptions): Request => ({
  prompt: options.kind === 'summarize' ? 'summarize' : 'assess',
  reader: readerOver(records),
  question: { kind: options.kind ?? 'why', text: '', language: options.language },
  useModel: options.useModel ?? true,
  temperature: options.temperature ?? TEMPERATURE,
  signal: options.signal ?? new AbortController().signal,
  budgetTokens: PACK_TOKENS,
  asker: options.asker ?? SYSTEM,
  lane: options.lane ?? 'person',
  fresh: options.fresh ?? false,
  catalogue: [],
  whole: true,
});

/** Runs a generator to its end and returns its return value. */
async function resultOf<R>(events: AsyncGenerator<unknown, R>): Promise<R> {
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value;
  }
}

const stopped = (cause: unknown): AppError => new AppError('stopped', 'the question was stopped', { cause });

/** An abort, in whatever part, becomes the error `stopped`. */
async function* stoppable(
  events: AsyncIterable<AnswerEvent>,
  signal: AbortSignal | undefined,
): AsyncIterable<AnswerEvent> {
  try {
    yield* events;
  } catch (error) {
    if (signal?.aborted) throw stopped(error);
    throw error;
  }
}
