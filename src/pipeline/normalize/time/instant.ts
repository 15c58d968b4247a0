import { DAY, HOUR, MINUTE } from '../../../domain/time/units.ts';
/** A time found in a text: epoch milliseconds and the index after its last character. */
export interface FoundTime {
  ms: number;
  end: number;
}

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
  const hour = Math.floor(utc / HOUR);
  let offset = entry.byHour.get(hour);
  if (offset === undefined) {
    const part: Record<string, number> = {};
    for (const { type, value } of entry.format.formatToParts(hour * HOUR)) part[type] = Number(value);
    const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
    offset = local - hour * HOUR;
    if (entry.byHour.size > 5_000) entry.byHour.clear();
    entry.byHour.set(hour, offset);
  }
  return offset;
}

/** Wall-clock time in a zone as epoch milliseconds. */
export function fromLocal(local: number, zone: string): number {
  const guess = local - zoneOffset(zone, local);
  return local - zoneOffset(zone, guess);
}

/** Days of each month of a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Calendar fields as epoch milliseconds; undefined when there is no such day or time.
 * @param month 1 to 12
 * @param offset minutes east of UTC where the text names them; otherwise the fields are of `zone`
 */
export function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millis: number,
  offset: number | undefined,
  zone: string,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]! || hour > 24 || minute > 59 || second > 60)
    return undefined;
  const local = Date.UTC(year, month - 1, day, hour, minute, second) + millis;
  return offset === undefined ? fromLocal(local, zone) : local - offset * MINUTE;
}

/** A date without a year lies in the year that puts it nearest before `now` (a day ahead is allowed: clocks differ). */
export function withoutYear(
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millis: number,
  zone: string,
  now: number,
): number | undefined {
  const year = new Date(now).getUTCFullYear();
  for (let candidate = year + 1; candidate >= year - 1; candidate--) {
    const ms = instant(candidate, month, day, hour, minute, second, millis, undefined, zone);
    if (ms === undefined) return undefined;
    if (ms <= now + DAY) return ms;
  }
  return undefined;
}
