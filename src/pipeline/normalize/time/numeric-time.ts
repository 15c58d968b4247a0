import type { DateOrder } from '../../../domain/log/source-line.ts';
import { DAY } from '../../../domain/time/units.ts';
import { DIGIT, isAt, numberAt, skipSpace } from '../lexicon/characters.ts';
import {
  type FoundTime,
  instant,
  onward,
  type Reference,
  timeOfDay,
  withoutDay,
  withoutYear,
} from './instant.ts';
import { halfOf, isWeekday } from './locale-names.ts';
import { lastZone, readZone } from './zone.ts';

/** `PM`, `p.m.`, `p. m.` */
const HALF = /\s?([AaPp])\.?\s?[Mm](?![\w])\.?/y;
/** A word in another script before or after a clock. */
const HALF_WORD = /\s?((?:[^\p{ASCII}\s\d]\.?){1,4})(?![\p{L}])/uy;

const digitAt = (text: string, at: number): boolean => isAt(text, at, DIGIT);
/** The number of digits from `at` on, up to `most`. */
function widthAt(text: string, at: number, most: number): number {
  const last = Math.min(text.length, at + most);
  let end = at;
  while (end < last) {
    const code = text.charCodeAt(end);
    if (code < 48 || code > 57) break;
    end++;
  }
  return end - at;
}

/** The clock that was read last. One object for all, since every line with a time needs one. */
export const clock = {
  hour: 0,
  minute: 0,
  second: 0,
  millis: 0,
  /** Minutes east of UTC or an IANA zone, if the text names one. */
  zone: undefined as number | string | undefined,
  end: 0,
};
export const clockMs = (): number => timeOfDay(clock.hour, clock.minute, clock.second, clock.millis);

/**
 * Reads a clock at `start` into `clock`: `15:04:05.123+09:00`, `15.04.05`, `150405`, `3:04 PM`, `7:4:5:12`.
 * @param short also `15:04` without seconds, `150405` without colons, and parts without a leading zero count: only after
 *   a date
 * @param home the zone that is set: it decides what an abbreviation means that several countries use
 */
export function readClock(text: string, start: number, short: boolean, home: string): boolean {
  let at = start;
  // `오후 3:04:05`, `PM 03:04:05`
  const first = text.charCodeAt(at);
  const early = short && (first > 127 || first === 65 || first === 80) ? halfAt(text, at) : undefined;
  if (early !== undefined) at = skipSpace(text, half.end);
  let width = widthAt(text, at, 7);
  clock.millis = 0;
  clock.second = 0;
  clock.zone = undefined;
  if (width === 6 && short) {
    clock.hour = numberAt(text, at, 2);
    clock.minute = numberAt(text, at + 2, 2);
    clock.second = numberAt(text, at + 4, 2);
    at += 6;
  } else {
    if (width < 1 || width > 2) return false;
    clock.hour = numberAt(text, at, width);
    at += width;
    const separator = text.charCodeAt(at);
    if (separator !== 58 && (separator !== 46 || width !== 2)) return false;
    const least = short && separator === 58 ? 1 : 2;
    const minutes = widthAt(text, at + 1, 3);
    if (minutes < least || minutes > 2) return false;
    clock.minute = numberAt(text, at + 1, minutes);
    at += 1 + minutes;
    const seconds = text.charCodeAt(at) === separator ? widthAt(text, at + 1, 3) : 0;
    if (seconds >= least && seconds <= 2) {
      clock.second = numberAt(text, at + 1, seconds);
      at += 1 + seconds;
    } else if (!short || separator !== 58 || minutes < 2) return false;
  }
  const point = text.charCodeAt(at);
  if (point === 46 || point === 44 || point === 58) {
    width = widthAt(text, at + 1, 9);
    // Where commas divide columns, any other number of digits is the next column.
    const isColumn = point === 44 && width % 3 !== 0 && text.charCodeAt(at + 1 + width) === 44;
    if (width > 0 && !isColumn && !digitAt(text, at + 1 + width)) {
      const kept = Math.min(3, width);
      // After a point they are a fraction; after a colon they are a number of milliseconds.
      clock.millis = numberAt(text, at + 1, kept) * (point === 58 ? 1 : 10 ** (3 - kept));
      at += 1 + width;
    }
  }
  clock.end = at;
  let next = text.charCodeAt(at) === 32 ? text.charCodeAt(at + 1) : text.charCodeAt(at);
  let late: boolean | undefined;
  if (early === undefined && (next === 65 || next === 97 || next === 80 || next === 112 || next > 127)) {
    late = clock.hour <= 12 ? halfAt(text, at) : undefined;
    if (late !== undefined) {
      at = half.end;
      clock.end = at;
      next = text.charCodeAt(at) === 32 ? text.charCodeAt(at + 1) : text.charCodeAt(at);
    }
  }
  const pm = early ?? late;
  if (pm !== undefined && clock.hour <= 12) clock.hour = (clock.hour % 12) + (pm ? 12 : 0);
  // A sign or a capital
  if (next === 43 || next === 45 || (next >= 65 && next <= 90)) {
    const joined = text.charCodeAt(at) !== 32;
    if (readZone(text, joined ? at : at + 1, joined, home)) {
      clock.zone = lastZone.value;
      clock.end = lastZone.end;
    }
  }
  return true;
}

/** Where the half of the day ends that was read last. */
const half = { end: 0 };

/** Whether the word at `at` names the second half of the day (`true`) or the first; undefined for any other word. */
function halfAt(text: string, at: number): boolean | undefined {
  const start = text.charCodeAt(at) === 32 ? at + 1 : at;
  if (text.charCodeAt(start) < 128) {
    // M, m, a dot or a space: most words stop here.
    const next = text.charCodeAt(start + 1);
    if (next !== 77 && next !== 109 && next !== 46 && next !== 32) return undefined;
    HALF.lastIndex = at;
    const found = HALF.exec(text);
    half.end = HALF.lastIndex;
    return found ? found[1] === 'P' || found[1] === 'p' : undefined;
  }
  HALF_WORD.lastIndex = at;
  const word = HALF_WORD.exec(text);
  half.end = HALF_WORD.lastIndex;
  return word ? halfOf(word[1]!) : undefined;
}

/** A date with the clock that was read last. */
function dated(
  year: number,
  month: number,
  day: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  const local = clock.zone ?? zone;
  const ms = onward(instant(year, month, day, clockMs(), local), local, now);
  return ms === undefined ? undefined : { ms, end: clock.end };
}

/** Where the clock begins after a date that ends at `at`; -1 when nothing there joins the two. */
function clockStart(text: string, at: number): number {
  const code = text.charCodeAt(at);
  // T, space, underscore, dash, colon, comma
  if (code !== 84 && code !== 32 && code !== 95 && code !== 45 && code !== 58 && code !== 44) return -1;
  const behind = weekdayEnd(text, at);
  if (behind > 0) return behind;
  if (text.charCodeAt(at + 1) === 32) return at + 2;
  // `2026/11/26 - 01:00:00`
  return text.charCodeAt(at + 1) === 45 && text.charCodeAt(at + 2) === 32 ? at + 3 : at + 1;
}

/** A weekday between a date and its clock: ` Mon `, ` (Mo.) `, `, 월 `. */
const WEEKDAY = /,?\s\(?(\p{L}{1,16})\.?\)?,?\s(?=\d)/uy;

/** Where the clock begins behind a weekday; 0 when there is none. */
function weekdayEnd(text: string, at: number): number {
  // Most dates have their clock one or two characters further.
  if (digitAt(text, at + 1) || digitAt(text, at + 2)) return 0;
  WEEKDAY.lastIndex = at;
  const word = WEEKDAY.exec(text)?.[1];
  return word !== undefined && isWeekday(word) ? WEEKDAY.lastIndex : 0;
}

/**
 * A time in digits that begins at `index`: ISO and similar forms, dates with or without century or year in any usual
 * order, compact dates, epochs of seconds to nanoseconds, a clock alone.
 * @param zone IANA zone of times that name none
 * @param now completes what the time does not say, and decides between two readings of one date
 */
export function numericTime(
  text: string,
  index: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  const width = widthAt(text, index, 20);
  const at = index + width;
  if (width === 14 || width === 16 || width === 17) {
    const digits = digitsOnly(text, index, width, zone, now);
    if (digits || width !== 16) return digits;
  }
  if (width >= 10) return epoch(text, index, width);
  if (width === 8 || width === 6) {
    const start = clockStart(text, at);
    if (start < 0 || !readClock(text, start, true, zone)) return undefined;
    const two = (place: number): number => numberAt(text, index + place, 2);
    if (width === 8) return dated(numberAt(text, index, 4), two(4), two(6), zone, now);
    const year = dated(2_000 + two(0), two(2), two(4), zone, now);
    // The year comes first, unless nothing was logged in that year yet.
    return year && year.ms <= now.present() + DAY ? year : shortYear(two(0), two(2), two(4), zone, now);
  }
  const separator = text.charCodeAt(at);
  if (separator === 58 && width === 2)
    return readClock(text, index, false, zone) && clock.end > index ? clockAlone(zone, now) : undefined;
  // dash, dot, slash
  if ((separator !== 45 && separator !== 46 && separator !== 47) || (width !== 4 && width > 2))
    return undefined;
  const secondWidth = widthAt(text, at + 1, 4);
  if (secondWidth === 3 && width === 4 && separator === 45) return dayOfYear(text, index, zone, now);
  if (secondWidth < 1 || secondWidth > 2) return undefined;
  const first = numberAt(text, index, width);
  const second = numberAt(text, at + 1, secondWidth);
  const next = at + 1 + secondWidth;
  if (text.charCodeAt(next) !== separator) {
    // Month and day without a year: `11-21 15:04:05`.
    if (width !== 2 || secondWidth !== 2) return undefined;
    const start = clockStart(text, next);
    if (start < 0 || !readClock(text, start, false, zone)) return undefined;
    const ms = withoutYear(first, second, clockMs(), zone, now);
    return ms === undefined ? undefined : { ms, end: clock.end };
  }
  const thirdWidth = widthAt(text, next + 1, 5);
  const third = numberAt(text, next + 1, thirdWidth);
  const start = clockStart(text, next + 1 + thirdWidth);
  if (start < 0 || !readClock(text, start, true, zone)) return undefined;
  if (width === 4) return thirdWidth <= 2 ? dated(first, second, third, zone, now) : undefined;
  if (thirdWidth === 4) {
    const europe = dayFirst(first, second, separator, now);
    return dated(third, europe ? second : first, europe ? first : second, zone, now);
  }
  if (thirdWidth !== 2 || width !== 2) return undefined;
  return separator === 46
    ? dated(2_000 + third, second, first, zone, now)
    : shortYear(first, second, third, zone, now);
}

/**
 * Whether the day comes first in `21/11/2026`, `11/21/2026`, `21.11.2026`: a number over 12 tells it, for this date and for
 * others of its source.
 */
function dayFirst(first: number, second: number, separator: number, now: Reference): boolean {
  if (first > 12) now.order = 'dmy';
  else if (second > 12) now.order = 'mdy';
  // A dot is between the parts of European dates only.
  else if (separator === 46) return true;
  return (now.order ?? (separator === 47 ? 'mdy' : 'dmy')) === 'dmy';
}

/** `26/11/21`, `11/21/26`, `21-11-26`: the reading that is a date and nearest before the reference, or else one after it. */
function shortYear(
  first: number,
  second: number,
  third: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  const readings: Record<DateOrder, FoundTime | undefined> = {
    ymd: dated(2_000 + first, second, third, zone, now),
    mdy: dated(2_000 + third, first, second, zone, now),
    dmy: dated(2_000 + third, second, first, zone, now),
  };
  const possible = ORDERS.filter((order) => readings[order]);
  if (possible.length === 1) now.order = possible[0];
  const known = now.order && readings[now.order];
  if (known) return known;
  let best: FoundTime | undefined;
  const latest = now.ms + DAY;
  for (const order of possible) {
    const reading = readings[order]!;
    if (!best || best.ms > latest || (reading.ms <= latest && reading.ms > best.ms)) best = reading;
  }
  return best;
}
const ORDERS: readonly DateOrder[] = ['ymd', 'mdy', 'dmy'];

/** `20261121150405`, also with hundredths or milliseconds: all parts of a time without anything between them. */
function digitsOnly(
  text: string,
  index: number,
  width: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  const two = (at: number): number => numberAt(text, index + at, 2);
  const year = numberAt(text, index, 4);
  const before = text.charCodeAt(index - 1);
  // After a word it may be the number of anything.
  const begins = index === 0 || before === 91 || before === 40;
  if (!begins || year < 1_970 || year > 2_199) return undefined;
  const millis = width > 14 ? numberAt(text, index + 14, width - 14) * 10 ** (17 - width) : 0;
  const ms = instant(year, two(4), two(6), timeOfDay(two(8), two(10), two(12), millis), zone);
  return ms === undefined ? undefined : { ms: onward(ms, zone, now)!, end: index + width };
}

/** `2026-325T15:04:05Z` */
function dayOfYear(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  const day = numberAt(text, index + 5, 3);
  if (text.charCodeAt(index + 8) !== 84 || day < 1 || day > 366) return undefined;
  if (!readClock(text, index + 9, true, zone)) return undefined;
  const first = dated(numberAt(text, index, 4), 1, 1, zone, now);
  return first && { ms: first.ms + (day - 1) * DAY, end: first.end };
}

/** The clock that was read last, without a date. */
function clockAlone(zone: string, now: Reference): FoundTime | undefined {
  const ms = withoutDay(clockMs(), clock.zone ?? zone, now);
  return ms === undefined ? undefined : { ms, end: clock.end };
}

/** Epoch seconds (with a fraction), milliseconds, microseconds or nanoseconds, from 2001 on. */
function epoch(text: string, index: number, width: number): FoundTime | undefined {
  if ((width - 10) % 3 !== 0 || width > 19 || text.charCodeAt(index) === 48) return undefined;
  let end = index + width;
  let millis = width > 10 ? numberAt(text, index + 10, 3) : 0;
  if (text.charCodeAt(end) === 46) {
    const fraction = widthAt(text, end + 1, 10);
    if (width > 10 || fraction === 0 || fraction > 9) return undefined;
    const kept = Math.min(3, fraction);
    millis = numberAt(text, end + 1, kept) * 10 ** (3 - kept);
    end += 1 + fraction;
  }
  if (digitAt(text, end) || text.charCodeAt(end) === 46) return undefined;
  return { ms: numberAt(text, index, 10) * 1_000 + millis, end };
}
