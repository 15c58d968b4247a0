import { DAY } from '../../../domain/time/units.ts';
import { DIGIT, isAt, numberAt, runEnd, SPACE, WORD } from '../lexicon/characters.ts';
import { type FoundTime, instant, onward, type Reference, timeOfDay, withoutYear } from './instant.ts';
import { halfOf } from './locale-names.ts';
import { numericTime } from './numeric-time.ts';
import { wordsTime } from './words-time.ts';
import { lastZone, readZone } from './zone.ts';

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

/** 2026년 11월 21일 (토) 오후 3시 4분 5초, 2026年11月21日 15時04分05秒, the locale form 2026. 11. 21. 오후 3:04:05 */
const EASTERN =
  /(\d{4})(?:[년年]|\.)\s?(\d{1,2})(?:[월月]|\.)\s?(\d{1,2})(?:[일日]|\.)\s?(?:\(\p{L}{1,3}\)\s?)?([^\p{ASCII}\s\d]{2}|[AP]M)?\s?(\d{1,2})(?:[시時时点]|:)\s?(\d{1,2})(?:[분分]|:)?(?:\s?(\d{1,2})(?:[.,](\d{1,9}))?[초秒]?)?/uy;

const MONTH_NUMBER = new Map(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, index) => [name, index + 1]),
);
/** 1 to 12; 0 for any other word. A month has a capital and two small letters. */
const shortMonth = (name: string): number => MONTH_NUMBER.get(name) ?? 0;

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
    if (numeric)
      return now.used === 'day' ? (dateBehind(text, index, numeric, zone, now) ?? numeric) : numeric;
    // 년, 年 or a dot after the year
    const mark = text.charCodeAt(index + 4);
    if (mark === 0xb144 || mark === 0x5e74 || mark === 46) return easternTime(text, index, zone, now);
    // A word after the day or the year: `21 Nov`, `21/Nov`, `21Nov`, `9월 21`, `2026-Nov-21`
    for (let at = index + 1; at <= index + 5; at++)
      if (isWordStart(text.charCodeAt(at)))
        return accessDate(text, index) ?? wordsTime(text, index, zone, now);
    return undefined;
  }
  if (!isWordStart(code)) return undefined;
  if (code > 0x3000 && ERAS.has(text.slice(index, index + 2))) return eraTime(text, index, zone, now);
  return (
    shortDate(text, index, zone, now) ??
    weekdayDate(text, index, zone, now) ??
    (namesDate(text, index) ? wordsTime(text, index, zone, now) : undefined)
  );
}

/** A date right behind a clock: `13:20:01 20.06.26`, `01:20 PM, 20 Jun 2026`, `13:20:01 / 20260620`. */
const DATE_BEHIND =
  /[^\p{L}\p{N}]{1,3}((?:\d{4}([-/.])\d{1,2}\2|\d{1,2}([-/.])\d{1,2}\3(?:\d\d)?)\d{2}|\d{8}|\d{1,2}[ .-]{1,2}\p{L}{3,12}[ .-]{1,2}\d{4}|\p{L}{3,12}\s\d{1,2},?\s\d{4})(?![\p{L}\p{N}:]|\.\p{L})/uy;
/** Days from the line before, or from the end of the file, within which eight digits are a date. */
const NEAR = 2 * DAY;

/** A time of which the clock comes first; undefined where no date follows it. */
function dateBehind(
  text: string,
  index: number,
  clock: FoundTime,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  // Most lines go on with a space and a word.
  const next = text.charCodeAt(clock.end + 1);
  if (next > 64 && next < 123) return undefined;
  DATE_BEHIND.lastIndex = clock.end;
  const date = DATE_BEHIND.exec(text)?.[1];
  if (!date) return undefined;
  const end = DATE_BEHIND.lastIndex;
  now.used = undefined;
  const time = timestampAt(`${date} ${text.slice(index, clock.end)}`, 0, zone, now);
  const far = time && Math.abs(time.ms - now.ms) > NEAR;
  // After lines of other days a date may be that of a message, and is when it goes back; so may be any number.
  const goesOn = now.side === 'before' || now.side === 'near' || (time && time.ms > now.ms);
  if (time && (!far || (goesOn && !/^\d{8}$/.test(date)))) return { ms: time.ms, end };
  now.used = 'day';
  return undefined;
}

/** The years before the first ones of eras that eastern calendars count from. */
const ERAS = new Map([
  ['令和', 2018],
  ['平成', 1988],
  ['昭和', 1925],
  ['民國', 1911],
  ['民国', 1911],
]);
const ERA_YEAR = /\s?(\d{1,3}|元)(?=年)/uy;

/** `令和8年6月20日 13時20分01秒`, `民國115年6月20日 13:20:01` */
function eraTime(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  ERA_YEAR.lastIndex = index + 2;
  const year = ERA_YEAR.exec(text)?.[1];
  if (year === undefined) return undefined;
  const common = String(ERAS.get(text.slice(index, index + 2))! + (year === '元' ? 1 : Number(year)));
  const time = easternTime(common + text.slice(ERA_YEAR.lastIndex), 0, zone, now);
  return time && { ms: time.ms, end: time.end + ERA_YEAR.lastIndex - common.length };
}

const isWordStart = (code: number): boolean =>
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  (code >= 0xc0 && (code < 0x2000 || code > 0x303f));

/** Whether a day or a year follows the word at `index`, or the word after it: most words of a line stop here. */
function namesDate(text: string, index: number): boolean {
  let at = index;
  for (let words = 0; words < 2; words++) {
    const start = at;
    while (at - start < 16 && isWordStart(text.charCodeAt(at))) at++;
    if (at === start) return false;
    // A single letter is no month: `E / 2026-11-21` begins with a level.
    if (at === start + 1 && text.charCodeAt(start) < 128) return false;
    for (let skipped = 0; skipped < 3 && isBetween(text.charCodeAt(at)); skipped++) at++;
    const width = runEnd(text, at, DIGIT) - at;
    if (width > 0) return width <= 2 || width === 4;
  }
  return false;
}

/** space, comma, dot, dash, slash */
const isBetween = (code: number): boolean =>
  code === 32 || code === 44 || code === 46 || code === 45 || code === 47 || code === 0xa0;

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
  const month = shortMonth(text.slice(index, index + 3));
  const dayMs = timeOfDay(two(index + 7), two(index + 10), two(index + 13), 0);
  const ms = withoutYear(month, day, dayMs, zone, now);
  return ms === undefined ? undefined : { ms, end };
}

const WEEKDAYS = new Set('Mon Tue Wed Thu Fri Sat Sun'.split(' '));

/** `Sat Nov 21 15:04:05 2026`, `Sat Nov 21 15:04:05.123456 2026` and nothing more; undefined for any other form. */
function weekdayDate(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  if (text.charCodeAt(index + 3) !== 32 || text.charCodeAt(index + 7) !== 32) return undefined;
  if (text.charCodeAt(index + 10) !== 32 || text.charCodeAt(index + 13) !== 58) return undefined;
  if (text.charCodeAt(index + 16) !== 58 || !isAt(text, index + 9, DIGIT)) return undefined;
  const tens = isAt(text, index + 8, DIGIT);
  if (!tens && text.charCodeAt(index + 8) !== 32) return undefined;
  for (let pair = index + 11; pair <= index + 17; pair += 3)
    if (!isAt(text, pair, DIGIT) || !isAt(text, pair + 1, DIGIT)) return undefined;
  let year = index + 20;
  let millis = 0;
  if (text.charCodeAt(year - 1) === 46) {
    const width = runEnd(text, year, DIGIT) - year;
    if (width < 3 || width > 9) return undefined;
    millis = numberAt(text, year, 3);
    year += width + 1;
  }
  if (text.charCodeAt(year - 1) !== 32 || text.charCodeAt(year) !== 50) return undefined;
  const end = year + 4;
  if (runEnd(text, year, DIGIT) !== end || isAt(text, end, WORD) || text.charCodeAt(end) === 58)
    return undefined;
  const month = shortMonth(text.slice(index + 4, index + 7));
  if (month === 0 || !WEEKDAYS.has(text.slice(index, index + 3))) return undefined;
  const two = (at: number): number => numberAt(text, at, 2);
  const day = tens ? two(index + 8) : text.charCodeAt(index + 9) - 48;
  const dayMs = timeOfDay(two(index + 11), two(index + 14), two(index + 17), millis);
  const ms = onward(instant(numberAt(text, year, 4), month, day, dayMs, zone), zone, now);
  return ms === undefined || !Number.isFinite(ms) ? undefined : { ms, end };
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
  const month = shortMonth(text.slice(index + 3, index + 6));
  if (month === 0) return undefined;
  const two = (at: number): number => numberAt(text, at, 2);
  const east = two(index + 22) * 60 + two(index + 24);
  const dayMs = timeOfDay(two(index + 12), two(index + 15), two(index + 18), 0);
  const ms = instant(numberAt(text, index + 7, 4), month, two(index), dayMs, sign === 45 ? -east : east);
  return ms === undefined ? undefined : { ms, end };
}

function easternTime(text: string, index: number, zone: string, now: Reference): FoundTime | undefined {
  EASTERN.lastIndex = index;
  const match = EASTERN.exec(text);
  if (!match) return undefined;
  let hour = Number(match[5]);
  const half = match[4];
  if (half !== undefined) {
    const late = half === 'AM' || half === 'PM' ? half === 'PM' : halfOf(half);
    if (late === undefined || hour > 12) return undefined;
    hour = (hour % 12) + (late ? 12 : 0);
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const millis = Number((match[8] ?? '').padEnd(3, '0').slice(0, 3));
  const dayMs = timeOfDay(hour, Number(match[6]), Number(match[7] ?? 0), millis);
  let end = index + match[0].length;
  const gap = isAt(text, end, SPACE) ? 1 : 0;
  const named = readZone(text, end + gap, gap === 0, zone);
  if (named) end = lastZone.end;
  const local = named ? lastZone.value : zone;
  const ms = onward(instant(year, month, day, dayMs, local), local, now);
  return ms === undefined || !Number.isFinite(ms) ? undefined : { ms, end };
}

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
