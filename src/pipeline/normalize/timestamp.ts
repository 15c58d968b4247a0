import { type FoundTime, instant, withoutYear } from './instant.ts';
import { numericTime, offsetOf } from './numeric-time.ts';

/** A date in words with its clock, of any language: `Mär 21 15:04:05`, `Sáb Nov 21 15:04:05 2026`. */
const IN_WORDS =
  /(?:\p{L}{3}\.?,?\s)?\p{L}{3}\.?\s{1,2}\d{1,2}\s(?:\d{4}\s)?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s\d{4}(?!\d))?/uy;

/**
 * Where a date in words ends that begins at `index`, whether its month is known or not; -1 when there is none. Only its
 * form counts: months have other names in other languages.
 */
export function dateInWordsEnd(text: string, index: number): number {
  // A space, a dot or a comma behind three letters: most words stop here.
  const behind = text.charCodeAt(index + 3);
  if (behind !== 32 && behind !== 46 && behind !== 44) return -1;
  IN_WORDS.lastIndex = index;
  return IN_WORDS.test(text) ? IN_WORDS.lastIndex : -1;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

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
const monthOf = (name: string): number => MONTHS.indexOf(name.toLowerCase()) + 1;

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

/**
 * Reads the time that begins at `index` of `text`.
 * @param zone IANA zone of times that name none
 * @param now epoch milliseconds a date without a year is completed by
 * @returns undefined when no time begins there
 */
export function timestampAt(text: string, index: number, zone: string, now: number): FoundTime | undefined {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) {
    const numeric = numericTime(text, index, zone, now);
    if (numeric) return numeric;
    // A letter behind the day: `21 Nov`, `21/Nov`; 년 or a dot behind the year: `2026년`, `2026. 11. 21.`
    const mark = text.charCodeAt(index + 4);
    if (mark === 0xb144 || mark === 46) return koreanTime(text, index, zone);
    return letterAt(text, index + 2) || letterAt(text, index + 3) ? dayMonth(text, index, zone) : undefined;
  }
  if (code < 65 || code > 90 || !digitNear(text, index)) return undefined;
  const named = dayMonth(text, index, zone);
  if (named) return named;
  const ctime = at(CTIME, text, index);
  if (ctime) {
    const [hour, minute, second] = [Number(ctime[3]), Number(ctime[4]), Number(ctime[5])];
    const offset = ctime[7] === 'UTC' || ctime[7] === 'KST' ? offsetOf(ctime[7]) : undefined;
    const month = monthOf(ctime[1]!);
    return found(
      instant(
        Number(ctime[8]),
        month,
        Number(ctime[2]),
        hour,
        minute,
        second,
        fraction(ctime[6]),
        offset,
        zone,
      ),
      index,
      ctime,
    );
  }
  const syslog = at(SYSLOG, text, index);
  if (!syslog) return undefined;
  const month = monthOf(syslog[1]!);
  const day = Number(syslog[2]);
  let hour = Number(syslog[4]);
  if (syslog[8]) hour = (hour % 12) + (syslog[8] === 'P' ? 12 : 0);
  const [minute, second, millis] = [Number(syslog[5]), Number(syslog[6]), fraction(syslog[7])];
  const offset = syslog[9] ? offsetOf(syslog[9]) : undefined;
  const ms = syslog[3]
    ? instant(Number(syslog[3]), month, day, hour, minute, second, millis, offset, zone)
    : withoutYear(month, day, hour, minute, second, millis, zone, now);
  return found(ms, index, syslog);
}

const letterAt = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90;
};

/** A date in words has a digit within its first characters: most words are turned away here. */
function digitNear(text: string, index: number): boolean {
  for (let i = index + 3; i < index + 16; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) return true;
  }
  return false;
}

function dayMonth(text: string, index: number, zone: string): FoundTime | undefined {
  const match = at(DAY_MONTH, text, index);
  if (!match) return undefined;
  const [day, year, hour] = [Number(match[1]), Number(match[3]), Number(match[4])];
  const [minute, second, millis] = [Number(match[5]), Number(match[6]), fraction(match[7])];
  const offset = match[8] ? offsetOf(match[8]) : undefined;
  return found(
    instant(year, monthOf(match[2]!), day, hour, minute, second, millis, offset, zone),
    index,
    match,
  );
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
  return found(instant(year, month, day, hour, minute, second, 0, undefined, zone), index, korean);
}

const found = (ms: number | undefined, index: number, match: RegExpExecArray): FoundTime | undefined =>
  ms === undefined || !Number.isFinite(ms) ? undefined : { ms, end: index + match[0].length };

/** A time field of a structured record: ISO text, any form above, epoch seconds to nanoseconds. Undefined when it is none. */
export function timeOf(value: unknown, zone: string, now: number): number | undefined {
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
