import { join } from 'node:path';
import type { FailureKind } from '../domain/log/failure-kind.ts';
import { isReasonField } from '../domain/log/reason-field.ts';
import { isError, type LogRecord } from '../domain/log/record.ts';
import { failureAbroad, isOverAbroad } from './phrases-abroad.ts';
import { WordList } from './word-list.ts';

/**
 * What a line says of how things are: nothing wrong, something failed, something failed for good or somebody was lost (one
 * such line is told, as a warning), or one event that is grave by itself.
 */
export const CALM = 0;
export const FAILURE = 1;
export const SERIOUS = 2;
export const GRAVE = 3;
export type Gravity = typeof CALM | typeof FAILURE | typeof SERIOUS | typeof GRAVE;

const WORDS = new WordList(join(import.meta.dirname, 'gravity-words.txt'));
const GRAVE_WORDS = WORDS.pattern('grave', 'gi');
const SERIOUS_WORDS = WORDS.pattern('serious', 'gi');
const FAILURE_WORDS = WORDS.pattern('failure');
const HARMLESS = WORDS.pattern('harmless');
const ENDED = WORDS.pattern('ended', 'gi');
const STRANGER = WORDS.pattern('stranger');
const HANDLED = WORDS.pattern('handled');
const DENIED_BEFORE = WORDS.pattern('denied-before');
const DENIED_AFTER = WORDS.pattern('denied-after');

/** What is grave by itself in whatever language it is told. */
const GRAVE_KINDS: ReadonlySet<FailureKind | undefined> = new Set<FailureKind>(['memory', 'disk', 'crash']);

/** Characters of a text that are read, and those beside a phrase that may deny it. */
const MAX_READ = 1_000;
const BESIDE = 40;
const MAX_PHRASES = 4;

/**
 * What the words of a record say, whatever its level; where it is about a request, its status alone counts, since the words
 * of a path are anybody's.
 */
export function gravityOfWords(record: LogRecord): Gravity {
  if (record.request?.status !== undefined) return record.request.status >= 500 ? FAILURE : CALM;
  const text = sayingOf(record);
  if (isGrave(text)) return GRAVE;
  if (isSerious(text) || isLastTry(record, text)) return SERIOUS;
  return tellsOfFailure(text) ? FAILURE : CALM;
}

/** Whether a text names a grave event that happened: one that is denied, only counted as zero or merely handled did not. */
export const isGrave = (text: string): boolean =>
  happened(GRAVE_WORDS, text) || GRAVE_KINDS.has(failureAbroad(text));

/** Whether a text says that something failed for good, or that somebody it works with was lost; as above. */
export const isSerious = (text: string): boolean => happened(SERIOUS_WORDS, text);

/** @param words a global pattern */
function happened(words: RegExp, text: string): boolean {
  const read = text.length > MAX_READ ? text.slice(0, MAX_READ) : text;
  words.lastIndex = 0;
  for (let tries = 0; tries < MAX_PHRASES; tries++) {
    const match = words.exec(read);
    if (!match) return false;
    const end = match.index + match[0].length;
    const before = read.slice(Math.max(0, match.index - BESIDE), match.index);
    const after = read.slice(end, end + BESIDE);
    if (!DENIED_BEFORE.test(before) && !DENIED_AFTER.test(after)) return true;
    if (match[0] === '') return false;
  }
  return false;
}

/** A count of tries and their limit, in a text and in fields. */
const TRIES =
  /(?:\b(?:attempts?|try|tries|retry|retries)|시도)["']?[ #:=(]{0,3}(\d{1,4}) ?(?:\/|of|out of) ?(\d{1,4})\b/i;
const TRY_FIELD = /^(?:attempts?|try|tries|retry|retries|retry_?count|attempt_?(?:no|number|count))$/i;
const LIMIT_FIELD = /^(?:max_?(?:attempts|tries|retries)|(?:attempts?|tries|retry|retries)_?(?:max|limit))$/i;

/** Whether a failure was told at the last of a limited number of tries: nobody tries again. */
function isLastTry(record: LogRecord, text: string): boolean {
  if (record.level !== 'warn' && !isError(record.level)) return false;
  const counted = TRIES.exec(text);
  if (counted) return counted[1] === counted[2] && counted[1] !== '0';
  let tries: unknown;
  let limit: unknown;
  for (const key in record.attributes) {
    if (TRY_FIELD.test(key)) tries = record.attributes[key];
    else if (LIMIT_FIELD.test(key)) limit = record.attributes[key];
  }
  return tries !== undefined && limit !== undefined && Number(limit) > 0 && Number(tries) === Number(limit);
}

/** Whether a calm text tells of a failure: not of its end, nor of a count of zero, nor of what strangers tried. */
export function tellsOfFailure(text: string): boolean {
  const read = text.length > MAX_READ ? text.slice(0, MAX_READ) : text;
  if (HARMLESS.test(read)) return false;
  if (!FAILURE_WORDS.test(read)) return failureAbroad(read) !== undefined;
  return FAILURE_WORDS.test(read.replace(ENDED, ' $1 ')) && !isOverAbroad(read);
}

/** Whether a text is about somebody from outside who may not enter: no failure, at whatever level it is written. */
export const isStranger = (text: string): boolean =>
  STRANGER.test(text.length > MAX_READ ? text.slice(0, MAX_READ) : text);

/** Whether an error was dealt with, or is about what one person asked for: such single errors happen in every system. */
export const isHandled = (text: string): boolean => HANDLED.test(text.slice(0, MAX_READ));

/** The message, and for lines that warn the reason, which may be in a field of its own. */
function sayingOf(record: LogRecord): string {
  if (record.level !== 'warn' && !isError(record.level)) return record.message;
  let text = record.message;
  for (const key in record.attributes) {
    const value = record.attributes[key];
    if (typeof value === 'string' && isReasonField(key)) text += `: ${value}`;
  }
  return text;
}
