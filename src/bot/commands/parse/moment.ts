import { DAY, HOUR, MINUTE, SECOND } from '../../../domain/time/units.ts';

/** A day as people name it: so many days back, a weekday, or a date whose year may be left out. */
export type NamedDay =
  | { back: number }
  /** 0 is Sunday; `weeks` 1 is that of the week before, 0 the latest one. */
  | { weekday: number; weeks: 0 | 1 }
  | { year?: number; month: number; date: number };

/** A point in time as people name it. */
export interface Moment {
  day?: NamedDay;
  /** Milliseconds after midnight. */
  clock?: number;
  /** The clock may also be the one twelve hours later: neither of the halves of the day was named. */
  loose?: true;
  /** It was named by its hour (`2시`, `between 2 and 3`), as people speak: the latest one is meant. */
  spoken?: true;
  /** Milliseconds before the time of asking, instead of day and clock. */
  ago?: number;
  /** How long the point lasts: that of `13:20` a minute, that of `yesterday` a day. */
  length: number;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH = `(${MONTHS.join('|')})(?:[a-z]{0,6})\\.?`;
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');
const KO_WEEKDAYS = '일월화수목금토';
const NUMBERS: Record<string, number> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  ten: 10,
  half: 0.5,
  한: 1,
  두: 2,
  세: 3,
  네: 4,
  다섯: 5,
  여섯: 6,
  열: 10,
};
const UNIT_MS: [RegExp, number][] = [
  [/^(?:s|초)/, SECOND],
  [/^(?:mi|m$|분)/, MINUTE],
  [/^(?:h|시간)/, HOUR],
  [/^(?:d|일)/, DAY],
  [/^(?:w|주)/, 7 * DAY],
];
const unitMs = (unit: string): number => UNIT_MS.find(([form]) => form.test(unit))?.[1] ?? MINUTE;

/** Parts of the day: their name, begin and length in hours. */
const PARTS: [RegExp, number, number][] = [
  [/(?:morning|아침)/y, 6, 6],
  [/(?:afternoon)/y, 12, 6],
  [/(?:evening|저녁)/y, 18, 6],
  [/(?:night|밤)/y, 18, 12],
  [/(?:새벽)/y, 0, 6],
  [/(?:오전)/y, 0, 12],
  [/(?:오후)/y, 12, 12],
];

/** Reads a text from a position on; `take` consumes what a sticky expression matches, or nothing. */
export class Cursor {
  readonly text: string;
  at: number;
  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  take(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.text) ?? undefined;
    if (found) this.at += found[0].length;
    return found;
  }
}

const ISO = /(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)t?/y;
const MONTH_DAY = new RegExp(
  `${MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?![\\d:])(?:,?\\s+(\\d{4})(?!\\d))?`,
  'y',
);
const DAY_MONTH = new RegExp(
  `(\\d{1,2})(?:st|nd|rd|th)?\\s+(?:of\\s+)?${MONTH}(?![a-z])(?:,?\\s+(\\d{4})(?!\\d))?`,
  'y',
);
const KO_DATE = /(?:(\d{4})년\s*)?(\d{1,2})월\s*(\d{1,2})일/y;
const SLASHED = /(\d{1,2})\/(\d{1,2})(?![\d/])/y;
const BACK: [RegExp, number][] = [
  [/(?:the\s+)?day before yesterday(?![a-z])|그저께|그제|엊그제/y, 2],
  [/yesterday(?![a-z])|어제|어저께/y, 1],
  [/today(?![a-z])|오늘/y, 0],
];
const WEEKDAY =
  /(last\s+|this\s+)?(sun|mon|tue|wed|thu|fri|sat)(?:day|sday|nesday|rsday|urday|s)?(?![a-z])(\s+last week)?/y;
const KO_WEEKDAY = /(지난\s*주|저번\s*주|이번\s*주|지난)?\s*([일월화수목금토])요일/y;

const inMonth = (month: number, date: number): boolean =>
  month >= 1 && month <= 12 && date >= 1 && date <= 31;

function dated(year: string | undefined, month: number, date: number): NamedDay | undefined {
  if (!inMonth(month, date)) return undefined;
  return { ...(year ? { year: Number(year) } : {}), month, date };
}

/** A day of the calendar, by a date, a weekday or its distance. */
function dayAt(cursor: Cursor): NamedDay | undefined {
  const begin = cursor.at;
  const found = namedDate(cursor) ?? namedWeekday(cursor);
  if (found) return found;
  cursor.at = begin;
  for (const [form, back] of BACK) if (cursor.take(form)) return { back };
  return undefined;
}

function namedDate(cursor: Cursor): NamedDay | undefined {
  const begin = cursor.at;
  const day = writtenDate(cursor);
  if (!day) cursor.at = begin;
  return day;
}

function writtenDate(cursor: Cursor): NamedDay | undefined {
  const whole = cursor.take(ISO) ?? cursor.take(KO_DATE);
  if (whole) return dated(whole[1], Number(whole[2]), Number(whole[3]));
  const monthFirst = cursor.take(MONTH_DAY);
  if (monthFirst) return dated(monthFirst[3], MONTHS.indexOf(monthFirst[1]!) + 1, Number(monthFirst[2]));
  const dayFirst = cursor.take(DAY_MONTH);
  if (dayFirst) return dated(dayFirst[3], MONTHS.indexOf(dayFirst[2]!) + 1, Number(dayFirst[1]));
  const slashed = cursor.take(SLASHED);
  if (!slashed) return undefined;
  const [first, second] = [Number(slashed[1]), Number(slashed[2])];
  return first > 12 ? dated(undefined, second, first) : dated(undefined, first, second);
}

function namedWeekday(cursor: Cursor): NamedDay | undefined {
  const english = cursor.take(WEEKDAY);
  if (english) return { weekday: WEEKDAYS.indexOf(english[2]!), weeks: english[3] ? 1 : 0 };
  const korean = cursor.take(KO_WEEKDAY);
  if (!korean) return undefined;
  return {
    weekday: KO_WEEKDAYS.indexOf(korean[2]!),
    weeks: /주/.test(korean[1] ?? '') && !/이번/.test(korean[1]!) ? 1 : 0,
  };
}

interface Clock {
  clock: number;
  length: number;
  loose?: true;
  spoken?: true;
}

const CLOCK = /(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*(am|pm|a\.m\.|p\.m\.))?(?![\d:])/y;
const HOURS = /(\d{1,2})\s*(?:(am|pm|a\.m\.|p\.m\.)(?![a-z])|o['’]?clock|h(?=\s|$)(?<=\s\d{1,2}h))/y;
/** `half past 2`, `quarter to three` */
const PAST =
  /(half|(?:a\s+)?quarter|\d{1,2}(?:\s+min(?:utes)?)?)\s+(past|to)\s+(\d{1,2}|one|two|three|four|five|six|ten)(?![:\d])(?:\s*(am|pm)(?![a-z]))?/y;
/** The first hour of `2-3 pm`, `2~3시`: the other one says what it is. */
const FIRST_HOUR = /(\d{1,2})(?=\s*[-–~]\s*\d{1,2}(?:\s*시(?!간)|(?::\d\d)?\s*(?:am|pm)(?![a-z])))/y;
const KO_CLOCK =
  /(\d{1,2}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s*시(?!간)(?:\s*(\d{1,2})\s*분(?:\s*(\d{1,2})\s*초)?|\s*(반))?/y;
const KO_HOURS: Record<string, number> = {
  한: 1,
  두: 2,
  세: 3,
  네: 4,
  다섯: 5,
  여섯: 6,
  일곱: 7,
  여덟: 8,
  아홉: 9,
  열: 10,
};

type Hands = readonly [hour: number, minute: number, second: number | undefined];

function clockOf([hour, minute, second]: Hands, half?: 'am' | 'pm'): Clock | undefined {
  if (hour > 24 || minute > 59 || (second ?? 0) > 59 || (half && hour > 12 && half === 'am'))
    return undefined;
  const hours = half === 'pm' && hour < 12 ? hour + 12 : half === 'am' && hour === 12 ? 0 : hour;
  const length = second === undefined ? MINUTE : SECOND;
  const clock = hours * HOUR + minute * MINUTE + (second ?? 0) * SECOND;
  return { clock, length, ...(!half && hour >= 1 && hour <= 11 ? { loose: true as const } : {}) };
}

/** @param part the hour at which the part of the day begins that was named before the clock */
function clockAt(cursor: Cursor, part: number | undefined): Clock | undefined {
  const begin = cursor.at;
  const clock =
    pastClock(cursor, part) ?? digitalClock(cursor, part) ?? koreanClock(cursor, part) ?? namedClock(cursor);
  if (!clock) cursor.at = begin;
  return clock;
}

const halfOf = (part: number | undefined, word?: string): 'am' | 'pm' | undefined => {
  if (word) return word.startsWith('p') ? 'pm' : 'am';
  return part === undefined ? undefined : part >= 12 ? 'pm' : 'am';
};

function pastClock(cursor: Cursor, part: number | undefined): Clock | undefined {
  const begin = cursor.at;
  const found = cursor.take(PAST);
  if (!found) return undefined;
  const minutes = /^half/.test(found[1]!)
    ? 30
    : /quarter$/.test(found[1]!)
      ? 15
      : Number.parseInt(found[1]!, 10);
  const hour = NUMBERS[found[3]!] ?? Number(found[3]);
  const isTo = found[2] === 'to';
  const clock =
    minutes < 60 && hour > 0
      ? clockOf([isTo ? hour - 1 : hour, isTo ? 60 - minutes : minutes, undefined], halfOf(part, found[4]))
      : undefined;
  // `from 9 to 10` is no time of its own.
  if (!clock || (isTo && /^\d/.test(found[1]!) && !/min/.test(found[1]!))) {
    cursor.at = begin;
    return undefined;
  }
  return clock.loose ? { ...clock, spoken: true } : clock;
}

/** `13:20`, `1:20 pm`, `3 pm`, `3 o'clock` */
function digitalClock(cursor: Cursor, part: number | undefined): Clock | undefined {
  const begin = cursor.at;
  const exact = cursor.take(CLOCK);
  if (exact) {
    const second = exact[3] === undefined ? undefined : Number(exact[3]);
    return clockOf([Number(exact[1]), Number(exact[2]), second], halfOf(part, exact[4]));
  }
  const hours = cursor.take(HOURS) ?? cursor.take(FIRST_HOUR);
  const clock = hours && clockOf([Number(hours[1]), 0, undefined], halfOf(part, hours[2]));
  if (!clock) cursor.at = begin;
  return clock && { ...clock, length: HOUR, ...(clock.loose ? { spoken: true as const } : {}) };
}

/** `오후 3시 20분`, `세 시 반` */
function koreanClock(cursor: Cursor, part: number | undefined): Clock | undefined {
  const found = cursor.take(KO_CLOCK);
  if (!found) return undefined;
  const hour = KO_HOURS[found[1]!] ?? Number(found[1]);
  const minute = found[4] ? 30 : Number(found[2] ?? 0);
  const second = found[3] === undefined ? undefined : Number(found[3]);
  // At night twelve is midnight, and one o'clock is after it.
  const night = part === 18;
  const half = night && hour < 6 ? 'am' : halfOf(part);
  const clock = clockOf([night && hour === 12 ? 24 : hour, minute, second], half);
  if (!clock) return undefined;
  const told = found[2] || found[4] ? clock : { ...clock, length: HOUR };
  return told.loose ? { ...told, spoken: true } : told;
}

function namedClock(cursor: Cursor): Clock | undefined {
  if (cursor.take(/noon(?![a-z])|정오/y)) return { clock: 12 * HOUR, length: MINUTE };
  // An hour that many share.
  if (cursor.take(/lunch(?:\s?time|\s?break)?(?![a-z])|점심\s?(?:때|시간)?(?![가-힣]{2})/y))
    return { clock: 12 * HOUR, length: HOUR };
  return cursor.take(/midnight|자정/y) ? { clock: 0, length: MINUTE } : undefined;
}

const AGO =
  /(?:(\d+(?:\.\d+)?)|(half an|an|a|one|two|three|four|five|six|ten)(?![a-z]))\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\s+(?:ago|earlier)(?![a-z])/y;
const KO_AGO = /(?:(\d+(?:\.\d+)?)|(한|두|세|네|다섯|여섯|열))\s*(초|분|시간|일|주)\s*전/y;

function agoAt(cursor: Cursor): Moment | undefined {
  const found = cursor.take(AGO) ?? cursor.take(KO_AGO);
  if (!found) return undefined;
  const unit = unitMs(found[3]!);
  const amount = found[1] ? Number(found[1]) : NUMBERS[found[2]!.split(' ')[0]!]!;
  return { ago: amount * unit, length: Math.min(unit, amount * unit) };
}

/** A point in time, with its parts in any order: `yesterday at 3 pm`, `3 pm yesterday`, `11월 24일 오후 3시`. */
export function momentAt(text: string, at: number): { moment: Moment; end: number } | undefined {
  const cursor = new Cursor(text, at);
  const ago = agoAt(cursor);
  if (ago) return { moment: ago, end: cursor.at };
  let day: NamedDay | undefined;
  let part: DayPart | undefined;
  let clock: Clock | undefined;
  let end = at;
  for (;;) {
    cursor.at = end;
    if (end > at) cursor.take(/[\s,]*(?:(?:at|on|in the|of|from)\s+)?(?:around\s+|about\s+)?/y);
    const begin = cursor.at;
    day ??= dayAt(cursor);
    if (cursor.at === begin && !part) part = partAt(cursor, day !== undefined);
    if (cursor.at === begin && !clock) clock = clockAt(cursor, part?.[0]);
    if (cursor.at === begin) break;
    end = cursor.at;
  }
  if (end === at) return undefined;
  if (part?.[2] && !day) day = part[2];
  const moment = momentOf(day, part, clock);
  return moment && { moment, end };
}

/** The hours at which a part of the day begins and that it lasts, and its day where that is said with it. */
type DayPart = readonly [begin: number, hours: number, day?: NamedDay];

/** A part of the day; alone only as `this morning`, `last night` or in Korean. */
function partAt(cursor: Cursor, dayNamed: boolean): DayPart | undefined {
  const begin = cursor.at;
  const said = cursor.take(
    /(this|last|to|in the)(?:\s+|(?=night))|지난\s*밤|어젯밤|간밤|밤사이|밤새|overnight(?![a-z])/y,
  );
  if (said && !said[1]) return [18, 12, { back: 1 }];
  for (const [form, from, hours] of PARTS) {
    const found = cursor.take(form);
    if (!found) continue;
    if (/[a-z]/.test(found[0]) && !said && !dayNamed) break;
    const back = said && said[1] !== 'in the' ? { back: said[1] === 'last' ? 1 : 0 } : undefined;
    return [from, hours, ...(back ? [back] : [])] as unknown as DayPart;
  }
  cursor.at = begin;
  return undefined;
}

function momentOf(
  day: NamedDay | undefined,
  part: DayPart | undefined,
  clock: Clock | undefined,
): Moment | undefined {
  const named = day ? { day } : {};
  if (clock) return { ...named, ...clock };
  if (part) return { ...named, clock: part[0] * HOUR, length: part[1] * HOUR };
  return day ? { day, length: DAY } : undefined;
}
