import type { Model } from '../backends/model/model.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Answer } from '../domain/answer.ts';
import { AppError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { Language, Question } from '../domain/question.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Analyst, AnswerEvent, AssessOptions } from './analyst.ts';
import { draftAnswer, emptyAnswer } from './draft.ts';
import { gatherEvidence } from './evidence.ts';
import { similarPast } from './past.ts';
import { rankCauses } from './rank.ts';
import { type LogReader, readerOver } from './reader.ts';
import { createShare } from './share.ts';
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

interface Ask {
  reader: LogReader;
  question: Question;
  useModel: boolean;
  temperature: number;
  signal: AbortSignal;
}

/** Builds the analyst. Model trouble never fails an answer: the evidence and the ranked causes stand by themselves. */
export function createAnalyst(options: AnalystOptions): Analyst {
  const { now = Date.now, metrics, state } = options;
  const share = createShare<AnswerEvent>();

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
    });
    if (!span) {
      yield finish(emptyAnswer(language, say(language, 'explain.empty')));
      return;
    }
    yield { kind: 'step', step: 'evidence' };
    const evidence = await gatherEvidence(reader, span, { ...(services ? { services } : {}), signal });
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
    yield finish(draft);
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
    ask(question, { signal, useModel = true } = {}) {
      const { kind, text, language, window, services, incidentId } = question;
      const key = JSON.stringify([kind, text.trim(), language, window, services, incidentId, useModel]);
      const start = (shared: AbortSignal) =>
        run({ reader: options.logs, question, useModel, temperature: 0.2, signal: shared });
      return stoppable(share(key, start, signal), signal);
    },
    assess(records, { language, temperature = 0.2, signal, useModel = true }: AssessOptions) {
      const question: Question = { kind: 'why', text: '', language };
      return stoppable(
        run({
          reader: readerOver(records),
          question,
          useModel,
          temperature,
          signal: signal ?? new AbortController().signal,
        }),
        signal,
      );
    },
  };
}
