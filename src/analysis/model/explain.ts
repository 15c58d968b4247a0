import type { LogRecord } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import type { Redactor } from '../redaction/redact.ts';
import { REPLY_JSON_SCHEMA } from '../verify/model-reply.ts';
import { flat } from '../verify/text-forms.ts';
import { checkedAnswer, checkedSoFar, concealed, corpusOf, unmaskReply } from './checked-reply.ts';
import { converse, type ModelTry } from './converse.ts';
import {
  type ExplainerParts,
  type ExplainOptions,
  keyOf,
  maskerFor,
  modelsFor,
  type Prepared,
  replyTokens,
  roomBeside,
} from './explainer.ts';
import { charge, fromCache, shownName, withGpuNote, withoutModel } from './outcome.ts';
import { estimateTokens, packEvidence } from './pack.ts';
import { INQUIRY_JSON_SCHEMA, inquirySchema } from './prompt.ts';
import { explanationSoFar, readObject, readReply } from './reply.ts';
import { createInquiry, type Inquiry } from './tool-queries.ts';

/** Fewer tokens of evidence than this are useless, however small the model is. */
const LEAST_TOKENS = 200;

/** The events of an explanation while it is made; the last one is the answer. */
export type ExplanationEvent =
  | { kind: 'step'; step: 'verify' }
  /** The complete and checked sentences so far. */
  | { kind: 'text'; text: string }
  /** `unexplained`: no model gave an answer, and asking again may help. */
  | { kind: 'answer'; answer: Answer; unexplained?: true };

/** Asks the models of the task and passes on those words that the evidence supports. Throws only AppError `stopped`. */
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
 * Yields the checked sentences so far.
 */
async function* attempt(
  parts: ExplainerParts,
  prepared: Prepared,
  options: ExplainOptions,
  { model, shrink, ask }: ModelTry,
): AsyncGenerator<string, Answer> {
  const { evidence, ranking, reader, draft } = prepared;
  const masker = maskerFor(parts, model);
  const covered = {
    from: evidence.span.baseline?.from ?? evidence.span.window.from,
    to: evidence.span.window.to,
  };
  const inquiry = createInquiry({ reader, window: covered, signal: options.signal, read: masker.unmask });
  let corpus = await corpusOf(prepared, options.budgetTokens);
  for (;;) {
    const tools = model.tools && inquiry.open;
    const context: PromptContext = { model, shrink, tools, masker, inquiry };
    const built = promptFor(parts, prepared, options, context);
    const instructions = flat(built.system);
    let raw = '';
    let shown = '';
    for await (const piece of ask({
      ...built,
      schema: tools ? INQUIRY_JSON_SCHEMA : REPLY_JSON_SCHEMA,
      schemaName: 'answer',
      maxTokens: replyTokens(model),
    })) {
      raw += piece;
      const soFar = explanationSoFar(raw);
      if (!soFar) continue;
      const unmasked = { ...soFar, text: masker.unmask(soFar.text) };
      const safe = masker.conceal(checkedSoFar(unmasked, corpus, ranking, instructions));
      if (safe.length > shown.length) {
        shown = safe;
        yield safe;
      }
    }
    const queries = tools ? readObject(raw, inquirySchema).queries : [];
    if (queries.length > 0) {
      await inquiry.ask(queries);
      corpus = await corpusOf(prepared, options.budgetTokens, inquiry.lines, inquiry.text);
      continue;
    }
    const reply = unmaskReply(readReply(raw), masker.unmask);
    const answer = checkedAnswer(prepared, reply, corpus, built.system);
    const quoted = quotedLines(inquiry.lines, answer.explanation, draft.evidence);
    return { ...concealed(answer, masker.conceal), evidence: [...answer.evidence, ...quoted] };
  }
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
): { system: string; prompt: string } {
  const { language } = question;
  const results = inquiry.text;
  const bare = parts.prompts.build(prompt, { language, question: '', data: '', tools });
  const room = roomBeside(bare.system, model) - estimateTokens(question.text) - estimateTokens(results);
  const wanted = Math.max(LEAST_TOKENS, Math.min(budgetTokens, room) / 2 ** shrink);
  const pack = packEvidence(evidence, ranking, Math.min(budgetTokens, wanted));
  const data = masker.mask([pack, results].filter(Boolean).join('\n'));
  return parts.prompts.build(prompt, { language, question: masker.mask(question.text), data, tools });
}

/** Lines that the model asked for and quotes, as evidence; without those that are in the evidence already. */
const quotedLines = (
  lines: readonly LogRecord[],
  explanation: string,
  known: Answer['evidence'],
): Answer['evidence'] =>
  lines
    .filter((record) => explanation.includes(record.message))
    .filter((record) => !known.some((line) => line.id === record.id))
    .map((record) => ({
      id: record.id,
      timestamp: new Date(record.timestamp).toISOString(),
      service: record.service,
      line: record.line,
      count: 1,
    }));
