/** The placeholder of a variable part. */
export const WILDCARD = '<*>';

/** Tokens kept of one message; the rest becomes one wildcard, so that a 16,000-character line stays cheap. */
const MAX_TOKENS = 160;

const SPACE = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const SLASH = 47;
const BACKSLASH = 92;
const EQUALS = 61;

/** What may stand directly before an opening quote. */
const OPENS = new Set([SPACE, EQUALS, 40 /* ( */, 44 /* , */, 58 /* : */, 91 /* [ */, 123 /* { */]);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWhite = (code: number): boolean => code === SPACE || (code >= 9 && code <= 13);
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

/** Runs of word characters joined by what occurs inside numbers, addresses, versions and ids. */
const RUN = /[A-Za-z0-9_]+(?:[.:@-]+[A-Za-z0-9_]+)*/g;
/** Wildcards with only joining punctuation between them are one variable. */
const JOINED = /<\*>(?:[.:/@#_+-]*<\*>)+/g;
const SIGNED = /(^|[\s=(,[:])[-+]<\*>/g;
const HEX_WORD = /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
const LETTERS = /[A-Za-z]/g;
const DIGITS = /\d/g;

/** One run that contains a digit: is it a variable, or a name that happens to have a digit (`jk2_init`, `HTTP`, `utf8`)? */
function maskRun(run: string): string {
  const digits = run.match(DIGITS)?.length ?? 0;
  if (digits === 0) return HEX_WORD.test(run) ? WILDCARD : run;
  const letters = run.match(LETTERS)?.length ?? 0;
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
    (token.charCodeAt(start + 1) === 58 && token.charCodeAt(start + 2) === BACKSLASH);
  if (isPath) {
    let end = token.length;
    while (end > start && /[)\]}>"',;:.]/.test(token[end - 1]!)) end--;
    return token.slice(0, start) + WILDCARD + token.slice(end);
  }
  if (!hasDigit) return token;
  return token.replace(RUN, maskRun).replace(JOINED, WILDCARD).replace(SIGNED, `$1${WILDCARD}`);
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
  while (at < length) {
    while (at < length && isWhite(message.charCodeAt(at))) at++;
    if (at >= length) break;
    if (tokens.length === MAX_TOKENS) {
      tokens.push(WILDCARD);
      break;
    }
    const start = at;
    let special = false;
    let digit = false;
    let quoted = '';
    let from = start;
    for (; at < length; at++) {
      const code = message.charCodeAt(at);
      if (isWhite(code)) break;
      if (isDigit(code)) digit = true;
      else if (code === SLASH || code === BACKSLASH) special = true;
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
    tokens.push(quoted + (digit || special ? maskToken(tail, digit) : tail));
  }
  return tokens;
}
