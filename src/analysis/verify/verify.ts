import type { Language } from '../../domain/question/question.ts';
import { say } from '../../i18n/answers.ts';
import { provenCause, type Ranking } from '../ranking/rank.ts';
import { isUnproven } from './claims.ts';
import type { Corpus } from './corpus.ts';
import type { ModelReply } from './model-reply.ts';
import { refute, repeats } from './refute.ts';
import { flat } from './text-forms.ts';

/** With more guesses than these the proven statements would be hard to see. */
const HYPOTHESES = 3;
/** Longer sentences are not read by anybody: small models write them when they lose the thread. */
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

/** Whether a sentence may be shown at all, as a statement or as a guess. */
export const mayStand = (sentence: string, corpus: Corpus, instructions: string): boolean =>
  sentence.length <= SENTENCE_CHARS && !refute(sentence, corpus) && !repeats(sentence, instructions);

/** The different sentences of a text: a small model may repeat one until it runs out of tokens. */
export function statements(text: string): string[] {
  const seen = new Set<string>();
  return sentences(text).filter((sentence) => {
    const isNew = !seen.has(flat(sentence));
    seen.add(flat(sentence));
    return isNew;
  });
}

/** A sentence of a model that may be shown: as a statement, or as a guess that has to be marked as one. */
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
 * Keeps what the evidence supports. A sentence with a quote, number, name or link that does not exist is removed; one that blames
 * another service than the ranked cause, or says what no line shows, is marked as a hypothesis, and only the first three of these
 * stay (and three in the advice). Repetitions are removed. Empty fields mean that none of the model's words was left.
 */
export function verifyReply(
  reply: ModelReply,
  corpus: Corpus,
  ranking: Ranking,
  language: Language,
  instructions = '',
): Verified {
  const first = provenCause(ranking);
  const given = flat(instructions);
  // A statement in several fields counts once.
  const removed = new Set<string>();
  const check = (text: string, field: 'finding' | 'advice' = 'finding'): Stated[] =>
    statements(text).flatMap((sentence) => {
      if (mayStand(sentence, corpus, given))
        return [{ sentence, proven: !isUnproven(sentence, corpus, first?.service, field) }];
      removed.add(flat(sentence));
      return [];
    });
  /** @param guesses hypotheses that are already shown: they are not counted a second time */
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
  // A sentence that is already shown is not shown again. Without a ranked cause every cause is a guess.
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

/** A statement as people read it: a hypothesis is marked as one. */
export const inWords = ({ sentence, proven }: Stated, language: Language): string =>
  proven ? sentence : say(language, 'hypothesis', { text: sentence });
