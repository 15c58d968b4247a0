import type { RootCause } from '../domain/alert/incident.ts';
import type { FailureKind } from '../domain/log/failure-kind.ts';
import type { Language } from '../domain/question/question.ts';
import { CATALOGUES, type Catalogue } from './catalogues.ts';

type Answers = Catalogue['answers'];
type Word = keyof Answers;
/** The values that a sentence needs; none if it is a plain text. */
type Values<W extends Word> = Answers[W] extends (values: infer V) => string ? [values: V] : [];

/** A sentence of an answer. */
export function say<W extends Word>(language: Language, word: W, ...[values]: Values<W>): string {
  const entry = CATALOGUES[language].answers[word] as string | ((values: unknown) => string);
  return typeof entry === 'string' ? entry : entry(values);
}

export const kindWord = (language: Language, kind: FailureKind): string => say(language, `kind.${kind}`);

/**
 * What is wrong, to follow a service's name: the kind of failure and what a line says of it, `disk full: no space left on
 * device`. Only the line where the kind says nothing more; only the kind where there is no line.
 */
export function problemWords(language: Language, kind: FailureKind, said: string | undefined): string {
  const named = kindWord(language, kind);
  if (!said) return named;
  if (kind === 'error' || said.toLowerCase().startsWith(named.toLowerCase())) return said;
  return say(language, 'problem', { kind: named, words: said });
}

/** A stored cause in words, with the service to blame: `db: connection refused`; undefined while none is more than a guess. */
export function causeWords(language: Language, cause: RootCause | undefined): string | undefined {
  if (!cause || cause.verdict === 'inconclusive') return undefined;
  return `${cause.service}: ${problemWords(language, cause.kind ?? 'error', cause.text)}`;
}
