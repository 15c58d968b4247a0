import { units } from './characters.ts';

/** The placeholder of a variable part. */
export const WILDCARD = '<*>';
/** A unit that was said twice, as in `1578 bytes (1.54 KB)`: part of the variable before it, shown as nothing. */
export const ABSORBED = '';

/** Tokens kept of one message; the rest becomes one wildcard, so that a 16,000-character line stays cheap. */
export const MAX_TOKENS = 160;

// What the message is made of, in pieces of two numbers: where a constant part begins and ends, or a mark.
const WILD = -1;
const NOTHING = -2;
const REST_OF_CLASS = -3;
const pieces = new Int32Array(2 * units.length);
let pieceCount = 0;
/** The piece each token begins with. */
const tokenAt = new Int32Array(MAX_TOKENS + 2);
/** Tokens found so far. */
export let tokenCount = 0;

export function constant(start: number, end: number): void {
  if (end <= start) return;
  pieces[2 * pieceCount] = start;
  pieces[2 * pieceCount + 1] = end;
  pieceCount += 1;
}
export function wild(): void {
  pieces[2 * pieceCount] = WILD;
  pieceCount += 1;
}
/** The two digits of a status that its class leaves out: `4xx`. */
export function restOfClass(): void {
  pieces[2 * pieceCount] = REST_OF_CLASS;
  pieceCount += 1;
}
export const isWild = (token: number): boolean =>
  pieces[2 * tokenAt[token]!] === WILD &&
  (token + 1 < tokenCount ? tokenAt[token + 1]! : pieceCount) === tokenAt[token]! + 1;
export function openToken(): void {
  tokenAt[tokenCount] = pieceCount;
  tokenCount += 1;
}
/** Takes back tokens until `count` are left. */
export function keepTokens(count: number): void {
  tokenCount = count;
  pieceCount = tokenAt[count]!;
}

/** Begins anew. */
export function clear(): void {
  pieceCount = 0;
  tokenCount = 0;
}
/** The last token is, or begins with, a variable. */
export const beginsWild = (): boolean => pieces[2 * tokenAt[tokenCount - 1]!] === WILD;
/** Makes the last token one variable, whatever it held. */
export function allWild(): void {
  pieceCount = tokenAt[tokenCount - 1]!;
  wild();
}
/** Makes the last token show as nothing. */
export function absorbToken(): void {
  pieceCount = tokenAt[tokenCount - 1]!;
  pieces[2 * pieceCount] = NOTHING;
  pieceCount += 1;
}

/** Puts the last token in the place of the one before it. */
export function joinLast(): void {
  const from = tokenAt[tokenCount - 1]!;
  const to = tokenAt[tokenCount - 2]!;
  pieces.copyWithin(2 * to, 2 * from, 2 * pieceCount);
  pieceCount -= from - to;
  tokenCount -= 1;
}

/** The two halves of the hash that `maskedHash` gives. */
const hash = new Uint32Array(2);

/**
 * Two numbers of 32 bits that are the same for messages that are equal once masked (two hashes after Fowler, Noll and Vo
 * side by side). The array is filled anew by each call.
 */
export function maskedHash(): Uint32Array {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  let token = 0;
  for (let i = 0; i < pieceCount; i++) {
    if (token < tokenCount && tokenAt[token] === i) {
      low = Math.imul(low ^ 0x20, 0x01000193);
      high = Math.imul(high ^ 0x20, 0x5bd1e995);
      token += 1;
    }
    const start = pieces[2 * i]!;
    if (start < 0) {
      // No unit of a text is beyond 65,535.
      low = Math.imul(low ^ (0x10000 - start), 0x01000193);
      high = Math.imul(high ^ (0x10000 - start), 0x5bd1e995);
      continue;
    }
    const end = pieces[2 * i + 1]!;
    for (let at = start; at < end; at++) {
      low = Math.imul(low ^ units[at]!, 0x01000193);
      high = Math.imul(high ^ units[at]!, 0x5bd1e995);
      high ^= high >>> 15;
    }
  }
  hash[0] = low ^ (low >>> 13);
  hash[1] = high;
  return hash;
}

/** The tokens of the message that was scanned last, which is `text`. */
export function maskedTokens(text: string): string[] {
  const tokens: string[] = [];
  for (let token = 0; token < tokenCount; token++) {
    const end = token + 1 < tokenCount ? tokenAt[token + 1]! : pieceCount;
    let out = '';
    for (let i = tokenAt[token]!; i < end; i++) {
      const start = pieces[2 * i]!;
      if (start === WILD) out += WILDCARD;
      else if (start === REST_OF_CLASS) out += 'xx';
      else if (start !== NOTHING) out += text.slice(start, pieces[2 * i + 1]!);
    }
    tokens.push(out);
  }
  return tokens;
}
