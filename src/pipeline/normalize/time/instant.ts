import type { DateOrder } from '../../../domain/log/source-line.ts';
import { wallClock } from '../../../domain/time/calendar.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../domain/time/units.ts';

/** A time found in a text: epoch milliseconds, and the index after its last character. */
export interface FoundTime {
  ms: number;
  end: number;
}

/**
 * What completes a time that does not say everything. The readers of times change `used`, `order` and `startedAt`: they are
 * what was learned of the source.
 */
export interface Reference {
  /** Epoch milliseconds. */
  ms: number;
  /**
   * Where times are that lack a day or a year. `before`: `ms` is the present or the end of the file, and the latest time
   * before it is meant; `arrived`: the same, the moment the line arrived; `near`: the nearest one; `after`: `ms` is the time
   * of the line before, and lines go on.
   */
  side: 'before' | 'arrived' | 'near' | 'after';
  /** The present: nothing was logged after it. */
  present: () => number;
  /** What a time lacked that was completed by it: the year, the day, or all but the seconds since a start. */
  used: 'year' | 'day' | 'start' | undefined;
  /** The order of dates in digits, once one of them has shown it. */
  order: DateOrder | undefined;
  /** Whether a line of the source has said its time. */
  dated: boolean;
  /** When the machine started whose seconds the lines count. */
  startedAt: number | undefined;
}

/** A reference to the present, or to another time which nothing can be later than. */
export const before = (ms: number): Reference => ({
  ms,
  side: 'before',
  present: () => ms,
  used: undefined,
  order: undefined,
  dated: false,
  startedAt: undefined,
});

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

/** Minutes east of UTC that a zone has in winter and in summer. */
export const standardOffset = (zone: string): [number, number] => [
  zoneOffset(zone, Date.UTC(2026, 0, 15)) / MINUTE,
  zoneOffset(zone, Date.UTC(2026, 6, 15)) / MINUTE,
];

/** Local time in a zone as epoch milliseconds; of a time that comes twice in autumn, the first one. */
function fromLocal(local: number, zone: string): number {
  if (zone === 'UTC') return local;
  const offset = zoneOffset(zone, local - zoneOffset(zone, local));
  const ms = local - offset;
  return zoneOffset(zone, ms - HOUR) - offset === HOUR ? ms - HOUR : ms;
}

/** A line that is this much before the one before it, in the hour that comes twice, is from the second one. */
const BACK = 20 * MINUTE;

/** Of a local time that comes twice in autumn, the one that goes on from the line before. */
export function onward(ms: number | undefined, zone: string | number, now: Reference): number | undefined {
  if (ms === undefined || now.side !== 'after' || ms >= now.ms - BACK) return ms;
  // A line that names its offset says which of the two it is.
  if (zone === 'UTC' || typeof zone === 'number') return ms;
  const again = ms + HOUR;
  if (again < now.ms - BACK) return ms;
  return zoneOffset(zone, ms) - zoneOffset(zone, again) === HOUR ? again : ms;
}

/** Days of each month in a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds since midnight; NaN when there is no such time. */
export function timeOfDay(hour: number, minute: number, second: number, millis: number): number {
  if (hour > 24 || minute > 59 || second > 60) return Number.NaN;
  return hour * HOUR + minute * MINUTE + second * SECOND + millis;
}

/** The Buddhist era is ahead by this many years; no log has one of ours so late. */
const BUDDHIST = 543;
const FIRST_BUDDHIST = 2_442;

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
  const common = year > FIRST_BUDDHIST ? year - BUDDHIST : year;
  const local = Date.UTC(common, month - 1, day) + dayMs;
  return typeof zone === 'string' ? fromLocal(local, zone) : local - zone * MINUTE;
}

/** The latest time that a completed one may have: lines are not from the future, unless those before are. */
function latestOf(now: Reference): number {
  const tomorrow = now.present() + DAY;
  return now.ms > tomorrow ? Number.POSITIVE_INFINITY : tomorrow;
}

/**
 * A date without a year is in the year that puts it nearest to the reference; before the present one day ahead is allowed,
 * since clocks differ. The parameters are those of `instant`.
 */
export function withoutYear(
  month: number,
  day: number,
  dayMs: number,
  zone: string | number,
  now: Reference,
): number | undefined {
  const year = new Date(now.ms).getUTCFullYear();
  const latest = now.side === 'before' || now.side === 'arrived';
  let best: number | undefined;
  now.used = 'year';
  for (let candidate = year + 1; candidate >= year - 1; candidate--) {
    const ms = instant(candidate, month, day, dayMs, zone);
    if (ms === undefined) return undefined;
    if (latest && ms <= now.ms + DAY) return ms;
    const nearer = best === undefined || Math.abs(ms - now.ms) < Math.abs(best - now.ms);
    // The first candidate is the latest one.
    if (nearer || best! > latestOf(now)) best = ms;
  }
  return latest ? undefined : onward(best, zone, now);
}

/** A clock that goes back by more than this since the line before is that of the next day. */
const OUT_OF_ORDER = 2 * HOUR;

/**
 * A clock alone is of the day that puts it nearest to the reference; before the present one hour ahead is allowed.
 * @param zone an IANA zone, or minutes east of UTC
 */
export function withoutDay(dayMs: number, zone: string | number, now: Reference): number | undefined {
  if (Number.isNaN(dayMs)) return undefined;
  now.used = 'day';
  const ahead = now.side === 'after' ? DAY - OUT_OF_ORDER : now.side === 'near' ? DAY / 2 : HOUR;
  const latest = Math.min(now.ms + ahead, now.side === 'arrived' ? Number.POSITIVE_INFINITY : latestOf(now));
  const midnight = Math.floor(now.ms / DAY) * DAY;
  for (let day = midnight + 2 * DAY; ; day -= DAY) {
    const local = day + dayMs;
    const ms = typeof zone === 'string' ? fromLocal(local, zone) : local - zone * MINUTE;
    if (ms > latest) continue;
    return typeof zone === 'string' ? onward(ms, zone, now) : ms;
  }
}

/** Seconds since the start that go back by more than this are those of another start. */
const RESTART = 10 * SECOND;

/**
 * The time of a line that counts the time since a start; undefined when nothing is known of the start.
 * @param uptime milliseconds
 */
export function sinceStart(uptime: number, now: Reference): number | undefined {
  if (now.startedAt === undefined || now.side === 'arrived') return undefined;
  now.used = 'start';
  // After another start the lines go on from the one before.
  if (now.side === 'after' && now.startedAt + uptime < now.ms - RESTART) now.startedAt = now.ms - uptime;
  return now.startedAt + uptime;
}
