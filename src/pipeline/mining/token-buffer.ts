import { MAX_CONSTANT, MAX_SCANNED } from './characters.ts';

/** The placeholder of a variable part. */
export const WILDCARD = '<*>';
/** A repeated unit, as in `1578 bytes (1.54 KB)`: it belongs to the variable before it and is shown as nothing. */
export const ABSORBED = '';

/** Tokens kept of one message; the rest becomes one wildcard, so that a line of 16,000 characters stays cheap. */
export const MAX_TOKENS = 160;

const MAX_UNITS = MAX_SCANNED + 2 * MAX_CONSTANT;

// A piece is two numbers: where a constant part begins and ends. One of these in place of the beginning is a mark.
const WILD = -1;
const NOTHING = -2;
const REST_OF_CLASS = -3;

/**
 * One message and the tokens found in it so far. A miner owns one and fills it again for each message, so that a line
 * costs no allocation.
 */
export class TokenBuffer {
  /** The beginning of the message as UTF-16 units: reading a typed array is several times faster than `charCodeAt`. */
  readonly units = new Uint16Array(MAX_UNITS + 1);
  /** Tokens found so far. */
  tokenCount = 0;
  readonly #bytes = Buffer.from(this.units.buffer);
  readonly #pieces = new Int32Array(2 * this.units.length);
  #pieceCount = 0;
  /** The piece each token begins with. */
  readonly #tokenAt = new Int32Array(MAX_TOKENS + 2);
  /** The two halves of the hash. */
  readonly #hash = new Uint32Array(2);
  #text = '';

  /** Takes the next message; returns how many of its units are in `units`. */
  fill(message: string): number {
    this.#text = message;
    const count = this.#bytes.write(message, 0, 2 * MAX_UNITS, 'utf16le') >> 1;
    // A reader stops here, and does not see the rest of the message before.
    this.units[count] = 0;
    return count;
  }

  /** Forgets the tokens, not the message. */
  clear(): void {
    this.#pieceCount = 0;
    this.tokenCount = 0;
  }

  /** A new token; what is added from now on belongs to it. */
  openToken(): void {
    this.#tokenAt[this.tokenCount] = this.#pieceCount;
    this.tokenCount += 1;
  }

  constant(start: number, end: number): void {
    if (end <= start) return;
    const at = 2 * this.#pieceCount;
    this.#pieces[at] = start;
    this.#pieces[at + 1] = end;
    this.#pieceCount += 1;
  }

  wild(): void {
    this.#pieces[2 * this.#pieceCount] = WILD;
    this.#pieceCount += 1;
  }

  /** The last two digits of a status, which its class leaves out: `4xx`. */
  restOfClass(): void {
    this.#pieces[2 * this.#pieceCount] = REST_OF_CLASS;
    this.#pieceCount += 1;
  }

  /** Whether a token is one variable and nothing else. */
  isWild(token: number): boolean {
    const at = this.#tokenAt[token]!;
    const end = token + 1 < this.tokenCount ? this.#tokenAt[token + 1]! : this.#pieceCount;
    return this.#pieces[2 * at] === WILD && end === at + 1;
  }

  /** Whether the last token is, or begins with, a variable. */
  beginsWild(): boolean {
    return this.#pieces[2 * this.#tokenAt[this.tokenCount - 1]!] === WILD;
  }

  /** Makes the last token one variable, whatever it held. */
  allWild(): void {
    this.#pieceCount = this.#tokenAt[this.tokenCount - 1]!;
    this.wild();
  }

  /** Makes the last token show as nothing. */
  absorbToken(): void {
    this.#pieceCount = this.#tokenAt[this.tokenCount - 1]!;
    this.#pieces[2 * this.#pieceCount] = NOTHING;
    this.#pieceCount += 1;
  }

  /** Takes back tokens until `count` are left. */
  keepTokens(count: number): void {
    this.tokenCount = count;
    this.#pieceCount = this.#tokenAt[count]!;
  }

  /** Puts the last token in the place of the one before it. */
  joinLast(): void {
    const from = this.#tokenAt[this.tokenCount - 1]!;
    const to = this.#tokenAt[this.tokenCount - 2]!;
    this.#pieces.copyWithin(2 * to, 2 * from, 2 * this.#pieceCount);
    this.#pieceCount -= from - to;
    this.tokenCount -= 1;
  }

  /**
   * Two numbers of 32 bits that are the same for messages that are equal once masked (two hashes after Fowler, Noll and
   * Vo side by side). The next call overwrites the array.
   */
  hash(): Uint32Array {
    const units = this.units;
    const pieces = this.#pieces;
    const tokenAt = this.#tokenAt;
    const pieceCount = this.#pieceCount;
    const tokenCount = this.tokenCount;
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
        // A mark: no unit of a text is above 65,535.
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
    this.#hash[0] = low ^ (low >>> 13);
    this.#hash[1] = high;
    return this.#hash;
  }

  /** The tokens of the message as texts. */
  tokens(): string[] {
    const pieces = this.#pieces;
    const tokens: string[] = [];
    for (let token = 0; token < this.tokenCount; token++) {
      const end = token + 1 < this.tokenCount ? this.#tokenAt[token + 1]! : this.#pieceCount;
      let out = '';
      for (let i = this.#tokenAt[token]!; i < end; i++) {
        const start = pieces[2 * i]!;
        if (start === WILD) out += WILDCARD;
        else if (start === REST_OF_CLASS) out += 'xx';
        else if (start !== NOTHING) out += this.#text.slice(start, pieces[2 * i + 1]!);
      }
      tokens.push(out);
    }
    return tokens;
  }
}
