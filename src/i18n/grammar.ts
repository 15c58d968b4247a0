import type { Language } from '../domain/question/question.ts';

/** Names in a sentence: `a, b, and c`, or as a choice `a, b, or c`. */
export const listOf = (
  names: readonly string[],
  language: Language,
  type: 'conjunction' | 'disjunction' = 'conjunction',
): string => new Intl.ListFormat(language, { type }).format(names);

/**
 * The English word that fits a number: `plural(2, 'line')` is `lines`. `many` is for words whose plural does not only add an `s`.
 */
export const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);

/** The English ordinal: `1st`, `2nd`, `11th`. */
export function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
/** Hangul syllables come in groups of this size: the first of a group ends in a vowel, the others each in another consonant. */
const ENDINGS = 28;

/**
 * The Korean particle that follows a word: one form stands after a consonant (`은`), the other after a vowel (`는`). After
 * a word that does not end in Hangul it is not known which, so both are written: `은(는)`.
 */
export function particle(word: string, afterConsonant: string, afterVowel: string): string {
  const last = word.charCodeAt(word.length - 1);
  if (last < FIRST_SYLLABLE || last > LAST_SYLLABLE) return `${afterConsonant}(${afterVowel})`;
  return (last - FIRST_SYLLABLE) % ENDINGS === 0 ? afterVowel : afterConsonant;
}
