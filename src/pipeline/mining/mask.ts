import { meaningOf } from '../normalize/structured.ts';
import {
  BEFORE_SIGN,
  BEHIND_VALUE,
  BETWEEN,
  CLOSES,
  DIGIT,
  fill,
  isDigit,
  isHex,
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
  units,
  variableIn,
} from './characters.ts';
import { boundEnd, restated } from './quantities.ts';
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
  isAddress,
  isBare,
  isBehindMethod,
  isColumn,
  methodEnd,
  requestFollows,
  route,
  status,
  statusIn,
  targetEnd,
  verbEnd,
  versionEnd,
} from './requests.ts';
import {
  absorbToken,
  allWild,
  beginsWild,
  clear,
  constant,
  isWild,
  joinLast,
  keepTokens,
  MAX_TOKENS,
  maskedTokens,
  openToken,
  tokenCount,
  wild,
} from './token-buffer.ts';

/** So many variables in a row are a list. */
const LIST = 3;

const CALENDAR = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
);
const LOGICAL = new Set(['true', 'false', 'null', 'nil', 'none']);

// The message at hand; scanning is synchronous, so one buffer serves all.
let unitCount = 0;
let text = '';
/** Where quoted text ends that is being read like any other; -1 before there was one. */
let textEnd = -1;
/** The message has said something already, in words that are no key and no value. */
let said = false;
/** The status of the request was found. */
let outcome = false;
/** How much of a request was read: nothing, its verb, what it asks for, more of it, all of it, what became of it. */
const NOT = 0;
const VERB = 1;
const WITHIN = 2;
const REST = 3;
const NEXT = 4;
const ANSWERED = 5;
let asked = NOT;

/** A constant part; behind a key in it a logical value is a variable: `found:true`. */
function constantPairs(start: number, end: number): void {
  let from = start;
  for (let at = start; at < end; at++) {
    if ((KIND[units[at]!]! & KEYED) === 0) continue;
    let stop = at + 1;
    while (stop < end && (KIND[units[stop]!]! & LETTER) !== 0) stop++;
    const size = stop - at - 1;
    if (size < 3 || size > 5 || (stop < end && BEHIND_VALUE[units[stop]!] === 0)) continue;
    if (!LOGICAL.has(text.slice(at + 1, stop).toLowerCase())) continue;
    constant(from, at + 1);
    wild();
    from = stop;
    at = stop - 1;
  }
  constant(from, end);
}

/** A path or URL is one variable. False when there is none. */
function path(start: number, end: number): boolean {
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
  constant(start, from);
  wild();
  constant(to, end);
  return true;
}

/** A part of a token without quotes; `kinds` is what its characters are. */
function part(start: number, end: number, kinds: number): void {
  if ((kinds & SLASHES) !== 0 && path(start, end)) return;
  if ((kinds & DIGIT) === 0 && end - start < 8) {
    plain(start, end, kinds);
    return;
  }
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
    const variable = digit || at - run >= 8 ? variableIn(run, at) : -1;
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
    plain(from, gap, kinds);
    wild();
    from = at;
    afterWild = true;
  }
  plain(from, end, kinds);
}

function plain(start: number, end: number, kinds: number): void {
  if ((kinds & KEYED) !== 0) constantPairs(start, end);
  else constant(start, end);
}

/**
 * A token with quotes in it: gives where it ends. Quoted values, which may hold white space, become one variable; where
 * the quotes hold a request or what the message says, the token ends at the first white space and the text is read on.
 */
function quotedToken(start: number): number {
  let from = start;
  let kinds = 0;
  let at = start;
  for (; at < unitCount; at++) {
    const kind = KIND[units[at]!]!;
    if (kind === SPACE) break;
    kinds |= kind;
    if (kind !== QUOTE || at === textEnd) continue;
    const escaped = at > start && units[at - 1] === 92;
    if (at > start && OPENS[units[at - 1]!] === 0 && !escaped) continue;
    const verb = verbEnd(at + 1, unitCount);
    if (verb > 0) {
      asked = VERB;
      at = verb;
      break;
    }
    if (asked === NOT && isBehindMethod(at) && isAddress(at + 1)) {
      part(from, at, kinds);
      constant(at, at + 1);
      let end = at + 1;
      while (end < unitCount && KIND[units[end]!] !== SPACE) end++;
      return target(at + 1, end, kinds | DIGIT | SLASHES | QUOTE);
    }
    if (escaped) continue;
    const close = quoteEnd(at, at < textEnd ? textEnd : unitCount);
    if (close < 0) continue;
    if (saysSomething(at, close)) {
      textEnd = Math.max(textEnd, close);
      continue;
    }
    part(from, at, kinds);
    constant(at, at + 1);
    wild();
    constant(close, close + 1);
    kinds = 0;
    at = close;
    from = close + 1;
  }
  part(from, at, kinds);
  return at;
}

/** Whether a quoted text is what the message says, rather than the value of a key or of a word. */
function saysSomething(open: number, close: number): boolean {
  // What else a line about a request and its outcome has in quotes is who asked.
  if (outcome) return false;
  if (open === 0 && isWordAlone(1, close)) return pairFollows(close + 1, unitCount);
  if (!isProse(open + 1, close)) return false;
  // A line of nothing but pairs says something in the first that holds a sentence.
  if (isKeyed(open) && (said || isName(open + 1, close))) {
    const { from, to } = keyBefore(open);
    if (meaningOf(text.slice(from, to)) !== 'message') return false;
  }
  said = true;
  return true;
}

/** The token behind the verb of a request: what is asked for. Gives where the token ends. */
function target(start: number, end: number, kinds: number): number {
  const to = targetEnd(start, end);
  if (!route(start, to)) part(start, to, kinds);
  asked = to < end ? NEXT : WITHIN;
  return to < end ? answered(closed(to, end), end, kinds) : end;
}

/** Behind the quotes at `at`, which end a request or its status. */
function closed(at: number, end: number): number {
  let to = at;
  while (to < end && KIND[units[to]!] === QUOTE) to++;
  constant(at, to);
  return to;
}

/** What is left of a request behind what it asks for: its version, or any words up to the quote that ends it. */
function rest(start: number, end: number, kinds: number): number {
  const version = versionEnd(start);
  if (version >= 0) {
    constant(start, version);
    asked = NEXT;
    return closed(version, end);
  }
  const to = targetEnd(start, end);
  if (to < end) {
    part(start, to, kinds);
    asked = NEXT;
    return closed(to, end);
  }
  // Without an end, it is the first word behind that may be the status.
  asked = asked === WITHIN && statusIn(start, end, true) >= 0 ? NEXT : REST;
  return start;
}

/** A token, or what is left of it, behind what a request asks for: it may hold the version, and the status. */
function answered(start: number, end: number, kinds: number): number {
  const from = asked === WITHIN || asked === REST ? rest(start, end, kinds) : start;
  if (from === end) return end;
  const found = outcome || asked === NOT ? -1 : statusIn(from, end, asked === NEXT);
  if (found >= 0) {
    outcome = true;
    asked = ANSWERED;
    part(from, found, kinds);
    status(found);
    return answered(closed(found + 3, end), end, kinds);
  }
  // Who asked may be told in quotes before the status.
  if (asked === NEXT && KIND[units[from]!] !== QUOTE && !isBare(from, end)) asked = ANSWERED;
  return unquoted(from, end, kinds);
}

/** A token before a request, which may hold its status. */
function answerBefore(start: number, end: number, kinds: number): number {
  const found = statusIn(start, end, isColumn(start, end) || requestFollows(end, unitCount));
  if (found < 0) return unquoted(start, end, kinds);
  outcome = true;
  part(start, found, kinds);
  status(found);
  return unquoted(found + 3, end, kinds);
}

/** A token without its first quotes. */
function unquoted(start: number, end: number, kinds: number): number {
  if ((kinds & QUOTE) !== 0) return quotedToken(start);
  part(start, end, kinds);
  return end;
}

/** What follows a name of a month or a day where no calendar knows the name: a day, then a clock. */
const DAY_AND_CLOCK = /\s(?:\p{L}{3}\s)?\s?\d{1,2}\s\d{2}:\d{2}/uy;

/** Whether a three-letter word is the beginning of a date: `Nov 21`, `Sat Nov 21`, or in any language `Mai 21 15:04`. */
function startsDate(start: number): boolean {
  // A digit stands directly behind the word, or behind another word of three letters; most words stop here.
  if (!numberAt(start + 3) && !(isWord(units[start + 6]!) && numberAt(start + 7))) return false;
  if (!CALENDAR.has(text.slice(start, start + 3))) {
    DAY_AND_CLOCK.lastIndex = start + 3;
    return DAY_AND_CLOCK.test(text);
  }
  return numberAt(start + 3) || CALENDAR.has(text.slice(start + 4, start + 7));
}

/** Whether white space and a digit stand at `at`. */
function numberAt(at: number): boolean {
  if (at + 2 >= unitCount || KIND[units[at]!] !== SPACE) return false;
  return isDigit(units[at + 1]!) || (KIND[units[at + 1]!] === SPACE && isDigit(units[at + 2]!));
}

/**
 * Cuts a message into tokens at white space and finds what is surely a variable: numbers, addresses, ids, hexadecimal
 * words, dates, paths, URLs, quoted text. Names with a digit in them stay; the miner finds out whether they vary.
 * Korean particles stay behind the number they follow (`3건` becomes `<*>건`). One pass, nothing allocated: what was
 * found is read by `maskedHash` and `maskedTokens` until the next scan.
 */
export function scan(message: string): void {
  text = message;
  unitCount = fill(message);
  read(false);
  // The status stands before the request.
  if (asked !== NOT && !outcome) read(true);
}

/** @param answeredFirst the status of the request that is in the message is looked for before it */
function read(answeredFirst: boolean): void {
  clear();
  textEnd = -1;
  said = false;
  outcome = false;
  asked = NOT;
  let at = 0;
  let dated = false;
  let row = 0;
  for (;;) {
    while (at < unitCount && KIND[units[at]!] === SPACE) at++;
    if (at >= unitCount && unitCount === text.length) return;
    if (at >= unitCount || tokenCount >= MAX_TOKENS || at > MAX_SCANNED) {
      openToken();
      wild();
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
    const first = units[start]!;
    const size = at - start;
    if (size === 3 && kinds === LETTER && startsDate(start)) {
      // A date in words is one variable: `Sat Nov 21 15:04:05 2026`.
      if (!dated) {
        openToken();
        wild();
      }
      dated = true;
      continue;
    }
    if (first === 40 && row === 0 && tokenCount > 1 && isWild(tokenCount - 2)) {
      const end = restated(start);
      if (end > 0) {
        absorbToken();
        at = end;
        continue;
      }
    }
    openToken();
    const own = tokenCount - 1;
    const bound = first === 60 || first === 62 ? boundEnd(start, at) : -1;
    if (bound > 0) {
      wild();
      at = bound;
    } else if (asked === VERB) at = target(start, at, kinds);
    else if (asked === WITHIN || asked === REST || (asked !== NOT && !outcome))
      at = answered(start, at, kinds);
    else if (answeredFirst && !outcome && (kinds & DIGIT) !== 0) at = answerBefore(start, at, kinds);
    else if ((kinds & QUOTE) !== 0) {
      at = quotedToken(start);
      if (at - start > MAX_CONSTANT && at - start > MAX_QUOTED) {
        allWild();
      }
    } else if (size > MAX_CONSTANT) wild();
    else if ((kinds & (DIGIT | SLASHES)) !== 0) part(start, at, kinds);
    else if (size >= 8 && isHex(start, at)) wild();
    else plain(start, at, kinds);
    if (asked === NOT && methodEnd(start, at) > 0) asked = VERB;
    said ||= (kinds & ~(LETTER | JOINT)) === 0 && size > 1 && !isWild(own) && start > textEnd;
    if (dated && beginsWild()) {
      // The rest of a date in words takes the place of its beginning.
      dated = isWild(own);
      if (dated) keepTokens(own);
      else joinLast();
      continue;
    }
    dated = false;
    if (!isWild(own)) {
      row = 0;
      continue;
    }
    row += 1;
    // A list of values is one variable, however long it is this time.
    if (row === LIST) keepTokens(tokenCount - (LIST - 1));
    else if (row > LIST) keepTokens(own);
  }
}

/** The tokens of a message with `<*>` for what is surely variable. */
export function maskTokens(message: string): string[] {
  scan(message);
  return maskedTokens(message);
}
