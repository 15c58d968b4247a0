import type { MarkedTime } from '../../../analysis/queries/marks.ts';
import type { TimeFound, TimeSetting } from '../../../analysis/queries/reading.ts';
import type { TimeWindow } from '../../../domain/log/record.ts';
import { dayOf, instantOf, mondayOf, plusDays } from '../../../domain/time/calendar.ts';
import { HOUR, MINUTE } from '../../../domain/time/units.ts';
import type { Moment, NamedDay } from './moment.ts';
import { type When, whenIn } from './when.ts';

/** How far around a time that was named roughly. */
const ABOUT = 10 * MINUTE;

/**
 * The window that a time names. It is read from now; where the logs have nothing then (recorded logs, a store that is fed no
 * more), from the end of the logs; of a clock without a half of the day the one is meant that the logs have.
 */
export function windowOfWhen(when: When, { now, zone, extent }: TimeSetting): TimeWindow | MarkedTime {
  if (when.kind === 'mark') return { mark: when.mark, side: when.side };
  let first: TimeWindow | undefined;
  for (const reference of extent && extent.to < now ? [now, extent.to - 1] : [now]) {
    const windows = [0, 12 * HOUR].map((later) =>
      windowAt(when, { reference, zone, later, begins: extent?.from ?? 0 }),
    );
    first ??= windows[0];
    const held = windows.filter(
      ({ from, to }) => extent && from < extent.to && to > extent.from && from < to,
    );
    if (held.length > 0) return isSpoken(when) ? latestOf(held, reference) : held[0]!;
  }
  return first!;
}

/** `2시부터 3시까지`, said at half past three: the hour that has been last. */
function isSpoken(when: When): boolean {
  const moment = when.kind === 'at' ? when.at : when.kind === 'range' ? (when.from ?? when.to) : undefined;
  const isMorning = moment?.day !== undefined && (moment.clock ?? 0) >= 7 * HOUR;
  return Boolean(moment?.spoken) && !isMorning;
}

const latestOf = (windows: readonly TimeWindow[], reference: number): TimeWindow =>
  windows.toSorted((a, b) => startedBy(b, reference) - startedBy(a, reference))[0]!;

/** When it begins; one in the future is the last that is meant. */
const startedBy = ({ from }: TimeWindow, reference: number): number => (from <= reference ? from : 0);

interface Reading {
  reference: number;
  zone: string;
  /** Added to clocks that may be either half of the day. */
  later: number;
  begins: number;
}

function windowAt(when: Exclude<When, { kind: 'mark' }>, reading: Reading): TimeWindow {
  const { reference, begins } = reading;
  if (when.kind === 'last') return { from: reference - when.ms, to: reference + 1 };
  if (when.kind === 'at') {
    const point = pointOf(when.at, reading);
    const around = when.about && point.to - point.from <= HOUR ? ABOUT : 0;
    return { from: point.from - around, to: point.to + around };
  }
  const from = when.from && pointOf(when.from, reading);
  if (!when.to) return { from: from!.from, to: Math.max(reference + 1, from!.from + 1) };
  const to = endOf(when.to, from, reading);
  // `until Friday` includes the day, `until 3 pm` ends at three.
  const end = when.to.clock === undefined && when.to.ago === undefined ? to.to : to.from;
  if (!from) return { from: Math.min(begins, end - 1), to: end };
  return { from: from.from, to: end };
}

/** The end of a range: of a clock without a day the first one after the begin, so that 23:00 to 01:00 is over midnight. */
function endOf(to: Moment, from: TimeWindow | undefined, reading: Reading): TimeWindow {
  if (!from || to.day || to.clock === undefined) return pointOf(to, reading);
  const { zone, later } = reading;
  const clock = to.clock + (to.loose ? later : 0);
  const on = (day: string): number => instantOf(Date.parse(`${day}T00:00:00Z`) + clock, zone);
  const day = dayOf(from.from, zone);
  const at = on(day) > from.from ? on(day) : on(plusDays(day, 1));
  return { from: at, to: at + to.length };
}

function pointOf(moment: Moment, { reference, zone, later }: Reading): TimeWindow {
  if (moment.ago !== undefined)
    return { from: reference - moment.ago, to: reference - moment.ago + moment.length };
  const clock = (moment.clock ?? 0) + (moment.loose ? later : 0);
  const at = (day: string): number => instantOf(Date.parse(`${day}T00:00:00Z`) + clock, zone);
  const today = dayOf(reference, zone);
  let from = at(moment.day ? dayNamed(moment.day, today) : today);
  if (!moment.day && from > reference) from = at(plusDays(today, -1));
  return { from, to: from + moment.length };
}

function dayNamed(day: NamedDay, today: string): string {
  if ('back' in day) return plusDays(today, -day.back);
  if ('weekday' in day) {
    const inWeek = (day.weekday + 6) % 7;
    if (day.weeks === 1) return plusDays(mondayOf(today), inWeek - 7);
    const thisWeek = plusDays(mondayOf(today), inWeek);
    return thisWeek <= today ? thisWeek : plusDays(thisWeek, -7);
  }
  const { year, month, date } = day;
  const of = (one: number): string =>
    `${one}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
  if (year) return of(year);
  const current = Number(today.slice(0, 4));
  // A date without a year is never in the future.
  return of(current) <= plusDays(today, 1) ? of(current) : of(current - 1);
}

/** The first time that a text in lower case names, for the reading of questions. */
export function timeIn(text: string): TimeFound | undefined {
  const found = whenIn(text);
  return (
    found && { start: found.start, end: found.end, window: (setting) => windowOfWhen(found.when, setting) }
  );
}
