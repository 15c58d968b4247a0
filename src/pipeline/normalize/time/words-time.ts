import { DIGIT, isAt, numberAt, runEnd, SPACE, WORD } from '../lexicon/characters.ts';
import { type FoundTime, instant, onward, type Reference, withoutYear } from './instant.ts';
import { halfOf, isWeekday, monthOf } from './locale-names.ts';
import { clock, clockMs, numericTime, readClock } from './numeric-time.ts';

/** Letters of the longest name of a month, and a little more. */
const MAX_WORD = 16;
/** Words before the clock: a weekday, a month, a half of the day, and small words between them. */
const MAX_WORDS = 6;
/** Letters of a small word between the parts of a date: `de`, `à`, `kl.`, `года`. */
const SMALL = 4;

/** The parts of a date that was read last. One object for all lines. */
const date = {
  year: -1,
  month: 0,
  day: 0,
  /** Where each word begins and ends. */
  words: new Array<number>(2 * MAX_WORDS).fill(0),
  count: 0,
  /** Words before the year. */
  beforeYear: 0,
  /** Where the clock begins. */
  clockAt: 0,
  /** The words begin with a weekday. */
  weekday: false,
  late: undefined as boolean | undefined,
};

/** A letter of any script; ASCII is known by a table. */
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 0xc0 && (code < 0x2000 || code > 0x303f));

/**
 * A date with the name of its month, in any usual order and in any language: `Nov 21 15:04:05`, `21/Nov/2026:15:04:05 +0900`,
 * `Sat Nov 21 15:04:05 KST 2026`, `Nov 21, 2026 3:04:05 PM`, `21-Nov-26 03.04.05 PM`, `21Nov2026 15:04:05`,
 * `12-11월-2024 10:20:30`, also `Sat 2026-11-21 15:04:05 KST`. Undefined for anything else.
 * @param zone IANA zone of times that name none
 * @param now completes a date without a year
 */
export function wordsTime(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  const numeric = readDate(text, index);
  if (numeric < 0 || !resolveWords(text, numeric > 0)) return undefined;
  if (numeric > 0) return numericTime(text, numeric, zone, now);
  const { day, month } = date;
  let { year } = date;
  if (!readClock(text, date.clockAt, year >= 0, zone)) return undefined;
  const ms = clockMs();
  let { end } = clock;
  if (year < 0) {
    const behind = yearBehind(text, end, date.weekday || text.charCodeAt(index - 1) === 91);
    if (behind > 0) {
      year = numberAt(text, behind - 4, 4);
      end = behind;
    }
  }
  const dayMs = date.late === undefined ? ms : (ms % HALF_DAY) + (date.late ? HALF_DAY : 0);
  const local = clock.zone ?? zone;
  const found =
    year < 0
      ? withoutYear(month, day, dayMs, local, now)
      : onward(instant(year, month, day, dayMs, local), local, now);
  return found === undefined || !Number.isFinite(found) ? undefined : { ms: found, end };
}
const HALF_DAY = 43_200_000;

/**
 * Reads the form of a date up to its clock into `date`.
 * @returns 0; where a date in digits begins after a weekday; -1 when there is no date
 */
function readDate(text: string, index: number): number {
  date.year = -1;
  date.month = 0;
  date.day = 0;
  date.count = 0;
  date.beforeYear = 0;
  let at = index;
  for (let parts = 0; parts < 9; parts++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      const width = runEnd(text, at, DIGIT) - at;
      const next = text.charCodeAt(at + width);
      const named = date.month > 0 || date.count > 0;
      if (width <= 2 && date.day > 0 && named && (next === 58 || (next === 46 && date.year >= 0))) {
        date.clockAt = at;
        return 0;
      }
      if (width === 4 && next === 45 && parts === 1 && isAt(text, at + 5, DIGIT)) return at;
      at = takeNumber(text, at, width, next);
    } else if (isLetter(code)) at = takeWord(text, at);
    else return -1;
    if (at < 0) return -1;
    const start = at;
    // `21/Nov`, `Nov 21, 2026`, `2026::15`, `2026 - 15`
    for (let skipped = 0; skipped < 3 && isSeparator(text.charCodeAt(at)); skipped++) at++;
    if (at === start && !isJoint(text, at)) return -1;
  }
  return -1;
}

/** space, comma, dash, slash, dot, colon */
const isSeparator = (code: number): boolean =>
  code === 32 || code === 44 || code === 45 || code === 47 || code === 46 || code === 58 || code === 0xa0;

/** Whether a number and a word touch, `21Nov2026`. */
const isJoint = (text: string, at: number): boolean =>
  isAt(text, at - 1, DIGIT) !== isAt(text, at, DIGIT) &&
  (isAt(text, at, DIGIT) || isLetter(text.charCodeAt(at)));

/** Takes a day, a month with its sign, or a year. */
function takeNumber(text: string, at: number, width: number, next: number): number {
  const end = at + width;
  const value = numberAt(text, at, Math.min(width, 4));
  if (width <= 2 && date.month === 0 && (next === 0xc6d4 || next === 0x6708)) {
    date.month = value;
    return end + 1;
  }
  if (width === 4 && date.year < 0) {
    date.year = value;
    date.beforeYear = date.count;
    return end;
  }
  if (width > 2) return -1;
  if (date.day === 0) {
    date.day = value;
    // 일, 日
    return next === 0xc77c || next === 0x65e5 ? end + 1 : end;
  }
  if (width < 2 || date.year >= 0 || text.charCodeAt(at - 1) !== 45) return -1;
  date.year = 2_000 + value;
  return end;
}

function takeWord(text: string, at: number): number {
  let end = at;
  while (end - at < MAX_WORD && isLetter(text.charCodeAt(end))) end++;
  if (end - at >= MAX_WORD || date.count === MAX_WORDS) return -1;
  date.words[2 * date.count] = at;
  date.words[2 * date.count + 1] = end;
  date.count += 1;
  return text.charCodeAt(end) === 46 ? end + 1 : end;
}

/** Finds out what the words of `date` mean; false when one means nothing. */
function resolveWords(text: string, onlyWeekday: boolean): boolean {
  date.weekday = false;
  date.late = undefined;
  for (let i = 0; i < date.count; i++) {
    const word = text.slice(date.words[2 * i], date.words[2 * i + 1]);
    const more = date.count - i > 1 || date.month > 0 || onlyWeekday;
    if (i === 0 && more && isWeekday(word)) date.weekday = true;
    else if (onlyWeekday) return false;
    else if (date.month === 0) {
      date.month = monthOf(word);
      if (date.month === 0 && !isSmall(word)) return false;
    } else {
      if (i >= date.beforeYear) date.late ??= halfOf(word);
      if (date.late === undefined && !isSmall(word)) return false;
    }
  }
  return onlyWeekday ? date.weekday : date.month > 0;
}

/** Whether a word may only join the parts of a date. What comes first is none. */
const isSmall = (word: string): boolean =>
  date.day > 0 && word.length <= SMALL && word === word.toLowerCase() && word !== word.toUpperCase();

/** Where a year ends that follows a clock, perhaps behind an unknown zone: `15:04:05 2026`; 0 when there is none. */
function yearBehind(text: string, at: number, expected: boolean): number {
  if (!expected || !isAt(text, at, SPACE)) return 0;
  let start = at + 1;
  const letters = runEnd(text, start, WORD);
  if (!isAt(text, start, DIGIT) && letters - start >= 3 && letters - start <= 5) start = letters + 1;
  const end = start + 4;
  const year = runEnd(text, start, DIGIT) === end && !isAt(text, end, WORD) && text.charCodeAt(end) !== 58;
  return year && text.charCodeAt(start) <= 50 && text.charCodeAt(start) >= 49 ? end : 0;
}
