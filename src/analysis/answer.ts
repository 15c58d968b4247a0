import { createHash } from 'node:crypto';
import type { Model } from '../backends/model/model.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Answer } from '../domain/answer.ts';
import { AppError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { Language, Question } from '../domain/question.ts';
import type { TimeWindow } from '../domain/record.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Analyst, AnswerEvent, AskOptions, AssessOptions } from './analyst.ts';
import { converse, createBreaker } from './converse.ts';
import { clock, draftAnswer, emptyAnswer } from './draft.ts';
import { type Evidence, gatherEvidence } from './evidence.ts';
import { createMasker } from './mask.ts';
import { packEvidence, tokensOf } from './pack.ts';
import { similarPast } from './past.ts';
import { loadPrompts, type PromptName } from './prompt.ts';
import { type Ranking, rankCauses } from './rank.ts';
import { type LogReader, readerOver } from './reader.ts';
import { createShare } from './share.ts';
import { buildCorpus, mergeReply, verifyReply } from './verify.ts';
import { findWindow } from './window.ts';
import { say } from './words.ts';

export interface AnalystOptions {
  logs: LogReader;
  /** In order of preference; the first that answers is used. */
  models: readonly Model[];
  /** Where answers are cached and past incidents are found. */
  state?: StateStore;
  language: Language;
  /** IANA zone times are shown in. */
  timeZone: string;
  /** Folder of the prompt files; the project's own by default. */
  promptsDir?: string;
  metrics?: Metrics;
  log: Log;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

/** What a model is given of the evidence unless the asker says how much; more makes answers slower, not better. */
const PACK_TOKENS = 6_000;
/** Real tokenizers need more than a quarter token a character for log text and Korean. */
const RESERVE = 0.6;
const REPLY_TOKENS = 1_200;
const TEMPERATURE = 0.2;
/** How many services are listed when an unknown one was asked about. */
const KNOWN_SHOWN = 20;
const CACHE_MS = 10 * 60_000;

interface Ask {
  prompt: PromptName;
  reader: LogReader;
  question: Question;
  useModel: boolean;
  temperature: number;
  signal: AbortSignal;
  budgetTokens: number;
  catalogue: readonly string[];
  /** Looks at all records instead of finding the window in question. */
  whole: boolean;
}

/** Builds the analyst. Model trouble never fails an answer: the evidence and the ranked causes stand by themselves. */
export function createAnalyst(options: AnalystOptions): Analyst {
  const { now = Date.now, logs, metrics, state } = options;
  const share = createShare<AnswerEvent>();
  const prompts = loadPrompts(options.promptsDir);
  const breaker = createBreaker(now);
  const names = options.models.map((model) => model.name);

  /** Answers that a model gave are kept by what they depend on: evidence, question, prompts, models. */
  function cacheKey(ask: Ask, evidence: Evidence, ranking: Ranking): string {
    const { kind, text, language } = ask.question;
    const facts = [packEvidence(evidence, ranking, 20_000), evidence.requests, evidence.span.window];
    const { prompt, temperature, budgetTokens } = ask;
    const parts = [
      prompt,
      kind,
      text.trim(),
      language,
      prompts.version,
      names,
      temperature,
      budgetTokens,
      facts,
    ];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  }

  /** The cache is a convenience: an answer never fails because of it. */
  async function cached(key: string): Promise<Answer | undefined> {
    try {
      return (await state?.get<Answer>('answer', key))?.value;
    } catch (error) {
      options.log.warn({ err: error }, 'the answer cache cannot be read');
      return undefined;
    }
  }
  async function keep(key: string, answer: Answer): Promise<void> {
    try {
      await state?.commit({ put: [{ kind: 'answer', id: key, value: answer, ttlMs: CACHE_MS }] });
    } catch (error) {
      options.log.warn({ err: error }, 'the answer cannot be cached');
    }
  }

  /** Asks the models and lets their words through as far as the evidence bears them out. */
  async function* withModel(
    ask: Ask,
    evidence: Evidence,
    ranking: Ranking,
    draft: Answer,
  ): AsyncIterable<AnswerEvent> {
    const { question, signal, temperature, budgetTokens } = ask;
    const { language, kind } = question;
    const replyTokens = (model: Model): number => Math.min(REPLY_TOKENS, Math.floor(model.contextTokens / 4));
    const events = converse({
      models: options.models,
      breaker,
      temperature,
      signal,
      log: options.log,
      ...(metrics ? { metrics } : {}),
      maxTokens: replyTokens,
      build(model, shrink) {
        const { mask, unmask } = createMasker({ personal: model.external });
        const instructions = tokensOf(prompts.build(ask.prompt, { language, question: '', data: '' }).system);
        const room =
          (model.contextTokens - replyTokens(model)) * RESERVE - instructions - tokensOf(question.text);
        const budget = Math.min(budgetTokens, Math.max(200, Math.min(budgetTokens, room) / 2 ** shrink));
        const data = mask(packEvidence(evidence, ranking, budget));
        return { ...prompts.build(ask.prompt, { language, question: mask(question.text), data }), unmask };
      },
    });
    for await (const event of events) {
      if (event.kind === 'text') {
        yield { kind: 'text', text: event.text };
        continue;
      }
      yield { kind: 'step', step: 'verify' };
      const corpus = buildCorpus(evidence, ranking, [
        draft.explanation,
        draft.solution,
        packEvidence(evidence, ranking, Math.max(PACK_TOKENS, budgetTokens)),
      ]);
      const verified = verifyReply(event.reply, corpus, ranking, language);
      const merged = mergeReply(draft, event.reply, verified, kind, language);
      yield {
        kind: 'answer',
        answer: { ...merged, model: event.model, tokens: event.tokens, usd: event.usd },
      };
    }
  }

  /** Nobody of that name spoke: whoever asked learns whom to ask about instead. */
  async function unknownService(
    reader: LogReader,
    window: TimeWindow,
    services: readonly string[],
    language: Language,
  ): Promise<string> {
    const known = await reader.counts(window, 'service', KNOWN_SHOWN);
    const time = clock(options.timeZone);
    return say(language, 'explain.unknown', {
      service: services.join(', '),
      from: time(window.from),
      to: time(window.to),
      list: known.map((entry) => entry.key).join(', ') || '-',
    });
  }

  async function* run(ask: Ask): AsyncIterable<AnswerEvent> {
    const started = now();
    const { reader, question, signal } = ask;
    const { language } = question;
    const finish = (answer: Answer): AnswerEvent => {
      metrics?.answers.inc({ kind: question.kind, verdict: answer.verdict, cached: String(answer.cached) });
      return { kind: 'answer', answer: { ...answer, duration_ms: now() - started } };
    };

    yield { kind: 'step', step: 'window' };
    const incident = question.incidentId
      ? (await state?.get<Incident>('incident', question.incidentId))?.value
      : undefined;
    const { window, services } = question;
    const span = await findWindow(reader, {
      ...(window ? { window } : {}),
      ...(incident ? { incident } : {}),
      ...(services ? { services } : {}),
      whole: ask.whole,
    });
    if (!span) {
      yield finish(emptyAnswer(language, say(language, 'explain.empty')));
      return;
    }
    yield { kind: 'step', step: 'evidence' };
    const { catalogue } = ask;
    const evidence = await gatherEvidence(reader, span, {
      ...(services ? { services } : {}),
      catalogue,
      signal,
    });
    if (services && services.length > 0 && evidence.records === 0) {
      yield finish(emptyAnswer(language, await unknownService(reader, span.window, services, language)));
      return;
    }
    yield { kind: 'step', step: 'causes' };
    const ranking = rankCauses(evidence);
    const past = await similarPast(state, ranking.causes[0]);
    const draft = draftAnswer(evidence, ranking, {
      kind: question.kind,
      language,
      timeZone: options.timeZone,
      past,
    });
    yield { kind: 'draft', answer: { ...draft, duration_ms: now() - started } };
    if (!ask.useModel) {
      yield finish(draft);
      return;
    }
    const key = cacheKey(ask, evidence, ranking);
    const known = await cached(key);
    if (known) {
      yield finish({ ...known, cached: true, tokens: { prompt: 0, completion: 0 }, usd: 0 });
      return;
    }
    yield { kind: 'step', step: 'model' };
    for await (const event of withModel(ask, evidence, ranking, draft)) {
      if (event.kind !== 'answer') {
        yield event;
        continue;
      }
      await keep(key, event.answer);
      yield finish(event.answer);
      return;
    }
    const note = say(language, 'explain.noModel');
    yield finish({ ...draft, explanation: `${draft.explanation}\n${note}` });
  }

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
      const { kind, text, language, window, services, incidentId } = question;
      const asked = [kind, text.trim(), language, window, services, incidentId];
      const key = JSON.stringify([...asked, useModel, budgetTokens, catalogue]);
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
          whole: false,
        });
      return stoppable(share(key, start, signal), signal);
    },
    assess(records, { language, temperature = TEMPERATURE, signal, useModel = true }: AssessOptions) {
      const question: Question = { kind: 'why', text: '', language };
      return stoppable(
        run({
          prompt: 'assess',
          reader: readerOver(records),
          question,
          useModel,
          temperature,
          signal: signal ?? new AbortController().signal,
          budgetTokens: PACK_TOKENS,
          catalogue: [],
          whole: true,
        }),
        signal,
      );
    },
  };
}
