import { meaningOf } from '../normalize/structured.ts';
import {
  AFTER_VALUE,
  BEFORE_SIGN,
  BETWEEN,
  CLOSES,
  DIGIT,
  isDigit,
  isWord,
  JOINT,
  KEYED,
  KIND,
  LETTER,
  MAX_CONSTANT,
  MAX_SCANNED,
  OPENS,
  QUOTE,
  SLASHES,
  SPACE,
} from './characters.ts';
import {
  isKeyed,
  isName,
  isProse,
  isWordAlone,
  keyBefore,
  MAX_QUOTED,
  pairFollows,
  quoteEnd,
} from './quotes.ts';
import {
  addRoute,
  addStatus,
  endsWithMethod,
  isAddress,
  isAfterMethod,
  isBare,
  isStatusColumn,
  requestFollows,
  statusIn,
  targetEnd,
  verbEnd,
  versionEnd,
} from './requests.ts';
import { MAX_TOKENS, TokenBuffer } from './token-buffer.ts';
import { boundEnd, isHex, restatedEnd, variableIn } from './variables.ts';

/** This many variables in a row are a list. */
const LIST = 3;

const CALENDAR = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
);
const LOGICAL = new Set(['true', 'false', 'null', 'nil', 'none']);
/** What follows a word of three letters that is a month or day in any language: a day, then a clock. */
const DAY_AND_CLOCK = /\s(?:\p{L}{3}\s)?\s?\d{1,2}\s\d{2}:\d{2}/uy;

// How much of a request was read: nothing, its verb, its target, more of it, all of it, what came after it.
const NONE = 0;
const VERB = 1;
const TARGET = 2;
const REST = 3;
const WHOLE = 4;
const PASSED = 5;

/**
 * Cuts messages into tokens at white space and finds what is surely a variable: numbers, addresses, ids, hexadecimal
 * words, dates, paths, URLs, quoted text. Names with a digit in them stay; the miner finds out whether they vary. Korean
 * particles stay after the number they follow (`3건` becomes `<*>건`). One pass that allocates nothing: what was found
 * is read by `hash` and `tokens` until the next `scan`.
 */
export class Masker {
  readonly #buffer = new TokenBuffer();
  readonly #units = this.#buffer.units;
  #unitCount = 0;
  #text = '';
  /** Where the quoted sentence ends that is being read like any other text; -1 before the first one. */
  #sentenceEnd = -1;
  /** The message has plain words so far that are no key and no value. */
  #hasWords = false;
  #request = NONE;
  /** The status of the request was found. */
  #hasStatus = false;

  scan(message: string): void {
    this.#text = message;
    this.#unitCount = this.#buffer.fill(message);
    this.#read(false);
    // The status may stand before the request.
    if (this.#request !== NONE && !this.#hasStatus) this.#read(true);
  }

  /** Two numbers that are the same for messages that are equal once masked; the next call overwrites them. */
  hash(): Uint32Array {
    return this.#buffer.hash();
  }

  /** The tokens of the message, with `<*>` for what is surely variable. */
  tokens(): string[] {
    return this.#buffer.tokens();
  }

  /** @param statusFirst the status of the message's request is looked for before the request */
  #read(statusFirst: boolean): void {
    const units = this.#units;
    const buffer = this.#buffer;
    const unitCount = this.#unitCount;
    buffer.clear();
    this.#sentenceEnd = -1;
    this.#hasWords = false;
    this.#hasStatus = false;
    this.#request = NONE;
    let at = 0;
    let dated = false;
    /** Variables in a row. */
    let row = 0;
    for (;;) {
      while (at < unitCount && KIND[units[at]!] === SPACE) at++;
      if (at >= unitCount && unitCount === this.#text.length) return;
      if (at >= unitCount || buffer.tokenCount >= MAX_TOKENS || at > MAX_SCANNED) {
        buffer.openToken();
        buffer.wild();
        return;
      }
      const start = at;
      let kinds = 0;
      while (at < unitCount) {
        const kind = KIND[units[at]!]!;
        if (kind === SPACE) break;
        kinds |= kind;
        at++;
      }
      if (at - start === 3 && kinds === LETTER && this.#startsDate(start)) {
        // A date in words is one variable: `Sat Nov 21 15:04:05 2026`.
        if (!dated) {
          buffer.openToken();
          buffer.wild();
        }
        dated = true;
        continue;
      }
      if (units[start] === 40 && row === 0 && buffer.tokenCount > 1 && buffer.isWild(buffer.tokenCount - 2)) {
        const end = restatedEnd(units, start);
        if (end > 0) {
          buffer.absorbToken();
          at = end;
          continue;
        }
      }
      buffer.openToken();
      const own = buffer.tokenCount - 1;
      at = this.#token(start, at, kinds, statusFirst);
      if (dated && buffer.beginsWild()) {
        // The rest of a date in words takes the place of its beginning.
        dated = buffer.isWild(own);
        if (dated) buffer.keepTokens(own);
        else buffer.joinLast();
        continue;
      }
      dated = false;
      if (!buffer.isWild(own)) {
        row = 0;
        continue;
      }
      row += 1;
      // A list of values is one variable, however long it is this time.
      if (row === LIST) buffer.keepTokens(buffer.tokenCount - (LIST - 1));
      else if (row > LIST) buffer.keepTokens(own);
    }
  }

  /**
   * Reads the token from `start` to `end`, which may turn out to be longer.
   * @param kinds the classes of its characters
   * @returns where it ends
   */
  #token(start: number, end: number, kinds: number, statusFirst: boolean): number {
    const units = this.#units;
    const size = end - start;
    const first = units[start];
    const own = this.#buffer.tokenCount - 1;
    const bound = first === 60 || first === 62 ? boundEnd(units, start, end) : -1;
    let at = end;
    if (bound > 0) {
      this.#buffer.wild();
      at = bound;
    } else if (this.#request === VERB) at = this.#target(start, end, kinds);
    else if (
      this.#request === TARGET ||
      this.#request === REST ||
      (this.#request !== NONE && !this.#hasStatus)
    )
      at = this.#afterTarget(start, end, kinds);
    else if (statusFirst && !this.#hasStatus && (kinds & DIGIT) !== 0)
      at = this.#beforeRequest(start, end, kinds);
    else if ((kinds & QUOTE) !== 0) {
      at = this.#quotedToken(start);
      if (at - start > MAX_CONSTANT && at - start > MAX_QUOTED) this.#buffer.allWild();
    } else if (size > MAX_CONSTANT) this.#buffer.wild();
    else if ((kinds & (DIGIT | SLASHES)) !== 0) this.#part(start, end, kinds);
    else if (size >= 8 && isHex(units, start, end)) this.#buffer.wild();
    else this.#plain(start, end, kinds);
    if (this.#request === NONE && endsWithMethod(units, start, at)) this.#request = VERB;
    this.#hasWords ||=
      (kinds & ~(LETTER | JOINT)) === 0 && size > 1 && !this.#buffer.isWild(own) && start > this.#sentenceEnd;
    return at;
  }

  /** A constant part; a logical value after a key in it is a variable: `found:true`. */
  #constantPairs(start: number, end: number): void {
    const units = this.#units;
    let from = start;
    for (let at = start; at < end; at++) {
      if ((KIND[units[at]!]! & KEYED) === 0) continue;
      let stop = at + 1;
      while (stop < end && (KIND[units[stop]!]! & LETTER) !== 0) stop++;
      const size = stop - at - 1;
      if (size < 3 || size > 5 || (stop < end && AFTER_VALUE[units[stop]!] === 0)) continue;
      if (!LOGICAL.has(this.#text.slice(at + 1, stop).toLowerCase())) continue;
      this.#buffer.constant(from, at + 1);
      this.#buffer.wild();
      from = stop;
      at = stop - 1;
    }
    this.#buffer.constant(from, end);
  }

  /** A part without variables. */
  #plain(start: number, end: number, kinds: number): void {
    if ((kinds & KEYED) !== 0) this.#constantPairs(start, end);
    else this.#buffer.constant(start, end);
  }

  /** A path or URL is one variable. False when there is none. */
  #path(start: number, end: number): boolean {
    const units = this.#units;
    let from = start;
    while (from < end && !isWord(units[from]!) && units[from] !== 47) from++;
    let second = from + 1;
    while (second < end && units[second] !== 47) second++;
    const within = second < end;
    if (
      !(within && units[from] === 47) &&
      !(within && units[second - 1] === 58 && units[second + 1] === 47) &&
      !(units[from + 1] === 58 && units[from + 2] === 92)
    )
      return false;
    let to = end;
    while (to > from && CLOSES[units[to - 1]!] === 1) to--;
    this.#buffer.constant(start, from);
    this.#buffer.wild();
    this.#buffer.constant(to, end);
    return true;
  }

  /** A part of a token without quotes. */
  #part(start: number, end: number, kinds: number): void {
    if ((kinds & SLASHES) !== 0 && this.#path(start, end)) return;
    if ((kinds & DIGIT) === 0 && end - start < 8) {
      this.#plain(start, end, kinds);
      return;
    }
    const units = this.#units;
    let from = start;
    let afterWild = false;
    for (let at = start; at < end; ) {
      if (!isWord(units[at]!)) {
        at += 1;
        continue;
      }
      const run = at;
      let digit = false;
      for (;;) {
        while (at < end && isWord(units[at]!)) {
          if (isDigit(units[at]!)) digit = true;
          at += 1;
        }
        let next = at;
        while (next < end && (KIND[units[next]!]! & JOINT) !== 0) next += 1;
        if (next === at || next >= end || !isWord(units[next]!)) break;
        at = next;
      }
      const variable = digit || at - run >= 8 ? variableIn(units, run, at) : -1;
      if (variable < 0) {
        afterWild = false;
        continue;
      }
      let gap = variable;
      if (variable === run) {
        // Wildcards with only joining punctuation between them are one variable; a sign belongs to its number.
        while (gap > from && BETWEEN[units[gap - 1]!] === 1) gap -= 1;
        if (afterWild && gap === from) {
          from = at;
          continue;
        }
        gap = run;
        if (gap > from) {
          const sign = units[gap - 1]!;
          const free = gap - 1 === start || BEFORE_SIGN[units[gap - 2]!] === 1;
          if (free && (sign === 45 || sign === 43)) gap -= 1;
        }
      }
      this.#plain(from, gap, kinds);
      this.#buffer.wild();
      from = at;
      afterWild = true;
    }
    this.#plain(from, end, kinds);
  }

  /**
   * A token with quotes in it; returns where it ends. A quoted value, which may hold white space, becomes one variable.
   * Where the quotes hold a request or a sentence, the token ends at the first white space and the text is read on.
   */
  #quotedToken(start: number): number {
    const units = this.#units;
    const unitCount = this.#unitCount;
    let from = start;
    let kinds = 0;
    let at = start;
    for (; at < unitCount; at++) {
      const kind = KIND[units[at]!]!;
      if (kind === SPACE) break;
      kinds |= kind;
      if (kind !== QUOTE || at === this.#sentenceEnd) continue;
      const escaped = at > start && units[at - 1] === 92;
      if (at > start && OPENS[units[at - 1]!] === 0 && !escaped) continue;
      const verb = verbEnd(units, at + 1, unitCount);
      if (verb > 0) {
        this.#request = VERB;
        at = verb;
        break;
      }
      if (this.#request === NONE && isAfterMethod(units, at) && isAddress(units, at + 1)) {
        this.#part(from, at, kinds);
        this.#buffer.constant(at, at + 1);
        let end = at + 1;
        while (end < unitCount && KIND[units[end]!] !== SPACE) end++;
        return this.#target(at + 1, end, kinds | DIGIT | SLASHES | QUOTE);
      }
      if (escaped) continue;
      const close = quoteEnd(units, at, at < this.#sentenceEnd ? this.#sentenceEnd : unitCount);
      if (close < 0) continue;
      if (this.#isSentence(at, close)) {
        this.#sentenceEnd = Math.max(this.#sentenceEnd, close);
        continue;
      }
      this.#part(from, at, kinds);
      this.#buffer.constant(at, at + 1);
      this.#buffer.wild();
      this.#buffer.constant(close, close + 1);
      kinds = 0;
      at = close;
      from = close + 1;
    }
    this.#part(from, at, kinds);
    return at;
  }

  /** Whether a quoted text is what the message says, and not the value of a key or of a word. */
  #isSentence(open: number, close: number): boolean {
    const units = this.#units;
    // In a line about a request and its status, other quoted text tells who asked.
    if (this.#hasStatus) return false;
    if (open === 0 && isWordAlone(units, 1, close)) return pairFollows(units, close + 1, this.#unitCount);
    if (!isProse(units, open + 1, close)) return false;
    // A line of nothing but pairs says something in the first pair that holds a sentence.
    if (isKeyed(units, open) && (this.#hasWords || isName(units, open + 1, close))) {
      const { from, to } = keyBefore(units, open);
      if (meaningOf(this.#text.slice(from, to)) !== 'message') return false;
    }
    this.#hasWords = true;
    return true;
  }

  /** The token after the verb of a request: its target. Returns where the token ends. */
  #target(start: number, end: number, kinds: number): number {
    const to = targetEnd(this.#units, start, end);
    if (!addRoute(this.#buffer, start, to)) this.#part(start, to, kinds);
    this.#request = to < end ? WHOLE : TARGET;
    return to < end ? this.#afterTarget(this.#closingQuotes(to, end), end, kinds) : end;
  }

  /** Adds the quotes at `at`, which end a request or its status; returns where they end. */
  #closingQuotes(at: number, end: number): number {
    let to = at;
    while (to < end && KIND[this.#units[to]!] === QUOTE) to++;
    this.#buffer.constant(at, to);
    return to;
  }

  /** What is left of a request after its target: its version, or any words up to the quote that ends it. */
  #restOfRequest(start: number, end: number, kinds: number): number {
    const version = versionEnd(this.#units, start);
    if (version >= 0) {
      this.#buffer.constant(start, version);
      this.#request = WHOLE;
      return this.#closingQuotes(version, end);
    }
    const to = targetEnd(this.#units, start, end);
    if (to < end) {
      this.#part(start, to, kinds);
      this.#request = WHOLE;
      return this.#closingQuotes(to, end);
    }
    // Without an end, only the first word after the target may be the status.
    this.#request = this.#request === TARGET && statusIn(this.#units, start, end, true) >= 0 ? WHOLE : REST;
    return start;
  }

  /** A token, or the rest of one, after a request's target: it may hold the version and the status. */
  #afterTarget(start: number, end: number, kinds: number): number {
    const units = this.#units;
    const from =
      this.#request === TARGET || this.#request === REST ? this.#restOfRequest(start, end, kinds) : start;
    if (from === end) return end;
    const found =
      this.#hasStatus || this.#request === NONE ? -1 : statusIn(units, from, end, this.#request === WHOLE);
    if (found >= 0) {
      this.#hasStatus = true;
      this.#request = PASSED;
      this.#part(from, found, kinds);
      addStatus(this.#buffer, found);
      return this.#afterTarget(this.#closingQuotes(found + 3, end), end, kinds);
    }
    // Quoted text about who asked may stand before the status.
    if (this.#request === WHOLE && KIND[units[from]!] !== QUOTE && !isBare(units, from, end))
      this.#request = PASSED;
    return this.#unquoted(from, end, kinds);
  }

  /** A token before a request, which may hold its status. */
  #beforeRequest(start: number, end: number, kinds: number): number {
    const units = this.#units;
    const next = isStatusColumn(units, start, end) || requestFollows(units, end, this.#unitCount);
    const found = statusIn(units, start, end, next);
    if (found < 0) return this.#unquoted(start, end, kinds);
    this.#hasStatus = true;
    this.#part(start, found, kinds);
    addStatus(this.#buffer, found);
    return this.#unquoted(found + 3, end, kinds);
  }

  /** The rest of a token about a request, read like any other token. */
  #unquoted(start: number, end: number, kinds: number): number {
    if ((kinds & QUOTE) !== 0) return this.#quotedToken(start);
    this.#part(start, end, kinds);
    return end;
  }

  /** Whether a word of three letters begins a date: `Nov 21`, `Sat Nov 21`, or in any language `Mai 21 15:04`. */
  #startsDate(start: number): boolean {
    // A digit stands directly after the word, or after another word of three letters; most words stop here.
    if (!this.#numberAt(start + 3) && !(isWord(this.#units[start + 6]!) && this.#numberAt(start + 7)))
      return false;
    if (!CALENDAR.has(this.#text.slice(start, start + 3))) {
      DAY_AND_CLOCK.lastIndex = start + 3;
      return DAY_AND_CLOCK.test(this.#text);
    }
    return this.#numberAt(start + 3) || CALENDAR.has(this.#text.slice(start + 4, start + 7));
  }

  /** Whether white space and a digit are at `at`. */
  #numberAt(at: number): boolean {
    const units = this.#units;
    if (at + 2 >= this.#unitCount || KIND[units[at]!] !== SPACE) return false;
    return isDigit(units[at + 1]!) || (KIND[units[at + 1]!] === SPACE && isDigit(units[at + 2]!));
  }
}
