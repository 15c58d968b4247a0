import { DIGIT, isAt, LOWER, numberAt, runEnd, SPACE, UPPER, WORD } from '../lexicon/characters.ts';
import { type FoundTime, instant, type Reference, timeOfDay, withoutYear } from './instant.ts';
import { numericTime, offsetOf } from './numeric-time.ts';

/** A date in words with its clock, in any language: `Mär 21 15:04:05`, `Sáb Nov 21 15:04:05 2026`. */
const IN_WORDS =
  /(?:\p{L}{3}\.?,?\s)?\p{L}{3}\.?\s{1,2}\d{1,2}\s(?:\d{4}\s)?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s\d{4}(?!\d))?/uy;

/**
 * Where a date in words ends that begins at `index`; -1 when there is none. Only its form counts, since months have other
 * names in other languages.
 */
export function dateInWordsEnd(text: string, index: number): number {
  // A space, a dot or a comma after three letters: most words stop here.
  const behind = text.charCodeAt(index + 3);
  if (behind !== 32 && behind !== 46 && behind !== 44) return -1;
  IN_WORDS.lastIndex = index;
  return IN_WORDS.test(text) ? IN_WORDS.lastIndex : -1;
}

const ZONE = String.raw`(?:\s?(Z|UTC|GMT|KST|[+-]\d{2}:?\d{2})(?![\d\w]))?`;
const CLOCK = String.raw`(\d{1,2})[:.](\d{2})[:.](\d{2})(?:[.,:](\d{1,9}))?`;
/** 21/Nov/2026:15:04:05 +0900, 21 Nov 2026 15:04:05.123, Sat, 21 Nov 2026 15:04:05 GMT */
const DAY_MONTH = new RegExp(
  String.raw`(?:[A-Z][a-z]{2},?\s)?(\d{1,2})[\s/-]([A-Z][a-z]{2})[a-z]*\.?,?[\s/-](\d{4})[:,\s]\s?${CLOCK}${ZONE}`,
  'y',
);
/** Nov 21 15:04:05, also with a year: Nov 21 2026 15:04:05, Nov 21, 2026 3:04:05 PM */
const SYSLOG = new RegExp(
  String.raw`([A-Z][a-z]{2})[a-z]{0,6}\s{1,2}(\d{1,2})\s?,?\s(?:(\d{4}),?\s)?${CLOCK}(?:\s?([AP])M\b)?${ZONE}`,
  'y',
);
/** Sat Nov 21 15:04:05 2026, also with a zone before the year */
const CTIME = new RegExp(
  String.raw`[A-Z][a-z]{2},?\s([A-Z][a-z]{2})\s{1,2}(\d{1,2})\s${CLOCK}(?:\s([A-Z]{3,4}))?\s(\d{4})`,
  'y',
);
/** 2026년 11월 21일 오후 3시 4분 5초, and the locale form 2026. 11. 21. 오후 3:04:05 */
const KOREAN =
  /(\d{4})(?:년|\.)\s?(\d{1,2})(?:월|\.)\s?(\d{1,2})(?:일|\.)\s?(?:\([월화수목금토일]\)\s?)?(오전|오후|AM|PM)?\s?(\d{1,2})(?:시|:)\s?(\d{1,2})(?:분|:)?(?:\s?(\d{1,2})초?)?/y;

function fraction(digits: string | undefined): number {
  if (!digits) return 0;
  return Number(digits.padEnd(3, '0').slice(0, 3));
}
const MONTH_NUMBER = new Map(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, index) => [name, index + 1]),
);
/** 1 to 12; 0 for any other word. A month has a capital and two small letters. */
const monthOf = (name: string): number => MONTH_NUMBER.get(name) ?? 0;

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

/**
 * Reads the time that begins at `index` of `text`.
 * @param zone IANA zone of times that name none
 * @param now completes a date without a year
 * @returns undefined when no time begins there
 */
export function timestampAt(
  text: string,
  index: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) {
    const numeric = numericTime(text, index, zone, now);
    if (numeric) return numeric;
    // A letter after the day: `21 Nov`, `21/Nov`; 년 or a dot after the year: `2026년`, `2026. 11. 21.`
    const mark = text.charCodeAt(index + 4);
    if (mark === 0xb144 || mark === 46) return koreanTime(text, index, zone);
    return letterAt(text, index + 2) || letterAt(text, index + 3) ? dayMonth(text, index, zone) : undefined;
  }
  // All dates in words begin with a capital and two small letters.
  if (code < 65 || code > 90 || !isAt(text, index + 1, LOWER) || !isAt(text, index + 2, LOWER))
    return undefined;
  if (!digitNear(text, index)) return undefined;
  const short = shortDate(text, index, zone, now);
  if (short) return short;
  const behind = text.charCodeAt(index + 3) === 44 ? index + 4 : index + 3;
  if (isAt(text, behind, SPACE)) {
    if (isAt(text, behind + 1, UPPER)) return ctime(text, index, zone);
    const named = dayMonth(text, index, zone);
    if (named) return named;
  }
  const syslog = at(SYSLOG, text, index);
  if (!syslog) return undefined;
  const month = monthOf(syslog[1]!);
  const day = Number(syslog[2]);
  let hour = Number(syslog[4]);
  if (syslog[8]) hour = (hour % 12) + (syslog[8] === 'P' ? 12 : 0);
  const [minute, second, millis] = [Number(syslog[5]), Number(syslog[6]), fraction(syslog[7])];
  const dayMs = timeOfDay(hour, minute, second, millis);
  const ms = syslog[3]
    ? instant(Number(syslog[3]), month, day, dayMs, syslog[9] ? offsetOf(syslog[9]) : zone)
    : withoutYear(month, day, dayMs, zone, now);
  return found(ms, index, syslog);
}

/** `Nov 21 15:04:05` and nothing more: the form of nearly all lines with a month's name. */
function shortDate(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  if (text.charCodeAt(index + 3) !== 32 || text.charCodeAt(index + 6) !== 32) return undefined;
  const tens = isAt(text, index + 4, DIGIT);
  if ((!tens && text.charCodeAt(index + 4) !== 32) || !isAt(text, index + 5, DIGIT)) return undefined;
  for (let pair = index + 7; pair <= index + 13; pair += 3)
    if (!isAt(text, pair, DIGIT) || !isAt(text, pair + 1, DIGIT)) return undefined;
  if (text.charCodeAt(index + 9) !== 58 || text.charCodeAt(index + 12) !== 58) return undefined;
  const end = index + 15;
  const next = text.charCodeAt(end);
  // A fraction, AM or PM, or a zone may follow.
  if (next === 46 || next === 44 || next === 58 || !ends(text, isAt(text, end, SPACE) ? end + 1 : end))
    return undefined;
  const two = (at: number): number => numberAt(text, at, 2);
  const day = tens ? two(index + 4) : text.charCodeAt(index + 5) - 48;
  const month = monthOf(text.slice(index, index + 3));
  const dayMs = timeOfDay(two(index + 7), two(index + 10), two(index + 13), 0);
  const ms = withoutYear(month, day, dayMs, zone, now);
  return ms === undefined ? undefined : { ms, end };
}

/** Whether neither `AM`, `PM` nor a zone can begin at `at`. */
function ends(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    code !== 43 &&
    code !== 45 &&
    code !== 65 &&
    code !== 80 &&
    code !== 71 &&
    code !== 75 &&
    code !== 85 &&
    code !== 90
  );
}

function ctime(text: string, index: number, zone: string): FoundTime | undefined {
  const match = at(CTIME, text, index);
  if (!match) return undefined;
  const [hour, minute, second] = [Number(match[3]), Number(match[4]), Number(match[5])];
  const named = match[7] === 'UTC' || match[7] === 'KST' ? offsetOf(match[7]) : zone;
  const [year, month, day] = [Number(match[8]), monthOf(match[1]!), Number(match[2])];
  const dayMs = timeOfDay(hour, minute, second, fraction(match[6]));
  return found(instant(year, month, day, dayMs, named), index, match);
}

const letterAt = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90;
};

/** Whether a digit is near enough for a date in words: most words stop here. */
function digitNear(text: string, index: number): boolean {
  for (let i = index + 3; i < index + 16; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) return true;
  }
  return false;
}

/** `21/Nov/2026:15:04:05 +0900`, the time of access lines; undefined for any other form. */
function accessDate(text: string, index: number): FoundTime | undefined {
  // Two slashes, three colons, a sign; the rest is digits and the month.
  if (text.charCodeAt(index + 2) !== 47 || text.charCodeAt(index + 6) !== 47) return undefined;
  for (let colon = index + 11; colon <= index + 17; colon += 3)
    if (text.charCodeAt(colon) !== 58) return undefined;
  const sign = text.charCodeAt(index + 21);
  if (text.charCodeAt(index + 20) !== 32 || (sign !== 43 && sign !== 45)) return undefined;
  if (runEnd(text, index, DIGIT) !== index + 2 || runEnd(text, index + 7, DIGIT) !== index + 11)
    return undefined;
  for (let pair = index + 12; pair <= index + 18; pair += 3)
    if (runEnd(text, pair, DIGIT) !== pair + 2) return undefined;
  const end = index + 26;
  if (runEnd(text, index + 22, DIGIT) !== end || isAt(text, end, WORD)) return undefined;
  const month = monthOf(text.slice(index + 3, index + 6));
  if (month === 0) return undefined;
  const two = (at: number): number => numberAt(text, at, 2);
  const east = two(index + 22) * 60 + two(index + 24);
  const dayMs = timeOfDay(two(index + 12), two(index + 15), two(index + 18), 0);
  const ms = instant(numberAt(text, index + 7, 4), month, two(index), dayMs, sign === 45 ? -east : east);
  return ms === undefined ? undefined : { ms, end };
}

function dayMonth(text: string, index: number, zone: string): FoundTime | undefined {
  const access = accessDate(text, index);
  if (access) return access;
  const match = at(DAY_MONTH, text, index);
  if (!match) return undefined;
  const [day, year, hour] = [Number(match[1]), Number(match[3]), Number(match[4])];
  const [minute, second, millis] = [Number(match[5]), Number(match[6]), fraction(match[7])];
  const dayMs = timeOfDay(hour, minute, second, millis);
  const ms = instant(year, monthOf(match[2]!), day, dayMs, match[8] ? offsetOf(match[8]) : zone);
  return found(ms, index, match);
}

function koreanTime(text: string, index: number, zone: string): FoundTime | undefined {
  const korean = at(KOREAN, text, index);
  if (!korean) return undefined;
  let hour = Number(korean[5]);
  const half = korean[4];
  if (half === '오후' || half === 'PM') hour = hour === 12 ? 12 : hour + 12;
  else if (half && hour === 12) hour = 0;
  const [year, month, day] = [Number(korean[1]), Number(korean[2]), Number(korean[3])];
  const [minute, second] = [Number(korean[6]), Number(korean[7] ?? 0)];
  return found(instant(year, month, day, timeOfDay(hour, minute, second, 0), zone), index, korean);
}

const found = (ms: number | undefined, index: number, match: RegExpExecArray): FoundTime | undefined =>
  ms === undefined || !Number.isFinite(ms) ? undefined : { ms, end: index + match[0].length };

/** A time field of a structured record: any form above, ISO text, epoch seconds to nanoseconds. Undefined when it is none. */
export function timeOf(value: unknown, zone: string, now: Reference): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) {
    if (value < 1e11) return Math.round(value * 1_000);
    if (value < 1e14) return Math.round(value);
    return Math.round(value < 1e17 ? value / 1e3 : value / 1e6);
  }
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const text = value.trim();
  const time = timestampAt(text, 0, zone, now)?.ms;
  if (time !== undefined) return time;
  const parsed = Date.parse(text);
  return Number.isFinite(parsed) ? parsed : undefined;
}
