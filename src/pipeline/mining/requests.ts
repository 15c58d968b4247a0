import { meaningOf } from '../normalize/structured.ts';
import {
  DIGIT,
  isDigit,
  isHex,
  isWord,
  JOINT,
  KIND,
  LETTER,
  SPACE,
  units,
  variableIn,
} from './characters.ts';
import { constant, restOfClass, wild } from './token-buffer.ts';

/** What is asked of a server, and in which version of HTTP: how far a request line is looked at. */
const MAX_TARGET = 2_000;
const SLASH = 47;

/** `HTTP/` at `at`. */
const isVersion = (at: number): boolean =>
  units[at] === 72 &&
  units[at + 1] === 84 &&
  units[at + 2] === 84 &&
  units[at + 3] === 80 &&
  units[at + 4] === SLASH;

/** Where `HTTP/1.1` ends that begins at `at`; -1 when none does. */
export function versionEnd(at: number): number {
  if (!isVersion(at)) return -1;
  let end = at + 5;
  while (isDigit(units[end]!) || (units[end] === 46 && isDigit(units[end + 1]!))) end++;
  return end;
}

/**
 * Behind the verb of a request line that begins at `from`: a word in capitals before a path, a URL, or whatever stands
 * before a version of HTTP. -1 where there is none.
 */
export function verbEnd(from: number, unitCount: number): number {
  let at = from;
  while (at < unitCount && units[at]! >= 65 && units[at]! <= 90) at++;
  const size = at - from;
  if (size < 3 || size > 8 || units[at] !== 32) return -1;
  const target = at + 1;
  if (units[target] === SLASH) return at;
  if (schemeEnd(target) > 0) return at;
  let end = target;
  while (end < unitCount && end - target < MAX_TARGET && KIND[units[end]!] !== SPACE) end++;
  return end > target && isVersion(end + 1) ? at : -1;
}

/** Methods of HTTP (RFC 9110, and PATCH): what stands before a path without a quote before it must be one of these. */
export const METHODS = 'GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT|TRACE';
const METHOD = new Set(METHODS.split('|'));

/** Where the capitals begin that end at `end`; `end` where a word goes on before them or none stand there. */
function capitalsBefore(end: number, least: number): number {
  let from = end;
  while (from > least && end - from < 8 && units[from - 1]! >= 65 && units[from - 1]! <= 90) from--;
  return from > least && isWord(units[from - 1]!) ? end : from;
}

/** A path or URL begins at `at`. */
export const isAddress = (at: number): boolean => units[at] === SLASH || schemeEnd(at) > 0;

/** Whether a method stands before the quote at `quote`: `GET "/orders/1"`. */
export function isBehindMethod(quote: number): boolean {
  let end = quote;
  while (end > 0 && KIND[units[end - 1]!] === SPACE) end--;
  return end < quote && METHOD.has(wordAt(capitalsBefore(end, 0), end));
}

/**
 * `end` where a token ends with a method, and what it asks for and a version of HTTP stand behind: a request without
 * quotes, or in marks of another kind. -1 else.
 */
export function methodEnd(start: number, end: number): number {
  // Hardly any token ends with a capital, so that is asked first.
  if (end - start < 3 || units[end - 1]! < 65 || units[end - 1]! > 90) return -1;
  if (units[end] !== 32 || !isAddress(end + 1)) return -1;
  if (!METHOD.has(wordAt(capitalsBefore(end, start), end))) return -1;
  let to = end + 1;
  while (to - end < MAX_TARGET && KIND[units[to]!] !== SPACE) to++;
  return isVersion(to + 1) ? end : -1;
}

/** Behind `http://` that begins at `at`; -1 when none does. */
function schemeEnd(at: number): number {
  let end = at;
  while (end - at < 8 && (KIND[units[end]!]! & LETTER) !== 0) end++;
  return end > at && units[end] === 58 && units[end + 1] === SLASH && units[end + 2] === SLASH ? end + 3 : -1;
}

/** Longest part of a path that may be a name. */
const MAX_SEGMENT = 32;

/** `v1`, `v2beta1`: the version of an interface is part of its name. */
const isVersionName = (start: number, end: number): boolean =>
  (units[start] === 118 || units[start] === 86) && isDigit(units[start + 1]!) && end - start <= 8;

/** Whether a part of a path is a value: an id, a number, a date, anything that is encoded. */
function varies(start: number, end: number): boolean {
  if (end - start > MAX_SEGMENT || isHex(start, end)) return true;
  let digit = false;
  let odd = false;
  for (let at = start; at < end; at++) {
    const unit = units[at]!;
    const kind = KIND[unit]!;
    if (unit === 37 || unit === 64 || unit === 61) return true;
    if (kind === DIGIT) digit = true;
    else if ((kind & (LETTER | JOINT)) === 0) odd = true;
  }
  if (!digit || isVersionName(start, end)) return false;
  return odd || hasNumber(start, end) || variableIn(start, end) >= 0;
}

/** Whether a number stands between joints or at an end: `report-12.csv`; in `oauth2` and `k8s` it is part of the name. */
function hasNumber(start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (!isDigit(units[at]!)) continue;
    const from = at;
    while (at < end && isDigit(units[at]!)) at++;
    if ((from === start || parts(units[from - 1]!)) && (at === end || parts(units[at]!))) return true;
  }
  return false;
}
const parts = (unit: number): boolean => unit === 95 || (KIND[unit]! & JOINT) !== 0;

/**
 * The route of what a request asks for: its path with ids replaced, without host and query.
 * False when it is no path, which is then read like any other token.
 */
export function route(start: number, end: number): boolean {
  const host = schemeEnd(start);
  let at = start;
  if (host > 0) {
    constant(start, host);
    wild();
    at = host;
    while (at < end && units[at] !== SLASH && units[at] !== 63) at++;
  } else if (units[start] !== SLASH) return false;
  let from = at;
  while (at < end && units[at] === SLASH) {
    let to = at + 1;
    while (to < end && units[to] !== SLASH && units[to] !== 63 && units[to] !== 35 && units[to] !== 59) to++;
    if (to > at + 1 && varies(at + 1, to)) {
      constant(from, at + 1);
      wild();
      from = to;
    }
    at = to;
  }
  constant(from, at);
  return true;
}

/** Where what a request asks for ends within its token: before the quote that ends the request, or at `end`. */
export function targetEnd(start: number, end: number): number {
  let at = start;
  while (at < end && units[at] !== 34 && units[at] !== 39) at++;
  if (at < end && units[at - 1] === 92) at -= 1;
  return at;
}

/** Words that a status follows, beside the names it has as a field. */
const SAID = new Set('code returned returns responded answered response with 응답 결과 코드'.split(' '));

function wordAt(from: number, to: number): string {
  let out = '';
  for (let at = from; at < to; at++) out += String.fromCharCode(units[at]!);
  return out;
}

/** Whether the word that ends at `end`, with what separates it from a value behind it, says that a status follows. */
function announces(end: number): boolean {
  let to = end;
  let gap = 0;
  while (to > 0 && gap < 6 && !isWord(units[to - 1]!) && units[to - 1]! < 128) {
    to--;
    gap++;
  }
  let from = to;
  while (
    from > 0 &&
    to - from < 32 &&
    (isWord(units[from - 1]!) || units[from - 1] === 45 || units[from - 1]! >= 128)
  )
    from--;
  if (from === to) return false;
  const word = wordAt(from, to);
  return meaningOf(word) === 'status' || SAID.has(word.toLowerCase());
}

/**
 * Where the status of a request stands in a token: three digits that are alone, directly behind the request
 * (`next`), or announced by a key or a word. -1 when there is none.
 */
export function statusIn(start: number, end: number, next: boolean): number {
  for (let at = start; at + 3 <= end; at++) {
    if (!isDigit(units[at]!)) continue;
    let to = at;
    while (to < end && isDigit(units[to]!)) to++;
    const alone =
      to - at === 3 && units[at]! >= 49 && units[at]! <= 53 && freeBefore(at, start) && freeBehind(to, end);
    if (alone && ((next && isBare(start, at)) || announces(at))) return at;
    at = to;
  }
  return -1;
}

const freeBefore = (at: number, start: number): boolean =>
  at === start || (!isWord(units[at - 1]!) && units[at - 1] !== 46 && units[at - 1] !== 45);
const freeBehind = (to: number, end: number): boolean =>
  to >= end ||
  (!isWord(units[to]!) &&
    units[to] !== 37 &&
    !(to + 1 < end && isWord(units[to + 1]!) && JOINED[units[to]!] === 1));
const JOINED = new Uint8Array(65_536);
for (const mark of '.:/-') JOINED[mark.charCodeAt(0)] = 1;

/** No word lies between. */
export function isBare(from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (isWord(units[at]!) || units[at]! >= 128) return false;
  return true;
}

/** A status by its class, where it is one of failure: `4xx`, `5xx`. One that is none is a variable. */
export function status(at: number): void {
  if (units[at]! < 52) {
    wild();
    return;
  }
  constant(at, at + 1);
  restOfClass();
}

/**
 * Whether a number is a status by the columns it stands in, where they come before the request: behind a duration or
 * timers (`0.037`, `10/0/30/69/109`), before a number of bytes.
 */
export function isColumn(at: number, end: number): boolean {
  if (end - at !== 3 || at < 2 || units[at - 1] !== 32 || units[end] !== 32 || !isDigit(units[end + 1]!))
    return false;
  let parted = false;
  let from = at - 1;
  for (; from > 0 && at - from < MAX_TIMERS && units[from - 1] !== 32; from--) {
    const unit = units[from - 1]!;
    if (unit === 46 || unit === SLASH) parted = true;
    else if (!isDigit(unit) && unit !== 45 && unit !== 43) return false;
  }
  return parted && isDigit(units[from]!);
}
const MAX_TIMERS = 64;

/** Whether only what separates stands between `at` and a quoted request. */
export function requestFollows(at: number, unitCount: number): boolean {
  let from = at;
  while (from < unitCount && from - at < 8 && !isWord(units[from]!) && units[from]! < 128) {
    if ((units[from] === 34 || units[from] === 39) && verbEnd(from + 1, unitCount) > 0) return true;
    from++;
  }
  return false;
}
