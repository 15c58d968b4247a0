import type { Language } from '../domain/question/question.ts';
import { HOUR, MINUTE } from '../domain/time/units.ts';

/*
 * Dates and clock times for people; `at` is always in epoch milliseconds. Everything that does not depend on the language is
 * written as in ISO 8601.
 */

/** Days and clock times of a time zone, the same in every language. An `at` that is not a time is a RangeError. */
export interface WallTime {
  /** `2026-03-01` */
  day(at: number): string;
  /** `14:03:22` */
  clock(at: number): string;
  /** `2026-03-01 14:03:22` */
  dayAndClock(at: number): string;
}

const clocks = new Map<string, WallTime>();

/** The clock of an IANA time zone; made once each. */
export function clockOf(timeZone: string): WallTime {
  const made = clocks.get(timeZone);
  if (made) return made;
  // Swedish writes dates as ISO 8601 does.
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'medium' });
  const both = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const found: WallTime = {
    day: (at) => day.format(at),
    clock: (at) => clock.format(at),
    dayAndClock: (at) => both.format(at),
  };
  clocks.set(timeZone, found);
  return found;
}

const LOCALES: Record<Language, string> = { en: 'en-GB', ko: 'ko-KR' };
/** The time farthest from 1970 that a `Date` can hold. */
const FURTHEST = 8.64e15;

/** Day and clock time with the short name of the zone: `21 Nov 2026 18:04:05 GMT+9`; a dash if it is not a time. */
export function timeFormat(language: Language, timeZone: string): (at: number) => string {
  const day = new Intl.DateTimeFormat(LOCALES[language], {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
  });
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  return (at) => (Math.abs(at) <= FURTHEST ? `${day.format(at)} ${clock.format(at)}` : '–');
}

/** A day of the calendar, `2026-11-20`, with its weekday: `Fri 20 Nov`. */
export function weekday(day: string, language: Language): string {
  const format = new Intl.DateTimeFormat(LOCALES[language], {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
    weekday: 'short',
  });
  return format.format(Date.parse(`${day}T00:00:00Z`));
}

/** Times on the axis of a chart over `span` milliseconds: with seconds if it is short, with the day if it is long. */
export function axisFormat(span: number, language: Language, timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat(LOCALES[language], {
    timeZone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    ...(span <= 3 * MINUTE ? { second: '2-digit' } : {}),
    ...(span > 20 * HOUR ? { month: 'numeric', day: 'numeric' } : {}),
  });
  return (at) => format.format(at);
}
