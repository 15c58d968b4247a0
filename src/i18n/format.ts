import type { Language } from '../domain/question/question.ts';
import { CATALOGUES, type Catalogue } from './catalogues.ts';
import { clockOf, timeFormat, type WallTime, weekday } from './dates.ts';
import { duration, roughly } from './durations.ts';
import { number } from './numbers.ts';

/** A language and a time zone: everything that is needed to speak to a person. */
export interface Speech extends WallTime {
  language: Language;
  timeZone: string;
  /** What the bot says in chats. */
  say: Catalogue['chat'];
  /** What the detectors say. */
  detections: Catalogue['detections'];
  /** Epoch milliseconds → day and clock in the zone, with the zone's short name: `21 Nov 2026 18:04:05 GMT+9`. */
  time(at: number): string;
  /** A day of the calendar, `2026-11-20` → `Fri 20 Nov`. */
  weekday(day: string): string;
  /** The two largest of days, hours, minutes and seconds that are not zero: `1 h 30 min`. */
  duration(ms: number): string;
  /** In one unit: `1.5 h`. */
  roughly(ms: number): string;
  number(value: number): string;
}

const known = new Map<string, Speech>();

/** The speech for a language and an IANA time zone; made once each. */
export function speech(language: Language, timeZone: string): Speech {
  const key = `${language} ${timeZone}`;
  const made = known.get(key);
  if (made) return made;
  const spoken: Speech = {
    language,
    timeZone,
    say: CATALOGUES[language].chat,
    detections: CATALOGUES[language].detections,
    ...clockOf(timeZone),
    time: timeFormat(language, timeZone),
    weekday: (day) => weekday(day, language),
    duration: (ms) => duration(ms, language),
    roughly: (ms) => roughly(ms, language),
    number,
  };
  known.set(key, spoken);
  return spoken;
}
