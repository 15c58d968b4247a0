// What quoted text in a message is: a value, or a sentence. All functions read the UTF-16 units of a message.
import { DIGIT, isWord, KIND, LETTER, SPACE } from './characters.ts';

/** Longest quoted text that is read as one. */
export const MAX_QUOTED = 512;

const BACKSLASH = 92;

/**
 * Where the text ends that a quote at `open` begins; -1 when it is empty or too long, or when the quote is an apostrophe
 * in a word. A quote after a backslash belongs to the text, unless nothing else ends it (`"C:\temp\"`).
 */
export function quoteEnd(units: Uint16Array, open: number, unitCount: number): number {
  const quote = units[open]!;
  const most = Math.min(unitCount, open + MAX_QUOTED);
  let escaped = -1;
  /** Backslashes in a row before the current character. */
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

/** How many words the range has, and how many of them are plain: letters of any script, perhaps with a punctuation mark. */
function wordsIn(units: Uint16Array, from: number, to: number): { words: number; plain: number } {
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

/** Marks in or next to the words of a sentence: `(can't`, `read-only,`. */
const MARKS = new Set([...'(),.;:!?\'"-'].map((mark) => mark.charCodeAt(0)));
const isMark = (unit: number): boolean => MARKS.has(unit);

/** Whether the range is a sentence: several words, most of them plain. A date, an address or a list of products is not. */
export function isProse(units: Uint16Array, from: number, to: number): boolean {
  if (isProduct(units, from, to)) return false;
  const { words, plain } = wordsIn(units, from, to);
  return words >= 2 && plain * 2 > words;
}

/** Whether a name and its version come first, as a program names itself: `curl/8.4.0`. */
function isProduct(units: Uint16Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && (isWord(units[at]!) || units[at] === 46 || units[at] === 45)) at++;
  return at > from && at + 1 < to && units[at] === 47 && KIND[units[at + 1]!] === DIGIT;
}

/** Whether every word begins with a capital, or with no letter at all: `View Lock`, `Kim Min Su`. */
export function isName(units: Uint16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const begins = at === from || KIND[units[at - 1]!] === SPACE;
    if (begins && ((units[at]! >= 97 && units[at]! <= 122) || units[at]! >= 128)) return false;
  }
  return true;
}

/** Whether the range is one plain word. */
export function isWordAlone(units: Uint16Array, from: number, to: number): boolean {
  const { words, plain } = wordsIn(units, from, to);
  return words === 1 && plain === 1;
}

/** Longest key that is read. */
const MAX_KEY = 64;

/** Whether `key=` follows at `at`, after white space. */
export function pairFollows(units: Uint16Array, at: number, unitCount: number): boolean {
  let from = at;
  while (from < unitCount && KIND[units[from]!] === SPACE) from++;
  if (from === at) return false;
  const most = Math.min(unitCount, from + MAX_KEY);
  let to = from;
  while (to < most && (isWord(units[to]!) || units[to] === 46 || units[to] === 45)) to++;
  return to > from && units[to] === 61;
}

/**
 * Whether the quote at `quote` holds the value of a key: `key="…"`, `"key": "…"`, `key = "…"`. A word, a colon and a
 * space introduce a sentence instead (`error: "…"`).
 */
export function isKeyed(units: Uint16Array, quote: number): boolean {
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

/** Where the key before a quote begins and ends; `quote` is where the quote opens. */
export function keyBefore(units: Uint16Array, quote: number): { from: number; to: number } {
  let to = quote;
  while (to > 0 && !isWord(units[to - 1]!)) to--;
  let from = to;
  while (from > 0 && to - from < MAX_KEY && (isWord(units[from - 1]!) || units[from - 1] === 46)) from--;
  return { from, to };
}
