import type { Incident, RootCause } from '../domain/alert/incident.ts';
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

/** Words of the log as such: whoever wrote them, they are no words of ours. Straight quotes within stay as the line has them. */
const quoted = (words: string): string => `\u201c${words.replace(/[\u201c\u201d]/g, '"')}\u201d`;

/**
 * What is wrong, to follow a service's name: the kind of failure and what a line says of it, in quotes: `disk full: “no space left
 * on device”`. Only the line where the kind says nothing more; only the kind where there is no line.
 */
export function problemWords(language: Language, kind: FailureKind, said: string | undefined): string {
  const named = kindWord(language, kind);
  if (!said) return named;
  if (kind === 'error' || said.toLowerCase().startsWith(named.toLowerCase())) return quoted(said);
  return say(language, 'problem', { kind: named, words: quoted(said) });
}

/** A stored cause in words, with the service to blame: `db: connection refused`; undefined while none is more than a guess. */
export function causeWords(language: Language, cause: RootCause | undefined): string | undefined {
  if (!cause || cause.verdict === 'inconclusive') return undefined;
  return `${cause.service}: ${problemWords(language, cause.kind ?? 'error', cause.text)}`;
}

/**
 * What the ranked cause says beside the title of its incident: nothing where it is the same failure in the same words of the same
 * service, only with other numbers.
 */
export function addedCause(
  language: Language,
  { title, service, rootCause }: Pick<Incident, 'title' | 'service' | 'rootCause'>,
): string | undefined {
  const words = causeWords(language, rootCause);
  if (!words || !rootCause) return undefined;
  const blamed = rootCause.service === service ? undefined : rootCause.service;
  if (repeats(title, rootCause.text)) return blamed && !title.includes(blamed) ? blamed : undefined;
  return blamed ? words : words.replace(`${service}: `, '');
}

/** Numbers, ids and punctuation differ from line to line. */
const lettersOf = (text: string): string => text.replace(/\S*\d\S*|[^\p{L}]/gu, '');

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
/** So much of a text has to be in the title already. */
const SHARE = 0.7;

function repeats(title: string, text = ''): boolean {
  const [a, b] = [lettersOf(title), lettersOf(text)];
  if (b === '') return false;
  if (a.includes(b) || b.includes(a)) return true;
  const known = new Set(wordsOf(title));
  const words = wordsOf(text);
  return words.length > 0 && words.filter((word) => known.has(word)).length >= SHARE * words.length;
}
