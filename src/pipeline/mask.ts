/** The placeholder of a variable part. */
export const WILDCARD = '<*>';

/** Tokens kept of one message; the rest becomes one wildcard, so that a 16,000-character line stays cheap. */
const MAX_TOKENS = 160;
/** Characters of a message that are looked at, and of one token that may be constant. */
const MAX_SCANNED = 8_000;
const MAX_CONSTANT = 200;

const SPACE = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const SLASH = 47;
const BACKSLASH = 92;
const EQUALS = 61;
const COLON = 58;

/** What may stand directly before an opening quote. */
const OPENS = new Set([SPACE, EQUALS, 40 /* ( */, 44 /* , */, COLON, 91 /* [ */, 123 /* { */]);

const CALENDAR = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWhite = (code: number): boolean => code === SPACE || (code >= 9 && code <= 13);
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

/** Runs of word characters joined by what occurs inside numbers, addresses, versions and ids. */
const RUN = /[A-Za-z0-9_]+(?:[.:@-]+[A-Za-z0-9_]+)*/g;
/** Wildcards with only joining punctuation between them are one variable. */
const JOINED = /<\*>(?:[.:/@#_+-]*<\*>)+/g;
/** A key with a logical value: `found:true`, `(cached=false)`. */
const LOGICAL = /([=:])(?:true|false|null|nil|none)([,;.)\]}]*)$/i;
/** So many wildcards in a row are a list. */
const LIST = 3;
const SIGNED = /(^|[\s=(,[:])[-+]<\*>/g;
const HEX_WORD = /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;

/** One run that contains a digit: is it a variable, or a name that happens to have a digit (`jk2_init`, `HTTP`, `utf8`)? */
function maskRun(run: string): string {
  let digits = 0;
  let letters = 0;
  for (let at = 0; at < run.length; at++) {
    const code = run.charCodeAt(at);
    if (isDigit(code)) digits += 1;
    else if (isWord(code) && code !== 95) letters += 1;
  }
  if (digits === 0) return HEX_WORD.test(run) ? WILDCARD : run;
  if (letters === 0 || digits >= 3 || digits >= letters) return WILDCARD;
  // A key glued to its value by a colon keeps the key: `size:42`, `port:80`.
  const colon = run.lastIndexOf(':');
  if (colon > 0 && colon < run.length - 1) {
    const key = run.slice(0, colon);
    if (!/\d/.test(key)) return `${key}:${maskRun(run.slice(colon + 1))}`;
  }
  // One or two digits at the end or after a joint number something: `node-7`, `worker_12`, `pool-3`.
  if (/(?:^|[._:@-])\d+$/.test(run)) return WILDCARD;
  return run;
}

/** A token with a digit, a slash or a backslash. */
function maskToken(token: string, hasDigit: boolean): string {
  let start = 0;
  while (start < token.length && !isWord(token.charCodeAt(start)) && token.charCodeAt(start) !== SLASH)
    start++;
  // Paths and URLs are one variable; trailing punctuation is not part of them.
  const first = token.charCodeAt(start);
  const second = token.indexOf('/', start + 1);
  const isPath =
    (first === SLASH && second > 0) ||
    (second > 0 && token.startsWith('://', second - 1)) ||
    (token.charCodeAt(start + 1) === COLON && token.charCodeAt(start + 2) === BACKSLASH);
  if (isPath) {
    let end = token.length;
    while (end > start && /[)\]}>"',;:.]/.test(token[end - 1]!)) end--;
    return token.slice(0, start) + WILDCARD + token.slice(end);
  }
  if (!hasDigit) return token;
  const masked = token.replace(RUN, maskRun);
  if (masked === WILDCARD || masked === token) return masked;
  return masked.replace(JOINED, WILDCARD).replace(SIGNED, `$1${WILDCARD}`);
}

/** Whether the next word begins with a digit, or is a calendar word before one. */
function startsNumber(message: string, at: number): boolean {
  const next = message.slice(at, at + 10).trimStart();
  if (isDigit(next.charCodeAt(0))) return true;
  return CALENDAR.has(next.slice(0, 3)) && isDigit(next.slice(3).trimStart().charCodeAt(0));
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
  while (at < length) {
    while (at < length && isWhite(message.charCodeAt(at))) at++;
    if (at >= length) break;
    if (tokens.length >= MAX_TOKENS || at > MAX_SCANNED) {
      tokens.push(WILDCARD);
      break;
    }
    const start = at;
    let special = false;
    let keyed = false;
    let digit = false;
    let quoted = '';
    let from = start;
    for (; at < length; at++) {
      const code = message.charCodeAt(at);
      if (isWhite(code)) break;
      if (isDigit(code)) digit = true;
      else if (code === SLASH || code === BACKSLASH) special = true;
      else if (code === EQUALS || code === COLON) keyed = true;
      else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
        const before = at === start ? SPACE : message.charCodeAt(at - 1);
        if (!OPENS.has(before)) continue;
        const close = message.indexOf(code === DOUBLE_QUOTE ? '"' : "'", at + 1);
        if (close < 0 || close - at > 512 || close === at + 1) continue;
        if (close + 1 < length && isWord(message.charCodeAt(close + 1))) continue;
        const quote = message[at]!;
        const head = message.slice(from, at);
        quoted += (digit || special ? maskToken(head, digit) : head) + quote + WILDCARD + quote;
        digit = false;
        special = false;
        at = close;
        from = close + 1;
      }
    }
    const tail = message.slice(from, at);
    const token =
      at - start > MAX_CONSTANT ? WILDCARD : quoted + (digit || special ? maskToken(tail, digit) : tail);
    // A date in words is one variable: `Sat Nov 21 15:04:05 2026`.
    if (dated && token.startsWith(WILDCARD)) {
      tokens[tokens.length - 1] = token;
      dated = token === WILDCARD;
    } else if (CALENDAR.has(token) && startsNumber(message, at)) {
      if (!dated) tokens.push(WILDCARD);
      dated = true;
    } else {
      dated = false;
      if (token === WILDCARD) wild += 1;
      else wild = 0;
      // A list of values is one variable, however long it is this time.
      if (wild === LIST) tokens.length -= LIST - 2;
      else if (wild < LIST) tokens.push(keyed ? token.replace(LOGICAL, `$1${WILDCARD}$2`) : token);
    }
  }
  return tokens;
}
