// Requests in a message: where their verb, target, version and status are. All functions read the UTF-16 units of a
// message.
import { meaningOf } from '../normalize/structured.ts';
import { isDigit, isWord, JOINS_NUMBER, KIND, LETTER, SPACE } from './characters.ts';
import type { TokenBuffer } from './token-buffer.ts';
import { isVariableSegment } from './variables.ts';

/** How far a request line is read. */
const MAX_TARGET = 2_000;
const SLASH = 47;

/** Methods of HTTP (RFC 9110, and PATCH): without a quote before it, what stands before a path must be one of these. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE'];
const METHOD = new Set(METHODS);

/** Words that a status follows, besides the names that it has as a field. */
const STATUS_WORDS = new Set([
  'code',
  'returned',
  'returns',
  'responded',
  'answered',
  'response',
  'with',
  '응답',
  '결과',
  '코드',
]);

/** Whether `HTTP/` is at `at`. */
const isVersion = (units: Uint16Array, at: number): boolean =>
  units[at] === 72 &&
  units[at + 1] === 84 &&
  units[at + 2] === 84 &&
  units[at + 3] === 80 &&
  units[at + 4] === SLASH;

/** Where `HTTP/1.1` ends that begins at `at`; -1 when none does. */
export function versionEnd(units: Uint16Array, at: number): number {
  if (!isVersion(units, at)) return -1;
  let end = at + 5;
  while (isDigit(units[end]!) || (units[end] === 46 && isDigit(units[end + 1]!))) end++;
  return end;
}

/**
 * The end of the verb of a request line that begins at `from`: a word in capitals before a path, a URL, or anything
 * before a version of HTTP. -1 when there is none.
 */
export function verbEnd(units: Uint16Array, from: number, unitCount: number): number {
  let at = from;
  while (at < unitCount && units[at]! >= 65 && units[at]! <= 90) at++;
  const size = at - from;
  if (size < 3 || size > 8 || units[at] !== 32) return -1;
  const target = at + 1;
  if (units[target] === SLASH) return at;
  if (schemeEnd(units, target) > 0) return at;
  let end = target;
  while (end < unitCount && end - target < MAX_TARGET && KIND[units[end]!] !== SPACE) end++;
  return end > target && isVersion(units, end + 1) ? at : -1;
}

/** Where the capitals begin that end at `end`; `end` when there are none, or when a longer word ends with them. */
function capitalsBefore(units: Uint16Array, end: number, least: number): number {
  let from = end;
  while (from > least && end - from < 8 && units[from - 1]! >= 65 && units[from - 1]! <= 90) from--;
  return from > least && isWord(units[from - 1]!) ? end : from;
}

/** Whether a path or URL begins at `at`. */
export const isAddress = (units: Uint16Array, at: number): boolean =>
  units[at] === SLASH || schemeEnd(units, at) > 0;

/** Whether a method stands before the quote at `quote`: `GET "/orders/1"`. */
export function isAfterMethod(units: Uint16Array, quote: number): boolean {
  let end = quote;
  while (end > 0 && KIND[units[end - 1]!] === SPACE) end--;
  return end < quote && METHOD.has(wordAt(units, capitalsBefore(units, end, 0), end));
}

/**
 * Whether a token ends with a method, followed by a target and a version of HTTP: a request without quotes, or in other
 * marks than quotes.
 */
export function endsWithMethod(units: Uint16Array, start: number, end: number): boolean {
  // Hardly any token ends with a capital, so that is checked first.
  if (end - start < 3 || units[end - 1]! < 65 || units[end - 1]! > 90) return false;
  if (units[end] !== 32 || !isAddress(units, end + 1)) return false;
  if (!METHOD.has(wordAt(units, capitalsBefore(units, end, start), end))) return false;
  let to = end + 1;
  while (to - end < MAX_TARGET && KIND[units[to]!] !== SPACE) to++;
  return isVersion(units, to + 1);
}

/** The end of `http://` that begins at `at`; -1 when there is none. */
function schemeEnd(units: Uint16Array, at: number): number {
  let end = at;
  while (end - at < 8 && (KIND[units[end]!]! & LETTER) !== 0) end++;
  return end > at && units[end] === 58 && units[end + 1] === SLASH && units[end + 2] === SLASH ? end + 3 : -1;
}

/**
 * Adds the route of a request's target: its path with ids replaced, without host and query.
 * @returns false when it is not a path, and is to be read like any other token
 */
export function addRoute(buffer: TokenBuffer, start: number, end: number): boolean {
  const { units } = buffer;
  const host = schemeEnd(units, start);
  let at = start;
  if (host > 0) {
    buffer.constant(start, host);
    buffer.wild();
    at = host;
    while (at < end && units[at] !== SLASH && units[at] !== 63) at++;
  } else if (units[start] !== SLASH) return false;
  let from = at;
  while (at < end && units[at] === SLASH) {
    let to = at + 1;
    while (to < end && units[to] !== SLASH && units[to] !== 63 && units[to] !== 35 && units[to] !== 59) to++;
    if (to > at + 1 && isVariableSegment(units, at + 1, to)) {
      buffer.constant(from, at + 1);
      buffer.wild();
      from = to;
    }
    at = to;
  }
  buffer.constant(from, at);
  return true;
}

/** Where a request's target ends within its token: before the quote that ends the request, or at `end`. */
export function targetEnd(units: Uint16Array, start: number, end: number): number {
  let at = start;
  while (at < end && units[at] !== 34 && units[at] !== 39) at++;
  if (at < end && units[at - 1] === 92) at -= 1;
  return at;
}

function wordAt(units: Uint16Array, from: number, to: number): string {
  let out = '';
  for (let at = from; at < to; at++) out += String.fromCharCode(units[at]!);
  return out;
}

/** Whether the word before `end` says that a status follows; a separator may stand between the two. */
function announcesStatus(units: Uint16Array, end: number): boolean {
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
  const word = wordAt(units, from, to);
  return meaningOf(word) === 'status' || STATUS_WORDS.has(word.toLowerCase());
}

/**
 * Where the status of a request stands in a token: three digits by themselves, directly after the request (`next`), or
 * after a key or word that announces a status. -1 when there is none.
 */
export function statusIn(units: Uint16Array, start: number, end: number, next: boolean): number {
  for (let at = start; at + 3 <= end; at++) {
    if (!isDigit(units[at]!)) continue;
    let to = at;
    while (to < end && isDigit(units[to]!)) to++;
    const alone =
      to - at === 3 &&
      units[at]! >= 49 &&
      units[at]! <= 53 &&
      isFreeBefore(units, at, start) &&
      isFreeAfter(units, to, end);
    if (alone && ((next && isBare(units, start, at)) || announcesStatus(units, at))) return at;
    at = to;
  }
  return -1;
}

const isFreeBefore = (units: Uint16Array, at: number, start: number): boolean =>
  at === start || (!isWord(units[at - 1]!) && units[at - 1] !== 46 && units[at - 1] !== 45);
const isFreeAfter = (units: Uint16Array, to: number, end: number): boolean =>
  to >= end ||
  (!isWord(units[to]!) &&
    units[to] !== 37 &&
    !(to + 1 < end && isWord(units[to + 1]!) && JOINS_NUMBER[units[to]!] === 1));

/** Whether the range has no word. */
export function isBare(units: Uint16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (isWord(units[at]!) || units[at]! >= 128) return false;
  return true;
}

/** Adds a status: by its class when it is one of failure (`4xx`, `5xx`), as a variable otherwise. */
export function addStatus(buffer: TokenBuffer, at: number): void {
  if (buffer.units[at]! < 52) {
    buffer.wild();
    return;
  }
  buffer.constant(at, at + 1);
  buffer.restOfClass();
}

const MAX_TIMERS = 64;

/**
 * Whether a number before the request is a status, by the columns around it: after a duration or timers (`0.037`,
 * `10/0/30/69/109`), before a number of bytes.
 */
export function isStatusColumn(units: Uint16Array, at: number, end: number): boolean {
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

/** Whether a quoted request follows at `at`, after nothing but separators. */
export function requestFollows(units: Uint16Array, at: number, unitCount: number): boolean {
  let from = at;
  while (from < unitCount && from - at < 8 && !isWord(units[from]!) && units[from]! < 128) {
    if ((units[from] === 34 || units[from] === 39) && verbEnd(units, from + 1, unitCount) > 0) return true;
    from++;
  }
  return false;
}
