// Classes of characters in headers. Lines are read with this table: a regular expression at each place of each line would
// cost more than everything else together.
export const SPACE = 1;
export const DIGIT = 2;
export const UPPER = 4;
const LOWER = 8;
export const UNDERSCORE = 16;
export const DOT = 32;
export const DASH = 64;
export const SLASH = 128;
export const HASH = 256;
export const DOLLAR = 512;
export const COLON = 1_024;
export const AT_SIGN = 2_048;

export const LETTER = UPPER | LOWER;
/** `\w` of a regular expression. */
export const WORD = LETTER | DIGIT | UNDERSCORE;
/** `[\w.-]` */
export const NAME = WORD | DOT | DASH;

/** The class of every UTF-16 unit; 0 for units that no header depends on. */
const KIND = new Uint16Array(65_536);
const classify = (chars: string, kind: number): void => {
  for (const char of chars) KIND[char.charCodeAt(0)] = kind;
};
// `\s` of a regular expression.
classify('\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a', SPACE);
classify('\u2028\u2029\u202f\u205f\u3000\ufeff', SPACE);
classify('0123456789', DIGIT);
classify('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER);
classify('abcdefghijklmnopqrstuvwxyz', LOWER);
classify('_', UNDERSCORE);
classify('.', DOT);
classify('-', DASH);
classify('/', SLASH);
classify('@', AT_SIGN);
classify('#', HASH);
classify('$', DOLLAR);
classify(':', COLON);

/** Whether a character of one of `kinds` is at `at`; false after the end. */
export const isAt = (text: string, at: number, kinds: number): boolean =>
  at < text.length && (KIND[text.charCodeAt(at)]! & kinds) !== 0;

/** Where a run of `kinds` ends that begins at `at`; `at` itself when there is none. */
export function runEnd(text: string, at: number, kinds: number): number {
  let end = at;
  while (end < text.length && (KIND[text.charCodeAt(end)]! & kinds) !== 0) end++;
  return end;
}

/** The number in `width` digits from `at` on. */
export function numberAt(text: string, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}

/** Where the next word begins: spaces and tabs are skipped. */
export function skipSpace(text: string, index: number): number {
  let at = index;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 9) break;
    at++;
  }
  return at;
}

/** Runs a sticky expression at one place of a text. */
export const sticky = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};
