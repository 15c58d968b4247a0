import type { Answer } from '../../domain/question/answer.ts';
import type { Language, Question } from '../../domain/question/question.ts';
import { say } from '../../i18n/answers.ts';
import type { ModelReply } from '../verify/model-reply.ts';
import { inWords, type Stated, type Verified } from '../verify/verify.ts';

/** Characters of prose above the figures of a summary: more would push the figures out of a chat message. */
const LEAD_CHARS = 900;

/**
 * Statements as prose. Hypotheses stand on lines of their own, so that nobody reads them as findings. Where there is not
 * room for all, findings come first.
 * @param most characters; a statement that does not fit whole is left out
 */
export function prose(stated: readonly Stated[], language: Language, most = Infinity): string {
  const length = stated.reduce((sum, one) => sum + inWords(one, language).length + 1, 0);
  const ordered = length <= most ? stated : stated.toSorted((a, b) => Number(b.proven) - Number(a.proven));
  let out = '';
  let before: Stated | undefined;
  for (const one of ordered) {
    const apart = !one.proven || before?.proven === false;
    const next = out + (before ? (apart ? '\n' : ' ') : '') + inWords(one, language);
    if (next.length > most) continue;
    out = next;
    before = one;
  }
  return out;
}

/**
 * The draft with the model's checked words in it. Verdict, causes, evidence and figures are those of the draft.
 * @param options.asides sentences of the draft's explanation that stay beside the model's
 */
export function mergeReply(
  draft: Answer,
  reply: ModelReply,
  verified: Verified,
  options: { kind: Question['kind']; language: Language; asides?: readonly string[] },
): Answer {
  const { kind, language, asides = [] } = options;
  const note = verified.removed > 0 ? [say(language, 'explain.removed', { count: verified.removed })] : [];
  const explained = prose(verified.explanation, language, kind === 'summarize' ? LEAD_CHARS : undefined);
  const explanation =
    kind === 'summarize'
      ? [explained, draft.explanation, ...note]
      : explained
        ? [explained, ...asides, ...note]
        : [draft.explanation, ...note];
  const sentiment = (['positive', 'neutral', 'negative'] as const).find((value) => value === reply.sentiment);
  const hasErrorType = !['none', 'error', 'warning'].includes(draft.error_type);
  const isProven = draft.causes.length > 0 && draft.verdict !== 'inconclusive';
  return {
    ...draft,
    explanation: explanation.filter(Boolean).join('\n'),
    root_cause: verified.root_cause || draft.root_cause,
    solution: verified.solution ? `${verified.solution}\n${draft.solution}` : draft.solution,
    summary: kind === 'why' && verified.summary ? verified.summary : draft.summary,
    error_type: hasErrorType ? draft.error_type : verified.error_type || draft.error_type,
    sentiment: isProven ? draft.sentiment : (sentiment ?? draft.sentiment),
  };
}
