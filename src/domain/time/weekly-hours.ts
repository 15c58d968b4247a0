import { instantOf, wallClock } from './calendar.ts';
import { DAY, MINUTE } from './units.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Weekday = (typeof WEEKDAYS)[number];

/**
 * Hours of the week in a time zone. `from` and `to` are `HH:MM`; a span whose end is before its start goes on into the next day
 * and belongs to the day it began on; if both are equal it is the whole day.
 */
export interface Hours {
  timeZone: string;
  days: readonly Weekday[];
  from: string;
  to: string;
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
/** Weekday of a wall time (epoch milliseconds as if UTC), `days` later. */
const weekday = (wall: number, days = 0): Weekday => WEEKDAYS[(new Date(wall).getUTCDay() + 6 + days) % 7]!;

/** Whether the instant (epoch ms) lies in the hours. */
export function isWithin(hours: Hours, at: number): boolean {
  const wall = wallClock(at, hours.timeZone);
  const minute = Math.floor((((wall % DAY) + DAY) % DAY) / MINUTE);
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  const on = (days: number): boolean => hours.days.includes(weekday(wall, days));
  if (from < to) return on(0) && minute >= from && minute < to;
  return (on(0) && minute >= from) || (on(6) && minute < to);
}

/** The instant itself where it lies in the hours, else the next beginning of them (epoch ms). */
export function nextWithin(hours: Hours, at: number): number {
  if (isWithin(hours, at)) return at;
  const wall = wallClock(at, hours.timeZone);
  const midnight = Math.floor(wall / DAY) * DAY;
  for (let day = 0; day <= 8; day += 1) {
    const start = midnight + day * DAY + minutesOf(hours.from) * MINUTE;
    if (start < wall || !hours.days.includes(weekday(start))) continue;
    return instantOf(start, hours.timeZone);
  }
  return at;
}
