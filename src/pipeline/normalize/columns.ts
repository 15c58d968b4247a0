import { LruMap } from '../../domain/lru-map.ts';
import { createShapes, type Shapes } from './divided/shapes.ts';

/** Columns that may stand before a time. */
const MAX_COLUMNS = 6;
/**
 * After this many lines with a time in one column, and at least this fraction of all lines, the time of the source is in that
 * column.
 */
const ENOUGH = 8;
const SHARE = 0.9;
/** Up to this character a time in brackets is looked for behind other columns, in so many brackets. */
const BRACKETS_WITHIN = 160;
const MAX_BRACKETS = 6;
/** A date with its clock, in brackets and with nothing else: `[Fri May 15 05:16:00 2026]`. */
const BRACKETED_TIME = /\[(?=[^\]:]{0,24}\d)[^\]:]{3,24}[ :T]\d{1,2}:\d{2}:\d{2}[^\]]{0,24}\]/y;
/** Sources remembered. */
const MAX_SOURCES = 10_000;

interface Seen {
  lines: number;
  /** Lines with a number of the form of an epoch at each column. */
  times: Uint32Array;
  /** Lines with a time in brackets behind other columns. */
  bracketed: number;
}

/** What has been learned about the columns of each source. */
export interface Columns {
  /** Gives where the time of a line begins that has other columns before it; 0 when there is none. */
  timeAt(source: string, text: string): number;
  /** Of lines that are divided by a sign. */
  shapes: Shapes;
}

/** Seconds or milliseconds of the epoch, from 2001 to 2286, as a word of its own. */
function isEpoch(text: string, start: number, end: number): boolean {
  if (end - start !== 10 && end - start !== 13) return false;
  if (text.charCodeAt(start) === 48) return false;
  return isInteger(text, start, end);
}

function isInteger(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return end > start;
}

/** Where a time in brackets begins that is not at the beginning of a line; -1 for none. */
function bracketedTime(text: string): number {
  let at = text.indexOf('[', 1);
  for (let tries = 0; at > 0 && at < BRACKETS_WITHIN && tries < MAX_BRACKETS; tries++) {
    BRACKETED_TIME.lastIndex = at;
    if (BRACKETED_TIME.test(text)) return at;
    at = text.indexOf('[', at + 1);
  }
  return -1;
}

/**
 * Learns from each source which column has its time (`4711 node-7 disk state 1795241045 1 full`). A number in the form of
 * an epoch may also be part of a sentence. It is a time when nearly all lines of the source have one in the same column,
 * or when the line begins with another number, as exported tables do. A time in brackets (`[pid: 12] 10.0.0.7 [Fri May 15
 * 05:16:00 2026] GET /`) is that of the line when nearly all lines of the source have one.
 */
export function createColumns(): Columns {
  const sources = new LruMap<string, Seen>(MAX_SOURCES);
  const timeAt = (source: string, text: string): number => {
    let column = 0;
    let start = 0;
    let found = -1;
    let numbered = false;
    while (column <= MAX_COLUMNS) {
      let end = text.indexOf(' ', start);
      if (end < 0) break;
      if (column === 0) numbered = isInteger(text, 0, end);
      else if (isEpoch(text, start, end)) {
        found = column;
        break;
      }
      // A word with a colon or a comma belongs to a sentence, and not to a column.
      const last = text.charCodeAt(end - 1);
      if (last === 58 || last === 44) break;
      while (text.charCodeAt(end) === 32) end++;
      start = end;
      column += 1;
    }
    let seen = sources.get(source);
    const bracket = found < 0 ? bracketedTime(text) : -1;
    if (!seen) {
      if (found < 0 && bracket < 0) return 0;
      seen = { lines: 0, times: new Uint32Array(MAX_COLUMNS + 1), bracketed: 0 };
      sources.set(source, seen);
    }
    seen.lines += 1;
    if (bracket >= 0) {
      seen.bracketed += 1;
      return seen.bracketed >= ENOUGH && seen.bracketed >= seen.lines * SHARE ? bracket : 0;
    }
    if (found < 0) return 0;
    const times = seen.times[found]! + 1;
    seen.times[found] = times;
    return numbered || (times >= ENOUGH && times >= seen.lines * SHARE) ? start : 0;
  };
  return { timeAt, shapes: createShapes() };
}
