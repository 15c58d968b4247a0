/** The placeholder of a variable part. */
export const WILDCARD = '<*>';
/** A unit that was said twice, as in `1578 bytes (1.54 KB)`: part of the variable before it, shown as nothing. */
export const ABSORBED = '';

/** Tokens kept of one message; the rest becomes one wildcard, so that a 16,000-character line stays cheap. */
const MAX_TOKENS = 160;
/** Characters of a message that are looked at, and of one token that may be constant. */
const MAX_SCANNED = 8_000;
const MAX_CONSTANT = 200;
/** Longest quoted text that is one variable. */
const MAX_QUOTED = 512;
/** So many variables in a row are a list. */
const LIST = 3;

// What a character is; a token's characters are or-ed together, so that most tokens need no second look.
const DIGIT = 1;
const LETTER = 2;
/** Joins word characters into one run: `.` `:` `@` `-`. */
const JOINT = 4;
const SLASHES = 8;
const QUOTE = 16;
const KEYED = 32;
const SPACE = 64;
const KIND = new Uint8Array(128);
for (let code = 48; code <= 57; code++) KIND[code] = DIGIT;
for (let code = 65; code <= 90; code++) KIND[code] = KIND[code + 32] = LETTER;
for (const at of '_$') KIND[at.charCodeAt(0)] = LETTER;
for (const at of '.@-') KIND[at.charCodeAt(0)] = JOINT;
KIND[58] = JOINT | KEYED;
KIND[61] = KEYED;
KIND[47] = KIND[92] = SLASHES;
KIND[34] = KIND[39] = QUOTE;
for (const code of [9, 10, 11, 12, 13, 32]) KIND[code] = SPACE;

const kindOf = (code: number): number => (code < 128 ? KIND[code]! : 0);
const isWord = (code: number): boolean => (kindOf(code) & (DIGIT | LETTER)) !== 0;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const CALENDAR = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
);
/** What may stand directly before an opening quote. */
const OPENS = new Set([...' =(,:[{'].map((char) => char.charCodeAt(0)));
/** What closes a path and is no part of it. */
const CLOSES = new Set([...')]}>"\',;:.'].map((char) => char.charCodeAt(0)));
/** Stand between variables that are one: `<*>:<*>`, `<*>/<*>`. */
const BETWEEN = new Set([...'.:/@#_+-'].map((char) => char.charCodeAt(0)));
/** What a sign or a bound stands behind: `x=-1`, `(<1`. */
const BEFORE_SIGN = new Set([...'=(,[: '].map((char) => char.charCodeAt(0)));
/** A key with a logical value: `found:true`, `(cached=false)`. */
const LOGICAL = /([=:?])(?:true|false|null|nil|none)(?=[,;.)\]}]|$)/gi;

/** Whether `text` from `start` to `end` is one long hexadecimal word of one case: eight characters or more. */
function isHex(text: string, start: number, end: number): boolean {
  if (end - start < 8) return false;
  let lower = true;
  let upper = true;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    if (code < 97 || code > 102) lower = false;
    if (code < 65 || code > 70) upper = false;
    if (!lower && !upper) return false;
  }
  return true;
}

/** A name in dotted labels that is an address before a port, or a place in a source file, rather than a key. */
function isQualified(text: string, start: number, end: number): boolean {
  let dots = 0;
  let upper = false;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 46) dots += 1;
    else if (code >= 65 && code <= 90) upper = true;
  }
  return dots >= 2 || (dots === 1 && !upper);
}

/**
 * One run of word characters and joints with a digit in it: is it a variable, or a name that happens to have a digit
 * (`jk2_init`, `utf8`)? Gives what stands for it.
 */
function maskRun(text: string, start: number, end: number): string {
  let digits = 0;
  let letters = 0;
  let colon = -1;
  /** Where the digits begin that the run ends with. */
  let tail = end;
  let firstDigit = -1;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) {
      digits += 1;
      if (firstDigit < 0) firstDigit = at;
    } else {
      tail = at + 1;
      if (code === 58) colon = at;
      else if (code !== 95 && (kindOf(code) & LETTER) !== 0) letters += 1;
    }
  }
  if (digits === 0) return isHex(text, start, end) ? WILDCARD : text.slice(start, end);
  if (letters === 0) return WILDCARD;
  // A key glued to its value by a colon keeps the key: `size:42`, `port:80`; `db.shop.example:5432` is an address.
  if (colon > start && colon < end - 1 && firstDigit > colon && !isQualified(text, start, colon))
    return text.slice(start, colon + 1) + maskRun(text, colon + 1, end);
  if (digits >= 3 || digits >= letters) return WILDCARD;
  // One or two digits at the end after a joint number something: `node-7`, `worker_12`, `pool-3`.
  if (tail < end && tail > start) {
    const before = text.charCodeAt(tail - 1);
    if (before === 95 || (kindOf(before) & JOINT) !== 0) return WILDCARD;
  }
  return text.slice(start, end);
}

/** Paths and URLs are one variable; gives where it begins and ends, or undefined. */
function pathIn(text: string, start: number, end: number): [number, number] | undefined {
  let from = start;
  while (from < end && !isWord(text.charCodeAt(from)) && text.charCodeAt(from) !== 47) from++;
  const second = text.indexOf('/', from + 1);
  const within = second > 0 && second < end;
  const first = text.charCodeAt(from);
  if (
    !(first === 47 && within) &&
    !(within && text.startsWith('://', second - 1)) &&
    !(text.charCodeAt(from + 1) === 58 && text.charCodeAt(from + 2) === 92)
  )
    return undefined;
  let to = end;
  while (to > from && CLOSES.has(text.charCodeAt(to - 1))) to--;
  return [from, to];
}

/** A token with a digit or a slash in it. */
function maskToken(text: string, start: number, end: number, kinds: number): string {
  if ((kinds & SLASHES) !== 0) {
    const path = pathIn(text, start, end);
    if (path) return text.slice(start, path[0]) + WILDCARD + text.slice(path[1], end);
  }
  if ((kinds & DIGIT) === 0) return text.slice(start, end);
  let out = '';
  /** What is not yet copied begins here; -1 directly behind a wildcard: then only what joins stands since. */
  let from = start;
  let afterWild = false;
  for (let at = start; at < end; ) {
    if (!isWord(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const run = at;
    let digit = false;
    for (;;) {
      while (at < end && isWord(text.charCodeAt(at))) {
        if (isDigit(text.charCodeAt(at))) digit = true;
        at += 1;
      }
      let next = at;
      while (next < end && (kindOf(text.charCodeAt(next)) & JOINT) !== 0) next += 1;
      if (next === at || next >= end || !isWord(text.charCodeAt(next))) break;
      at = next;
    }
    const masked = digit || at - run >= 8 ? maskRun(text, run, at) : '';
    if (masked === '' || !masked.endsWith(WILDCARD)) {
      afterWild = false;
      continue;
    }
    let gap = run;
    if (masked === WILDCARD) {
      // Wildcards with only joining punctuation between them are one variable; a sign belongs to its number.
      while (gap > from && BETWEEN.has(text.charCodeAt(gap - 1))) gap -= 1;
      if (afterWild && gap === from) {
        from = at;
        continue;
      }
      gap = run;
      if (gap > from) {
        const sign = text.charCodeAt(gap - 1);
        const free = gap - 1 === start || BEFORE_SIGN.has(text.charCodeAt(gap - 2));
        if (free && (sign === 45 || sign === 43)) gap -= 1;
      }
    }
    out += text.slice(from, gap) + masked;
    from = at;
    afterWild = true;
  }
  return from === start ? text.slice(start, end) : out + text.slice(from, end);
}

/** What follows a name of a month or a day where no calendar knows the name: a day, then a clock. */
const DAY_AND_CLOCK = /\s(?:\p{Lu}\p{Ll}{2}\s)?\s?\d{1,2}\s\d{2}:\d{2}/uy;

/** Whether a three-letter word is the beginning of a date: `Nov 21`, `Sat Nov 21`, or in any language `Mai 21 15:04`. */
function startsDate(message: string, word: string, at: number): boolean {
  if (!CALENDAR.has(word)) {
    const code = word.charCodeAt(0);
    if (code < 65 || code > 90 || word.charCodeAt(1) < 97 || word.charCodeAt(2) < 97) return false;
    DAY_AND_CLOCK.lastIndex = at;
    return DAY_AND_CLOCK.test(message);
  }
  const next = message.slice(at, at + 10).trimStart();
  if (isDigit(next.charCodeAt(0))) return true;
  return CALENDAR.has(next.slice(0, 3)) && isDigit(next.slice(3).trimStart().charCodeAt(0));
}

/** The index behind `(1.54 KB)` when that begins at `at`: a number and one word in parentheses. -1 otherwise. */
function restated(message: string, start: number): number {
  let at = start + 1;
  if (message.charCodeAt(start) !== 40 || !isDigit(message.charCodeAt(at))) return -1;
  while (isDigit(message.charCodeAt(at)) || message.charCodeAt(at) === 46) at++;
  if (message.charCodeAt(at) === 32) at++;
  const unit = at;
  while ((kindOf(message.charCodeAt(at)) & LETTER) !== 0) at++;
  return at > unit && message.charCodeAt(at) === 41 ? at + 1 : -1;
}

/**
 * Cuts a message into tokens at white space and replaces what is surely a variable by `<*>`: numbers, addresses,
 * ids, hexadecimal words, dates, paths, URLs, quoted text. Names with a digit in them stay; the miner finds out
 * whether they vary. Korean particles stay behind the number they follow (`3건` becomes `<*>건`).
 */
export function maskTokens(message: string): string[] {
  const tokens: string[] = [];
  const length = message.length;
  let at = 0;
  let dated = false;
  let wild = 0;
  for (;;) {
    while (at < length && kindOf(message.charCodeAt(at)) === SPACE) at++;
    if (at >= length) return tokens;
    if (tokens.length >= MAX_TOKENS || at > MAX_SCANNED) {
      tokens.push(WILDCARD);
      return tokens;
    }
    const start = at;
    let from = start;
    let kinds = 0;
    let all = 0;
    let quoted = '';
    for (; at < length; at++) {
      const kind = kindOf(message.charCodeAt(at));
      if (kind === SPACE) break;
      if (kind !== QUOTE) {
        kinds |= kind;
        continue;
      }
      if (at > start && !OPENS.has(message.charCodeAt(at - 1))) continue;
      const quote = message[at]!;
      const close = message.indexOf(quote, at + 1);
      if (close < 0 || close - at > MAX_QUOTED || close === at + 1) continue;
      if (close + 1 < length && isWord(message.charCodeAt(close + 1))) continue;
      quoted += maskToken(message, from, at, kinds) + quote + WILDCARD + quote;
      all |= kinds;
      kinds = 0;
      at = close;
      from = close + 1;
    }
    all |= kinds;
    const first = message.charCodeAt(start);
    let token: string;
    if (at - start > MAX_CONSTANT) token = WILDCARD;
    else if (
      (kinds & (DIGIT | SLASHES)) !== 0 ||
      (quoted === '' && at - start >= 8 && isHex(message, start, at))
    )
      token = quoted + maskToken(message, from, at, kinds | DIGIT);
    else token = quoted + message.slice(from, at);
    if (first === 60 || first === 62) {
      // A bound with its unit is one value: `<1 sec`.
      const bound = boundEnd(message, start, at);
      if (bound > 0) {
        token = WILDCARD;
        at = bound;
      }
    }
    // A date in words is one variable: `Sat Nov 21 15:04:05 2026`.
    if (dated && token.startsWith(WILDCARD)) {
      tokens[tokens.length - 1] = token;
      dated = token === WILDCARD;
      continue;
    }
    if (all === LETTER && at - start === 3 && startsDate(message, token, at)) {
      if (!dated) tokens.push(WILDCARD);
      dated = true;
      continue;
    }
    dated = false;
    if (token === WILDCARD) {
      wild += 1;
      // A list of values is one variable, however long it is this time.
      if (wild === LIST) tokens.length -= LIST - 2;
      else if (wild < LIST) tokens.push(token);
      continue;
    }
    if (first === 40 && tokens.length > 1 && wild === 0 && tokens[tokens.length - 2] === WILDCARD) {
      const end = restated(message, start);
      if (end > 0) {
        tokens[tokens.length - 1] = ABSORBED;
        at = end;
        continue;
      }
    }
    wild = 0;
    tokens.push((all & KEYED) !== 0 ? token.replace(LOGICAL, `$1${WILDCARD}`) : token);
  }
}

/** The index behind `<1 sec`, where `start` to `end` is `<1` and a word follows; -1 otherwise. */
function boundEnd(message: string, start: number, end: number): number {
  let at = start + 1;
  if (message.charCodeAt(at) === 61) at++;
  if (at >= end) return -1;
  for (; at < end; at++) {
    const code = message.charCodeAt(at);
    if (!isDigit(code) && code !== 46) return -1;
  }
  if (message.charCodeAt(end) !== 32) return end;
  at = end + 1;
  while ((kindOf(message.charCodeAt(at)) & LETTER) !== 0) at++;
  return at > end + 1 ? at : end;
}
