import type { Model } from '../../backends/model/model.ts';
import { AppError } from '../../domain/errors.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { converse, type WithoutReply } from './converse.ts';
import {
  charge,
  concealed,
  corpusOf,
  type ExplainerParts,
  fromCache,
  keyOf,
  type Manner,
  merge,
  modelsFor,
  type Prepared,
  replyTokens,
  unmaskReply,
  withoutModel,
} from './explain.ts';
import { packEvidence, tokensOf } from './pack.ts';
import { BATCH_JSON_SCHEMA, batchSchema } from './prompt.ts';
import { createMasker } from './redact.ts';
import { readObject } from './reply.ts';

/** Texts that go into one call at most: small models lose count of more. */
const TOGETHER = 8;
/** What one text gets of the model's context and of its reply. */
const TEXT_TOKENS = 800;
const REPLY_TOKENS = 400;
const RESERVE = 0.6;

/**
 * Answers many prepared texts, several in one model call: instructions are sent once and the server is asked once. The
 * results come in the order of the texts; one that the model left out, or none of whose words can stand, keeps its
 * draft. Tokens and money of a call are shared out among its texts. Throws only AppError `stopped`.
 */
export async function explainAll(
  parts: ExplainerParts,
  prepared: readonly Prepared[],
  manner: Manner,
): Promise<Answer[]> {
  const answers: (Answer | undefined)[] = await Promise.all(prepared.map((one) => known(parts, one, manner)));
  const open = prepared.flatMap((one, index) => (answers[index] ? [] : [{ one, index }]));
  const groups = Array.from({ length: Math.ceil(open.length / TOGETHER) }, (_, i) =>
    open.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
  // All at once: the model's queue lets through what its server carries.
  await Promise.all(
    groups.map(async (group) => {
      const texts = group.map(({ one }) => one);
      const done = await together(parts, texts, manner);
      for (const [place, { index }] of group.entries()) answers[index] = done[place];
    }),
  );
  return answers.map((answer, index) => answer ?? prepared[index]!.draft);
}

/** The kept answer of the model that would be asked first. */
async function known(parts: ExplainerParts, one: Prepared, manner: Manner): Promise<Answer | undefined> {
  if (manner.fresh) return undefined;
  const model = modelsFor(parts, 'batch').find(({ name }) => parts.breaker.allows(name, manner.lane));
  const kept = model && (await parts.cache.get(keyOf(parts, one, manner, model)));
  return kept && fromCache(kept);
}

async function together(
  parts: ExplainerParts,
  prepared: readonly Prepared[],
  manner: Manner,
): Promise<Answer[]> {
  const { language } = prepared[0]!.question;
  const events = converse<Answer[]>({
    models: modelsFor(parts, 'batch'),
    breaker: parts.breaker,
    meter: parts.meter,
    log: parts.log,
    task: 'assess',
    ...manner,
    async *attempt(model, shrink, ask) {
      const masker = createMasker({ personal: model.external, ...(model.external ? parts.mask : {}) });
      const size = sizeFor(parts, model, prepared, shrink);
      const data = prepared.map(({ evidence, ranking }) =>
        masker.mask(packEvidence(evidence, ranking, size)),
      );
      const built = parts.prompts.build('batch', { language, question: '', data });
      let raw = '';
      for await (const piece of ask({
        ...built,
        schema: BATCH_JSON_SCHEMA,
        schemaName: 'answers',
        maxTokens: Math.min(prepared.length * REPLY_TOKENS, Math.floor(model.contextTokens / 3)),
      }))
        raw += piece;
      const { answers } = readObject(raw, batchSchema);
      if (answers.length === 0) throw new AppError('malformed', 'the model answered none of the texts');
      const done: Answer[] = [];
      for (const [index, one] of prepared.entries()) {
        const reply = answers.find(({ text }) => text === index + 1);
        if (!reply?.explanation.trim()) {
          done.push(one.draft);
          continue;
        }
        const corpus = await corpusOf(one, manner.budgetTokens);
        const merged = merge(one, unmaskReply(reply, masker.unmask), corpus, built.system);
        done.push({ ...concealed(merged, masker.conceal), model: model.name });
      }
      return done;
    },
  });
  let without: WithoutReply = { troubles: [] };
  for await (const event of events) {
    if (event.kind === 'text') continue;
    if (event.kind === 'none') {
      without = event;
      break;
    }
    const share = prepared.length;
    const usage = {
      tokens: {
        prompt: Math.round(event.tokens.prompt / share),
        completion: Math.round(event.tokens.completion / share),
      },
      usd: event.usd / share,
    };
    const answers = event.reply.map((answer) => charge(answer, answer.model, usage));
    for (const [index, answer] of answers.entries())
      if (answer.model !== 'none')
        await parts.cache.keep(keyOf(parts, prepared[index]!, manner, event.model), answer);
    return answers;
  }
  return prepared.map(({ draft }) => withoutModel(draft, language, without));
}

/** Tokens of evidence one text gets, so that all of them fit into the model's context. */
function sizeFor(parts: ExplainerParts, model: Model, prepared: readonly Prepared[], shrink: number): number {
  const bare = parts.prompts.build('batch', { language: 'en', question: '', data: [''] });
  const room = (model.contextTokens - replyTokens(model)) * RESERVE - tokensOf(bare.system);
  return Math.max(60, Math.min(TEXT_TOKENS, room / prepared.length) / 2 ** shrink);
}
