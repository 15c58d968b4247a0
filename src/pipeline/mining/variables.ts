// Which parts of a message are variables by their form. All functions read the UTF-16 units of a message.
import { DIGIT, isDigit, JOINT, KIND, LETTER } from './characters.ts';

/** Whether the range is one long hexadecimal word of one case: eight characters or more. */
export function isHex(units: Uint16Array, start: number, end: number): boolean {
  if (end - start < 8) return false;
  let lower = true;
  let upper = true;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (isDigit(code)) continue;
    if (code < 97 || code > 102) lower = false;
    if (code < 65 || code > 70) upper = false;
    if (!lower && !upper) return false;
  }
  return true;
}

/** Whether a dotted name is an address before a port, or a place in a source file, and not a key. */
function isQualified(units: Uint16Array, start: number, end: number): boolean {
  let dots = 0;
  let upper = false;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (code === 46) dots += 1;
    else if (code >= 65 && code <= 90) upper = true;
  }
  return dots >= 2 || (dots === 1 && !upper);
}

/** A number with its unit: `5ms`, `0.9sec`, `8KiB`. Any number of digits counts, or `9ms` and `10ms` would differ in form. */
function isQuantity(units: Uint16Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && (isDigit(units[at]!) || units[at] === 46)) at++;
  if (at === start || units[at - 1] === 46) return false;
  while (at < end && units[at] !== 95 && (KIND[units[at]!]! & LETTER) !== 0) at++;
  return at === end;
}

/**
 * Where the variable begins in one run of word characters and joints; it reaches to the end of the run. -1 when the run
 * is a name that happens to have a digit (`jk2_init`, `utf8`).
 */
export function variableIn(units: Uint16Array, start: number, end: number): number {
  let digits = 0;
  let letters = 0;
  let colon = -1;
  /** Where the digits begin that the run ends with. */
  let tail = end;
  let firstDigit = -1;
  for (let at = start; at < end; at++) {
    const code = units[at]!;
    if (isDigit(code)) {
      digits += 1;
      if (firstDigit < 0) firstDigit = at;
    } else {
      tail = at + 1;
      if (code === 58) colon = at;
      else if (code !== 95 && (KIND[code]! & LETTER) !== 0) letters += 1;
    }
  }
  if (digits === 0) return isHex(units, start, end) ? start : -1;
  if (letters === 0) return start;
  // A key keeps its name when a colon joins it to its value: `size:42`, `port:80`. `db.shop.example:5432` is an address.
  if (colon > start && colon < end - 1 && firstDigit > colon && !isQualified(units, start, colon))
    return variableIn(units, colon + 1, end);
  if (digits >= 3 || digits >= letters || isQuantity(units, start, end)) return start;
  // One or two digits at the end, after a joint, number something: `node-7`, `worker_12`, `pool-3`.
  if (tail < end && tail > start) {
    const before = units[tail - 1]!;
    if (before === 95 || (KIND[before]! & JOINT) !== 0) return start;
  }
  return -1;
}

/** The index after `(1.54 KB)` when that begins at `start`: a number and one word in parentheses. -1 otherwise. */
export function restatedEnd(units: Uint16Array, start: number): number {
  let at = start + 1;
  if (!isDigit(units[at]!)) return -1;
  while (isDigit(units[at]!) || units[at] === 46) at++;
  if (units[at] === 32) at++;
  const unit = at;
  while ((KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > unit && units[at] === 41 ? at + 1 : -1;
}

/** The index after a bound and its unit (`<1 sec`), where `start` to `end` is the token `<1`; -1 otherwise. */
export function boundEnd(units: Uint16Array, start: number, end: number): number {
  let at = start + 1;
  if (units[at] === 61) at++;
  if (at >= end) return -1;
  for (; at < end; at++) if (!isDigit(units[at]!) && units[at] !== 46) return -1;
  if (units[end] !== 32) return end;
  at = end + 1;
  while ((KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > end + 1 ? at : end;
}

/** Longest part of a path that may be a name. */
const MAX_SEGMENT = 32;

/** `v1`, `v2beta1`: the version of an interface is part of its name. */
const isVersionName = (units: Uint16Array, start: number, end: number): boolean =>
  (units[start] === 118 || units[start] === 86) && isDigit(units[start + 1]!) && end - start <= 8;

/** Whether one part of a path is a value: an id, a number, a date, anything encoded. */
export function isVariableSegment(units: Uint16Array, start: number, end: number): boolean {
  if (end - start > MAX_SEGMENT || isHex(units, start, end)) return true;
  let digit = false;
  let odd = false;
  for (let at = start; at < end; at++) {
    const unit = units[at]!;
    const kind = KIND[unit]!;
    if (unit === 37 || unit === 64 || unit === 61) return true;
    if (kind === DIGIT) digit = true;
    else if ((kind & (LETTER | JOINT)) === 0) odd = true;
  }
  if (!digit || isVersionName(units, start, end)) return false;
  return odd || hasNumber(units, start, end) || variableIn(units, start, end) >= 0;
}

/** Whether a number stands between joints or at an end: `report-12.csv`. In `oauth2` and `k8s` it is part of the name. */
function hasNumber(units: Uint16Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (!isDigit(units[at]!)) continue;
    const from = at;
    while (at < end && isDigit(units[at]!)) at++;
    if ((from === start || separates(units[from - 1]!)) && (at === end || separates(units[at]!))) return true;
  }
  return false;
}
const separates = (unit: number): boolean => unit === 95 || (KIND[unit]! & JOINT) !== 0;
