import { DAY } from './units.ts';

/** Days and clocks of an IANA time zone. Wall times are written `2026-03-29` and `2026-03-29T02:30`. */

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, found);
  }
  return found;
}

/** What a clock on the wall shows at an instant, written as if it were UTC (epoch milliseconds, whole seconds). */
export function wallClock(at: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(at)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
}

/**
 * The instant at which a wall clock shows `wall` (epoch milliseconds as if UTC). As `Temporal` does by default: of a time that
 * comes twice in autumn it is the first one; a time that is skipped in spring is moved forward by as much as the clock jumps.
 */
export function instantOf(wall: number, zone: string): number {
  const offset = (at: number): number => wallClock(at, zone) - Math.floor(at / 1_000) * 1_000;
  const before = wall - offset(wall - DAY);
  const after = wall - offset(wall + DAY);
  const shows = (at: number): boolean => wallClock(at, zone) === wall;
  const earlier = Math.min(before, after);
  if (shows(earlier)) return earlier;
  const later = Math.max(before, after);
  return shows(later) ? later : before;
}

/** The local day of an instant, `2026-03-29`. */
export const dayOf = (at: number, zone: string): string =>
  new Date(wallClock(at, zone)).toISOString().slice(0, 10);

/** The day `days` after (or before) a day. */
export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** The span of `days` local days that begins with `day`; 23 or 25 hours long where the clock changes. */
export function daysWindow(day: string, days: number, zone: string): { from: number; to: number } {
  const midnight = (date: string): number => instantOf(Date.parse(`${date}T00:00:00Z`), zone);
  return { from: midnight(day), to: midnight(plusDays(day, days)) };
}

/** The Monday of the week a day lies in. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return plusDays(day, -((weekday + 6) % 7));
}

/** Whether the text is a day that exists, `2026-03-29`. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
