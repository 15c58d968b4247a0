/** A time found in a text: epoch milliseconds and the index after its last character. */
export interface FoundTime {
  ms: number;
  end: number;
}

/** A date in words with its clock, of any language: `Mär 21 15:04:05`, `Sáb Nov 21 15:04:05 2026`. */
const IN_WORDS =
  /(?:\p{Lu}\p{Ll}{2}\.?,?\s)?\p{Lu}\p{Ll}{2}\.?\s{1,2}\d{1,2}\s(?:\d{4}\s)?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s\d{4}(?!\d))?/uy;

/**
 * Where a date in words ends that begins at `index`, whether its month is known or not; -1 when there is none. Only its
 * form counts: months have other names in other languages.
 */
export function dateInWordsEnd(text: string, index: number): number {
  IN_WORDS.lastIndex = index;
  return IN_WORDS.test(text) ? IN_WORDS.lastIndex : -1;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 86_400_000;

const ZONE = String.raw`(?:\s?(Z|UTC|GMT|[+-]\d{2}:?\d{2})(?![\d\w]))?`;
const CLOCK = String.raw`(\d{2})[:.](\d{2})[:.](\d{2})(?:[.,:](\d{1,9}))?`;
/** 2026-11-21T15:04:05.123+09:00, with a space, slashes, dots or comma millis. */
const ISO = new RegExp(String.raw`(\d{4})([-/.])(\d{2})\2(\d{2})[T\s_-]\s?${CLOCK}${ZONE}`, 'y');
/** 21/Nov/2026:15:04:05 +0900 */
const CLF = new RegExp(String.raw`(\d{1,2})[/-]([A-Za-z]{3})[/-](\d{4})[:\s]${CLOCK}${ZONE}`, 'y');
/** 21 Nov 2026 15:04:05.123, also with a comma or the day's name before: Sat, 21 Nov 2026 15:04:05 GMT */
const DAY_MONTH = new RegExp(
  String.raw`(?:[A-Z][a-z]{2},?\s)?(\d{1,2})\s([A-Z][a-z]{2})[a-z]*\.?,?\s(\d{4}),?\s${CLOCK}${ZONE}`,
  'y',
);
/** Nov 21 15:04:05, also with a year: Nov 21 2026 15:04:05 */
const SYSLOG = new RegExp(String.raw`([A-Z][a-z]{2})\s{1,2}(\d{1,2})\s(?:(\d{4})\s)?${CLOCK}${ZONE}`, 'y');
/** Sat Nov 21 15:04:05 2026, also with a zone before the year */
const CTIME = new RegExp(
  String.raw`[A-Z][a-z]{2},?\s([A-Z][a-z]{2})\s{1,2}(\d{1,2})\s${CLOCK}(?:\s([A-Z]{3,4}))?\s(\d{4})`,
  'y',
);
/** 11-21 15:04:05.123 and 11.21 15:04:05: month and day without a year */
const MONTH_DAY = new RegExp(String.raw`(\d{2})[-./](\d{2})\s${CLOCK}`, 'y');
/** 261121 150405 */
const COMPACT = /(\d{2})(\d{2})(\d{2})\s(\d{2})(\d{2})(\d{2})(?!\d)/y;
/** 20261121T150405Z */
const BASIC = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{4})?/y;
/** Epoch seconds (with a fraction), milliseconds, microseconds or nanoseconds, from 2001 on. */
const EPOCH = /(1\d{9}|[2-9]\d{9})(?:(\d{3})|\.(\d{1,9})|\d{6}|\d{9})?(?![\d.])/y;
/** 2026년 11월 21일 오후 3시 4분 5초, and the locale form 2026. 11. 21. 오후 3:04:05 */
const KOREAN =
  /(\d{4})(?:년|\.)\s?(\d{1,2})(?:월|\.)\s?(\d{1,2})(?:일|\.)\s?(?:\([월화수목금토일]\)\s?)?(오전|오후|AM|PM)?\s?(\d{1,2})(?:시|:)\s?(\d{1,2})(?:분|:)?(?:\s?(\d{1,2})초?)?/y;

/** Offsets of a zone by hour; a zone changes its offset at most at full hours that matter for logs. */
const offsets = new Map<string, { format: Intl.DateTimeFormat; byHour: Map<number, number> }>();

function zoneOffset(zone: string, utc: number): number {
  if (zone === 'UTC') return 0;
  let entry = offsets.get(zone);
  if (!entry) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    entry = { format, byHour: new Map() };
    offsets.set(zone, entry);
  }
  const hour = Math.floor(utc / 3_600_000);
  let offset = entry.byHour.get(hour);
  if (offset === undefined) {
    const part: Record<string, number> = {};
    for (const { type, value } of entry.format.formatToParts(hour * 3_600_000)) part[type] = Number(value);
    const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
    offset = local - hour * 3_600_000;
    if (entry.byHour.size > 5_000) entry.byHour.clear();
    entry.byHour.set(hour, offset);
  }
  return offset;
}

/** Wall-clock time in a zone as epoch milliseconds. */
function fromLocal(local: number, zone: string): number {
  const guess = local - zoneOffset(zone, local);
  return local - zoneOffset(zone, guess);
}

function fraction(digits: string | undefined): number {
  if (!digits) return 0;
  return Number(digits.padEnd(3, '0').slice(0, 3));
}

function instant(
  [year, month, day, hour, minute, second]: number[],
  millis: number,
  offset: string | undefined,
  zone: string,
): number | undefined {
  if (month! < 1 || month! > 12 || day! < 1 || day! > 31 || hour! > 24 || minute! > 59 || second! > 60)
    return undefined;
  const local = Date.UTC(year!, month! - 1, day, hour, minute, second) + millis;
  if (!offset) return fromLocal(local, zone);
  if (!/^[+-]/.test(offset)) return local;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return offset[0] === '-' ? local + minutes * 60_000 : local - minutes * 60_000;
}

/** A date without a year lies in the year that puts it nearest before `now` (a day ahead is allowed: clocks differ). */
function withoutYear(fields: number[], millis: number, zone: string, now: number): number | undefined {
  const year = new Date(now).getUTCFullYear();
  for (const candidate of [year + 1, year, year - 1]) {
    const ms = instant([candidate, ...fields], millis, undefined, zone);
    if (ms === undefined) return undefined;
    if (ms <= now + DAY_MS) return ms;
  }
  return undefined;
}

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
  if (code >= 48 && code <= 57) return numericTime(text, index, zone, now);
  if (code < 65 || code > 90) return undefined;
  const named = dayMonth(text, index, zone);
  if (named) return named;
  const ctime = at(CTIME, text, index);
  if (ctime) {
    const month = MONTHS.indexOf(ctime[1]!.toLowerCase()) + 1;
    const fields = [ctime[8], month, ctime[2], ctime[3], ctime[4], ctime[5]].map(Number);
    return found(
      instant(fields, fraction(ctime[6]), ctime[7] === 'UTC' ? 'Z' : undefined, zone),
      index,
      ctime,
    );
  }
  const syslog = at(SYSLOG, text, index);
  if (!syslog) return undefined;
  const month = MONTHS.indexOf(syslog[1]!.toLowerCase()) + 1;
  const rest = [syslog[2], syslog[4], syslog[5], syslog[6]].map(Number);
  const millis = fraction(syslog[7]);
  const ms = syslog[3]
    ? instant([Number(syslog[3]), month, ...rest], millis, syslog[8], zone)
    : withoutYear([month, ...rest], millis, zone, now);
  return found(ms, index, syslog);
}

function dayMonth(text: string, index: number, zone: string): FoundTime | undefined {
  const match = at(DAY_MONTH, text, index);
  if (!match) return undefined;
  const month = MONTHS.indexOf(match[2]!.toLowerCase()) + 1;
  const fields = [match[3], month, match[1], match[4], match[5], match[6]].map(Number);
  return found(instant(fields, fraction(match[7]), match[8], zone), index, match);
}

function numericTime(text: string, index: number, zone: string, now: number): FoundTime | undefined {
  const iso = at(ISO, text, index);
  if (iso) {
    const fields = [iso[1], iso[3], iso[4], iso[5], iso[6], iso[7]].map(Number);
    return found(instant(fields, fraction(iso[8]), iso[9], zone), index, iso);
  }
  const named = dayMonth(text, index, zone);
  if (named) return named;
  const clf = at(CLF, text, index);
  if (clf) {
    const month = MONTHS.indexOf(clf[2]!.toLowerCase()) + 1;
    const fields = [clf[3], month, clf[1], clf[4], clf[5], clf[6]].map(Number);
    return found(instant(fields, fraction(clf[7]), clf[8], zone), index, clf);
  }
  const korean = at(KOREAN, text, index);
  if (korean) {
    let hour = Number(korean[5]);
    const half = korean[4];
    if (half === '오후' || half === 'PM') hour = hour === 12 ? 12 : hour + 12;
    else if (half && hour === 12) hour = 0;
    const fields = [korean[1], korean[2], korean[3], hour, korean[6], korean[7] ?? 0].map(Number);
    return found(instant(fields, 0, undefined, zone), index, korean);
  }
  const basic = at(BASIC, text, index);
  if (basic) {
    const fields = [1, 2, 3, 4, 5, 6].map((group) => Number(basic[group]));
    return found(instant(fields, fraction(basic[7]), basic[8], zone), index, basic);
  }
  const monthDay = at(MONTH_DAY, text, index);
  if (monthDay) {
    const fields = [1, 2, 3, 4, 5].map((group) => Number(monthDay[group]));
    return found(withoutYear(fields, fraction(monthDay[6]), zone, now), index, monthDay);
  }
  const compact = at(COMPACT, text, index);
  if (compact) {
    const fields = [1, 2, 3, 4, 5, 6].map((group) => Number(compact[group]));
    fields[0]! += 2000;
    return found(instant(fields, 0, undefined, zone), index, compact);
  }
  const epoch = at(EPOCH, text, index);
  if (epoch) return found(Number(epoch[1]) * 1_000 + fraction(epoch[2] ?? epoch[3]), index, epoch);
  return undefined;
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
