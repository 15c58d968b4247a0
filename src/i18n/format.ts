import type { Language } from '../domain/question/question.ts';
import { type Catalogue, en } from './en.ts';
import { ko } from './ko.ts';

export const CATALOGUES: Record<Language, Catalogue> = { en, ko };

/** A language and a time zone: everything a view needs to speak to a person. */
export interface Speech {
  language: Language;
  timeZone: string;
  /** The strings. */
  say: Catalogue;
  /** Epoch milliseconds → day and clock in the zone, with the zone's short name: `21 Nov 2026 18:04:05 GMT+9`. */
  time(at: number): string;
  /** Whole days, hours, minutes or seconds, the two largest that are not zero. */
  duration(ms: number): string;
  number(value: number): string;
}

const known = new Map<string, Speech>();

/** The speech for a language and an IANA time zone; made once each. */
export function speech(language: Language, timeZone: string): Speech {
  const key = `${language} ${timeZone}`;
  const made = known.get(key);
  if (made) return made;
  const say = CATALOGUES[language];
  const locale = language === 'ko' ? 'ko-KR' : 'en-GB';
  const day = new Intl.DateTimeFormat(locale, { timeZone, year: 'numeric', month: 'short', day: 'numeric' });
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  const figures = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const spoken: Speech = {
    language,
    timeZone,
    say,
    time: (at) =>
      Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? `${day.format(at)} ${clock.format(at)}` : '–',
    duration(ms) {
      const total = Math.max(0, Math.round(ms / 1_000));
      const parts = [
        [Math.floor(total / 86_400), say.days],
        [Math.floor(total / 3_600) % 24, say.hours],
        [Math.floor(total / 60) % 60, say.minutes],
        [total % 60, say.seconds],
      ] as const;
      const shown = parts.filter(([amount]) => amount > 0).slice(0, 2);
      return shown.length > 0 ? shown.map(([amount, unit]) => unit(amount)).join(' ') : say.seconds(0);
    },
    number: (value) => figures.format(value),
  };
  known.set(key, spoken);
  return spoken;
}
