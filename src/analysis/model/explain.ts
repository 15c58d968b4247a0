import type { Model, ModelRequest } from '../../backends/model/model.ts';
import type { Config } from '../../config/config.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { type ModelTrouble, menderOf } from '../../domain/question/model-fault.ts';
import type { Question } from '../../domain/question/question.ts';
import type { Asker } from '../../domain/question/spend.ts';
import { say } from '../../i18n/answers.ts';
import { healthText, type Phrase } from '../../i18n/health.ts';
import { figure, usd } from '../../i18n/numbers.ts';
import type { Log } from '../../log.ts';
import type { AnswerEvent } from '../analyst.ts';
import { asides } from '../answer/draft.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LogReader } from '../evidence/reader.ts';
import { provenCause, type Ranking } from '../ranking/rank.ts';
import { isUnproven } from '../verify/claims.ts';
import { buildCorpus, type Corpus, flat } from '../verify/corpus.ts';
import { mayStand, mergeReply, sentences, statements, verifyReply } from '../verify/verify.ts';
import { type AnswerCache, cacheKey } from './cache.ts';
import type { Breaker } from './circuit-breaker.ts';
import { type AskModel, converse, type Usage, type WithoutReply } from './converse.ts';
import type { Meter } from './meter.ts';
import { packEvidence, tokensOf } from './pack.ts';
import {
  INQUIRY_JSON_SCHEMA,
  inquirySchema,
  type ModelReply,
  type PromptName,
  type Prompts,
  REPLY_JSON_SCHEMA,
} from './prompt.ts';
import { createMasker } from './redact.ts';
import { explanationSoFar, readObject, readReply } from './reply.ts';
import { createInquiry } from './tool-queries.ts';

/** What a model is given of the evidence unless the asker says how much; more makes answers slower, not better. */
export const PACK_TOKENS = 6_000;
/** Real tokenizers need more than a quarter token a character for log text and Korean. */
const RESERVE = 0.6;
const REPLY_TOKENS = 1_200;

/** A question with what was found without any model. */
export interface Prepared {
  prompt: PromptName;
  question: Question;
  reader: LogReader;
  evidence: Evidence;
  ranking: Ranking;
  draft: Answer;
}

/** How a question is asked. */
export interface Manner {
  temperature: number;
  /** Tokens of evidence at most. */
  budgetTokens: number;
  signal: AbortSignal;
  asker: Asker;
  lane: NonNullable<ModelRequest['lane']>;
  /** Ask the model though an answer is kept. */
  fresh: boolean;
}

export interface ExplainerParts {
  models: readonly Model[];
  /** Ids of models by task, in the order they are tried; all of them where a task is not there. */
  tasks: Config['answers']['tasks'];
  mask: Config['answers']['mask'];
  prompts: Prompts;
  breaker: Breaker;
  meter: Meter;
  cache: AnswerCache;
  log: Log;
}

export const replyTokens = (model: Model): number =>
  Math.min(REPLY_TOKENS, Math.floor(model.contextTokens / 4));

/** The models of a task in the order they are asked. */
export function modelsFor(
  parts: Pick<ExplainerParts, 'models' | 'tasks'>,
  prompt: PromptName,
): readonly Model[] {
  const order = parts.tasks[prompt === 'batch' ? 'assess' : prompt];
  return order ? order.flatMap((id) => parts.models.filter((model) => model.id === id)) : parts.models;
}

/** What an answer depends on besides the model: see `cacheKey`. */
export function keyOf(parts: ExplainerParts, prepared: Prepared, manner: Manner, model: Model): string {
  const { prompt, question, evidence, ranking } = prepared;
  const { kind, text, language } = question;
  const facts = [packEvidence(evidence, ranking, 20_000), evidence.requests, evidence.span.window];
  const { temperature, budgetTokens } = manner;
  const asked = [prompt, kind, text.trim(), language, temperature, budgetTokens];
  return cacheKey([asked, facts, parts.prompts.version, model.name, model.tools, parts.mask]);
}

/** An answer of the cache as it is shown. */
export const fromCache = (answer: Answer): Answer => ({
  ...answer,
  cached: true,
  tokens: { prompt: 0, completion: 0 },
  usd: 0,
});

/** Why there is no model's word in an answer, as its last line. */
export function withoutModel(
  draft: Answer,
  language: Question['language'],
  { refused, troubles }: WithoutReply,
): Answer {
  const shown = (value: number): string => (refused?.unit === 'usd' ? usd(value, 2) : figure(value));
  const notes = refused
    ? [
        say(language, `budget.${refused.scope}.${refused.unit}`, {
          spent: shown(refused.spent),
          limit: shown(refused.limit),
        }),
      ]
    : [...troubleNotes(language, troubles), say(language, 'explain.alone')];
  return { ...draft, explanation: `${draft.explanation}\n${notes.join(' ')}` };
}

/** What is wrong with each model that was to be asked, and who can mend it; the same for several of them is said once. */
function troubleNotes(language: Question['language'], troubles: readonly ModelTrouble[]): string[] {
  const real = troubles.filter(({ fault }) => fault !== 'none');
  if (real.length === 0) return [say(language, 'model.none')];
  const notes = real.map(({ model, fault, waitMs }) => {
    const short = model.slice(model.indexOf('/') + 1);
    const seconds = Math.max(1, Math.ceil((waitMs ?? 60_000) / 1_000));
    return say(language, `model.${menderOf(fault)}`, {
      model,
      fault: healthText(language, [`fault.${fault}`]),
      mend: healthText(language, [`mend.model.${fault}`, { model: short, seconds }] as Phrase),
    });
  });
  return [...new Set(notes)];
}

/** The true statements of an answer: evidence, draft, and what was looked up besides. */
export const corpusOf = (
  { evidence, ranking, draft }: Prepared,
  budgetTokens: number,
  more: Parameters<typeof buildCorpus>[3] = [],
  looked = '',
): Promise<Corpus> =>
  buildCorpus(
    evidence,
    ranking,
    [
      draft.explanation,
      draft.solution,
      packEvidence(evidence, ranking, Math.max(PACK_TOKENS, budgetTokens)),
      looked,
    ],
    more,
  );

/** Asks the models of the task and lets their words through as far as the evidence bears them out. */
export async function* explain(
  parts: ExplainerParts,
  prepared: Prepared,
  manner: Manner,
): AsyncIterable<AnswerEvent> {
  const { draft, question } = prepared;
  const events = converse<Answer>({
    models: modelsFor(parts, prepared.prompt),
    breaker: parts.breaker,
    meter: parts.meter,
    log: parts.log,
    task: prepared.prompt,
    ...manner,
    known: async (model) =>
      manner.fresh ? undefined : parts.cache.get(keyOf(parts, prepared, manner, model)),
    attempt: (model, shrink, ask) => attempt(parts, prepared, manner, model, shrink, ask),
  });
  for await (const event of events) {
    if (event.kind === 'text') yield event;
    else if (event.kind === 'none') {
      const answer = withoutModel(draft, question.language, event);
      // Where there is no model at all, asking again gives no more.
      const hope = event.refused !== undefined || event.troubles.some(({ fault }) => fault !== 'none');
      yield {
        kind: 'answer',
        answer: charge(answer, 'none', event),
        ...(hope ? { unexplained: true } : {}),
      };
    } else if (event.known) yield { kind: 'answer', answer: fromCache(event.reply) };
    else {
      yield { kind: 'step', step: 'verify' };
      const answer = charge(event.reply, shownAs(event.model), event);
      await parts.cache.keep(keyOf(parts, prepared, manner, event.model), answer);
      yield { kind: 'answer', answer: withPlace(answer, event.model, question.language) };
    }
  }
}

/** Says that the model ran with less of the GPU than it would, and slower: somebody may want to make room. */
function withPlace(answer: Answer, { onGpu }: Model, language: Question['language']): Answer {
  if (!onGpu) return answer;
  const note = onGpu.layers === 0 ? say(language, 'model.onCpu') : say(language, 'model.onGpu', { ...onGpu });
  return { ...answer, explanation: `${answer.explanation}\n${note}` };
}

/** A model's name, and how it runs where that is not as it should. */
const shownAs = ({ name, onGpu }: Model): string => {
  if (!onGpu) return name;
  return `${name} (${onGpu.layers === 0 ? 'CPU' : `GPU ${onGpu.layers}/${onGpu.of}`})`;
};

export const charge = (answer: Answer, model: string, { tokens, usd }: Usage): Answer => ({
  ...answer,
  model,
  tokens: { ...tokens },
  usd,
});

/** One model: a straight question with a pack; where it may, it asks for more before it answers. */
async function* attempt(
  parts: ExplainerParts,
  prepared: Prepared,
  manner: Manner,
  model: Model,
  shrink: number,
  ask: AskModel,
): AsyncGenerator<string, Answer> {
  const { question, evidence, ranking, reader, draft } = prepared;
  const { language } = question;
  const masker = createMasker({ personal: model.external, ...(model.external ? parts.mask : {}) });
  const covered = {
    from: evidence.span.baseline?.from ?? evidence.span.window.from,
    to: evidence.span.window.to,
  };
  const inquiry = createInquiry({ reader, window: covered, signal: manner.signal, read: masker.unmask });
  let corpus = await corpusOf(prepared, manner.budgetTokens);
  for (;;) {
    const tools = model.tools && inquiry.open;
    const looked = inquiry.text;
    const bare = parts.prompts.build(prepared.prompt, { language, question: '', data: '', tools });
    const room =
      (model.contextTokens - replyTokens(model)) * RESERVE -
      tokensOf(bare.system) -
      tokensOf(question.text) -
      tokensOf(looked);
    const budget = Math.min(
      manner.budgetTokens,
      Math.max(200, Math.min(manner.budgetTokens, room) / 2 ** shrink),
    );
    const data = masker.mask([packEvidence(evidence, ranking, budget), looked].filter(Boolean).join('\n'));
    const built = parts.prompts.build(prepared.prompt, {
      language,
      question: masker.mask(question.text),
      data,
      tools,
    });
    const told = flat(built.system);
    let raw = '';
    let shown = '';
    for await (const piece of ask({
      ...built,
      schema: tools ? INQUIRY_JSON_SCHEMA : REPLY_JSON_SCHEMA,
      schemaName: 'answer',
      maxTokens: replyTokens(model),
    })) {
      raw += piece;
      const sofar = explanationSoFar(raw);
      if (!sofar) continue;
      const safe = masker.conceal(
        checkedSoFar(masker.unmask(sofar.text), sofar.ended, corpus, ranking, told),
      );
      if (safe.length > shown.length) {
        shown = safe;
        yield safe;
      }
    }
    const queries = tools ? readObject(raw, inquirySchema).queries : [];
    if (queries.length > 0) {
      await inquiry.ask(queries);
      corpus = await corpusOf(prepared, manner.budgetTokens, inquiry.lines, inquiry.text);
      continue;
    }
    const reply = unmaskReply(readReply(raw), masker.unmask);
    const merged = merge(prepared, reply, corpus, built.system);
    const quoted = inquiry.lines
      .filter((record) => merged.explanation.includes(record.message))
      .filter((record) => !draft.evidence.some((line) => line.id === record.id))
      .map((record) => ({
        id: record.id,
        timestamp: new Date(record.timestamp).toISOString(),
        service: record.service,
        line: record.line,
        count: 1,
      }));
    return { ...concealed(merged, masker.conceal), evidence: [...merged.evidence, ...quoted] };
  }
}

/** The draft with what of the reply is borne out. */
export const merge = (prepared: Prepared, reply: ModelReply, corpus: Corpus, system: string): Answer => {
  const { evidence, ranking, question, draft } = prepared;
  const { kind, language } = question;
  const verified = verifyReply(reply, corpus, ranking, language, system);
  return mergeReply(draft, reply, verified, kind, language, asides(evidence, ranking, language));
};

/** The sentences of an unfinished text that are whole and can stand. */
function checkedSoFar(text: string, ended: boolean, corpus: Corpus, ranking: Ranking, told: string): string {
  // The last one may still grow into what was said before, so it goes before repeats do.
  const whole = ended ? text : text.slice(0, text.lastIndexOf(sentences(text).at(-1) ?? ''));
  const first = provenCause(ranking)?.service;
  return statements(whole)
    .filter((sentence) => mayStand(sentence, corpus, told) && !isUnproven(sentence, corpus, first))
    .join(' ');
}

/** Whatever a model was made to repeat, credentials are not in the words of an answer. */
export const concealed = (answer: Answer, conceal: (text: string) => string): Answer => ({
  ...answer,
  explanation: conceal(answer.explanation),
  root_cause: conceal(answer.root_cause),
  solution: conceal(answer.solution),
  summary: conceal(answer.summary),
  error_type: conceal(answer.error_type),
});

export const unmaskReply = <R extends ModelReply>(reply: R, unmask: (text: string) => string): R => ({
  ...reply,
  explanation: unmask(reply.explanation),
  root_cause: unmask(reply.root_cause),
  solution: unmask(reply.solution),
  summary: unmask(reply.summary),
  error_type: unmask(reply.error_type),
  quotes: reply.quotes.map(unmask),
});
