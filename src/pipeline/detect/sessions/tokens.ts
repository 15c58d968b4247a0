import type { LogRecord } from '../../../domain/log/record.ts';
import { isTimeUnitAt } from '../../../domain/time/unit-words.ts';

/** Something in a line that could be an id. */
export interface Identifier {
  /** Its form, or the word or key before it: `blk_`, `x32`, `uuid`, `#order`, `@trace`. */
  kind: string;
  value: string;
}

/** What the detectors read from a line. */
export interface Tokens {
  ids: Identifier[];
  /** Quantities in their order: for one template each position has its own meaning. */
  numbers: number[];
  /** Bit n: number n has a unit, or a name that says how long or how much. Another may only be a code. */
  measured: number;
  /** The first measure that has a name, which may stand in several templates of one service. */
  named?: { name: string; value: number };
}

const DIGIT = 1;
const LETTER = 2;
const JOINT = 4;
/** By ASCII code. Joints (`-`, `_`, `.`) are part of a run when word characters follow. */
const CLASS = new Uint8Array(128);
for (let code = 48; code <= 57; code++) CLASS[code] = DIGIT;
for (let code = 65; code <= 90; code++) CLASS[code] = CLASS[code + 32] = LETTER;
for (const joint of '-_.') CLASS[joint.charCodeAt(0)] = JOINT;

const HEX = /^[0-9a-fA-F]+$/;
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const UUID_LENGTH = 36;
/** Characters of a message that are read, and ids kept of one line. */
const MAX_SCANNED = 2_000;
const MAX_FOUND = 12;
const MAX_VALUE = 80;
const MAX_NUMBERS = 8;
const MAX_ATTRIBUTES = 24;
/** Attributes from a header: they tell who wrote the line, and not what it is about. */
const HEADER = new Set(['pid', 'thread', 'logger', 'stream']);

/**
 * Everything in a record that has the form of an id: words with a number in them, hexadecimal words, UUIDs, numbers
 * after a word or a key; and its numbers. Whether a kind is really the id of something that several lines are about is
 * found out later, from how its values come again. The form excludes addresses, times, versions and quantities with a
 * unit.
 */
export function readTokens(record: LogRecord): Tokens {
  const found: Identifier[] = [];
  const numbers: number[] = [];
  const measures: Measures = { bits: 0 };
  const { request } = record;
  if (record.traceId) found.push({ kind: '@trace', value: record.traceId });
  scan(record.message, found, numbers, measures);
  let left = MAX_ATTRIBUTES;
  for (const key in record.attributes) {
    if (left-- === 0 || found.length >= MAX_FOUND) break;
    if (HEADER.has(key)) continue;
    const value = record.attributes[key]!;
    if (typeof value === 'boolean') continue;
    if (typeof value === 'number') {
      if (isMeasure(key)) noteMeasure(measures, numbers.length, key, value);
      numbers.push(value);
    }
    const text = typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : '';
    if (text.length >= 3 && text.length <= MAX_VALUE && !text.includes(' '))
      found.push({ kind: kindOf(key), value: text });
  }
  // Of a request, sizes and the versions of a browser say nothing of how well it went.
  if (request?.durationMs !== undefined)
    return tokens(found, [request.durationMs], 1, { name: 'duration', value: request.durationMs });
  if (request?.status !== undefined) return tokens(found, [], 0, undefined);
  return tokens(found, numbers, measures.bits, measures.named);
}

const tokens = (ids: Identifier[], numbers: number[], measured: number, named: Tokens['named']): Tokens =>
  named ? { ids, numbers, measured, named } : { ids, numbers, measured };

/** Which numbers of a line are measures, a bit each, and the first that has a name. */
interface Measures {
  bits: number;
  named?: { name: string; value: number };
}

function noteMeasure(measures: Measures, index: number, name: string, value: number): void {
  measures.bits |= 1 << index;
  measures.named ??= { name, value };
}

function scan(text: string, found: Identifier[], numbers: number[], measures: Measures): void {
  const end = Math.min(text.length, MAX_SCANNED);
  let at = 0;
  /** Where the last word without a digit begins and ends, for a number that follows it. */
  let wordFrom = 0;
  let wordTo = 0;
  while (at < end) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? CLASS[code]! : LETTER;
    if (kind === 0 || (kind === JOINT && code === 46)) {
      at++;
      continue;
    }
    const from = at;
    let digits = 0;
    let letters = 0;
    let joints = 0;
    let wide = false;
    for (; at < end; at++) {
      const next = text.charCodeAt(at);
      if (next >= 128) {
        // Korean particles follow a number without a space: the number ends there.
        if (digits > 0) break;
        wide = true;
        letters++;
        continue;
      }
      const form = CLASS[next]!;
      if (form === DIGIT) {
        if (wide) break;
        digits++;
      } else if (form === LETTER) letters++;
      else if (form === JOINT) joints++;
      else break;
    }
    let to = at;
    while (to > from && CLASS[text.charCodeAt(to - 1)] === JOINT) {
      to--;
      joints--;
    }
    if (digits === 0) {
      if (letters > 0) {
        wordFrom = from;
        wordTo = to;
      }
      continue;
    }
    if (to - from > MAX_VALUE) continue;
    const plain = digits <= 12 && letters <= 3 && CLASS[code] === DIGIT;
    const quantity = plain ? quantityAt(text, from, to, letters, joints) : -1;
    if (quantity >= 0 && numbers.length < MAX_NUMBERS) {
      const word = from - wordTo <= 3 ? text.slice(wordFrom, wordTo) : '';
      if (isMeasure(word)) noteMeasure(measures, numbers.length, word, quantity);
      else if (letters > 0 ? UNITS.has(text.slice(to - letters, to)) : unitAt(text, to))
        measures.bits |= 1 << numbers.length;
      numbers.push(quantity);
    }
    if (to - from < 3) continue;
    if (letters === 0) {
      // Only digits and joints: a number, or a time, an address, a version.
      const bare = joints === 0 || (joints === 1 && text.charCodeAt(from) === 45);
      if (!bare || digits < 3 || wordTo === 0 || from - wordTo > 3) continue;
      addId(found, `#${text.slice(wordFrom, wordTo)}`, text.slice(from, to));
    } else {
      const value = text.slice(from, to);
      const form = formOf(value, letters);
      if (form !== undefined) addId(found, form, value);
    }
    if (found.length >= MAX_FOUND) return;
  }
}

/** Units of time that follow a number without a space. */
const UNITS = new Set(['ms', 's', 'us', 'ns', 'sec', 'min', 'm', 'h', 'msn', 'sn', 'sek']);
/** Words for something that is worse when there is more of it; a key may end with one. */
const MEASURE =
  /(?:latency|duration|took|taken|elapsed|time|delay|wait|waited|waiting|depth|queue|queued|backlog|pending|behind|seconds|지연|대기|소요)$/i;
/** Short ones are the whole word, or the last part of a key: `port` and `items` end with the same letters. */
const SHORT_MEASURE =
  /(?:^|[^A-Za-z])(?:lag|rt|ms|millis|sec|secs)$|[^A-Za-z]s$|[a-z](?:Lag|Ms|Millis|Sec|Secs)$/;
const measures = new Map<string, boolean>();
/** Whether a word or a key names a measure of how long or how much; its answer is kept, since words come again. */
function isMeasure(word: string): boolean {
  // No such word is shorter: a number often has no word before it.
  if (word.length < 2) return false;
  let known = measures.get(word);
  if (known === undefined) {
    known = word.length <= 40 && (MEASURE.test(word) || SHORT_MEASURE.test(word));
    if (measures.size < 5_000) measures.set(word, known);
  }
  return known;
}

/** Whether a unit of time, in any language, or a percent sign follows a number: ` ms`, ` s`, ` sec…`, ` min…`, `%`, 秒, 분. */
function unitAt(text: string, to: number): boolean {
  let at = to;
  if (text.charCodeAt(at) === 32) at++;
  const code = text.charCodeAt(at);
  if (code === 37 || code === 0xbd84) return true;
  const next = text.charCodeAt(at + 1);
  const ends = (after: number): boolean => !(CLASS[text.charCodeAt(after)]! & (LETTER | DIGIT));
  if (code === 115 && (ends(at + 1) || (next === 101 && text.charCodeAt(at + 2) === 99))) return true;
  if (code === 109 && next === 115 && ends(at + 2)) return true;
  if (code === 109 && next === 105 && (text[at + 2] === 'n' || text[at + 2] === 'l')) return true;
  return ((code === 117 || code === 181) && next === 115 && ends(at + 2)) || isTimeUnitAt(text, at);
}

/**
 * The value of a plain number that begins with a digit, perhaps with a fraction or a short unit (`4.2s`, `35ms`); -1 for
 * anything else.
 */
function quantityAt(text: string, from: number, to: number, letters: number, joints: number): number {
  let value = 0;
  let at = from;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) break;
    value = value * 10 + (code - 48);
  }
  let fraction = 0;
  if (joints === 1 && text.charCodeAt(at) === 46) {
    let scale = 0.1;
    for (at++; at < to; at++, scale /= 10) {
      const code = text.charCodeAt(at);
      if (code < 48 || code > 57) break;
      fraction += (code - 48) * scale;
    }
  } else if (joints > 0) return -1;
  if (to - at !== letters) return -1;
  // `782799ef` is an id, of which hexadecimal digits are letters; no unit is written with them alone.
  return letters > 0 && at - from >= HEX_DIGITS && isHex(text, at, to) ? -1 : value + fraction;
}

/** A number with so many digits before letters of hexadecimal digits is an id. */
const HEX_DIGITS = 4;
function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!'abcdefABCDEF'.includes(text[at]!)) return false;
  return true;
}

const attributeKinds = new Map<string, string>();
/** `@key`, made once for each key, since keys come again on every line. */
function kindOf(key: string): string {
  let kind = attributeKinds.get(key);
  if (kind === undefined) {
    kind = `@${key}`;
    if (attributeKinds.size < 1_000) attributeKinds.set(key, kind);
  }
  return kind;
}

/** Adds an id; one that a line names twice (in a path, and by itself) counts once. */
function addId(found: Identifier[], kind: string, value: string): void {
  for (const other of found) if (other.value === value && other.kind === kind) return;
  found.push({ kind, value });
}

/** The kind of a run with letters and digits; undefined when its form is not that of an id (`35ms`, `utf8`, `v1.2`). */
function formOf(run: string, letters: number): string | undefined {
  const length = run.length;
  if (length >= UUID_LENGTH) {
    const tail = run.slice(length - UUID_LENGTH);
    if (UUID.test(tail)) return length === UUID_LENGTH ? 'uuid' : `${run.slice(0, length - UUID_LENGTH)}uuid`;
  }
  if (length >= 8 && HEX.test(run)) return `x${length}`;
  let first = 0;
  while (CLASS[run.charCodeAt(first)] !== DIGIT) first++;
  if (first === 0) return length >= 10 && letters > 3 ? `~${length}` : undefined;
  let joint = first;
  while (joint > 0 && CLASS[run.charCodeAt(joint - 1)] !== JOINT) joint--;
  // `req-a93f…`: the letters after the joint belong to the value; `order123`: they are the name.
  const tail = length - first;
  if (joint === 0) return tail >= 2 ? run.slice(0, first) : undefined;
  while (joint > 1 && CLASS[run.charCodeAt(joint - 2)] === JOINT) joint--;
  return tail >= 2 ? run.slice(0, joint) : undefined;
}
