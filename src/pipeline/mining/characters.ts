/** Characters of a message that are read, and the longest token that may be a constant. */
export const MAX_SCANNED = 8_000;
export const MAX_CONSTANT = 200;

// The class of a character. The classes of a token's characters are or-ed together, so that most tokens need no second look.
export const DIGIT = 1;
export const LETTER = 2;
/** Joins word characters into one run: `.` `:` `@` `-`. */
export const JOINT = 4;
export const SLASHES = 8;
export const QUOTE = 16;
/** Stands between a key and its value: `=` `:`. */
export const KEYED = 32;
export const SPACE = 64;
/** The class of every UTF-16 unit; 0 for everything that is not ASCII. */
export const KIND = new Uint8Array(65_536);
for (let code = 48; code <= 57; code++) KIND[code] = DIGIT;
for (let code = 65; code <= 90; code++) KIND[code] = KIND[code + 32] = LETTER;
const classify = (chars: string, kind: number): void => {
  for (const char of chars) KIND[char.charCodeAt(0)] = kind;
};
// The micro sign and the Greek letter mu, so that `950µs` is read like `950ms`.
classify('_$\u00b5\u03bc', LETTER);
classify('.@-', JOINT);
classify(':', JOINT | KEYED);
classify('=', KEYED);
classify('/\\', SLASHES);
classify('"\'', QUOTE);
classify(' \t\n\v\f\r', SPACE);

const flags = (chars: string): Uint8Array => {
  const table = new Uint8Array(65_536);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
};
/** What may stand directly before an opening quote. */
export const OPENS = flags(' =(,:[{');
/** What closes a path and is not part of it. */
export const CLOSES = flags(')]}>"\',;:.');
/** What stands between variables that count as one: `<*>:<*>`, `<*>/<*>`. */
export const BETWEEN = flags('.:/@#_+-');
/** What stands before a sign: `x=-1`, `(-1`. */
export const BEFORE_SIGN = flags('=(,[: ');
/** What may stand after a logical value: `(cached=false)`. */
export const AFTER_VALUE = flags(',;.)]} \t');
/** Joins a number to the word characters after it: `503.2`, `503/4`. */
export const JOINS_NUMBER = flags('.:/-');

export const isWord = (code: number): boolean => (KIND[code]! & (DIGIT | LETTER)) !== 0;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
