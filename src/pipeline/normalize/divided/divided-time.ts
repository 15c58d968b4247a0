import { DIGIT, isAt, LETTER, runEnd, UPPER } from '../lexicon/characters.ts';
import type { Reference } from '../time/instant.ts';
import { timestampAt } from '../time/timestamp.ts';
import { closingOf, type Divider, dividerAt, isSign, keyEnd, skipPadding } from './signs.ts';

/** A time and what stands behind it. */
export interface DividedTime {
  /** Epoch milliseconds. */
  ms: number;
  /** Where the column of the time begins, and where it ends with what encloses it. */
  start: number;
  end: number;
  /** A date and its clock. Anything else may be another number. */
  whole: boolean;
  /** A name is before it, as in `stamp=2026-…`. */
  keyed: boolean;
  /** The sign that opens what encloses it; 0 for none. */
  opened: number;
  /** Undefined at the end of the line, and where only what encloses the parts divides them. */
  divider: Divider | undefined;
}

/** Characters of the columns before a time, and how many times are tried there. */
const WITHIN = 120;
const MAX_TRIES = 8;
/** Characters before and behind a clock in which its date is looked for. */
const BESIDE = 24;
/** A clock that is set wrongly may be ahead. */
const AHEAD = 400 * 86_400_000;

/** The time in the column that begins at `at`, with a divider or an enclosing sign behind it. */
export function dividedTimeAt(
  text: string,
  at: number,
  zone: string,
  now: Reference,
): DividedTime | undefined {
  let start = at;
  let opened = 0;
  let keyed = false;
  let closing = closingOf(text.charCodeAt(start));
  if (closing !== undefined) {
    opened = text.charCodeAt(start);
    start += 1;
  } else if (!isAt(text, start, DIGIT)) {
    start = keyEnd(text, start);
    keyed = start > at;
    const quote = keyed ? closingOf(text.charCodeAt(start)) : undefined;
    if (quote !== undefined) {
      closing = quote;
      start += 1;
    }
  }
  // A month or a day in words begins with a capital.
  if (!isAt(text, start, DIGIT | UPPER)) return undefined;
  const { used, order } = now;
  now.used = undefined;
  const time = timestampAt(text, start, zone, now);
  const lacked = now.used;
  now.used = used ?? lacked;
  const found =
    time &&
    !hasDateBeside(text, start, time.end, lacked) &&
    closedTime(text, at, time, { start, closing, opened, lacked, keyed }, now);
  if (found) return found;
  // What was no time has shown nothing about those of the source.
  now.used = used;
  now.order = order;
  return undefined;
}

/** A date in digits, divided or not. */
const DATE = /(?<![\d:.])(?:\d{1,4}([-/.])\s?\d{1,2}\1\s?\d{1,4}|(?:19|20)\d{6}|\d{6})(?![\d:.])/;

/** Whether a clock alone has its date in another column: then the place of both is learned from the source. */
const hasDateBeside = (text: string, start: number, end: number, lacked: Reference['used']): boolean =>
  lacked === 'day' &&
  (DATE.test(text.slice(Math.max(0, start - BESIDE), start)) || DATE.test(text.slice(end, end + BESIDE)));

interface Opening {
  start: number;
  closing: number | undefined;
  opened: number;
  lacked: Reference['used'];
  keyed: boolean;
}

function closedTime(
  text: string,
  at: number,
  time: { ms: number; end: number },
  { start, closing, opened, lacked, keyed }: Opening,
  now: Reference,
): DividedTime | undefined {
  let { end } = time;
  if (closing !== undefined) {
    if (text.charCodeAt(end) !== closing) return undefined;
    end += 1;
  }
  const digits = runEnd(text, start, DIGIT) - start;
  const isEpoch = digits >= 10 && digits !== 14 && digits !== 17;
  if (isEpoch && time.ms > now.present() + AHEAD) return undefined;
  const divider = dividerAt(text, end);
  if (!divider && end < text.length) {
    const behind = text.charCodeAt(skipPadding(text, end));
    if (opened === 0 && closingOf(behind) === undefined) return undefined;
    // Brackets and quotes around a time may be those of a sentence that goes on.
    if (text.charCodeAt(end) !== 32 && closingOf(behind) === undefined) return undefined;
  }
  return { ms: time.ms, start: at, end, whole: !isEpoch && lacked === undefined, keyed, opened, divider };
}

/** The first time behind other columns that has the same sign before and behind it. */
export function timeBehindColumns(
  text: string,
  at: number,
  zone: string,
  now: Reference,
): (DividedTime & { before: string }) | undefined {
  const last = Math.min(text.length - 1, at + WITHIN);
  let tries = 0;
  for (let index = at; index < last && tries < MAX_TRIES; index++) {
    if (!isSign(text.charCodeAt(index))) continue;
    let start = skipPadding(text, index + 1);
    const opens = closingOf(text.charCodeAt(start)) === undefined ? start : start + 1;
    // Ten digits, or a year and more: most numbers stop here.
    if (!isAt(text, opens, DIGIT)) start = keyEnd(text, opens) === opens ? -1 : start;
    if (start < 0 || !mayBeTime(text, opens)) continue;
    tries += 1;
    const time = dividedTimeAt(text, start, zone, now);
    if (!time) continue;
    let mark = index;
    while (mark > at && index - mark < 3 && isSign(text.charCodeAt(mark - 1))) mark--;
    const before = time.divider?.mark ?? text.slice(mark, index + 1);
    if (!text.slice(mark, index + 1).endsWith(before)) continue;
    if (!time.divider && time.end < text.length) continue;
    return { ...time, before };
  }
  return undefined;
}

/**
 * Whether a line can have a time between divided columns at all: it begins with a digit or a sign, or there is a clock or an
 * epoch among its first characters. Lines of words stop here.
 */
export function mayBeDivided(text: string, at: number): boolean {
  if (!isAt(text, at, LETTER)) return true;
  const last = Math.min(text.length - 1, at + WITHIN + EPOCH);
  for (let colon = text.indexOf(':', at); colon > at && colon < last; colon = text.indexOf(':', colon + 1))
    if (isAt(text, colon - 1, DIGIT) && isAt(text, colon + 1, DIGIT)) return true;
  // Ten digits in a row have one at each tenth place.
  for (let tenth = at + EPOCH - 1; tenth < last; tenth += EPOCH) {
    const code = text.charCodeAt(tenth);
    if (code < 48 || code > 57) continue;
    let start = tenth;
    while (start > at && isAt(text, start - 1, DIGIT)) start--;
    if (runEnd(text, tenth, DIGIT) - start >= EPOCH) return true;
  }
  return false;
}
/** Digits of an epoch of seconds. */
const EPOCH = 10;

/** Whether what begins with a digit is long enough for a date or an epoch. */
function mayBeTime(text: string, at: number): boolean {
  const width = runEnd(text, at, DIGIT) - at;
  if (width === 0) return true;
  if (width >= 8) return true;
  const behind = text.charCodeAt(at + width);
  return behind === 45 || behind === 46 || behind === 47 || behind > 127 || (behind === 58 && width === 2);
}
