import { loanwordOf } from './words.ts';

/** Ends by which a word of a question differs from the same one in a line: `orders`, `charging`, `rejections`. */
const ENDS = /(?:ies|ions?|ing|ed|es|s|y|e)$/;
/** A shorter stem begins too many words. */
const STEM = 4;
/** So many letters may follow a stem in the word of a line. */
const MORE = 4;

/**
 * The word of the logs that a word of a question is: the same one, in another form of it, or with a Korean ending.
 * @param words of the messages, in lower case
 */
export function ownWord(word: string, words: ReadonlySet<string>): string | undefined {
  const lower = word.toLowerCase();
  if (words.has(lower)) return lower;
  if (/^[가-힣]+$/.test(lower)) {
    for (const one of lower.length > 1 ? words : [])
      if (one.startsWith(lower) && one.length <= lower.length + MORE) return lower;
    const loan = loanwordOf(lower);
    return loan && words.has(loan) ? loan : undefined;
  }
  if (!/^[a-z]+$/.test(lower)) return undefined;
  const single = lower.replace(/s$/, '');
  if (words.has(single)) return single;
  const stem = lower.replace(ENDS, '');
  if (stem.length < STEM) return undefined;
  const forms = [...words].filter(
    (one) =>
      one.startsWith(stem) &&
      one.length <= stem.length + MORE &&
      (one === stem || ENDS.test(one)) &&
      one.replace(ENDS, '') === stem,
  );
  // Several forms have the stem in common, which a search finds as well.
  return forms.length > 1 ? stem : forms[0];
}
