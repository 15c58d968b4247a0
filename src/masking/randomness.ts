/** Bits a character has on average. */
export function entropyOf(text: string): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** What a run of characters is made of. */
export interface Make {
  length: number;
  lower: number;
  upper: number;
  digits: number;
  others: number;
  /** Letters that hexadecimal numbers lack. */
  beyondHex: number;
  /** How often the class changes from one character to the next: seldom in words, often in what was drawn by chance. */
  changes: number;
}

const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const OTHER = 4;

function classOf(code: number): number {
  if (code >= 97 && code <= 122) return LOWER;
  if (code >= 65 && code <= 90) return UPPER;
  if (code >= 48 && code <= 57) return DIGIT;
  return OTHER;
}

export function makeOf(text: string): Make {
  const make: Make = {
    length: text.length,
    lower: 0,
    upper: 0,
    digits: 0,
    others: 0,
    beyondHex: 0,
    changes: 0,
  };
  let before = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const now = classOf(code);
    if (now === LOWER) make.lower += 1;
    else if (now === UPPER) make.upper += 1;
    else if (now === DIGIT) make.digits += 1;
    else make.others += 1;
    if ((now === LOWER && code > 102) || (now === UPPER && code > 70)) make.beyondHex += 1;
    if (i > 0 && now !== before) make.changes += 1;
    before = now;
  }
  return make;
}

/** Share of neighbours of different classes from which on characters follow each other by chance. */
const CHANGES = 0.25;

/**
 * Whether a run is one of chance and no words: letters of both sizes and digits that take turns, or letters and digits of one
 * size. Numbers and hexadecimal numbers are not: those are ids, hashes and digests.
 */
export function isRandom(text: string): boolean {
  const { length, lower, upper, digits, beyondHex, changes } = makeOf(text);
  if (digits === 0 || beyondHex < 2 || changes <= CHANGES * (length - 1)) return false;
  if (lower > 0 && upper > 0) return lower + upper >= length / 4;
  return digits >= 2 && lower + upper >= length / 4;
}
