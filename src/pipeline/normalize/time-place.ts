import type { Level } from '../../domain/log/record.ts';
import { LruMap } from '../../domain/lru-map.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import { sureLevel } from './divided/levels.ts';
import { before, type FoundTime, type Reference } from './time/instant.ts';
import { LAYOUTS, type Layout, laidOutTime } from './time/layouts.ts';
import { timestampAt } from './time/timestamp.ts';

/** A time within a line: where it begins and ends, and whether what the line says is mostly behind it. */
export interface PlacedTime extends FoundTime {
  start: number;
  /** Words before the time are columns; else the time is only a remark in the line, and the whole line is the message. */
  leads: boolean;
}

/** Gives the time of a line whose source has its times in a place of its own; undefined for a line without one. */
export type TimePlaces = (
  source: string,
  text: string,
  zone: string,
  now: Reference,
) => PlacedTime | undefined;

/** What closes a time that stands in brackets or quotes. */
const CLOSING = new Set(')]}>"\'`»」】』〕”’$%');

/** The line as if it began with its time, so that it is read on from there like any other. */
export function beginningWith({ ms, end }: PlacedTime, text: string): string {
  let at = end;
  while (CLOSING.has(text[at]!)) at += 1;
  const rest = text.slice(at);
  return `${new Date(ms).toISOString()}${/^[\p{L}\p{N}]/u.test(rest) ? ' ' : ''}${rest}`;
}

const WORDS = /[\p{L}\p{N}]+/gu;

/** A level among the columns before a time: a word that can be nothing else, since a letter may be a unit or a grade. */
export function levelAmong(columns: string): Level | undefined {
  for (const [word] of columns.matchAll(WORDS)) {
    const level = sureLevel(word);
    if (level) return level;
  }
  return undefined;
}

/** Characters of a line in which a time is looked for, and numbers in them that it may begin with. */
const SEARCHED = 300;
const MAX_STARTS = 24;
/** Lines that are compared; it is done when so many, then four times as many, have come, and given up in the end. */
const FEWEST = 8;
const COMPARED = 32;
const MORE = 4;
const GIVEN_UP = 128;
/** Lines on which a layout is tried before it is on all. */
const TRIED = 4;
/** At least this share of the lines must have a time there, and as many must not be before the line above. */
const SHARE = 0.9;
/** Lines of one program may change places within this time. */
const BACK = MINUTE;
/** A line arrives soon after its time; a date that is further away is about something else. */
const ARRIVES = DAY;
/** Sources that are learned at the same time, and that are remembered. */
const MAX_LEARNED = 500;
const MAX_SOURCES = 10_000;

/** How the time of a source is found: the number at which it begins, from the left or (-1 is the last) from the right. */
interface Place {
  /** Undefined: a time in any form that needs no learning. */
  layout: Layout | undefined;
  /** Undefined: the first one at which a time can be read. */
  nth: number | undefined;
  leads: boolean;
}

interface Learning {
  lines: number;
  next: number;
  sample: Sampled[];
}

interface Sampled {
  text: string;
  /** When the line arrived, epoch milliseconds; undefined where nobody knows. */
  arrived: number | undefined;
}

/**
 * Learns where the lines of a source have their time, when they do not begin with one that is known by its form
 * (`W;tray-4;30112026 100005;door jammed`, `(event (at "2026-11-30 10:00:05") …)`). A time is what nearly every line has in
 * the same place, in the same layout, as a date that exists, and what does not go back from line to line. Only sources of
 * which no line has had a time are learned.
 */
export function createTimePlaces(): TimePlaces {
  const places = new LruMap<string, Place | 'none'>(MAX_SOURCES);
  // More sources at the same time would learn again and again without an end.
  const learning = new LruMap<string, Learning>(MAX_LEARNED, (source) => places.set(source, 'none'));
  return (source, line, zone, now) => {
    const known = places.get(source);
    if (known === 'none' || (!known && now.dated)) return undefined;
    const text = inAsciiDigits(line.slice(0, SEARCHED));
    if (known) return timeIn(text, known, zone, now);
    let learned = learning.get(source);
    if (!learned) {
      learned = { lines: 0, next: FEWEST, sample: [] };
      learning.set(source, learned);
    }
    learned.lines += 1;
    // A copy: a part of a line would keep the whole of it in memory.
    const copy = Buffer.from(text).toString();
    learned.sample.push({ text: copy, arrived: now.side === 'arrived' ? now.ms : undefined });
    if (learned.sample.length > COMPARED) learned.sample.shift();
    if (learned.lines < learned.next) return undefined;
    learned.next *= MORE;
    const place = placeOf(learned.sample, zone, now);
    if (!place && learned.lines < GIVEN_UP) return undefined;
    places.set(source, place ?? 'none');
    learning.delete(source);
    return place && timeIn(text, place, zone, now);
  };
}

/** Decimal digits of any script are read as ours; each is one character, so places stay the same. */
function inAsciiDigits(text: string): string {
  return /[^\P{Nd}0-9]/u.test(text) ? text.replace(/[^\P{Nd}0-9]/gu, asciiDigit) : text;
}

/** The ten digits of a script stand in a row that begins with its zero. */
function asciiDigit(digit: string): string {
  if (digit.length > 1) return digit;
  let zero = digit.charCodeAt(0);
  while (/\p{Nd}/u.test(String.fromCharCode(zero - 1))) zero--;
  return String((digit.charCodeAt(0) - zero) % 10);
}

/** Where numbers and words begin. Digits behind a letter are those of an id (`0x1000000027`) or of a name. */
const STARTS = /(?<![\p{N}A-Za-z_])\p{N}|(?<![\p{L}\p{N}])\p{L}/gu;

function startsOf(text: string): number[] {
  const starts: number[] = [];
  for (const { index } of text.matchAll(STARTS)) if (starts.push(index) === MAX_STARTS) break;
  return starts;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The time that begins at `start` in the layout; undefined for none. */
function timeAt(
  text: string,
  start: number,
  layout: Layout | undefined,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  if (layout)
    return isDigit(text.charCodeAt(start)) ? laidOutTime(layout, text, start, zone, now) : undefined;
  const used = now.used;
  now.used = undefined;
  const time = timestampAt(text, start, zone, now);
  const lacked = now.used;
  now.used = used ?? lacked;
  // A clock alone is a layout of its own.
  return lacked === 'day' ? undefined : time;
}

function timeIn(
  text: string,
  { layout, nth, leads }: Place,
  zone: string,
  now: Reference,
): PlacedTime | undefined {
  const starts = startsOf(text);
  const tried = nth === undefined ? starts : [starts.at(nth)];
  for (const start of tried) {
    const found = start === undefined ? undefined : timeAt(text, start, layout, zone, now);
    if (found) return { ...found, start: start!, leads };
  }
  return undefined;
}

/** Every layout, after the forms that need no learning. */
const FORMS: readonly (Layout | undefined)[] = [undefined, ...LAYOUTS];
/** Places that are compared; numbers count from the left, or (negative) from the right. */
const ORDINALS = [undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1, -2, -3, -4, -5, -6, -7, -8] as const;

/** How the times at one place of some lines are. */
interface Fit {
  place: Place;
  first: number;
  last: number;
  found: number;
  ordered: number;
  distinct: number;
  /** What the lines say before and behind their times, without the numbers in it. */
  before: Set<string>;
  behind: Set<string>;
  /** Lines with a word behind their time. */
  worded: number;
}

/** The place at which nearly all lines of a sample have a time that goes on from line to line; undefined for none. */
function placeOf(sampled: readonly Sampled[], zone: string, now: Reference): Place | undefined {
  const sample = sampled.map((line) => ({ ...line, starts: startsOf(line.text) }));
  const step = Math.max(1, Math.floor(sample.length / TRIED));
  const tried = sample.filter((_, index) => index % step === 0);
  const latest = now.present() + DAY;
  let best: Fit | undefined;
  for (const layout of FORMS) {
    // Most layouts read nothing at all.
    if (!isReadIn(tried, layout, zone, now)) continue;
    const read = readAll(sample, layout, zone, now);
    if (read.filter((times) => times.length > 0).length < sample.length * SHARE) continue;
    for (const nth of ORDINALS) {
      const fit = fitAt(sample, read, { layout, nth, leads: true });
      if (fit && fit.last <= latest && (!best || isBetter(fit, best))) best = fit;
    }
    // A full time as programs write it needs no comparison.
    if (best && !layout) break;
  }
  return best && { ...best.place, leads: isLeading(best) };
}

interface Line extends Sampled {
  starts: readonly number[];
}
interface Read extends FoundTime {
  /** The number of its start from the left. */
  nth: number;
}

const isReadIn = (
  lines: readonly Line[],
  layout: Layout | undefined,
  zone: string,
  now: Reference,
): boolean =>
  readAll(lines, layout, zone, now).filter((times) => times.length > 0).length * 2 >= lines.length;

/** All times of a layout in each line. What is within one of them is none of its own. */
function readAll(lines: readonly Line[], layout: Layout | undefined, zone: string, now: Reference): Read[][] {
  // What is only tried must not teach the source anything.
  const reference = { ...before(now.ms), side: now.side, present: now.present, order: now.order };
  return lines.map(({ text, starts }) => {
    const times: Read[] = [];
    let end = 0;
    for (const [nth, start] of starts.entries()) {
      const time = start < end ? undefined : timeAt(text, start, layout, zone, reference);
      if (!time) continue;
      times.push({ ...time, nth });
      end = time.end;
    }
    return times;
  });
}

function fitAt(lines: readonly Line[], read: readonly Read[][], place: Place): Fit | undefined {
  const fit: Fit = {
    place,
    first: 0,
    last: 0,
    found: 0,
    ordered: 1,
    distinct: 1,
    before: new Set(),
    behind: new Set(),
    worded: 0,
  };
  for (const [line, times] of read.entries()) {
    const { text, starts, arrived } = lines[line]!;
    const { nth } = place;
    const time =
      nth === undefined ? times[0] : times.find((one) => one.nth === (nth < 0 ? starts.length + nth : nth));
    if (!time || (arrived !== undefined && Math.abs(time.ms - arrived) > ARRIVES)) continue;
    if (fit.found === 0) fit.first = time.ms;
    else {
      if (time.ms >= fit.last - BACK) fit.ordered += 1;
      if (time.ms !== fit.last) fit.distinct += 1;
    }
    fit.last = time.ms;
    fit.found += 1;
    fit.before.add(withoutNumbers(text.slice(0, starts[time.nth]!)));
    const behind = text.slice(time.end);
    fit.behind.add(withoutNumbers(behind));
    if (/\p{L}{2}/u.test(behind)) fit.worded += 1;
  }
  if (fit.found < lines.length * SHARE || fit.distinct === 1) return undefined;
  // Many numbers look like a vague layout, but they do not only grow.
  if (place.layout?.vague)
    return fit.found >= COMPARED * SHARE && fit.ordered === fit.found ? fit : undefined;
  return fit.ordered >= fit.found * SHARE ? fit : undefined;
}

/** Small words one after the other, as in a sentence. */
const PROSE = /\p{Ll}{2}\s\p{Ll}{2}/u;

/**
 * Whether what a line says is behind its time: there are words, in at least as many texts as before it. Where both sides
 * always say the same, a sentence before it is a part of what is said.
 */
function isLeading({ found, worded, before: above, behind }: Fit): boolean {
  if (worded < found * SHARE || behind.size < above.size) return false;
  return behind.size > above.size || ![...above].some((text) => PROSE.test(text));
}

const withoutNumbers = (text: string): string => text.replace(/\d+/g, '0');

/**
 * Of two readings of the same numbers the one that more lines have, then the one that says more by its form (it comes first),
 * unless the other one takes much less time: with day and month changed, an hour over midnight is a month.
 */
function isBetter(fit: Fit, best: Fit): boolean {
  if (fit.found !== best.found) return fit.found > best.found;
  const [length, bestLength] = [Math.abs(fit.last - fit.first), Math.abs(best.last - best.first)];
  return length * 10 < bestLength;
}
