import type { LogRecord } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { asides } from '../answer/draft.ts';
import { mergeReply } from '../answer/merge-reply.ts';
import { provenCause, type Ranking } from '../ranking/rank.ts';
import { isUnproven } from '../verify/claims.ts';
import { buildCorpus, type Corpus } from '../verify/corpus.ts';
import type { ModelReply } from '../verify/model-reply.ts';
import { mayStand, sentences, statements, verifyReply } from '../verify/verify.ts';
import type { Prepared } from './explainer.ts';
import { PACK_TOKENS, packEvidence } from './pack.ts';

/**
 * Everything that is true about a question: evidence, draft, and the results of further queries.
 * @param found lines that the model asked for
 * @param results the results of its queries as text
 */
export const corpusOf = (
  { evidence, ranking, draft }: Prepared,
  budgetTokens: number,
  found: readonly LogRecord[] = [],
  results = '',
): Promise<Corpus> =>
  buildCorpus(
    evidence,
    ranking,
    [
      draft.explanation,
      draft.solution,
      packEvidence(evidence, ranking, Math.max(PACK_TOKENS, budgetTokens)),
      results,
    ],
    found,
  );

/** The draft with the words of the reply that are supported by the corpus. */
export function checkedAnswer(
  prepared: Prepared,
  reply: ModelReply,
  corpus: Corpus,
  instructions: string,
): Answer {
  const { evidence, ranking, question, draft } = prepared;
  const { kind, language } = question;
  const verified = verifyReply(reply, corpus, ranking, language, instructions);
  const beside = asides(evidence, ranking, language);
  return mergeReply(draft, reply, verified, { kind, language, asides: beside });
}

/**
 * The complete sentences of an unfinished explanation that pass the checks.
 * @param ended whether the explanation has ended, though the reply may go on
 * @param instructions the model's instructions, flattened: a sentence that repeats them is left out
 */
export function checkedSoFar(
  { text, ended }: { text: string; ended: boolean },
  corpus: Corpus,
  ranking: Ranking,
  instructions: string,
): string {
  // The last sentence may still grow into a repetition of an earlier one, so it is cut off before repetitions are looked for.
  const whole = ended ? text : text.slice(0, text.lastIndexOf(sentences(text).at(-1) ?? ''));
  const first = provenCause(ranking)?.service;
  return statements(whole)
    .filter((sentence) => mayStand(sentence, corpus, instructions) && !isUnproven(sentence, corpus, first))
    .join(' ');
}

/** A reply in which the placeholders that the model saw are replaced with the real values. */
export const unmaskReply = <R extends ModelReply>(reply: R, unmask: (text: string) => string): R => ({
  ...reply,
  explanation: unmask(reply.explanation),
  root_cause: unmask(reply.root_cause),
  solution: unmask(reply.solution),
  summary: unmask(reply.summary),
  error_type: unmask(reply.error_type),
  quotes: reply.quotes.map(unmask),
});

/** An answer without credentials, even if a model was made to repeat one. */
export const concealed = (answer: Answer, conceal: (text: string) => string): Answer => ({
  ...answer,
  explanation: conceal(answer.explanation),
  root_cause: conceal(answer.root_cause),
  solution: conceal(answer.solution),
  summary: conceal(answer.summary),
  error_type: conceal(answer.error_type),
});
