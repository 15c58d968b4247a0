import type { Model } from '../../backends/model/model.ts';
import { AppError } from '../../domain/errors.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { ModelError } from '../../domain/question/model-fault.ts';
import { checkedAnswer, createClaimChecker, tellsEnough } from './checked-reply.ts';
import { converse, type ModelTry, type Usage, type WithoutReply } from './converse.ts';
import {
  type ExplainerParts,
  type ExplainOptions,
  keyOf,
  maskerFor,
  modelsFor,
  type Prepared,
  roomBeside,
  thoughtTokens,
} from './explainer.ts';
import { charge, fromCache, withoutModel } from './outcome.ts';
import { packEvidence } from './pack.ts';
import { BATCH_JSON_SCHEMA, batchSchema } from './prompt.ts';
import { readObject } from './reply.ts';

/** Texts that go into one call at most: small models lose count of more. */
const TOGETHER = 8;
/** The part of the model's context and of its reply for one text. */
const TEXT_TOKENS = 800;
const REPLY_TOKENS = 400;
/** Fewer tokens of evidence than this are useless, however small the model is. */
const LEAST_TOKENS = 60;

/**
 * Answers many prepared texts, several in one model call, so that instructions are sent once and the server is asked once.
 * Results are in the order of the texts; a text keeps its draft if the model left it out or none of its words pass the checks.
 * Tokens and costs of a call are divided among its texts. Throws only AppError `stopped`.
 */
export async function explainAll(
  parts: ExplainerParts,
  prepared: readonly Prepared[],
  options: ExplainOptions,
): Promise<Answer[]> {
  const answers: (Answer | undefined)[] = await Promise.all(
    prepared.map((one) => cachedAnswer(parts, one, options)),
  );
  const open = prepared.flatMap((one, index) => (answers[index] ? [] : [{ one, index }]));
  const groups = Array.from({ length: Math.ceil(open.length / TOGETHER) }, (_, i) =>
    open.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
  // All at once: the model's queue lets through as many as its server can handle.
  await Promise.all(
    groups.map(async (group) => {
      const texts = group.map(({ one }) => one);
      const done = await explainTogether(parts, texts, options);
      for (const [place, { index }] of group.entries()) answers[index] = done[place];
    }),
  );
  return answers.map((answer, index) => answer ?? prepared[index]!.draft);
}

/** The cached answer of the model that would be asked first. */
async function cachedAnswer(
  parts: ExplainerParts,
  one: Prepared,
  options: ExplainOptions,
): Promise<Answer | undefined> {
  if (options.fresh) return undefined;
  const model = modelsFor(parts, 'batch').find(({ name }) => parts.breaker.allows(name, options.lane));
  const cached = model && (await parts.cache.get(keyOf(parts, one, options, model)));
  return cached && fromCache(cached);
}

/** One call for several texts; if no model answers, their drafts with the reason. */
async function explainTogether(
  parts: ExplainerParts,
  prepared: readonly Prepared[],
  options: ExplainOptions,
): Promise<Answer[]> {
  const { language } = prepared[0]!.question;
  const events = converse<Answer[]>({
    models: modelsFor(parts, 'batch'),
    breaker: parts.breaker,
    meter: parts.meter,
    log: parts.log,
    task: 'assess',
    judges: true,
    ...options,
    attempt: (model, shrink, ask) => attempt(parts, prepared, { model, shrink, ask }),
  });
  let without: WithoutReply = { troubles: [] };
  for await (const event of events) {
    if (event.kind === 'text') continue;
    if (event.kind === 'none') {
      without = event;
      break;
    }
    const usage = usagePerText(event, prepared.length);
    const answers = event.reply.map((answer) => charge(answer, answer.model, usage));
    for (const [index, answer] of answers.entries())
      if (answer.model !== 'none')
        await parts.cache.keep(keyOf(parts, prepared[index]!, options, event.model), answer);
    return answers;
  }
  return prepared.map(({ draft }) => withoutModel(draft, language, without));
}

/** Asks one model about all the texts. A text that it leaves out keeps its draft. */
async function* attempt(
  parts: ExplainerParts,
  prepared: readonly Prepared[],
  { model, shrink, ask }: ModelTry,
): AsyncGenerator<string, Answer[]> {
  const { language } = prepared[0]!.question;
  const masker = maskerFor(parts, model);
  const size = sizeFor(parts, model, prepared, shrink);
  const data = prepared.map(({ evidence, ranking }) => masker.mask(packEvidence(evidence, ranking, size)));
  const built = parts.prompts.build('batch', { language, question: '', data });
  let raw = '';
  for await (const piece of ask({
    ...built,
    schema: BATCH_JSON_SCHEMA,
    schemaName: 'answers',
    maxTokens: Math.min(
      prepared.length * REPLY_TOKENS + thoughtTokens(model),
      Math.floor(model.contextTokens / 3),
    ),
  }))
    raw += piece;
  const { answers } = readObject(raw, batchSchema);
  if (answers.length === 0) throw new AppError('malformed', 'the model answered none of the texts');
  const done: Answer[] = [];
  for (const [index, one] of prepared.entries()) {
    const reply = answers.find(({ text }) => text === index + 1);
    const checker = createClaimChecker(one);
    await checker.add(reply?.claims ?? []);
    // A text that the model left out, or about which nothing it says is so, keeps its draft.
    if (!reply || checker.told.length === 0) done.push(one.draft);
    else done.push({ ...checkedAnswer(one, reply, checker, {}), model: model.name });
  }
  const claimed = answers.some(({ claims }) => claims.length > 0);
  if (claimed && prepared.some(tellsEnough) && done.every((answer) => answer.model !== model.name))
    throw new ModelError('untrue', 'not one claim about any of the texts is so');
  return done;
}

/** The costs that one of several texts of a call has to pay. */
const usagePerText = ({ tokens, usd }: Usage, texts: number): Usage => ({
  tokens: { prompt: Math.round(tokens.prompt / texts), completion: Math.round(tokens.completion / texts) },
  usd: usd / texts,
});

/** Tokens of evidence for one text, so that all of them fit into the model's context. */
function sizeFor(parts: ExplainerParts, model: Model, prepared: readonly Prepared[], shrink: number): number {
  const bare = parts.prompts.build('batch', { language: 'en', question: '', data: [''] });
  const room = roomBeside(bare.system, model);
  return Math.max(LEAST_TOKENS, Math.min(TEXT_TOKENS, room / prepared.length) / 2 ** shrink);
}
