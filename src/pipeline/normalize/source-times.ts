import type { SourceLine, SourceTimes } from '../../domain/log/source-line.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time/units.ts';
import { uptimeAt } from './marked-time.ts';
import { createTimeReader } from './normalize.ts';
import { before, type Reference } from './time/instant.ts';
import { timestampAt } from './time/timestamp.ts';

/** Lines at each end of a batch that are read to learn how the times of a source are meant. */
const SAMPLE = 400;
/** Characters of a line without a time of its own in which a date is searched. */
const SEARCHED = 200;
/** The beginning of a date in digits that can be read in two ways. */
const TWO_WAYS = /(?<![\d./-])\d{1,2}([/-])\d{1,2}\1\d{2,4}(?!\d)/;

/** How far the times of a source are told by its own lines. */
export interface OwnTimes {
  /** Epoch milliseconds of the first line with a time; undefined when none has one. */
  first: number | undefined;
  /** The first time that says all: date and clock. */
  whole: number | undefined;
  /** What the first time lacks that does not. */
  lacked: Reference['used'];
}

/**
 * Learns from the first lines of a source how its times are meant, and notes it in `times`: the first full date, also one in
 * a line above the others, and the order of dates in digits.
 * @param times what is known already; `before` is when the source ended
 */
export function learnTimes(lines: readonly SourceLine[], timeZone: string, times: SourceTimes): OwnTimes {
  const sample =
    lines.length <= 2 * SAMPLE ? lines : [...lines.slice(0, SAMPLE), ...lines.slice(lines.length - SAMPLE)];
  const end = times.before ?? Date.now();
  const read = readSpan(sample, timeZone, end);
  if (read.order) times.order = read.order;
  else if (read.example !== undefined && TWO_WAYS.test(read.example.slice(0, SEARCHED)))
    times.order = likelierOrder(sample, timeZone, end);
  const above = read.whole === undefined ? dateAbove(sample, timeZone, end) : undefined;
  if (above) Object.assign(times, above);
  else if (read.whole !== undefined) times.near = read.whole;
  const whole = above ? (above.near ?? above.before) : read.whole;
  if (read.first === undefined) learnStart(lines, timeZone, times, end);
  if (whole === undefined && read.lacked === 'day') times.near = read.first!;
  if (whole === undefined && (times.near !== undefined || times.startedAt !== undefined)) {
    const span = createSpan(times, timeZone);
    for (const line of lines) span.add(line);
    span.settle();
  }
  return { first: read.first, whole, lacked: read.lacked };
}

/** Later than any time. */
const FAR = 7e12;

/** Follows the lines of a source that has clocks only, or counts the time since a start, to its end. */
export function createSpan(
  times: SourceTimes,
  timeZone: string,
): { add(line: SourceLine): void; settle(): void } {
  const timeOf = createTimeReader(timeZone, () => FAR);
  const hint = { times: { ...times } };
  let last: number | undefined;
  return {
    add(line) {
      const { text, fields, source, position, stream } = line;
      last = timeOf({ text, fields, source, position, stream, hint })?.ms ?? last;
    },
    /** Moves the beginning of the source back so that its last line is not after its end. */
    settle() {
      const late = last === undefined || times.before === undefined ? 0 : last - times.before;
      if (times.startedAt !== undefined && late > 0) times.startedAt -= late;
      if (times.near !== undefined && late > HOUR) times.near -= Math.ceil((late - HOUR) / DAY) * DAY;
    },
  };
}

/** At least this share of the lines of a source must count the time since a start. */
const SHARE = 0.8;
const ENOUGH = 3;
/** At most this share of them may go back, when a machine has started again. */
const MAX_BACK = 0.25;
/** The machine sets its clock within this time after its start. */
const CLOCK_IS_SET = 2 * MINUTE;

/**
 * When the machine started, for a source whose lines count the time since then: by the line that says how its clock was set,
 * else so that the last line is from the end of the source.
 */
function learnStart(lines: readonly SourceLine[], timeZone: string, times: SourceTimes, end: number): void {
  let counted = 0;
  let back = 0;
  let last = 0;
  let clock: number | undefined;
  for (const { text } of lines) {
    const uptime = uptimeAt(text.trimStart(), 0)?.ms;
    if (uptime === undefined) continue;
    counted += 1;
    if (uptime < last) back += 1;
    last = uptime;
    if (uptime > CLOCK_IS_SET) continue;
    // Dates of how things were built or signed are before it.
    for (const ms of datesIn(text, timeZone))
      if (ms <= end + DAY && (clock === undefined || ms - uptime > clock)) clock = ms - uptime;
  }
  if (counted < ENOUGH || counted < lines.length * SHARE || back > counted * MAX_BACK) return;
  times.startedAt = clock ?? end - last;
}

interface Span extends OwnTimes {
  last: number | undefined;
  /** The first line with a time. */
  example: string | undefined;
  order: SourceTimes['order'];
}

/** The times of a sample, read with what `times` knows. */
function readSpan(
  sample: readonly SourceLine[],
  timeZone: string,
  end: number,
  order?: SourceTimes['order'],
): Span {
  const timeOf = createTimeReader(timeZone, () => end);
  const span: Span = {
    first: undefined,
    whole: undefined,
    lacked: undefined,
    last: undefined,
    example: undefined,
    order,
  };
  const hint = { times: order ? { before: end, order } : { before: end } };
  for (const { text, fields, source, position, stream } of sample) {
    const found = timeOf({ text, fields, source, position, stream, hint });
    if (!found) continue;
    span.first ??= found.ms;
    span.example ??= text;
    span.last = found.ms;
    if (!found.lacked) span.whole ??= found.ms;
    else span.lacked ??= found.lacked;
    span.order = found.order;
  }
  return span;
}

/**
 * The order by which the lines take less time, else the one by which they end nearer before the end of the source; undefined
 * when both are equal.
 */
function likelierOrder(sample: readonly SourceLine[], timeZone: string, end: number): SourceTimes['order'] {
  const [month, day] = (['mdy', 'dmy'] as const).map((order) => readSpan(sample, timeZone, end, order));
  const length = ({ first, last }: Span): number => Math.abs(last! - first!);
  if (length(month!) !== length(day!)) return length(month!) < length(day!) ? 'mdy' : 'dmy';
  const distance = ({ last }: Span): number => {
    const rest = end + MINUTE - last!;
    return rest < 0 ? Number.POSITIVE_INFINITY : rest;
  };
  const near = [distance(month!), distance(day!)] as const;
  return near[0] === near[1] ? undefined : near[0] < near[1] ? 'mdy' : 'dmy';
}

/** The dates in the lines above the first time: `-- Logs begin at Tue 2026-06-20 11:18:07 KST, end at … --`. */
function dateAbove(
  sample: readonly SourceLine[],
  timeZone: string,
  end: number,
): Pick<SourceTimes, 'near' | 'before'> | undefined {
  const timeOf = createTimeReader(timeZone, () => end);
  for (const line of sample) {
    if (timeOf({ ...line, hint: { times: { before: end } } })) return undefined;
    const dates = datesIn(line.text, timeZone);
    if (dates.length === 1) return { near: dates[0]! };
    // A range: what follows may be any part of it, mostly the end.
    if (dates.length > 1) return { before: Math.max(...dates) };
  }
  return undefined;
}

/** A date without a clock, or a text that looks like one. */
const DAY_ONLY = /^(\d{4})([-./])(\d{2})\2(\d{2})(?![\d:.-])/;

/** The full dates in the words of a line, epoch milliseconds; a date without a clock counts as noon. */
export function datesIn(text: string, timeZone: string): number[] {
  const dates: number[] = [];
  const reference: Reference = before(0);
  const last = Math.min(text.length, SEARCHED);
  for (let at = 0; at < last; at++) {
    if (at > 0 && !/[\s[("'=]/.test(text[at - 1]!)) continue;
    reference.used = undefined;
    const time = timestampAt(text, at, timeZone, reference);
    const day = !time && DAY_ONLY.test(text.slice(at, at + 11)) ? text.slice(at, at + 10) : undefined;
    const ms = day ? timestampAt(`${day} 12:00:00`, 0, timeZone, reference)?.ms : time?.ms;
    const end = day ? at + 10 : (time?.end ?? at);
    // Digits alone may be an epoch, and any other number.
    if (ms === undefined || reference.used || !/[-/:.\p{L}]/u.test(text.slice(at, end))) continue;
    dates.push(ms);
    at = Math.max(at, Math.min(end, last) - 1);
  }
  return dates;
}
