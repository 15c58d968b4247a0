/** Characters of a message that are looked at, and of one token that may be constant. */
export const MAX_SCANNED = 8_000;
export const MAX_CONSTANT = 200;

// What a character is; a token's characters are or-ed together, so that most tokens need no second look.
export const DIGIT = 1;
export const LETTER = 2;
/** Joins word characters into one run: `.` `:` `@` `-`. */
export const JOINT = 4;
export const SLASHES = 8;
export const QUOTE = 16;
export const KEYED = 32;
export const SPACE = 64;
/** The kind of every UTF-16 unit; 0 for all that is not ASCII. */
export const KIND = new Uint8Array(65_536);
for (let code = 48; code <= 57; code++) KIND[code] = DIGIT;
for (let code = 65; code <= 90; code++) KIND[code] = KIND[code + 32] = LETTER;
const give = (chars: string, kind: number): void => {
  for (const char of chars) KIND[char.charCodeAt(0)] = kind;
};
// The micro sign and the Greek letter, so that `950µs` is read like `950ms`.
give('_$\u00b5\u03bc', LETTER);
give('.@-', JOINT);
give(':', JOINT | KEYED);
give('=', KEYED);
give('/\\', SLASHES);
give('"\'', QUOTE);
give(' \t\n\v\f\r', SPACE);

const flags = (chars: string): Uint8Array => {
  const table = new Uint8Array(65_536);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
};
/** What may stand directly before an opening quote. */
export const OPENS = flags(' =(,:[{');
/** What closes a path and is no part of it. */
export const CLOSES = flags(')]}>"\',;:.');
/** Stand between variables that are one: `<*>:<*>`, `<*>/<*>`. */
export const BETWEEN = flags('.:/@#_+-');
/** What a sign stands behind: `x=-1`, `(-1`. */
export const BEFORE_SIGN = flags('=(,[: ');
/** What may stand behind a logical value: `(cached=false)`. */
export const BEHIND_VALUE = flags(',;.)]} \t');

// The message at hand as UTF-16 units: reading a typed array is several times faster than charCodeAt. Scanning is
// synchronous, so one buffer serves all.
const MAX_UNITS = MAX_SCANNED + 2 * MAX_CONSTANT;
export const units = new Uint16Array(MAX_UNITS + 1);
const bytes = Buffer.from(units.buffer);

/** Fills the buffer with the beginning of a message; gives how many units of it there are. */
export function fill(message: string): number {
  const count = bytes.write(message, 0, 2 * MAX_UNITS, 'utf16le') >> 1;
  // What reads on stops here, and does not see the message before.
  units[count] = 0;
  return count;
}

export const isWord = (code: number): boolean => (KIND[code]! & (DIGIT | LETTER)) !== 0;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Whether what lies between is one long hexadecimal word of one case: eight characters or more. */
export function isHex(start: number, end: number): boolean {
  if (end - start < 8) return false;
  let lower = true;
  let upper = true;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (isDigit(code)) continue;
    if (code < 97 || code > 102) lower = false;
    if (code < 65 || code > 70) upper = false;
    if (!lower && !upper) return false;
  }
  return true;
}

/** A name in dotted labels that is an address before a port, or a place in a source file, rather than a key. */
export function isQualified(start: number, end: number): boolean {
  let dots = 0;
  let upper = false;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (code === 46) dots += 1;
    else if (code >= 65 && code <= 90) upper = true;
  }
  return dots >= 2 || (dots === 1 && !upper);
}

/** A number with its unit: `5ms`, `0.9sec`, `8KiB`. However few digits it has, or `9ms` and `10ms` would differ in form. */
function isQuantity(start: number, end: number): boolean {
  let at = start;
  while (at < end && (isDigit(units[at]!) || units[at] === 46)) at++;
  if (at === start || units[at - 1] === 46) return false;
  while (at < end && units[at] !== 95 && (KIND[units[at]!]! & LETTER) !== 0) at++;
  return at === end;
}

/**
 * One run of word characters and joints: where the variable in it begins, which reaches to the run's end. -1 when it is
 * a name that happens to have a digit (`jk2_init`, `utf8`).
 */
export function variableIn(start: number, end: number): number {
  let digits = 0;
  let letters = 0;
  let colon = -1;
  /** Where the digits begin that the run ends with. */
  let tail = end;
  let firstDigit = -1;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (isDigit(code)) {
      digits += 1;
      if (firstDigit < 0) firstDigit = at;
    } else {
      tail = at + 1;
      if (code === 58) colon = at;
      else if (code !== 95 && (KIND[code]! & LETTER) !== 0) letters += 1;
    }
  }
  if (digits === 0) return isHex(start, end) ? start : -1;
  if (letters === 0) return start;
  // A key glued to its value by a colon keeps the key: `size:42`, `port:80`; `db.shop.example:5432` is an address.
  if (colon > start && colon < end - 1 && firstDigit > colon && !isQualified(start, colon))
    return variableIn(colon + 1, end);
  if (digits >= 3 || digits >= letters || isQuantity(start, end)) return start;
  // One or two digits at the end after a joint number something: `node-7`, `worker_12`, `pool-3`.
  if (tail < end && tail > start) {
    const before = units[tail - 1]!;
    if (before === 95 || (KIND[before]! & JOINT) !== 0) return start;
  }
  return -1;
}
