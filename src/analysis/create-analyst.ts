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
import { createShare } from './answer/shared-run.ts';
import { gatherEvidence } from './evidence/evidence.ts';
import { courseOf } from './evidence/histogram.ts';
import { type LogReader, readerOver } from './evidence/reader.ts';
import { findWindow } from './evidence/window.ts';
import { explainAll } from './model/batch.ts';
import { createAnswerCache } from './model/cache.ts';
import { createBreaker } from './model/circuit-breaker.ts';
import {
  type ExplainerParts,
  explain,
  type Manner,
  modelsFor,
  PACK_TOKENS,
  type Prepared,
} from './model/explain.ts';
import type { Ledger } from './model/ledger.ts';
import { createMeter } from './model/meter.ts';
import { loadPrompts, type PromptName } from './model/prompt.ts';
import { rankCauses } from './ranking/rank.ts';
import { rankAround } from './ranking/rank-incident.ts';
import { similarPast } from './ranking/similar-incidents.ts';

export interface AnalystOptions {
  logs: LogReader;
  /** In order of preference; the first that answers is used. */
  models: readonly Model[];
  /** Where answers are cached and past incidents are found. */
  state?: StateStore;
  language: Language;
  /** IANA zone times are shown in. */
  timeZone: string;
  /** Which model for which task, how long answers are kept, what is hidden from models outside. */
  answers?: Pick<Config['answers'], 'tasks' | 'cacheMs' | 'mask'>;
  /** What is spent and may be spent; nothing is limited without it. */
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
/** Who is charged where nobody is named. */
const NOBODY: Asker = { id: 'system', name: 'Bongsu' };

interface Ask extends Manner {
  prompt: PromptName;
  reader: LogReader;
  question: Question;
  useModel: boolean | 'later';
  catalogue: readonly string[];
  /** Looks at all records instead of finding the window in question. */
  whole: boolean;
}

/** Builds the analyst. Model trouble never fails an answer: the evidence and the ranked causes stand by themselves. */
export function createAnalyst(options: AnalystOptions): Analyst {
  const { now = Date.now, logs, metrics, state, log, ledger, answers } = options;
  const share = createShare<AnswerEvent>();
  const parts: ExplainerParts = {
    models: options.models,
    tasks: answers?.tasks ?? {},
    mask: answers?.mask ?? { addresses: false, names: false },
    prompts: loadPrompts(options.promptsDir),
    breaker: createBreaker(now),
    meter: createMeter({ ledger, metrics, log }),
    cache: createAnswerCache({ state, ttlMs: answers?.cacheMs ?? CACHE_MS, log }),
    log,
  };

  /** Nobody of that name spoke: whoever asked learns whom to ask about instead. */
  async function unknownService(
    reader: LogReader,
    window: TimeWindow,
    services: readonly string[],
    language: Language,
  ): Promise<string> {
    const known = await reader.counts(window, 'service', KNOWN_SHOWN);
    const time = clockOf(options.timeZone).dayAndClock;
    return say(language, 'explain.unknown', {
      service: services.join(', '),
      from: time(window.from),
      to: time(window.to),
      list: known.map((entry) => entry.key).join(', ') || '-',
    });
  }

  /** Evidence and causes: steps, then what a model would be given, or the answer where there is nothing to explain. */
  async function* prepare(ask: Ask): AsyncGenerator<AnswerEvent, Prepared | Answer> {
    const { reader, question, signal, catalogue } = ask;
    const { language } = question;
    yield { kind: 'step', step: 'window' };
    const incident = question.incidentId
      ? (await state?.get('incident', question.incidentId))?.value
      : undefined;
    const { window, services } = question;
    const given = {
      ...(window ? { window } : {}),
      ...(incident ? { incident } : {}),
      ...(services ? { services } : {}),
      whole: ask.whole,
    };
    const span = await findWindow(reader, given, now());
    if (!span) return emptyAnswer(language, say(language, 'explain.empty'));
    yield { kind: 'step', step: 'evidence' };
    const evidence = await gatherEvidence(reader, span, {
      ...(services ? { services } : {}),
      catalogue,
      signal,
    });
    if (services && services.length > 0 && evidence.records === 0)
      return emptyAnswer(language, await unknownService(reader, span.window, services, language));
    yield { kind: 'step', step: 'causes' };
    const ranking = incident ? rankAround(evidence, incident) : rankCauses(evidence);
    const past = await similarPast(state, ranking.causes[0], { incidentId: question.incidentId, now: now() });
    const { timeZone } = options;
    const course = question.kind === 'summarize' ? await courseOf(reader, span, services) : undefined;
    const draft = draftAnswer(evidence, ranking, {
      kind: question.kind,
      language,
      timeZone,
      past,
      ...(course ? { course } : {}),
    });
    return { prompt: ask.prompt, question, reader, evidence, ranking, draft };
  }

  async function* run(ask: Ask): AsyncIterable<AnswerEvent> {
    const started = now();
    const finish = (answer: Answer): Extract<AnswerEvent, { kind: 'answer' }> => {
      const { kind } = ask.question;
      metrics?.answers.inc({ kind, verdict: answer.verdict, cached: String(answer.cached) });
      return { kind: 'answer', answer: { ...answer, duration_ms: now() - started } };
    };
    const prepared = yield* prepare(ask);
    if (!('draft' in prepared)) {
      yield finish(prepared);
      return;
    }
    yield { kind: 'draft', answer: { ...prepared.draft, duration_ms: now() - started } };
    const some = modelsFor(parts, ask.prompt).length > 0;
    if (!ask.useModel || (ask.useModel === 'later' && some)) {
      yield { ...finish(prepared.draft), ...(ask.useModel ? { later: true } : {}) };
      return;
    }
    yield { kind: 'step', step: 'model' };
    for await (const event of explain(parts, prepared, ask))
      yield event.kind === 'answer' ? { ...event, ...finish(event.answer) } : event;
  }

  /** Many texts: evidence for each, then as few model calls as they fit into. One that fails, fails alone. */
  async function runAll(texts: readonly LogRecord[][], asked: AssessOptions): Promise<(Answer | AppError)[]> {
    const started = now();
    const manner = assessing([], asked);
    const results: (Answer | AppError | Prepared)[] = [];
    for (const records of texts) {
      try {
        asked.signal?.throwIfAborted();
        const events = prepare(assessing(records, asked));
        let step = await events.next();
        while (!step.done) step = await events.next();
        results.push(step.value);
      } catch (error) {
        if (asked.signal?.aborted) throw error;
        results.push(toAppError(error));
      }
    }
    const open = results.filter((result) => 'draft' in result);
    const done =
      manner.useModel && open.length > 0
        ? await explainAll(parts, open, manner)
        : open.map(({ draft }) => draft);
    return results.map((result) => {
      if (result instanceof AppError) return result;
      const answer = 'draft' in result ? done[open.indexOf(result)]! : result;
      metrics?.answers.inc({
        kind: asked.kind ?? 'why',
        verdict: answer.verdict,
        cached: String(answer.cached),
      });
      return { ...answer, duration_ms: now() - started };
    });
  }

  const assessing = (records: LogRecord[], asked: AssessOptions): Ask => ({
    prompt: asked.kind === 'summarize' ? 'summarize' : 'assess',
    reader: readerOver(records),
    question: { kind: asked.kind ?? 'why', text: '', language: asked.language },
    useModel: asked.useModel ?? true,
    temperature: asked.temperature ?? TEMPERATURE,
    signal: asked.signal ?? new AbortController().signal,
    budgetTokens: PACK_TOKENS,
    asker: asked.asker ?? NOBODY,
    lane: asked.lane ?? 'person',
    fresh: asked.fresh ?? false,
    catalogue: [],
    whole: true,
  });

  /** An abort in any layer reaches the asker as `stopped`. */
  async function* stoppable(
    events: AsyncIterable<AnswerEvent>,
    signal: AbortSignal | undefined,
  ): AsyncIterable<AnswerEvent> {
    try {
      yield* events;
    } catch (error) {
      if (signal?.aborted) throw new AppError('stopped', 'the question was stopped', { cause: error });
      throw error;
    }
  }

  return {
    ask(question, options: AskOptions = {}) {
      const { signal, useModel = true, budgetTokens = PACK_TOKENS, catalogue = [] } = options;
      const { asker = NOBODY, lane = 'person', fresh = false } = options;
      const { kind, text, language, window, services, incidentId } = question;
      const asked = [kind, text.trim(), language, window, services, incidentId];
      const key = JSON.stringify([...asked, useModel, budgetTokens, catalogue, fresh, lane]);
      const start = (shared: AbortSignal) =>
        run({
          prompt: kind,
          reader: logs,
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
      return stoppable(share(key, start, signal), signal);
    },
    assess: (records, asked) => stoppable(run(assessing(records, asked)), asked.signal),
    async assessAll(texts, asked) {
      try {
        return await runAll(texts, asked);
      } catch (error) {
        if (asked.signal?.aborted)
          throw new AppError('stopped', 'the question was stopped', { cause: error });
        throw error;
      }
    },
  };
}
