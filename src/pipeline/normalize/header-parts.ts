import type { Level } from '../../domain/log/record.ts';
import { isServiceName } from './formats/service-name.ts';
import {
  bracketEnd,
  columnEnd,
  hostEnd,
  loggerAt,
  markEnd,
  mayBeLocation,
  numberEnd,
  programAt,
  qualifiedEnd,
  separatorEnd,
} from './header-forms.ts';
import {
  LONGEST_LEVEL,
  levelInBrackets,
  levelOfLabel,
  levelOfMarked,
  levelOfWord,
  saysEnded,
} from './level.ts';
import {
  COLON,
  DASH,
  DIGIT,
  DOT,
  isAt,
  LETTER,
  runEnd,
  SPACE,
  skipSpace,
  sticky,
  UNDERSCORE,
  UPPER,
} from './lexicon/characters.ts';
import { NO_SERVICE_NAMES } from './lexicon/service-names.ts';

/** What comes before a message. `bodyAt` is the index at which the message begins. */
export interface Header {
  timestamp?: number;
  level?: Level;
  host?: string;
  /** Program of a syslog header. */
  program?: string;
  pid?: string;
  thread?: string;
  logger?: string;
  /** What comes before a time that is not at the beginning. */
  columns?: string;
  /** A plain name next to the level: in brackets, or after it and before a colon. */
  named?: string;
  /** The line begins with a syslog priority. */
  priority?: boolean;
  /** The level is a single letter. */
  tagged?: boolean;
  /** There are bars between the parts. */
  barred?: boolean;
  /** The time has a form of syslog: no year, or a T and a zone. */
  syslog?: boolean;
  /** The message begins after the last part. */
  done?: boolean;
  bodyAt: number;
  /** Where the message ends, when it does not go to the end of the line. */
  end?: number;
}

/** A header before anything is read. It has all fields, so that all headers have one shape in memory. */
export const emptyHeader = (): Header => ({
  timestamp: undefined,
  level: undefined,
  host: undefined,
  program: undefined,
  pid: undefined,
  thread: undefined,
  logger: undefined,
  columns: undefined,
  named: undefined,
  priority: false,
  tagged: false,
  barred: false,
  syslog: false,
  done: false,
  bodyAt: 0,
  end: undefined,
});

/** A word of capitals before a bracketed part is a level with an unknown name: `AUDIT [main]`. */
const CAPITALS = /[A-Z]{3,10}(?=\s+\[)/y;
/** A word before a bracketed part and a logger or a dash is a level too, in upper or lower case. */
const NAMED_LEVEL =
  /[A-Za-z]{3,10}(?=\s+\[(?:[^[\]]|\[[^[\]]{0,100}\]){1,200}\]\s+(?:-\s|[\w$]+(?:\.[\w$]+)+:\s))/y;
/** A date next to a full time. */
const DATE_ONLY = /\d{4}([-./])\d{2}\1\d{2}(?=\s)/y;
/** The output of a container, and whether the line is whole; container runtimes write it after the time. */
const OUTPUT = /std(?:out|err) [FP] /y;
/** The place in the source that wrote the line: `{task.py:1373}`, `http/server.go:88`. */
const LOCATION = /[{(]?([\w$@/-][\w.$@/-]{0,120}\.[a-z]{1,4}:\d{1,6})[})]?:?(?=\s)/y;
/** Codes in capitals before the level: `NODE7 KERNEL ERROR`. */
const CODES_LEVEL =
  /((?:[A-Z][A-Z0-9_:.-]*\s+){1,4})(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL)(?=[\s:]|$)/y;
/** A part between bars. */
const BARRED = /([\w.$:@/#-]{0,80})\s*\|/y;

const PLAIN_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){0,4}$/;
const HANGUL_NAME = /^[가-힣][가-힣\w-]*$/;
/** A name in brackets at the beginning of a line. */
const LEADING = /\[([\p{L}][\p{L}\d_.-]{0,39})\]\s+/uy;
/** `program[pid]:` after a time without a host, or a host and a program of which one has Korean letters. */
const TAG = /(?:([\w가-힣][\w가-힣.-]{0,63})\s)?([\w가-힣./-]{1,48})(?:\[([\w.-]{1,32})\])?:\s/y;

/** `ModuleNotFoundError`, `java.lang.IllegalStateException`. */
const ERROR_NAME = /[a-z](?:Error|Exception)$/;

/** A letter that is not ASCII: beyond the signs of Latin-1, without general and CJK punctuation. */
const isOtherLetter = (code: number): boolean =>
  code >= 0xc0 && (code < 0x2000 || (code > 0x303f && code < 0xff00));
/** `[`, `"`, `'`, `(`, `<`, `【`, `［` */
const opens = (code: number): boolean =>
  code === 91 ||
  code === 34 ||
  code === 39 ||
  code === 40 ||
  code === 60 ||
  code === 0x3010 ||
  code === 0xff3b;
/** `】`, `］`, `：`: text without spaces goes on right behind them. */
const closesWide = (code: number): boolean => code === 0x3011 || code === 0xff3d || code === 0xff1a;
/** `]`, `"`, `'`, `)`, `>` */
const closes = (code: number): boolean =>
  code === 93 || code === 34 || code === 39 || code === 41 || code === 62 || closesWide(code);

/** A level word at `at`, bare or in brackets or quotes: takes it and gives where it ends; -1 when there is none. */
export function levelAt(text: string, at: number, header: Header, afterTime: boolean): number {
  const start = opens(text.charCodeAt(at)) ? at + 1 : at;
  let end = runEnd(text, start, LETTER);
  while (isOtherLetter(text.charCodeAt(end))) end = runEnd(text, end + 1, LETTER);
  if (end === start || end - start > LONGEST_LEVEL) return -1;
  let behind = end;
  // Some programs fill a level up inside its brackets: `[WARN ]`.
  if (start > at && text.charCodeAt(end) === 32) behind = skipSpace(text, end);
  if (closes(text.charCodeAt(behind))) behind++;
  const last = text.charCodeAt(behind);
  if (last === 58 || last === 44 || last === 124) behind++;
  const next = text.charCodeAt(behind);
  const ends = next === 32 || next === 9 || behind >= text.length || closesWide(text.charCodeAt(behind - 1));
  if (!ends) return -1;
  const word = text.slice(start, end);
  // Bars, colons, brackets and the space of a column show that it is a level, whatever letters it is written in.
  const marked = behind > end || isAt(text, end + 1, SPACE) || next === 9;
  let level = levelOfWord(word);
  if (!level && marked) {
    if (start > at) level = levelInBrackets(word, text, behind);
    else
      level =
        last === 58 || text.charCodeAt(behind - 1) === 0xff1a || saysEnded(text, behind)
          ? levelOfLabel(word)
          : levelOfMarked(word);
  }
  // Without a time before it, a level word belongs to a header only in capitals, in brackets or with a colon.
  if (!level || (!afterTime && behind - at === end - start && word !== word.toUpperCase())) return -1;
  header.level = level;
  // A single letter comes from logcat or klog: what follows is a tag, and not a service.
  header.tagged = end - start === 1;
  if (last === 124) header.barred = true;
  return behind;
}

/** One part of a header other than a time: where it ends, or undefined when the message begins here. */
export function headerPart(text: string, at: number, header: Header, afterTime: boolean): number | undefined {
  // The cause in a stack trace has two words and a colon, like a host and its program.
  if (text.startsWith('Caused by: ', at)) return undefined;
  if (!header.level) {
    const end = levelAt(text, at, header, afterTime);
    if (end >= 0) return end;
  }
  // A letter for the level before the time, and the word after it: `E, [2026-11-21T15:04:05 #7] ERROR -- : `.
  if (header.tagged && afterTime && header.level) {
    const again = levelAt(text, at, emptyHeader(), false);
    if (again >= 0) return again;
  }
  const code = text.charCodeAt(at);
  if (header.barred) {
    const part = sticky(BARRED, text, at);
    if (part) {
      barredPart(part[1]!, header);
      return at + part[0].length;
    }
  }
  if (
    (afterTime || header.priority) &&
    !header.program &&
    !header.level &&
    !header.thread &&
    !header.logger
  ) {
    const program = afterTime ? syslogProgram(text, at, header) : -1;
    const end = program >= 0 ? program : syslogTag(text, at, header);
    if (end >= 0) return end;
  }
  if (code === 91) return bracketedPart(text, at, header, afterTime);
  const output = code === 115 && afterTime ? sticky(OUTPUT, text, at) : null;
  if (output) return at + output[0].length;
  if (!afterTime && !header.level) return undefined;
  if (!header.level) {
    const end = beforeLevel(text, at, header);
    if (end >= 0) return end;
  }
  const separator = separatorEnd(text, at);
  if (separator >= 0) {
    if (code === 124) header.barred = true;
    return separator;
  }
  if (header.logger) return undefined;
  const number = numberEnd(text, at);
  if (number >= 0 && (!header.level || (!header.pid && goesOn(text, at, number)))) {
    const digits = isAt(text, at, DIGIT) ? at : at + 1;
    header.pid ??= text.slice(digits, runEnd(text, digits, DIGIT));
    return number;
  }
  return loggerPart(text, at, header);
}

/** After a time: `host program[pid]:` as syslog files have it. */
function syslogProgram(text: string, at: number, header: Header): number {
  const end = hostEnd(text, at);
  if (end < 0) return -1;
  const host = text.slice(at, end);
  // Without a process id, two words and a colon may also be a sentence: all programs write a time with a T.
  const hostLike =
    (header.syslog && text.charCodeAt(at - 2) !== 90 && !isZoned(text, at)) ||
    /[\d.-]/.test(host) ||
    text.startsWith('kernel: ', end + 1);
  const program = programAt(text, end + 1, hostLike);
  if (!program || levelOfWord(program.name) || levelOfWord(host) || !isServiceName(program.name)) return -1;
  header.host ??= host;
  takeProgram(header, program.name, program.pid);
  header.done = true;
  return program.end;
}

/** Whether an offset such as `+00:00` ends before the space at `at - 1`, as it does after a time with a T. */
const isZoned = (text: string, at: number): boolean =>
  text.charCodeAt(at - 4) === 58 && (text.charCodeAt(at - 7) === 43 || text.charCodeAt(at - 7) === 45);

/**
 * Takes the program of a line. In place of its process there may be the name of a part of it, `platform[router]`, or of one
 * of several that run the same, `app[web.1]`: these are the service.
 */
function takeProgram(header: Header, program: string, process: string | undefined): void {
  const named = process !== undefined && isAt(process, 0, LETTER) && !/\d[a-f]|^[a-f\d]+$/.test(process);
  const instance = named ? process.replace(/[.-]\d{1,4}$/, '') : '';
  header.program = !named ? program : instance === process ? `${program}/${process}` : instance;
  header.pid = process;
}

function bracketedPart(text: string, at: number, header: Header, afterTime: boolean): number | undefined {
  const close = afterTime || header.level ? bracketEnd(text, at) : -1;
  if (close < 0) return undefined;
  const inner = text.slice(at + 1, close).trim();
  const level = levelInBrackets(inner, text, close + 1);
  if (level) header.level = level;
  else {
    if (!header.logger && !header.thread && !header.pid)
      if (header.level) takeName(header, inner);
      else takeNameBefore(header, inner);
    header.thread ??= inner;
  }
  return behindBracket(text, close);
}

/** After a closing bracket, a space and a colon belong to the part. */
function behindBracket(text: string, close: number): number {
  const end = isAt(text, close + 1, SPACE) ? close + 2 : close + 1;
  return text.charCodeAt(end) === 58 ? end + 1 : end;
}

/** What may come between a time and a level. */
function beforeLevel(text: string, at: number, header: Header): number {
  if (isAt(text, at, LETTER)) {
    const end = runEnd(text, at, LETTER);
    const bracket = end - at >= 3 && end - at <= 10 ? runEnd(text, end, SPACE) : end;
    if (bracket > end && text.charCodeAt(bracket) === 91 && !header.thread) {
      const named = sticky(CAPITALS, text, at) ?? sticky(NAMED_LEVEL, text, at);
      if (named) return at + named[0].length;
    }
    const code = isAt(text, at, UPPER)
      ? runEnd(text, at, UPPER | DIGIT | UNDERSCORE | COLON | DOT | DASH)
      : at;
    const codes = isAt(text, code, SPACE) ? sticky(CODES_LEVEL, text, at) : null;
    if (!codes) return -1;
    header.logger ??= codes[1]!.trim();
    header.level = levelOfWord(codes[2]!);
    return at + codes[0].length;
  }
  const date = isAt(text, at, DIGIT) ? sticky(DATE_ONLY, text, at) : null;
  if (date) return at + date[0].length;
  const first = text.charCodeAt(at);
  const location = first === 123 || first === 40 ? sticky(LOCATION, text, at) : null;
  if (!location) return -1;
  header.logger = location[1];
  return at + location[0].length;
}

function loggerPart(text: string, at: number, header: Header): number | undefined {
  if (header.level) {
    const column = columnEnd(text, at);
    const component = column < 0 ? '' : text.slice(at, column);
    if (component !== '' && !levelOfWord(component)) {
      header.logger = component;
      header.done = true;
      return runEnd(text, column, SPACE);
    }
    const qualified = header.thread ? -1 : qualifiedEnd(text, at);
    const close = qualified < 0 ? -1 : bracketEnd(text, qualified + 1);
    if (close >= 0) {
      header.logger = text.slice(at, qualified);
      header.thread = text.slice(qualified + 2, close).trim();
      header.done = true;
      return behindBracket(text, close);
    }
  }
  const location = header.level && mayBeLocation(text, at) ? sticky(LOCATION, text, at) : null;
  if (location) {
    header.logger = location[1];
    header.done = true;
    return at + location[0].length;
  }
  const logger = loggerAt(text, at);
  if (!logger || levelOfWord(logger.name)) return undefined;
  // Without a level, the name of an error before a colon belongs to the message, and is no logger.
  if (!header.level && logger.colon && ERROR_NAME.test(logger.name)) return undefined;
  // A logger after a bracketed part shows that the part was a thread.
  if (header.named) header.named = undefined;
  else if (header.level && !header.thread && !header.pid) takeName(header, logger.name);
  header.logger = logger.name;
  let behind = skipSpace(text, logger.end);
  const mark = markEnd(text, behind);
  if (mark >= 0) behind = skipSpace(text, mark);
  if (logger.colon) {
    const level = header.level ? -1 : levelAt(text, behind, header, true);
    header.done = true;
    return level >= 0 ? level : behind;
  }
  if (header.level) {
    header.done = true;
    const dash = separatorEnd(text, behind);
    if (dash >= 0) behind = dash;
  }
  return behind;
}

/** Whether the header goes on after a number that follows a level: `812 --- [exec-1]`, `31#0:`. */
function goesOn(text: string, at: number, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  if (last === 58 || last === 44 || text.slice(at, end).includes('#')) return true;
  const behind = skipSpace(text, end);
  return text.charCodeAt(behind) === 91 || separatorEnd(text, behind) >= 0;
}

/** Takes a plain name as the service of the line, but not a tag, which follows a level of a single letter. */
function takeName(header: Header, text: string): void {
  if (!header.tagged && text.length <= 40 && PLAIN_NAME.test(text) && !NO_SERVICE_NAMES.has(text))
    header.named = text;
}

/** Takes a name in brackets before the level, also in Korean. */
export function takeNameBefore(header: Header, text: string): void {
  if (HANGUL_NAME.test(text) && text.length <= 40) header.named = text;
  else takeName(header, text);
}

/** The name in brackets at the beginning of a line, and where it ends; undefined for none, and for a level. */
export function leadingName(text: string, at: number): { name: string; end: number } | undefined {
  LEADING.lastIndex = at;
  const name = LEADING.exec(text)?.[1];
  return name && !levelInBrackets(name, text, LEADING.lastIndex)
    ? { name, end: LEADING.lastIndex }
    : undefined;
}

/**
 * The tag of a syslog message that has no host, or whose names are not all ASCII. Without a priority before the time and
 * without a process id, a word and a colon may also be a sentence.
 * @returns where it ends; -1 when there is none
 */
function syslogTag(text: string, at: number, header: Header): number {
  if (!header.syslog && !header.priority) return -1;
  TAG.lastIndex = at;
  const tag = TAG.exec(text);
  if (!tag || levelOfWord(tag[2]!) || (!header.priority && (!tag[3] || tag[1]))) return -1;
  header.host ??= tag[1];
  takeProgram(header, tag[2]!, tag[3]);
  header.done = true;
  return TAG.lastIndex;
}

/** What is in the brackets of a time: a level, a process, a name. */
export function bracketMates(mates: string, header: Header): void {
  for (const mate of mates.split(/[:,]?\s+/)) {
    const slash = mate.indexOf('/');
    const level = levelInBrackets(slash > 0 ? mate.slice(0, slash) : mate, '', 0);
    if (level) {
      header.level ??= level;
      if (slash > 0) header.thread ??= mate.slice(slash + 1);
    } else if (/^#?\d+$/.test(mate)) header.pid ??= mate.replace('#', '');
    else if (mate) header.logger ??= mate;
  }
}

/** A part between bars: a level, a process, a name. */
function barredPart(part: string, header: Header): void {
  const level = levelOfMarked(part);
  if (level) header.level ??= level;
  else if (/^\d+$/.test(part)) header.pid ??= part;
  else if (part) header.logger ??= part;
}
