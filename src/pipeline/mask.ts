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
/** The kind of every UTF-16 unit; 0 for all that is not ASCII. */
const KIND = new Uint8Array(65_536);
for (let code = 48; code <= 57; code++) KIND[code] = DIGIT;
for (let code = 65; code <= 90; code++) KIND[code] = KIND[code + 32] = LETTER;
const give = (chars: string, kind: number): void => {
  for (const char of chars) KIND[char.charCodeAt(0)] = kind;
};
give('_$', LETTER);
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
const OPENS = flags(' =(,:[{');
/** What closes a path and is no part of it. */
const CLOSES = flags(')]}>"\',;:.');
/** Stand between variables that are one: `<*>:<*>`, `<*>/<*>`. */
const BETWEEN = flags('.:/@#_+-');
/** What a sign stands behind: `x=-1`, `(-1`. */
const BEFORE_SIGN = flags('=(,[: ');
/** What may stand behind a logical value: `(cached=false)`. */
const BEHIND_VALUE = flags(',;.)]} \t');

const CALENDAR = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
);
const LOGICAL = new Set(['true', 'false', 'null', 'nil', 'none']);

// The message at hand as UTF-16 units: reading a typed array is several times faster than charCodeAt. Scanning is
// synchronous, so one buffer serves all.
const MAX_UNITS = MAX_SCANNED + 2 * MAX_CONSTANT;
const units = new Uint16Array(MAX_UNITS);
const bytes = Buffer.from(units.buffer);
let unitCount = 0;
let text = '';

// What the message is made of, in pieces of two numbers: where a constant part begins and ends, or a mark.
const WILD = -1;
const NOTHING = -2;
const pieces = new Int32Array(2 * MAX_UNITS);
let pieceCount = 0;
/** The piece each token begins with. */
const tokenAt = new Int32Array(MAX_TOKENS + 2);
let tokenCount = 0;

function constant(start: number, end: number): void {
  if (end <= start) return;
  pieces[2 * pieceCount] = start;
  pieces[2 * pieceCount + 1] = end;
  pieceCount += 1;
}
function wild(): void {
  pieces[2 * pieceCount] = WILD;
  pieceCount += 1;
}
const isWild = (token: number): boolean =>
  pieces[2 * tokenAt[token]!] === WILD &&
  (token + 1 < tokenCount ? tokenAt[token + 1]! : pieceCount) === tokenAt[token]! + 1;
function openToken(): void {
  tokenAt[tokenCount] = pieceCount;
  tokenCount += 1;
}
/** Takes back tokens until `count` are left. */
function keepTokens(count: number): void {
  tokenCount = count;
  pieceCount = tokenAt[count]!;
}

const isWord = (code: number): boolean => (KIND[code]! & (DIGIT | LETTER)) !== 0;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** A constant part; behind a key in it a logical value is a variable: `found:true`. */
function constantPairs(start: number, end: number): void {
  let from = start;
  for (let at = start; at < end; at++) {
    if ((KIND[units[at]!]! & KEYED) === 0) continue;
    let stop = at + 1;
    while (stop < end && (KIND[units[stop]!]! & LETTER) !== 0) stop++;
    const size = stop - at - 1;
    if (size < 3 || size > 5 || (stop < end && BEHIND_VALUE[units[stop]!] === 0)) continue;
    if (!LOGICAL.has(text.slice(at + 1, stop).toLowerCase())) continue;
    constant(from, at + 1);
    wild();
    from = stop;
    at = stop - 1;
  }
  constant(from, end);
}

/** Whether what lies between is one long hexadecimal word of one case: eight characters or more. */
function isHex(start: number, end: number): boolean {
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
function isQualified(start: number, end: number): boolean {
  let dots = 0;
  let upper = false;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (code === 46) dots += 1;
    else if (code >= 65 && code <= 90) upper = true;
  }
  return dots >= 2 || (dots === 1 && !upper);
}

/**
 * One run of word characters and joints: where the variable in it begins, which reaches to the run's end. -1 when it is
 * a name that happens to have a digit (`jk2_init`, `utf8`).
 */
function variableIn(start: number, end: number): number {
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
  if (digits >= 3 || digits >= letters) return start;
  // One or two digits at the end after a joint number something: `node-7`, `worker_12`, `pool-3`.
  if (tail < end && tail > start) {
    const before = units[tail - 1]!;
    if (before === 95 || (KIND[before]! & JOINT) !== 0) return start;
  }
  return -1;
}

/** A path or URL is one variable. False when there is none. */
function path(start: number, end: number): boolean {
  let from = start;
  while (from < end && !isWord(units[from]!) && units[from] !== 47) from++;
  let second = from + 1;
  while (second < end && units[second] !== 47) second++;
  const within = second < end;
  if (
    !(within && units[from] === 47) &&
    !(within && units[second - 1] === 58 && units[second + 1] === 47) &&
    !(units[from + 1] === 58 && units[from + 2] === 92)
  )
    return false;
  let to = end;
  while (to > from && CLOSES[units[to - 1]!] === 1) to--;
  constant(start, from);
  wild();
  constant(to, end);
  return true;
}

/** A part of a token without quotes; `kinds` is what its characters are. */
function part(start: number, end: number, kinds: number): void {
  if ((kinds & SLASHES) !== 0 && path(start, end)) return;
  if ((kinds & DIGIT) === 0 && end - start < 8) {
    plain(start, end, kinds);
    return;
  }
  let from = start;
  let afterWild = false;
  for (let at = start; at < end; ) {
    if (!isWord(units[at]!)) {
      at += 1;
      continue;
    }
    const run = at;
    let digit = false;
    for (;;) {
      while (at < end && isWord(units[at]!)) {
        if (isDigit(units[at]!)) digit = true;
        at += 1;
      }
      let next = at;
      while (next < end && (KIND[units[next]!]! & JOINT) !== 0) next += 1;
      if (next === at || next >= end || !isWord(units[next]!)) break;
      at = next;
    }
    const variable = digit || at - run >= 8 ? variableIn(run, at) : -1;
    if (variable < 0) {
      afterWild = false;
      continue;
    }
    let gap = variable;
    if (variable === run) {
      // Wildcards with only joining punctuation between them are one variable; a sign belongs to its number.
      while (gap > from && BETWEEN[units[gap - 1]!] === 1) gap -= 1;
      if (afterWild && gap === from) {
        from = at;
        continue;
      }
      gap = run;
      if (gap > from) {
        const sign = units[gap - 1]!;
        const free = gap - 1 === start || BEFORE_SIGN[units[gap - 2]!] === 1;
        if (free && (sign === 45 || sign === 43)) gap -= 1;
      }
    }
    plain(from, gap, kinds);
    wild();
    from = at;
    afterWild = true;
  }
  plain(from, end, kinds);
}

function plain(start: number, end: number, kinds: number): void {
  if ((kinds & KEYED) !== 0) constantPairs(start, end);
  else constant(start, end);
}

/** A token with quotes in it, which may hold white space: gives where it ends. */
function quotedToken(start: number): number {
  let from = start;
  let kinds = 0;
  let at = start;
  for (; at < unitCount; at++) {
    const kind = KIND[units[at]!]!;
    if (kind === SPACE) break;
    kinds |= kind;
    if (kind !== QUOTE || (at > start && OPENS[units[at - 1]!] === 0)) continue;
    const close = closing(at);
    if (close < 0) continue;
    part(from, at, kinds);
    constant(at, at + 1);
    wild();
    constant(close, close + 1);
    kinds = 0;
    at = close;
    from = close + 1;
  }
  part(from, at, kinds);
  return at;
}

/** Where the text quoted from `open` on ends; -1 when it is empty, too long, or an apostrophe in a word follows. */
function closing(open: number): number {
  const quote = units[open]!;
  const most = Math.min(unitCount, open + MAX_QUOTED);
  for (let at = open + 1; at < most; at++) {
    if (units[at] !== quote) continue;
    return at === open + 1 || (at + 1 < unitCount && isWord(units[at + 1]!)) ? -1 : at;
  }
  return -1;
}

/** What follows a name of a month or a day where no calendar knows the name: a day, then a clock. */
const DAY_AND_CLOCK = /\s(?:\p{L}{3}\s)?\s?\d{1,2}\s\d{2}:\d{2}/uy;

/** Whether a three-letter word is the beginning of a date: `Nov 21`, `Sat Nov 21`, or in any language `Mai 21 15:04`. */
function startsDate(start: number): boolean {
  // A digit stands directly behind the word, or behind another word of three letters; most words stop here.
  if (!numberAt(start + 3) && !(isWord(units[start + 6]!) && numberAt(start + 7))) return false;
  if (!CALENDAR.has(text.slice(start, start + 3))) {
    DAY_AND_CLOCK.lastIndex = start + 3;
    return DAY_AND_CLOCK.test(text);
  }
  return numberAt(start + 3) || CALENDAR.has(text.slice(start + 4, start + 7));
}

/** Whether white space and a digit stand at `at`. */
function numberAt(at: number): boolean {
  if (at + 2 >= unitCount || KIND[units[at]!] !== SPACE) return false;
  return isDigit(units[at + 1]!) || (KIND[units[at + 1]!] === SPACE && isDigit(units[at + 2]!));
}

/** The index behind `(1.54 KB)` when that begins at `start`: a number and one word in parentheses. -1 otherwise. */
function restated(start: number): number {
  let at = start + 1;
  if (!isDigit(units[at]!)) return -1;
  while (isDigit(units[at]!) || units[at] === 46) at++;
  if (units[at] === 32) at++;
  const unit = at;
  while ((KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > unit && units[at] === 41 && at < unitCount ? at + 1 : -1;
}

/** The index behind a bound and its unit (`<1 sec`), where `start` to `end` is the token `<1`; -1 otherwise. */
function boundEnd(start: number, end: number): number {
  let at = start + 1;
  if (units[at] === 61) at++;
  if (at >= end) return -1;
  for (; at < end; at++) if (!isDigit(units[at]!) && units[at] !== 46) return -1;
  if (end >= unitCount || units[end] !== 32) return end;
  at = end + 1;
  while (at < unitCount && (KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > end + 1 ? at : end;
}

/**
 * Cuts a message into tokens at white space and finds what is surely a variable: numbers, addresses, ids, hexadecimal
 * words, dates, paths, URLs, quoted text. Names with a digit in them stay; the miner finds out whether they vary.
 * Korean particles stay behind the number they follow (`3건` becomes `<*>건`). One pass, nothing allocated: what was
 * found is read by `maskedHash` and `maskedTokens` until the next scan.
 */
export function scan(message: string): void {
  text = message;
  unitCount = bytes.write(message, 0, 2 * MAX_UNITS, 'utf16le') >> 1;
  // A number at the very end is read up to here.
  if (unitCount < MAX_UNITS) units[unitCount] = 0;
  pieceCount = 0;
  tokenCount = 0;
  let at = 0;
  let dated = false;
  let row = 0;
  for (;;) {
    while (at < unitCount && KIND[units[at]!] === SPACE) at++;
    if (at >= unitCount && unitCount === message.length) return;
    if (at >= unitCount || tokenCount >= MAX_TOKENS || at > MAX_SCANNED) {
      openToken();
      wild();
      return;
    }
    const start = at;
    let kinds = 0;
    while (at < unitCount) {
      const kind = KIND[units[at]!]!;
      if (kind === SPACE) break;
      kinds |= kind;
      at++;
    }
    const first = units[start]!;
    const size = at - start;
    if (size === 3 && kinds === LETTER && startsDate(start)) {
      // A date in words is one variable: `Sat Nov 21 15:04:05 2026`.
      if (!dated) {
        openToken();
        wild();
      }
      dated = true;
      continue;
    }
    if (first === 40 && row === 0 && tokenCount > 1 && isWild(tokenCount - 2)) {
      const end = restated(start);
      if (end > 0) {
        keepTokens(tokenCount - 1);
        openToken();
        pieces[2 * pieceCount] = NOTHING;
        pieceCount += 1;
        at = end;
        continue;
      }
    }
    openToken();
    const own = tokenCount - 1;
    const bound = first === 60 || first === 62 ? boundEnd(start, at) : -1;
    if (bound > 0) {
      wild();
      at = bound;
    } else if ((kinds & QUOTE) !== 0) {
      at = quotedToken(start);
      if (at - start > MAX_CONSTANT && at - start > MAX_QUOTED) {
        pieceCount = tokenAt[own]!;
        wild();
      }
    } else if (size > MAX_CONSTANT) wild();
    else if ((kinds & (DIGIT | SLASHES)) !== 0) part(start, at, kinds);
    else if (size >= 8 && isHex(start, at)) wild();
    else plain(start, at, kinds);
    if (dated && pieces[2 * tokenAt[own]!] === WILD) {
      // The rest of a date in words takes the place of its beginning.
      dated = isWild(own);
      if (dated) keepTokens(own);
      else joinLast();
      continue;
    }
    dated = false;
    if (!isWild(own)) {
      row = 0;
      continue;
    }
    row += 1;
    // A list of values is one variable, however long it is this time.
    if (row === LIST) keepTokens(tokenCount - (LIST - 1));
    else if (row > LIST) keepTokens(own);
  }
}

/** Puts the last token in the place of the one before it. */
function joinLast(): void {
  const from = tokenAt[tokenCount - 1]!;
  const to = tokenAt[tokenCount - 2]!;
  pieces.copyWithin(2 * to, 2 * from, 2 * pieceCount);
  pieceCount -= from - to;
  tokenCount -= 1;
}

/** The two halves of the hash that `maskedHash` gives. */
const hash = new Uint32Array(2);

/**
 * Two numbers of 32 bits that are the same for messages that are equal once masked (two hashes after Fowler, Noll and Vo
 * side by side). The array is filled anew by each call.
 */
export function maskedHash(): Uint32Array {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  let token = 0;
  for (let i = 0; i < pieceCount; i++) {
    if (token < tokenCount && tokenAt[token] === i) {
      low = Math.imul(low ^ 0x20, 0x01000193);
      high = Math.imul(high ^ 0x20, 0x5bd1e995);
      token += 1;
    }
    const start = pieces[2 * i]!;
    if (start < 0) {
      // No unit of a text is beyond 65,535.
      low = Math.imul(low ^ (0x10000 - start), 0x01000193);
      high = Math.imul(high ^ (0x10000 - start), 0x5bd1e995);
      continue;
    }
    const end = pieces[2 * i + 1]!;
    for (let at = start; at < end; at++) {
      low = Math.imul(low ^ units[at]!, 0x01000193);
      high = Math.imul(high ^ units[at]!, 0x5bd1e995);
      high ^= high >>> 15;
    }
  }
  hash[0] = low ^ (low >>> 13);
  hash[1] = high;
  return hash;
}

/** The tokens of the message that was scanned last. */
export function maskedTokens(): string[] {
  const tokens: string[] = [];
  for (let token = 0; token < tokenCount; token++) {
    const end = token + 1 < tokenCount ? tokenAt[token + 1]! : pieceCount;
    let out = '';
    for (let i = tokenAt[token]!; i < end; i++) {
      const start = pieces[2 * i]!;
      if (start === WILD) out += WILDCARD;
      else if (start !== NOTHING) out += text.slice(start, pieces[2 * i + 1]!);
    }
    tokens.push(out);
  }
  return tokens;
}

/** The tokens of a message with `<*>` for what is surely variable. */
export function maskTokens(message: string): string[] {
  scan(message);
  return maskedTokens();
}
