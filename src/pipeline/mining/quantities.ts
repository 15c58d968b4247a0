import { isDigit, KIND, LETTER, units } from './characters.ts';

/** The index behind `(1.54 KB)` when that begins at `start`: a number and one word in parentheses. -1 otherwise. */
export function restated(start: number): number {
  let at = start + 1;
  if (!isDigit(units[at]!)) return -1;
  while (isDigit(units[at]!) || units[at] === 46) at++;
  if (units[at] === 32) at++;
  const unit = at;
  while ((KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > unit && units[at] === 41 ? at + 1 : -1;
}

/** The index behind a bound and its unit (`<1 sec`), where `start` to `end` is the token `<1`; -1 otherwise. */
export function boundEnd(start: number, end: number): number {
  let at = start + 1;
  if (units[at] === 61) at++;
  if (at >= end) return -1;
  for (; at < end; at++) if (!isDigit(units[at]!) && units[at] !== 46) return -1;
  if (units[end] !== 32) return end;
  at = end + 1;
  while ((KIND[units[at]!]! & LETTER) !== 0) at++;
  return at > end + 1 ? at : end;
}
