import { isWord, units } from './characters.ts';

/** Longest quoted text that is one variable. */
export const MAX_QUOTED = 512;

/** Where the text quoted from `open` on ends; -1 when it is empty, too long, or an apostrophe in a word follows. */
export function quoteEnd(open: number, unitCount: number): number {
  const quote = units[open]!;
  const most = Math.min(unitCount, open + MAX_QUOTED);
  for (let at = open + 1; at < most; at++) {
    if (units[at] !== quote) continue;
    return at === open + 1 || (at + 1 < unitCount && isWord(units[at + 1]!)) ? -1 : at;
  }
  return -1;
}

/** Behind the word in capitals that a quoted request line begins with, and its space; `from` where there is none. */
export function verbEnd(from: number, close: number): number {
  let at = from;
  while (at < close && units[at]! >= 65 && units[at]! <= 90) at++;
  const size = at - from;
  return size >= 3 && size <= 8 && units[at] === 32 && units[at + 1] === 47 ? at + 1 : from;
}
