import { DIGIT, isAt, numberAt, runEnd, UPPER, WORD } from '../lexicon/characters.ts';
import { standardOffset } from './instant.ts';

const HOUR = 60;

/**
 * Minutes east of UTC of abbreviations. Of those that several countries use, the first one counts, unless another one is an
 * offset of the zone that is set. Words that a message may begin with in capitals (ART, CAT, GET) are left out.
 */
const ABBREVIATIONS = new Map<string, readonly number[]>(
  Object.entries({
    UTC: [0],
    GMT: [0],
    UT: [0],
    WET: [0],
    WEST: [HOUR],
    BST: [HOUR, 6 * HOUR],
    CET: [HOUR],
    MET: [HOUR],
    CEST: [2 * HOUR],
    MEST: [2 * HOUR],
    SAST: [2 * HOUR],
    EET: [2 * HOUR],
    EEST: [3 * HOUR],
    MSK: [3 * HOUR],
    IST: [5.5 * HOUR, HOUR, 2 * HOUR],
    PKT: [5 * HOUR],
    ICT: [7 * HOUR],
    HKT: [8 * HOUR],
    SGT: [8 * HOUR],
    AWST: [8 * HOUR],
    KST: [9 * HOUR],
    JST: [9 * HOUR],
    ACST: [9.5 * HOUR],
    AEST: [10 * HOUR],
    ACDT: [10.5 * HOUR],
    AEDT: [11 * HOUR],
    NZST: [12 * HOUR],
    NZDT: [13 * HOUR],
    BRT: [-3 * HOUR],
    NDT: [-2.5 * HOUR],
    NST: [-3.5 * HOUR],
    ADT: [-3 * HOUR],
    AST: [-4 * HOUR, 3 * HOUR],
    EDT: [-4 * HOUR],
    EST: [-5 * HOUR, 10 * HOUR],
    CDT: [-5 * HOUR],
    CST: [-6 * HOUR, 8 * HOUR],
    MDT: [-6 * HOUR],
    MST: [-7 * HOUR],
    PDT: [-7 * HOUR],
    PST: [-8 * HOUR],
    AKDT: [-8 * HOUR],
    AKST: [-9 * HOUR],
    HST: [-10 * HOUR],
  }),
);
/** Whether abbreviations end in a letter, `T`, `C` or `K`: most words in capitals after a time do not. */
const endsZone = (code: number): boolean => code === 84 || code === 67 || code === 75;

/** The zone that was read last: minutes east of UTC or an IANA name, and where it ends. One object for all lines. */
export const lastZone = { value: 0 as number | string, end: 0 };

/** `(Asia/Seoul)`, `[Europe/Berlin]`, `(Korean Standard Time)` after an offset. */
const COMMENT = /\s?(?:\[[A-Z][\w+/-]{2,40}\]|\((?:[\p{L}\d+:/-]{1,30} ){0,4}[\p{L}\d+:/-]{1,30}\))/uy;
/** `Europe/Berlin`, `America/Argentina/Salta` */
const IANA = /[A-Z][A-Za-z]{2,20}(?:\/[A-Z][A-Za-z_-]{1,20}){1,2}(?![\w/])/y;
/** `Korea Standard Time`, `Central European Summer Time`, `Coordinated Universal Time` */
const LONG =
  /(?:[A-Z][a-z]{2,20}(?: [A-Z][a-z]{2,20}){0,3} (?:Standard|Daylight|Summer|Universal)|Greenwich Mean) Time(?!\w)/y;

/**
 * Reads a zone that begins at `at` into `lastZone`: `Z`, `+09:00`, `+0900`, `GMT+9`, `KST`, `Europe/Berlin`, and the long names
 * that Java writes.
 * @param joined whether it follows the clock without a space: then `+09` is enough
 * @param home the zone that is set
 */
export function readZone(text: string, at: number, joined: boolean, home: string): boolean {
  const code = text.charCodeAt(at);
  if (code === 43 || code === 45) return readOffset(text, at, joined) && comment(text);
  if (code === 90 && !isAt(text, at + 1, WORD)) return set(0, at + 1);
  if (code < 65 || code > 90) return false;
  const end = runEnd(text, at, UPPER);
  if (end === at + 1) return named(text, at);
  if (end - at > 4 || isAt(text, end, WORD) || !endsZone(text.charCodeAt(end - 1))) return false;
  const offsets = ABBREVIATIONS.get(text.slice(at, end));
  if (!offsets) return false;
  const sign = text.charCodeAt(end);
  if (offsets[0] === 0 && (sign === 43 || sign === 45) && readOffset(text, end, true)) return comment(text);
  // An unknown zone is not half of another word: `EST-5`, `CET/Worker`.
  if (sign === 45 || sign === 47) return false;
  return set(offsets.length === 1 ? offsets[0]! : likeHome(offsets, home), end);
}

/** `+09`, `+9`, `+09:00`, `+0900` */
function readOffset(text: string, at: number, joined: boolean): boolean {
  const digits = runEnd(text, at + 1, DIGIT) - at - 1;
  const colon = digits <= 2 && text.charCodeAt(at + 1 + digits) === 58;
  const minutes = at + 1 + digits + 1;
  let end = at + 1 + digits;
  let east = 0;
  if (digits === 4) east = numberAt(text, at + 1, 2) * 60 + numberAt(text, at + 3, 2);
  else if (digits === 2 && colon && runEnd(text, minutes, DIGIT) === minutes + 2) {
    east = numberAt(text, at + 1, 2) * 60 + numberAt(text, minutes, 2);
    end = minutes + 2;
  } else if (joined && (digits === 1 || digits === 2) && !colon) east = numberAt(text, at + 1, digits) * 60;
  else return false;
  if (isAt(text, end, WORD) || east > 15 * 60) return false;
  return set(text.charCodeAt(at) === 45 ? -east : east, end);
}

const set = (value: number | string, end: number): true => {
  lastZone.value = value;
  lastZone.end = end;
  return true;
};

/** Skips what repeats the zone in words. */
function comment(text: string): true {
  const open =
    text.charCodeAt(lastZone.end) === 32 ? text.charCodeAt(lastZone.end + 1) : text.charCodeAt(lastZone.end);
  if (open !== 40 && open !== 91) return true;
  COMMENT.lastIndex = lastZone.end;
  const found = COMMENT.exec(text)?.[0];
  // `+0900 [main]` and `+0000 (db)` are parts of a header.
  if (found && (/[/]|Time\b/.test(found) || /\((?:UTC|GMT|[A-Z]{2,4}T)/.test(found)))
    lastZone.end = COMMENT.lastIndex;
  return true;
}

const likeHome = (offsets: readonly number[], home: string): number =>
  offsets.find((offset) => standardOffset(home).includes(offset)) ?? offsets[0]!;

/** Zones by name that were looked up; undefined for names of no zone. */
const looked = new Map<string, string | number | undefined>();
const MAX_LOOKED = 1_000;

/** A zone in words or of the form `Europe/Berlin`. */
function named(text: string, at: number): boolean {
  LONG.lastIndex = at;
  const long = LONG.exec(text)?.[0];
  IANA.lastIndex = at;
  const name = long ?? IANA.exec(text)?.[0];
  if (name === undefined) return false;
  if (!looked.has(name)) {
    if (looked.size >= MAX_LOOKED) looked.clear();
    looked.set(
      name,
      long ? longNames().get(long.replace(/^Korean /, 'Korea ').toLowerCase()) : ianaName(name),
    );
  }
  const found = looked.get(name);
  return found !== undefined && set(found, at + name.length);
}

function ianaName(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone && name;
  } catch {
    return undefined;
  }
}

let byLongName: Map<string, string> | undefined;

/** IANA zones by their long English names, of summer and winter; both spellings, `Korea` and `Korean Standard Time`. */
function longNames(): Map<string, string> {
  if (byLongName) return byLongName;
  byLongName = new Map([['greenwich mean time', 'UTC']]);
  for (const timeZone of Intl.supportedValuesOf('timeZone')) {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'long' });
    for (const month of [0, 6]) {
      const parts = format.formatToParts(Date.UTC(2026, month, 1));
      const long = parts
        .find(({ type }) => type === 'timeZoneName')
        ?.value.toLowerCase()
        .replace(/^korean /, 'korea ');
      if (long && !byLongName.has(long)) byLongName.set(long, timeZone);
    }
  }
  byLongName.set('coordinated universal time', 'UTC');
  return byLongName;
}
