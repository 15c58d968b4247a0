import { wallClock } from '../../../domain/time/calendar.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../domain/time/units.ts';

/** A time found in a text: epoch milliseconds, and the index after its last character. */
export interface FoundTime {
  ms: number;
  end: number;
}

/** Hours remembered of one zone. */
const MAX_HOURS = 5_000;
/** Offsets of each zone by hour: where it matters for logs, a zone changes its offset at full hours only. */
const offsets = new Map<string, Map<number, number>>();

/** Milliseconds east of UTC. */
function zoneOffset(zone: string, utc: number): number {
  if (zone === 'UTC') return 0;
  let byHour = offsets.get(zone);
  if (!byHour) {
    byHour = new Map();
    offsets.set(zone, byHour);
  }
  const hour = Math.floor(utc / HOUR);
  let offset = byHour.get(hour);
  if (offset === undefined) {
    offset = wallClock(hour * HOUR, zone) - hour * HOUR;
    if (byHour.size > MAX_HOURS) byHour.clear();
    byHour.set(hour, offset);
  }
  return offset;
}

/** Local time in a zone as epoch milliseconds. */
function fromLocal(local: number, zone: string): number {
  const guess = local - zoneOffset(zone, local);
  return local - zoneOffset(zone, guess);
}

/** Days of each month in a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds since midnight; NaN when there is no such time. */
export function timeOfDay(hour: number, minute: number, second: number, millis: number): number {
  if (hour > 24 || minute > 59 || second > 60) return Number.NaN;
  return hour * HOUR + minute * MINUTE + second * SECOND + millis;
}

/**
 * A date and a time as epoch milliseconds; undefined when there is no such day or time.
 * @param month 1 to 12
 * @param dayMs what `timeOfDay` gives
 * @param zone an IANA zone, or minutes east of UTC
 */
export function instant(
  year: number,
  month: number,
  day: number,
  dayMs: number,
  zone: string | number,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]! || Number.isNaN(dayMs)) return undefined;
  const local = Date.UTC(year, month - 1, day) + dayMs;
  return typeof zone === 'string' ? fromLocal(local, zone) : local - zone * MINUTE;
}

/**
 * A date without a year is in the year that puts it nearest before `now`; one day ahead is allowed, since clocks differ.
 * The parameters are those of `instant`.
 */
export function withoutYear(
  month: number,
  day: number,
  dayMs: number,
  zone: string,
  now: number,
): number | undefined {
  const year = new Date(now).getUTCFullYear();
  for (let candidate = year + 1; candidate >= year - 1; candidate--) {
    const ms = instant(candidate, month, day, dayMs, zone);
    if (ms === undefined) return undefined;
    if (ms <= now + DAY) return ms;
  }
  return undefined;
}
