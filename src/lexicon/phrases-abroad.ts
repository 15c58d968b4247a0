import { join } from 'node:path';
import type { FailureKind } from '../domain/log/failure-kind.ts';
import { foldAccents } from '../domain/text/fold-accents.ts';
import { WordList } from './word-list.ts';

/*
 * What lines in languages other than English and Korean tell of a failure. There are over a thousand phrases, and lines without
 * a level are read when they come in: phrases are found by the beginnings of words, and not by one expression for all of them.
 */

const WORDS = new WordList(join(import.meta.dirname, 'phrases-abroad.txt'));
/** These say how what is named is meant; the other sections are kinds of failure, the most specific first. */
const NO_KINDS: ReadonlySet<string> = new Set(['not', 'not-behind', 'over']);
const NOT: ReadonlySet<string> = new Set([...WORDS.words('not')].map(foldAccents));
const NOT_BEHIND = [...WORDS.words('not-behind')].map(foldAccents);
const KINDS = WORDS.sections.filter((section) => !NO_KINDS.has(section)) as FailureKind[];
/** Comes before all kinds: with such a phrase a line tells of no failure. */
const OVER = -1;

interface Phrase {
  /** Index of its kind; `OVER`. */
  rank: number;
  /** The whole phrase, where it is the same in every line. */
  literal: string;
  /** Its last word may go on. */
  open: boolean;
  /** For a phrase in which other words or the ends of words are left open. */
  pattern: RegExp | undefined;
}

/** Characters of a text that are read, and those beside a phrase that may deny it. */
const MAX_READ = 1_000;
const BESIDE = 32;
/** Characters by which phrases are looked up: of words, and of scripts without spaces and short words. */
const LONG_KEY = 4;
const SHORT_KEY = 2;

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 0xaa && code < 0x2000);
/** Thai, kana and Chinese characters: a phrase may begin at any of them. */
const isUnspaced = (code: number): boolean =>
  (code >= 0xe00 && code < 0xe80) || (code >= 0x3041 && code < 0xa000);

const LETTERS = 'a-z\\u00aa-\\u1fff';
/** A few words of one clause. */
const GAP = '(?: [^\\s;]{0,24}[^\\s;.:!?]){0,4} ';
const escaped = (text: string): string => text.replace(/[.()/-]/g, '\\$&');

function phraseOf(entry: string, rank: number): Phrase {
  const open = entry.endsWith('*') || isUnspaced(entry.charCodeAt(entry.length - 1));
  const literal = entry.endsWith('*') ? entry.slice(0, -1) : entry;
  if (!/\*|\.\.\./.test(literal)) return { rank, literal, open, pattern: undefined };
  const source = entry
    .split(/( \.\.\. |\*\.\.\. |\*)/)
    .map((part) => {
      if (part === '*') return `[${LETTERS}]{0,20}`;
      if (part === ' ... ') return GAP;
      return part === '*... ' ? `[${LETTERS}]{0,20}${GAP}` : escaped(part);
    })
    .join('');
  return { rank, literal, open, pattern: new RegExp(`${source}${open ? '' : `(?![${LETTERS}])`}`, 'y') };
}

const LONG = new Map<string, Phrase[]>();
const SHORT = new Map<string, Phrase[]>();
/** Which keys may be in the maps, so that most words are not cut out of the text to be looked up. */
const LONG_SIEVE = new Uint8Array(65_536);
const SHORT_SIEVE = new Uint8Array(65_536);

/** A place in a sieve for the next characters. After the end of the text they count as zero. */
const sieved = (text: string, at: number, length: number): number => {
  let sum = 0;
  for (let i = at; i < at + length; i++) sum = (sum * 151 + text.charCodeAt(i)) & 0xffff;
  return sum;
};

/** Files a phrase under the characters it always begins with. */
function addPhrase(entry: string, rank: number): void {
  const phrase = phraseOf(entry, rank);
  const fixed = phrase.literal.split('*')[0]!;
  const long = fixed.length >= LONG_KEY && !isUnspaced(entry.charCodeAt(0));
  const index = long ? LONG : SHORT;
  const length = long ? LONG_KEY : SHORT_KEY;
  const key = fixed.slice(0, length);
  (long ? LONG_SIEVE : SHORT_SIEVE)[sieved(key, 0, length)] = 1;
  const known = index.get(key);
  if (known) known.push(phrase);
  else index.set(key, [phrase]);
}

for (const [rank, kind] of KINDS.entries())
  for (const entry of WORDS.words(kind)) addPhrase(foldAccents(entry), rank);
for (const entry of WORDS.words('over')) addPhrase(foldAccents(entry), OVER);

/** The kind of failure that a text tells of in another language; undefined for none, and for one that is denied or over. */
export function failureAbroad(text: string): FailureKind | undefined {
  const rank = rankOf(text);
  return rank === undefined || rank === OVER ? undefined : KINDS[rank];
}

/** Whether a text says in another language that all went well, or that a failure is over. */
export const isOverAbroad = (text: string): boolean => rankOf(text) === OVER;

/** The lowest rank of the phrases in a text. */
function rankOf(text: string): number | undefined {
  const read = foldAccents(text.length > MAX_READ ? text.slice(0, MAX_READ) : text);
  let lowest: number | undefined;
  let inWord = false;
  for (let at = 0; at < read.length; at++) {
    const code = read.charCodeAt(at);
    const unspaced = isUnspaced(code);
    const begins = unspaced || (!inWord && isLetter(code));
    inWord = !unspaced && isLetter(code);
    if (!begins) continue;
    if (!unspaced && LONG_SIEVE[sieved(read, at, LONG_KEY)])
      lowest = lowestOf(read, at, lowest, LONG.get(read.slice(at, at + LONG_KEY)));
    if (SHORT_SIEVE[sieved(read, at, SHORT_KEY)])
      lowest = lowestOf(read, at, lowest, SHORT.get(read.slice(at, at + SHORT_KEY)));
    if (lowest === OVER) return OVER;
  }
  return lowest;
}

/** The lowest rank of the phrases that begin at a place; `known` where none is lower. */
function lowestOf(
  read: string,
  at: number,
  known: number | undefined,
  phrases: readonly Phrase[] | undefined,
): number | undefined {
  let lowest = known;
  for (const phrase of phrases ?? []) {
    if (lowest !== undefined && phrase.rank >= lowest) continue;
    const end = endOf(phrase, read, at);
    if (end > at && !isDenied(read, at, end, phrase.rank)) lowest = phrase.rank;
  }
  return lowest;
}

/** Where a phrase ends that begins at `at`; -1 when it does not. */
function endOf({ literal, open, pattern }: Phrase, read: string, at: number): number {
  if (pattern) {
    pattern.lastIndex = at;
    return pattern.test(read) ? pattern.lastIndex : -1;
  }
  if (!read.startsWith(literal, at)) return -1;
  const end = at + literal.length;
  return open || !isLetter(read.charCodeAt(end)) ? end : -1;
}

/** Shorter words deny only what is right behind them: `no` is also `in the`, or a node. */
const MIN_APART = 3;
/** The two words before a phrase. */
const BEFORE = /(?:([^\s,.;:!?()]{1,12}) )?([^\s,.;:!?()]{1,12}) $/;
const ZERO = /^[^\s\d]{0,4} ?[=:：(] ?0(?![.\d])/;
/** A time limit that is set, not one that was reached. */
const SETTING = /^[^\d.;]{0,12}[=:：(] ?\d/;
const TIMEOUT = KINDS.indexOf('timeout');

function isDenied(read: string, from: number, to: number, rank: number): boolean {
  const before = read.slice(Math.max(0, from - BESIDE), from);
  if (isUnspaced(read.charCodeAt(from))) {
    for (const length of [1, 2, 3, 5]) if (NOT.has(before.slice(-length))) return true;
  }
  const [, earlier = '', last = ''] = BEFORE.exec(before) ?? [];
  if (NOT.has(last) || (earlier.length >= MIN_APART && /^\D/.test(last) && NOT.has(earlier))) return true;
  if (rank === OVER) return false;
  const behind = read.slice(to, to + BESIDE);
  if (ZERO.test(behind) || (rank === TIMEOUT && SETTING.test(behind))) return true;
  const next = behind.trimStart();
  return NOT_BEHIND.some((word) => next.startsWith(word) && !isLetterBehind(next, word));
}

const isLetterBehind = (text: string, word: string): boolean =>
  !isUnspaced(word.charCodeAt(word.length - 1)) && isLetter(text.charCodeAt(word.length));
