import { isError, type LogRecord } from '../../../domain/log/record.ts';
import {
  CALM,
  FAILURE,
  GRAVE,
  type Gravity,
  gravityOfWords,
  isGrave,
  isSerious,
  isStranger,
  SERIOUS,
  tellsOfFailure,
} from '../../../lexicon/gravity.ts';

/** Calm lines of one template that are read whole; after them its constant words stand for all. */
const READ_CALM = 3;
/** The same for lines that warn. */
const READ_LOUD = 500;
/** In such templates the variable decides: `exited with code <*>`. */
const CODE = /\b(?:exit|exited|exits|signal|killed|sigterm|attempts?|try|tries|retry|retries)\b|시도/i;

/** A template says something if it has a word. */
const WORD = /\p{L}{2}/u;

/** What is known of the words of one template. The names of the fields are stored. */
export interface Reading {
  /** Lines read whole so far. */
  read: number;
  /** The pattern that `words` was read from: it may become more general. */
  pattern: string;
  words: Gravity;
  /** It is about strangers, or has no word at all. */
  stranger: boolean;
  /** Each line has to be read. */
  codes: boolean;
}

export const noReading = (): Reading => ({
  read: 0,
  pattern: '',
  words: CALM,
  stranger: false,
  codes: false,
});

/**
 * What a record tells: its level, and the words of its template, which are read once; only the first lines of each template
 * and those whose variable decides are read whole. The memory of its template changes.
 */
export function gravityOf(record: LogRecord, reading: Reading): Gravity {
  const error = isError(record.level);
  if (record.request?.status !== undefined) return error || record.request.status >= 500 ? FAILURE : CALM;
  const { pattern } = record.template!;
  if (reading.pattern !== pattern) {
    reading.pattern = pattern;
    reading.words = wordsOf(pattern);
    reading.codes = CODE.test(pattern);
    reading.stranger = isStranger(pattern) || !WORD.test(pattern);
  }
  if (reading.stranger) return CALM;
  let words = reading.words;
  const loud = error || record.level === 'warn';
  if (reading.codes || reading.read < (loud ? READ_LOUD : READ_CALM)) {
    reading.read += 1;
    words = gravityOfWords(record);
  }
  return error && words < SERIOUS ? FAILURE : words;
}

const wordsOf = (pattern: string): Gravity =>
  isGrave(pattern) ? GRAVE : isSerious(pattern) ? SERIOUS : tellsOfFailure(pattern) ? FAILURE : CALM;
