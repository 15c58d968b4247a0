import { METHODS } from './requests.ts';
import { ABSORBED, WILDCARD } from './token-buffer.ts';

/** From this share of agreement on, a message belongs to a template. */
const SIMILARITY = 0.7;
/** How much a different value counts against a template; a different word counts 1. */
const VALUE_WEIGHT = 0.25;
/** How much an equal key before a different value counts for a template; an equal word counts 1. */
const KEY_WEIGHT = 0.5;
/** After this many messages, a word that never varied is taken as a constant. */
const ESTABLISHED = 100;

/**
 * How well a message fits a template with as many tokens: 0 not at all, 1 and more when it agrees with every constant.
 *
 * - A different token in the form of a value (digits, dotted names, a key before `=`) counts little against the template.
 * - A different plain word counts against it; two different words side by side are another sentence.
 * - A word that was the same in many messages is a constant: another word there is another template.
 * - The target of a request, and the class of the status it fails with, are constants.
 * - Quoted words are a sentence of their own: the text around them does not make two of them alike.
 * @param own the template's tokens
 * @param count messages the template stands for
 */
export function fit(own: readonly string[], count: number, tokens: readonly string[]): number {
  let equal = 0;
  let unlike = 0;
  let lastUnlike = -2;
  /** `equal` and `unlike` at the beginning of the present quoted words; -1 outside of them. */
  let equalBefore = -1;
  let unlikeBefore = 0;
  for (let i = 0; i < tokens.length; i++) {
    const constant = own[i]!;
    const other = tokens[i]!;
    if (equalBefore < 0 && OPENING.test(other) && !CLOSING.test(other)) {
      equalBefore = equal;
      unlikeBefore = unlike;
    }
    if (constant === other) {
      if (constant !== WILDCARD) equal++;
    } else if (constant === WILDCARD) {
      if (FAILURE.test(other)) return 0;
    } else if (constant !== ABSORBED) {
      const kind = isTarget(tokens, i) ? OTHER : differ(constant, other);
      if (kind === OTHER) return 0;
      if (kind === PAIR) equal += KEY_WEIGHT;
      if (kind !== WORD) unlike += VALUE_WEIGHT;
      else {
        if (count >= ESTABLISHED || lastUnlike === i - 1) return 0;
        lastUnlike = i;
        unlike += 1;
      }
    }
    if (equalBefore >= 0 && CLOSING.test(other)) {
      const alike = equal - equalBefore;
      const unalike = unlike - unlikeBefore;
      if (unalike > 0 && alike < SIMILARITY * (alike + unalike)) return 0;
      equalBefore = -1;
    }
  }
  if (tokens.length === 0) return 1;
  if (equal === 0) return 0;
  const share = equal / (equal + unlike);
  if (unlike === 0) return 1 + equal / tokens.length;
  return share >= SIMILARITY ? share : 0;
}

/** How two tokens differ: in the value after one key, in a value, in a word, or in everything. */
const PAIR = 1;
const VALUE = 2;
const WORD = 3;
const OTHER = 4;

const LETTERS = /\p{L}/u;
/** A request's verb: a word in capitals after a quote, or a method of HTTP. */
export const VERB = new RegExp(`["'][A-Z]{3,8}$|(?<!\\w)(?:${METHODS.join('|')})$`);
const ADDRESS = /^["']?(?:\w{1,8}:\/)?\//;
const QUOTED_VERB = /["'][A-Z]{3,8}$/;

/** Whether a token is the target of a request. */
export function isTarget(tokens: readonly string[], at: number): boolean {
  if (at === 0) return false;
  const before = tokens[at - 1]!;
  return QUOTED_VERB.test(before) || (VERB.test(before) && ADDRESS.test(tokens[at]!));
}
/** The class of a status of failure. */
const FAILURE = /(?<!\w)[45]xx(?!\w)/;
/** A token in which quoted words begin, and one in which they end. */
export const OPENING = /(?:^|[=([{:,])["'][^"']/;
export const CLOSING = /["'][)\]},;:.]{0,8}$/;

function differ(a: string, b: string): number {
  if (VERB.test(a) || VERB.test(b) || FAILURE.test(a) || FAILURE.test(b)) return OTHER;
  if (a === WILDCARD || b === WILDCARD || a === ABSORBED || b === ABSORBED) return VALUE;
  // `uid=0` and `(uid=0)` and `size=1`: keys are constants, and the values after them vary.
  const keyA = a.lastIndexOf('=');
  const keyB = b.lastIndexOf('=');
  if (keyA >= 0 || keyB >= 0) return keyA === keyB && a.startsWith(b.slice(0, keyB)) ? PAIR : OTHER;
  const colon = a.indexOf(':');
  if (colon > 0 && colon < a.length - 1 && b.startsWith(a.slice(0, colon + 1)) && colon < b.length - 1)
    return PAIR;
  // An empty value: `()`, `-`, `""`.
  if (!LETTERS.test(a) || !LETTERS.test(b)) return VALUE;
  return isValue(a) && isValue(b) ? VALUE : WORD;
}

/**
 * Whether a token has the form of a value: digits, a name with dots or slashes, or a Latin name in a Korean sentence,
 * which the particle after it shows (`cart가`).
 */
const isValue = (token: string): boolean => /\d|<\*>|\w[./]\w|\w[가-힣]/.test(token);

/** One token for two different ones: what they share at both ends stays, as far as punctuation (`user=<*>`). */
export function blend(a: string, b: string): string {
  if (a === ABSORBED || b === ABSORBED) return ABSORBED;
  // A particle is not part of the name before it.
  const particle = /(?<=[\w>])[가-힣]+$/.exec(a)?.[0];
  if (particle && particle === /(?<=[\w>])[가-힣]+$/.exec(b)?.[0]) return WILDCARD + particle;
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  let keep = 0;
  while (head < shorter && a[head] === b[head]) if (/[=:([{"'/]/.test(a[head++]!)) keep = head;
  let tail = 0;
  let end = 0;
  while (tail < shorter - keep && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
    tail += 1;
    if (/[)\]}"',;:.]/.test(a[a.length - tail]!)) end = tail;
    else break;
  }
  const prefix = a.slice(0, keep);
  return `${prefix}${WILDCARD}${end > 0 ? a.slice(a.length - end) : ''}`;
}
