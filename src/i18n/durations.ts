import type { Language } from '../domain/question/question.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time/units.ts';

type Unit = 'day' | 'hour' | 'minute' | 'second' | 'millisecond';
type UnitWords = Record<Unit, (amount: number) => string>;

/**
 * Amounts of the units, short. `Intl.DurationFormat` writes the Korean ones in the same way, but the English ones as
 * `1 hr, 30 mins` or `1h 30m`, where everything here says `1 h 30 min`.
 */
const SHORT: Record<Language, UnitWords> = {
  en: {
    day: (n) => `${n} ${n === 1 ? 'day' : 'days'}`,
    hour: (n) => `${n} h`,
    minute: (n) => `${n} min`,
    second: (n) => `${n} s`,
    millisecond: (n) => `${n} ms`,
  },
  ko: {
    day: (n) => `${n}일`,
    hour: (n) => `${n}시간`,
    minute: (n) => `${n}분`,
    second: (n) => `${n}초`,
    millisecond: (n) => `${n}밀리초`,
  },
};

/** Whole days, hours, minutes or seconds, the two largest that are not zero: `1 h 30 min`. */
export function duration(ms: number, language: Language): string {
  const { day, hour, minute, second } = SHORT[language];
  const total = Math.max(0, Math.round(ms / SECOND)) * SECOND;
  const parts = [
    [Math.floor(total / DAY), day],
    [Math.floor((total % DAY) / HOUR), hour],
    [Math.floor((total % HOUR) / MINUTE), minute],
    [(total % MINUTE) / SECOND, second],
  ] as const;
  const shown = parts.filter(([amount]) => amount > 0).slice(0, 2);
  return shown.length > 0 ? shown.map(([amount, unit]) => unit(amount)).join(' ') : second(0);
}

const rounded = (amount: number): number => (amount >= 10 ? Math.round(amount) : Number(amount.toFixed(1)));

/** In one unit, the largest of which there are at least 1.5, and never larger than hours: `1.5 h`, `80 min`. */
export function roughly(ms: number, language: Language): string {
  const { hour, minute, second, millisecond } = SHORT[language];
  if (ms < 1.5 * SECOND) return millisecond(Math.round(ms));
  if (ms < 1.5 * MINUTE) return second(rounded(ms / SECOND));
  if (ms < 1.5 * HOUR) return minute(rounded(ms / MINUTE));
  return hour(rounded(ms / HOUR));
}

const LENGTHS = { day: DAY, hour: HOUR, minute: MINUTE, second: SECOND };

/** A whole number of one unit, in full: `1 hour`, `5 minutes`. */
export function inFull(ms: number, language: Language): string {
  const unit = (['day', 'hour', 'minute'] as const).find((name) => ms >= LENGTHS[name]) ?? 'second';
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(ms / LENGTHS[unit]);
}

/** Seconds with one decimal, for the terminal: `3.0 s`. */
export const exactSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;
