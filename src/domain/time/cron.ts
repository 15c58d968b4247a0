import { instantOf, wallClock } from './calendar.ts';
import { DAY, MINUTE } from './units.ts';

/** The parsed form of `minute hour day-of-month month day-of-week` (POSIX crontab). */
export interface Cron {
  minutes: readonly number[];
  hours: readonly number[];
  matchesDay(date: Date): boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** One field: `*`, numbers or names, lists, ranges and steps; undefined if it cannot be read. */
function field(text: string, from: number, to: number, names: string[] = [], base = 0): number[] | undefined {
  const values = new Set<number>();
  const value = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    if (named >= 0) return named + base;
    return /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of text.split(',')) {
    const [range, stepText, ...more] = part.split('/');
    const step = stepText === undefined ? 1 : /^\d{1,2}$/.test(stepText) ? Number(stepText) : 0;
    const [first, last, ...rest] = range === '*' ? [String(from), String(to)] : range!.split('-');
    const begin = value(first!);
    const end = last === undefined ? (stepText === undefined ? begin : to) : value(last);
    if (more.length > 0 || rest.length > 0 || step < 1) return undefined;
    if (!(begin >= from && end <= to && begin <= end)) return undefined;
    for (let at = begin; at <= end; at += step) values.add(at);
  }
  return [...values].sort((a, b) => a - b);
}

/**
 * Reads a crontab expression of five fields; undefined if it is not one. If both the day of the month and the day of the week are
 * given, either of them is enough.
 */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const minutes = field(fields[0]!, 0, 59);
  const hours = field(fields[1]!, 0, 23);
  const days = field(fields[2]!, 1, 31);
  const months = field(fields[3]!, 1, 12, MONTHS, 1);
  // 7 is Sunday, too.
  const weekdays = field(fields[4]!, 0, 7, WEEKDAYS)?.map((day) => day % 7);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const anyDay = fields[2]!.startsWith('*');
  const anyWeekday = fields[4]!.startsWith('*');
  return {
    minutes,
    hours,
    matchesDay(date) {
      if (!months.includes(date.getUTCMonth() + 1)) return false;
      const day = days.includes(date.getUTCDate());
      const weekday = weekdays.includes(date.getUTCDay());
      return anyDay || anyWeekday ? day && weekday : day || weekday;
    },
  };
}

/** One time a schedule is due. */
export interface Occurrence {
  /** Its wall time `2026-03-29T02:30`: the name of the period, the same in every process. */
  period: string;
  /** Epoch milliseconds. */
  at: number;
}

/**
 * Every time the schedule is due with `after < at <= until`, oldest first. Each wall time is due once a day: if the clock is set
 * back, the first of the two counts; if an hour is skipped, times in it are moved forward by as much.
 */
export function* occurrences(cron: Cron, zone: string, after: number, until: number): Generator<Occurrence> {
  const first = Math.floor(wallClock(after, zone) / DAY) - 1;
  const last = Math.floor(wallClock(until, zone) / DAY) + 1;
  for (let day = first; day <= last; day += 1) {
    if (!cron.matchesDay(new Date(day * DAY))) continue;
    for (const hour of cron.hours)
      for (const minute of cron.minutes) {
        const wall = day * DAY + (hour * 60 + minute) * MINUTE;
        const at = instantOf(wall, zone);
        if (at > after && at <= until) yield { period: new Date(wall).toISOString().slice(0, 16), at };
      }
  }
}
