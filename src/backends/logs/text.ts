/**
 * The form of a text that searches compare: composed (NFC, so that decomposed Korean file names are found), in lower case,
 * well-formed, without NUL. Both stores compare this form, so both find the same lines.
 */
export const fold = (text: string): string =>
  text.toWellFormed().normalize('NFC').toLowerCase().replaceAll('\0', '\u2400');

/**
 * The terms of `LogFilter.text`, folded: words, and phrases in double quotes. A quote that is not at the beginning or the
 * end of a word is an ordinary character, so `"level":"error"` can be searched as it is.
 */
export function searchTerms(text: string): string[] {
  const terms: string[] = [];
  for (const [whole, phrase] of text.matchAll(/"(.*?)"(?=\s|$)|\S+/gs)) {
    const term = fold(phrase ?? whole);
    if (term !== '') terms.push(term);
  }
  return [...new Set(terms)];
}
