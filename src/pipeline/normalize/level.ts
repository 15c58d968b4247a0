import type { Level } from '../../domain/log/record.ts';
import { failureAbroad } from '../../lexicon/phrases-abroad.ts';
import {
  APART_LEVEL_WORDS,
  EMPTY_VALUES,
  ENDED_WORDS,
  ERROR_WORDS,
  FATAL_WORDS,
  FOREIGN_LEVEL_WORDS,
  KOREAN_ERROR_WORDS,
  KOREAN_FATAL_WORDS,
  KOREAN_WARNING_WORDS,
  LEVEL_WORDS,
  NEGATIONS,
  WARNING_WORDS,
} from './lexicon/levels.ts';

/** Levels by spelling: nearly every line looks one up, without a conversion. */
const SPELLINGS = new Map<string, Level>();
/** Those of words that are a level only where nothing else can stand. */
const MARKED_SPELLINGS = new Map<string, Level>();
/** Those of words that are ordinary ones as well. */
const APART_SPELLINGS = new Map<string, Level>();

const capitalized = (word: string): string => word[0]!.toUpperCase() + word.slice(1);
/** Shorter words without their accents are other words. */
const MIN_UNACCENTED = 5;

/** A word as it is written with and without accents, and with accents as characters of their own. */
function writings(word: string): string[] {
  const apart = word.normalize('NFD');
  const plain = apart.replace(/[\u0300-\u036f]/g, '').normalize('NFC');
  return plain.length >= MIN_UNACCENTED ? [word, apart, plain] : [word, apart];
}

for (const [word, level] of Object.entries(LEVEL_WORDS))
  for (const spelling of [word, word.toUpperCase(), capitalized(word)]) SPELLINGS.set(spelling, level);
for (const [word, level] of FOREIGN_LEVEL_WORDS)
  for (const written of writings(word)) {
    // Turkish has two letters i.
    for (const spelling of [written.toUpperCase(), written.toLocaleUpperCase('tr')]) {
      if (!SPELLINGS.has(spelling)) SPELLINGS.set(spelling, level);
      MARKED_SPELLINGS.set(capitalized(spelling[0]! + spelling.slice(1).toLowerCase()), level);
    }
    MARKED_SPELLINGS.set(written, level);
    MARKED_SPELLINGS.set(capitalized(written), level);
  }
for (const [word, level] of APART_LEVEL_WORDS)
  for (const spelling of [word.toUpperCase(), capitalized(word)]) APART_SPELLINGS.set(spelling, level);
const longestOf = (words: Iterable<string>): number => Math.max(...Array.from(words, (word) => word.length));
const LONGEST = longestOf(SPELLINGS.keys());
/** Characters of the longest word for a level. */
export const LONGEST_LEVEL: number = Math.max(
  LONGEST,
  longestOf(MARKED_SPELLINGS.keys()),
  longestOf(APART_SPELLINGS.keys()),
);

/** A single letter is a level only where a header has one (logcat, klog). */
const LETTERS: Record<string, Level> = {
  V: 'trace',
  T: 'trace',
  D: 'debug',
  I: 'info',
  W: 'warn',
  E: 'error',
  F: 'fatal',
};

/** The level that a word in a header names; undefined when it names none. */
export function levelOfWord(word: string): Level | undefined {
  if (word.length === 1) return LETTERS[word];
  return word.length > LONGEST ? undefined : SPELLINGS.get(word);
}

/** The level that a word names before a colon. More words count there, in small letters as well. */
export function levelOfLabel(word: string): Level | undefined {
  if (word.length > LONGEST_LEVEL) return undefined;
  return levelOfWord(word) ?? MARKED_SPELLINGS.get(word);
}

/** The level that a word names where a level is all it can be: as a cell, as a field's value. There the most words count. */
export const levelOfMarked = (word: string): Level | undefined =>
  levelOfLabel(word) ?? (word.length > LONGEST_LEVEL ? undefined : APART_SPELLINGS.get(word));

/**
 * The level that a word in brackets names. One that is an ordinary word as well has to be in capitals, or in a script that has
 * none, and what follows must not say that there is nothing, or no more: `[장애] 복구 완료`.
 * @param end where the brackets end in the text
 */
export function levelInBrackets(word: string, text: string, end: number): Level | undefined {
  const level = levelOfLabel(word);
  if (level || word.length > LONGEST_LEVEL) return level;
  const apart = APART_SPELLINGS.get(word);
  return apart && word === word.toUpperCase() && !saysEnded(text, end) ? apart : undefined;
}

/** Where the end of something is told right at a place of a text. */
const ENDED = new RegExp(
  `[\\s:：|-]{0,4}(?:${[...ENDED_WORDS].map((word) => (/[a-z]/.test(word) ? `${word}\\b` : word)).join('|')})`,
  'iy',
);

/** Whether directly behind a word stands that it is over, or that there is none. */
export function saysEnded(text: string, at: number): boolean {
  ENDED.lastIndex = at;
  return ENDED.test(text);
}

/** Syslog severity 0 (emergency) to 7 (debug). */
export const levelOfSeverity = (severity: number): Level =>
  severity <= 2
    ? 'fatal'
    : severity === 3
      ? 'error'
      : severity === 4
        ? 'warn'
        : severity <= 6
          ? 'info'
          : 'debug';

const levelOfHundreds = (value: number): Level =>
  value < 200 ? 'debug' : value < 300 ? 'info' : value < 400 ? 'warn' : value < 500 ? 'error' : 'fatal';

/** OpenTelemetry's number of a severity, four for each level from 1 to 24; undefined for anything else. */
export function levelOfGrade(value: unknown): Level | undefined {
  const grade = Number(value);
  if (!Number.isInteger(grade) || grade < 1 || grade > 24) return undefined;
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor((grade - 1) / 4)];
}

/** A level field of a structured record: a word, pino's or bunyan's tens, a syslog severity. */
export function levelOf(value: unknown): Level | undefined {
  if (typeof value === 'string') {
    const text = value.trim();
    return levelOfMarked(text) ?? (/^\d{1,2}$/.test(text) ? levelOf(Number(text)) : undefined);
  }
  if (typeof value !== 'number') return undefined;
  // PHP's loggers count in hundreds.
  if (value >= 100 && value <= 600) return levelOfHundreds(value);
  if (value >= 10 && value <= 60)
    return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor(value / 10) - 1];
  return value >= 0 && value <= 7 && Number.isInteger(value) ? levelOfSeverity(value) : undefined;
}

const anyOf = (words: readonly string[]): string => words.join('|');
const FATAL = new RegExp(`\\b(?:${anyOf(FATAL_WORDS)})\\b|${anyOf(KOREAN_FATAL_WORDS)}`, 'i');
const ERROR = new RegExp(
  anyOf([
    `(?<!\\b(?:${anyOf(NEGATIONS)})\\s)\\b(?:${anyOf(ERROR_WORDS)})\\b(?![:=]\\s?(?:${anyOf(EMPTY_VALUES)})\\b)`,
    '\\w(?:Exception|Error)\\b',
    '\\bTraceback\\b',
    '\\bFAIL(?:ED|URE)\\b',
    `(?:${anyOf(KOREAN_ERROR_WORDS)})(?!\\s?(?:없|0))`,
  ]),
  'i',
);
const WARN = new RegExp(`\\b(?:${anyOf(WARNING_WORDS)})\\b|${anyOf(KOREAN_WARNING_WORDS)}`, 'i');

/** A word in capitals with a colon among the first words, after what the header does not know: `app@shop LOG:  …`. */
const LABEL = /^(?:\S{1,80}\s{1,4}){0,3}?([A-Z]{3,9}):\s/;
/** Two words in capitals are the name of something, as of a kind of event, and the second is no level. */
const NAME_IN_CAPITALS = /(?:^|\s)[A-Z]{3,40}\s{1,4}[A-Z]{3,9}:\s$/;

/** The level of a message without a level in its header: that of its label, else that of the words in it. */
export function levelOfMessage(message: string): Level {
  const text = message.length > 1_000 ? message.slice(0, 1_000) : message;
  const label = LABEL.exec(text);
  const named = label && !NAME_IN_CAPITALS.test(label[0]) && levelOfWord(label[1]!);
  if (named) return named;
  if (FATAL.test(text)) return 'fatal';
  if (ERROR.test(text)) return 'error';
  return WARN.test(text) || failureAbroad(text) !== undefined ? 'warn' : 'info';
}
