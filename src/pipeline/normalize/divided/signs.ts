import { DIGIT, isAt, LETTER, runEnd, SPACE, UPPER } from '../lexicon/characters.ts';

// Which signs can divide the parts of a header: any that is no letter, no digit, no space and encloses nothing.

/** What encloses a part, by the code of the sign that opens it. */
const PAIRS = '[] () {} <> "" \'\' `` «» ‹› “” ‘’ „“ 【】 「」 『』 〈〉 《》 〔〕 ［］ （） ｛｝';
const CLOSING = new Map<number, number>();
const ENCLOSES = new Set<number>();
for (const [open, close] of PAIRS.split(' ')) {
  CLOSING.set(open!.charCodeAt(0), close!.charCodeAt(0));
  ENCLOSES.add(open!.charCodeAt(0)).add(close!.charCodeAt(0));
}
// An arrow ends in it.
ENCLOSES.delete(62);

/** The code of the sign that closes what `code` opens; undefined for a sign that opens nothing. */
export const closingOf = (code: number): number | undefined => CLOSING.get(code);

const ASCII = new Uint8Array(128);
for (const sign of '!#$%&*+,-/:;=>@\\^_|~') ASCII[sign.charCodeAt(0)] = 1;
for (let code = 1; code < 32; code++) if (code !== 10 && code !== 13) ASCII[code] = 1;

/** Whether a sign can stand between two parts. */
export function isSign(code: number): boolean {
  if (code < 128) return ASCII[code] === 1;
  const other =
    (code > 0xa0 && code < 0xc0 && code !== 0xaa && code !== 0xb5 && code !== 0xba) ||
    (code > 0x200f && code < 0x3000 && code !== 0x2028 && code !== 0x2029 && code !== 0x202f) ||
    (code > 0x3000 && code < 0x3020) ||
    (code > 0xff00 && code < 0xff10) ||
    (code > 0xff19 && code < 0xff21) ||
    (code > 0xff5a && code < 0xff66);
  return other && !ENCLOSES.has(code);
}

/** What stands between the parts of a line. */
export interface Divider {
  mark: string;
  /** It has spaces on both sides: without them the sign is part of a word (`tray-4`). */
  spaced: boolean;
  /** Where the next part begins. */
  next: number;
}

const MAX_MARK = 4;
/** Signs that also stand within words and numbers. */
const WITHIN_WORDS = '-/:,_=#@+&.';

/** The divider after a part that ends at `at`; undefined when there is none. Of several signs, all must come again later. */
export function dividerAt(text: string, at: number): Divider | undefined {
  let start = at;
  while (text.charCodeAt(start) === 32) start++;
  if (!isSign(text.charCodeAt(start))) return undefined;
  let end = start + 1;
  while (end - start < MAX_MARK && isSign(text.charCodeAt(end))) end++;
  if (end - start > 1 && !isOneMark(text, start, end)) end = start + 1;
  const mark = text.slice(start, end);
  const spaced = start > at && text.charCodeAt(end) === 32 && WITHIN_WORDS.includes(mark[0]!);
  return { mark, spaced, next: skipPadding(text, end) };
}

/** How far the second of several marks may be from the first. */
const NEAR = 200;

/** Whether several signs are one mark, which comes again; else they are one each, with empty parts between. */
function isOneMark(text: string, start: number, end: number): boolean {
  const mark = text.slice(start, end);
  const again = text.indexOf(mark, end);
  // Behind the time of a line whose last column is its message, the mark does not come again.
  if (again < 0) return text.indexOf(mark) < start;
  if (again - end > NEAR) return false;
  const first = text[start]!;
  if (mark !== first.repeat(mark.length)) return true;
  for (let at = text.indexOf(first, end); at >= 0 && at - end < NEAR; at = text.indexOf(first, at + 1)) {
    if (text[at + 1] !== first && text[at - 1] !== first && isAt(text, at + 1, LETTER | DIGIT)) return false;
  }
  return true;
}

/** Spaces that fill a column up; a tab may be the divider. */
export function skipPadding(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) === 32) end++;
  return end;
}

/** Where the mark of `divider` comes next, at most `within` characters on; -1 when it does not. */
export function nextMark(text: string, from: number, divider: Divider, within: number): number {
  const { mark, spaced } = divider;
  for (let at = text.indexOf(mark, from); at >= 0 && at - from <= within; at = text.indexOf(mark, at + 1)) {
    if (!spaced) return at;
    const behind = at + mark.length;
    if (isAt(text, at - 1, SPACE) && (behind >= text.length || isAt(text, behind, SPACE))) return at;
  }
  return -1;
}

/** A name before a value, `sev=`, `L:`: where the value begins; `at` itself when there is none. */
export function keyEnd(text: string, at: number): number {
  const end = runEnd(text, at, LETTER);
  const code = end > at && end - at <= 24 ? text.charCodeAt(end) : 0;
  return code === 61 || code === 58 ? end + 1 : at;
}

/** Whether the words of a level are in capitals, as they are where no sentence can be meant. */
export const isCapital = (text: string): boolean => isAt(text, 0, UPPER) && text === text.toUpperCase();
