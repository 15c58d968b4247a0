const known = new Map<string, string>();

/** An invented word of the same length and case; the same word always gives the same. */
function invented(word: string): string {
  const before = known.get(word);
  if (before !== undefined) return before;
  let state = 2_166_136_261;
  for (const char of word) state = Math.imul(state ^ char.charCodeAt(0), 16_777_619) >>> 0;
  let out = '';
  for (const char of word) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const letter = String.fromCharCode(97 + ((state >>> 8) % 26));
    out += char <= 'Z' ? letter.toUpperCase() : letter;
  }
  known.set(word, out);
  return out;
}

/** Replaces every word of two letters or more; what touches a digit is an identifier and stays. */
export const inventWords = (text: string): string =>
  text.replace(/(?<![A-Za-z0-9])[A-Za-z]{2,}(?![0-9])/g, invented);
