import { join } from 'node:path';
import type { Level } from '../../../domain/log/record.ts';
import { WordList } from '../../../lexicon/word-list.ts';

/** English words for levels in headers and fields, in lower case. */
export const LEVEL_WORDS: Record<string, Level> = {
  trace: 'trace',
  verbose: 'trace',
  finest: 'trace',
  finer: 'trace',
  trce: 'trace',
  debug: 'debug',
  dbg: 'debug',
  dbug: 'debug',
  fine: 'debug',
  info: 'info',
  information: 'info',
  informational: 'info',
  inf: 'info',
  notice: 'info',
  config: 'info',
  log: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  err: 'error',
  error: 'error',
  eror: 'error',
  fail: 'error',
  severe: 'error',
  failure: 'error',
  fatal: 'fatal',
  crit: 'fatal',
  critical: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
};

/** Words that count in fewer places. */
const WORDS = new WordList(join(import.meta.dirname, 'level-words.txt'));
/** The level of each word that is also an ordinary one, and counts in the fewest places. */
export const APART_LEVEL_WORDS: ReadonlyMap<string, Level> = new Map(
  (['error', 'fatal'] as const).flatMap((level) =>
    [...WORDS.words(`${level}-apart`)].map((word): [string, Level] => [word, level]),
  ),
);
/** Directly behind such a word: there is no such error, or it is over. */
export const ENDED_WORDS: ReadonlySet<string> = WORDS.words('ended');
/** The level of each word of another language, in small letters. */
export const FOREIGN_LEVEL_WORDS: ReadonlyMap<string, Level> = new Map(
  (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const).flatMap((level) =>
    [...WORDS.words(level)].map((word): [string, Level] => [word, level]),
  ),
);

// Words in a message that show its level if the header has none. Entries are parts of regular expressions.
export const FATAL_WORDS = ['fatal', 'panic', 'kernel panic', 'out of memory', 'segfault', 'core dumped'];
export const KOREAN_FATAL_WORDS = ['치명적', '심각한'];
export const ERROR_WORDS = ['error', 'errors', 'err', 'severe'];
export const KOREAN_ERROR_WORDS = ['오류', '에러', '예외'];
/** Before an error word: `no errors`. */
export const NEGATIONS = ['no', 'zero', '0', 'without'];
/** After an error word: `errors=0`. */
export const EMPTY_VALUES = ['0', 'nil', 'none', 'null', 'false'];
export const WARNING_WORDS = [
  'warn',
  'warning',
  'failed',
  'failure',
  'timed out',
  'timeout',
  'refused',
  'denied',
  'retrying',
];
export const KOREAN_WARNING_WORDS = ['경고', '실패', '시간\\s?초과', '지연'];
