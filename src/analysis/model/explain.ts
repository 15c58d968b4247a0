import type { Answer } from '../../domain/question/answer.ts';
import type { Redactor } from '../../masking/redact.ts';
import { statementsText } from '../answer/explanation.ts';
import { claimStatements } from '../answer/merge-reply.ts';
import { replySchema } from '../verify/claim.ts';
import { checkedAnswer, createClaimChecker } from './checked-reply.ts';
import { converse, type ModelTry } from './converse.ts';
import {
  type ExplainerParts,
  type ExplainOptions,
  keyOf,
  maskerFor,
  mayGuess,
  modelsFor,
  type Prepared,
  replyTokens,
  roomBeside,
} from './explainer.ts';
import { charge, fromCache, shownName, withGpuNote, withoutModel } from './outcome.ts';
import { estimateTokens, packEvidence } from './pack.ts';
import { inquirySchema, replyForm } from './prompt.ts';
import { claimsSoFar, readObject } from './reply.ts';
import { createInquiry, type Inquiry } from './tool-queries.ts';

/** Fewer tokens of evidence than this are useless, however small the model is. */
const LEAST_TOKENS = 200;

/** The events of an explanation while it is made; the last one is the answer. */
export type ExplanationEvent =
  | { kind: 'step'; step: 'verify' }
  /** The sentences so far: those of the draft, and those of the claims that have checked. */
  | { kind: 'text'; text: string }
  /** `unexplained`: no model gave an answer, and asking again may help. */
  | { kind: 'answer'; answer: Answer; unexplained?: true };

/** Asks the models of the task what to say, and passes on what is so. Throws only AppError `stopped`. */
export async function* explain(
  parts: ExplainerParts,
  prepared: Prepared,
  options: ExplainOptions,
): AsyncIterable<ExplanationEvent> {
  const { draft, question } = prepared;
  const events = converse<Answer>({
    models: modelsFor(parts, prepared.prompt),
    breaker: parts.breaker,
    meter: parts.meter,
    log: parts.log,
    task: prepared.prompt,
    judges: true,
    ...options,
    known: async (model) =>
      options.fresh ? undefined : parts.cache.get(keyOf(parts, prepared, options, model)),
    attempt: (model, shrink, ask) => attempt(parts, prepared, options, { model, shrink, ask }),
  });
  for await (const event of events) {
    if (event.kind === 'text') yield event;
    else if (event.kind === 'none') {
      const answer = withoutModel(draft, question.language, event);
      // If there is no model at all, asking again would not help.
      const hope = event.refused !== undefined || event.troubles.some(({ fault }) => fault !== 'none');
      yield {
        kind: 'answer',
        answer: charge(answer, 'none', event),
        ...(hope ? { unexplained: true } : {}),
      };
    } else if (event.known) yield { kind: 'answer', answer: fromCache(event.reply) };
    else {
      yield { kind: 'step', step: 'verify' };
      const answer = charge(event.reply, shownName(event.model), event);
      await parts.cache.keep(keyOf(parts, prepared, options, event.model), answer);
      yield { kind: 'answer', answer: withGpuNote(answer, event.model, question.language) };
    }
  }
}

/**
 * Asks one model: one question with the packed evidence; a model that can query the logs may ask for more before it answers.
 * Yields the draft with the claims that have checked so far.
 */
async function* attempt(
  parts: ExplainerParts,
  prepared: Prepared,
  options: ExplainOptions,
  { model, shrink, ask }: ModelTry,
): AsyncGenerator<string, Answer> {
  const { evidence, reader, draft, scene, wording } = prepared;
  const masker = maskerFor(parts, model);
  const covered = {
    from: evidence.span.baseline?.from ?? evidence.span.window.from,
    to: evidence.span.window.to,
  };
  const inquiry = createInquiry({ reader, window: covered, signal: options.signal, read: masker.unmask });
  const guess = mayGuess(parts, model);
  const checker = createClaimChecker(prepared);
  for (;;) {
    const tools = model.tools && inquiry.open;
    const built = promptFor(parts, prepared, options, { model, shrink, tools, masker, inquiry });
    let raw = '';
    let shown = 0;
    for await (const piece of ask({
      system: built.system,
      prompt: built.prompt,
      schema: replyForm(idsIn(built.data, scene), { guess, tools }),
      schemaName: 'answer',
      maxTokens: replyTokens(model),
    })) {
      raw += piece;
      await checker.add(claimsSoFar(raw));
      if (checker.told.length === shown) continue;
      shown = checker.told.length;
      const more = claimStatements(draft, checker.told, wording);
      yield statementsText([...draft.statements, ...more]);
    }
    const queries = tools ? readObject(raw, inquirySchema).queries : [];
    if (queries.length > 0) {
      await inquiry.ask(queries);
      continue;
    }
    const reply = readObject(raw, replySchema);
    await checker.add(reply.claims);
    const said = { ...reply, hypothesis: masker.conceal(masker.unmask(reply.hypothesis)) };
    return checkedAnswer(prepared, said, checker, guess ? { given: masker.unmask(built.data) } : {});
  }
}

const WORDS = /\w+/g;
/** The ids that the model was shown: where its context is small, some things of the evidence have no room. */
function idsIn(data: string, { subjects }: Prepared['scene']): string[] {
  const words = new Set(data.match(WORDS));
  return [...subjects.keys()].filter((id) => words.has(id));
}

interface PromptContext extends Omit<ModelTry, 'ask'> {
  /** Whether the model may ask for more now. */
  tools: boolean;
  masker: Redactor;
  inquiry: Inquiry;
}

/** The prompt, with as much evidence as the budget and the model's context allow. */
function promptFor(
  parts: ExplainerParts,
  { prompt, question, evidence, ranking }: Prepared,
  { budgetTokens }: ExplainOptions,
  { model, shrink, tools, masker, inquiry }: PromptContext,
): { system: string; prompt: string; data: string } {
  const { language } = question;
  const results = inquiry.text;
  const form = { language, tools, guess: mayGuess(parts, model) };
  const bare = parts.prompts.build(prompt, { ...form, question: '', data: '' });
  const room = roomBeside(bare.system, model) - estimateTokens(question.text) - estimateTokens(results);
  const wanted = Math.max(LEAST_TOKENS, Math.min(budgetTokens, room) / 2 ** shrink);
  const pack = packEvidence(evidence, ranking, Math.min(budgetTokens, wanted));
  const data = masker.mask([pack, results].filter(Boolean).join('\n'));
  return { ...parts.prompts.build(prompt, { ...form, question: masker.mask(question.text), data }), data };
}
