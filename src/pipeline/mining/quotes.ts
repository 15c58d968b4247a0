import { DIGIT, isWord, KIND, LETTER, SPACE, units } from './characters.ts';

/** Longest quoted text that is looked at as one. */
export const MAX_QUOTED = 512;

const BACKSLASH = 92;

/**
 * Where the text quoted from `open` on ends; -1 when it is empty, too long, or an apostrophe in a word follows. A quote
 * behind a backslash belongs to the text, unless nothing else ends it (`"C:\temp\"`).
 */
export function quoteEnd(open: number, unitCount: number): number {
  const quote = units[open]!;
  const most = Math.min(unitCount, open + MAX_QUOTED);
  let escaped = -1;
  /** Backslashes in a row before the character at hand. */
  let slashes = 0;
  for (let at = open + 1; at < most; at++) {
    const unit = units[at]!;
    if (unit === quote) {
      const closes = at > open + 1 && (at + 1 >= unitCount || !isWord(units[at + 1]!));
      if (slashes % 2 === 0) return closes ? at : escaped;
      if (closes && escaped < 0) escaped = at;
    }
    slashes = unit === BACKSLASH ? slashes + 1 : 0;
  }
  return escaped;
}

/** How many words lie between, and how many of them are plain: letters of any script, with what ends a clause behind. */
function wordsIn(from: number, to: number): { words: number; plain: number } {
  let words = 0;
  let plain = 0;
  for (let at = from; at < to; ) {
    while (at < to && KIND[units[at]!] === SPACE) at++;
    if (at >= to) break;
    let letters = 0;
    let other = false;
    for (; at < to && KIND[units[at]!] !== SPACE; at++) {
      const unit = units[at]!;
      if ((KIND[unit]! & LETTER) !== 0 || unit >= 128) letters += 1;
      else if (KIND[unit] === DIGIT || !isMark(unit)) other = true;
    }
    words += 1;
    if (letters > 0 && !other) plain += 1;
  }
  return { words, plain };
}

/** Stands beside or within the words of a sentence: `(can't`, `read-only,`. */
const MARKS = new Set([...'(),.;:!?\'"-'].map((mark) => mark.charCodeAt(0)));
const isMark = (unit: number): boolean => MARKS.has(unit);

/** Several words, most of them plain: somebody says something. A date, an address or a list of products is none. */
export function isProse(from: number, to: number): boolean {
  if (isProduct(from, to)) return false;
  const { words, plain } = wordsIn(from, to);
  return words >= 2 && plain * 2 > words;
}

/** A name and its version come first, as a program says who it is: `curl/8.4.0`. */
function isProduct(from: number, to: number): boolean {
  let at = from;
  while (at < to && (isWord(units[at]!) || units[at] === 46 || units[at] === 45)) at++;
  return at > from && at + 1 < to && units[at] === 47 && KIND[units[at + 1]!] === DIGIT;
}

/** Every word begins with a capital or no letter at all: `View Lock`, `Kim Min Su`. */
export function isName(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const begins = at === from || KIND[units[at - 1]!] === SPACE;
    if (begins && ((units[at]! >= 97 && units[at]! <= 122) || units[at]! >= 128)) return false;
  }
  return true;
}

/** One plain word. */
export function isWordAlone(from: number, to: number): boolean {
  const { words, plain } = wordsIn(from, to);
  return words === 1 && plain === 1;
}

/** Longest key that is looked for. */
const MAX_KEY = 64;

/** Whether `key=` stands at `at`, behind white space. */
export function pairFollows(at: number, unitCount: number): boolean {
  let from = at;
  while (from < unitCount && KIND[units[from]!] === SPACE) from++;
  if (from === at) return false;
  const most = Math.min(unitCount, from + MAX_KEY);
  let to = from;
  while (to < most && (isWord(units[to]!) || units[to] === 46 || units[to] === 45)) to++;
  return to > from && units[to] === 61;
}

/**
 * Whether a quote at `quote` holds the value of a key: `key="…"`, `"key": "…"`, `key = "…"`. A word and a colon before a
 * space introduce what is said (`error: "…"`).
 */
export function isKeyed(quote: number): boolean {
  let at = quote - 1;
  if (at < 1) return false;
  const spaced = KIND[units[at]!] === SPACE;
  while (at > 0 && KIND[units[at]!] === SPACE) at--;
  const sign = units[at]!;
  if (sign === 61) return at > 0 && units[at - 1] !== 61;
  if (sign !== 58 || at === 0) return false;
  const before = units[at - 1]!;
  return before === 34 || before === 39 || (!spaced && isWord(before));
}

/** Where the key before a quote begins and ends, `quote` being where the quote opens. */
export function keyBefore(quote: number): { from: number; to: number } {
  let to = quote;
  while (to > 0 && !isWord(units[to - 1]!)) to--;
  let from = to;
  while (from > 0 && to - from < MAX_KEY && (isWord(units[from - 1]!) || units[from - 1] === 46)) from--;
  return { from, to };
}
