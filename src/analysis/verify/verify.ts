import type { Answer } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { say } from '../../i18n/answers.ts';
import type { ModelReply } from '../model/prompt.ts';
import { provenCause, type Ranking } from '../ranking/rank.ts';
import { isUnproven } from './claims.ts';
import { type Corpus, flat } from './corpus.ts';
import { refute, repeats } from './refute.ts';

/** More guesses than these hide what is proven. */
const HYPOTHESES = 3;
/** Nobody reads a longer sentence; a small model that lost its way writes them. */
const SENTENCE_CHARS = 600;
const LIST_MARK = /^\s*(?:[-*•]|\d{1,2}[.)])\s+/;

/** Sentences of a text; a full stop inside a number, a name or quotes ends none. */
export function sentences(text: string): string[] {
  return text
    .split(/\n+/)
    .map((line) => line.replace(LIST_MARK, ''))
    .flatMap((line) => line.split(/(?<=[.!?。])\s+(?=[^\s\d]|\d+\D)/))
    .map((sentence) => sentence.trim())
    .filter(Boolean);
}

/** Whether a sentence may be shown at all, be it as a finding or as a guess. */
export const mayStand = (sentence: string, corpus: Corpus, instructions: string): boolean =>
  sentence.length <= SENTENCE_CHARS && !refute(sentence, corpus) && !repeats(sentence, instructions);

/** What a text states: a small model may say one thing until it runs out of tokens, and its first wording is enough. */
export function statements(text: string): string[] {
  const said = new Set<string>();
  return sentences(text).filter((sentence) => {
    const isNew = !said.has(flat(sentence));
    said.add(flat(sentence));
    return isNew;
  });
}

/** A sentence of a model that stands: as a finding, or as a guess that has to be shown as one. */
export interface Stated {
  sentence: string;
  proven: boolean;
}

export interface Verified {
  explanation: Stated[];
  root_cause: string;
  solution: string;
  summary: string;
  error_type: string;
  /** Statements that were left out, each counted once. */
  removed: number;
}

/**
 * Lets through what the evidence bears out. A sentence with a quote, number, name or link that does not exist is
 * removed; one that blames another service than the ranked cause, or what no line shows, is marked as a hypothesis, of
 * which the first three stand (and three in the advice). What is repeated stands once. Empty fields mean that nothing of
 * the model's words was left.
 */
export function verifyReply(
  reply: ModelReply,
  corpus: Corpus,
  ranking: Ranking,
  language: Language,
  instructions = '',
): Verified {
  const first = provenCause(ranking);
  const told = flat(instructions);
  // What is said in several fields is one statement.
  const removed = new Set<string>();
  const check = (text: string, field: 'finding' | 'advice' = 'finding'): Stated[] =>
    statements(text).flatMap((sentence) => {
      if (mayStand(sentence, corpus, told))
        return [{ sentence, proven: !isUnproven(sentence, corpus, first?.service, field) }];
      removed.add(flat(sentence));
      return [];
    });
  /** @param guesses what is marked as a hypothesis already, which costs nothing a second time */
  const capped = (checked: Stated[], guesses = new Set<string>()): Stated[] =>
    checked.filter(({ sentence, proven }) => {
      const key = flat(sentence);
      if (proven || guesses.has(key)) return true;
      if (guesses.size < HYPOTHESES) return guesses.add(key);
      removed.add(key);
      return false;
    });
  const shown = (of: Stated[]): string[] => of.map((one) => inWords(one, language));
  const cause = check(reply.root_cause);
  const named =
    first !== undefined &&
    cause.length > 0 &&
    cause.every(({ proven }) => proven) &&
    names(cause.map(({ sentence }) => sentence).join(' '), first.service);
  const guesses = new Set<string>();
  const explained = capped(check(reply.explanation), guesses);
  // What already stands, as a finding or as a hypothesis, is not said again; without a ranked cause every cause is a guess.
  const standing = new Set(explained.map(({ sentence }) => flat(sentence)));
  const others = cause.filter(({ sentence }) => !named && !standing.has(flat(sentence)));
  const more = capped(
    others.map(({ sentence, proven }) => ({ sentence, proven: proven && first !== undefined })),
    guesses,
  );
  return {
    explanation: [...explained, ...more],
    root_cause: named ? shown(cause).join(' ') : '',
    solution: shown(capped(check(reply.solution, 'advice'))).join('\n'),
    summary: check(reply.summary)
      .flatMap(({ sentence, proven }) => (proven ? [sentence] : []))
      .join(' '),
    error_type:
      reply.error_type.length <= 60 &&
      !refute(reply.error_type, corpus) &&
      corpus.text.includes(flat(reply.error_type))
        ? reply.error_type.trim()
        : '',
    removed: removed.size,
  };
}

const names = (text: string, service: string): boolean => flat(text).includes(service.toLowerCase());

/** Prose above the figures of a summary, in characters: more would push them out of a chat message. */
const LEAD_CHARS = 900;

const inWords = ({ sentence, proven }: Stated, language: Language): string =>
  proven ? sentence : say(language, 'hypothesis', { text: sentence });

/**
 * Statements as prose; hypotheses stand on lines of their own, so that nobody reads them as findings. Where there is not
 * room for all, findings come first.
 * @param most characters; what does not fit whole is left out
 */
export function prose(said: readonly Stated[], language: Language, most = Infinity): string {
  const length = said.reduce((sum, one) => sum + inWords(one, language).length + 1, 0);
  const ordered = length <= most ? said : said.toSorted((a, b) => Number(b.proven) - Number(a.proven));
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
 * The draft with the model's verified words in it. Verdict, causes, evidence and figures stay the draft's.
 * @param asides sentences of the draft's explanation that stay beside the model's
 */
export function mergeReply(
  draft: Answer,
  reply: ModelReply,
  verified: Verified,
  kind: 'why' | 'summarize',
  language: Language,
  asides: readonly string[] = [],
): Answer {
  const note = verified.removed > 0 ? [say(language, 'explain.removed', { count: verified.removed })] : [];
  const explained = prose(verified.explanation, language, kind === 'summarize' ? LEAD_CHARS : undefined);
  const explanation =
    kind === 'summarize'
      ? [explained, draft.explanation, ...note]
      : explained
        ? [explained, ...asides, ...note]
        : [draft.explanation, ...note];
  const sentiment = (['positive', 'neutral', 'negative'] as const).find((value) => value === reply.sentiment);
  return {
    ...draft,
    explanation: explanation.filter(Boolean).join('\n'),
    root_cause: verified.root_cause || draft.root_cause,
    solution: verified.solution ? `${verified.solution}\n${draft.solution}` : draft.solution,
    summary: kind === 'why' && verified.summary ? verified.summary : draft.summary,
    error_type: ['none', 'error', 'warning'].includes(draft.error_type)
      ? verified.error_type || draft.error_type
      : draft.error_type,
    sentiment:
      draft.causes.length > 0 && draft.verdict !== 'inconclusive'
        ? draft.sentiment
        : (sentiment ?? draft.sentiment),
  };
}
