import type { Level } from '../../domain/record.ts';
import { syslogTag, takeName, takeNameBefore } from './header-names.ts';
import { levelOfWord } from './level.ts';

/** What stands before a message. `bodyAt` is where the message begins. */
export interface Header {
  timestamp?: number;
  level?: Level;
  host?: string;
  /** Program of a syslog header. */
  program?: string;
  pid?: string;
  thread?: string;
  logger?: string;
  /** What stands before a time that is not at the beginning. */
  columns?: string;
  /** A plain name directly beside the level: in brackets, or behind it and before a colon. */
  named?: string;
  /** A syslog priority stands before everything. */
  priority?: boolean;
  /** The level is a single letter. */
  tagged?: boolean;
  /** Bars stand between the parts. */
  barred?: boolean;
  /** The time has the form of syslog's: no year, or a T and a zone. */
  syslog?: boolean;
  /** The message begins behind the part read last. */
  done?: boolean;
  bodyAt: number;
}

/** `program[pid]:` of a syslog line; the program may carry a facility in parentheses, slashes, and words of its own. */
const PROGRAM_PID = /([\w./@-]+(?:\([\w-]+\))?(?: [A-Z][\w.-]*){0,2})\[(\w+)\](?: \([^()]{1,120}\))?:\s/y;
const PROGRAM = /([\w./@-]+(?:\([\w-]+\))?):\s/y;
const HOST = /([A-Za-z0-9][\w./@#-]{0,254})\s/y;
/** A bracketed part; one level of brackets inside it is allowed: `[worker[3]/main]`. */
const BRACKETED = /\[((?:[^[\]]|\[[^[\]]{0,100}\]){1,200})\]\s?:?/y;
const NUMBER = /[#-]?\d{1,8}(?:#\d+)?[:,]?(?=\s)/y;
/** What makes a number behind a level a part of the header: more of a header follows. */
const NUMBER_GOES_ON = /#|[:,]$/;
const SEPARATOR = /(?:-{1,3}(?: :)?|\||·|::|»)(?=\s)/y;
/** `com.shop.Pool`, `WindowManager:`, `o.a.Client -`: a name that ends in a colon or stands before a dash. */
const LOGGER =
  /((?:\d{1,6}(?=[\w.-]+\s+(?:\*\d+\s+)?-\s))?[A-Za-z_$][\w.$/@-]{0,119})(?:\[\d+\])?\s?(?::(?=\s|$)|(?=\s+(?:[*(#[][\w.-]{1,12}[\])]?\s+)?-\s))/y;
/** A mark between a program's name and the dash behind it: `browser.exe *64 - `. */
const MARK = /[*(#[][\w.-]{1,12}[\])]?(?=\s+-\s)/y;
/** A qualified name before a bracketed part: `shop.api.server [req-1f0c]`. */
const QUALIFIED = /([A-Za-z_$][\w$-]*(?:\.[\w$-]+)+)\s(?=\[)/y;
/** A word of capitals directly before a bracketed part is a level of an unknown name: `AUDIT [main]`. */
const CAPITALS = /[A-Z]{3,10}(?=\s+\[)/y;
/** A word before a bracketed part and a logger or a dash is a level as well, in whatever case. */
const NAMED_LEVEL =
  /[A-Za-z]{3,10}(?=\s+\[(?:[^[\]]|\[[^[\]]{0,100}\]){1,200}\]\s+(?:-\s|[\w$]+(?:\.[\w$]+)+:\s))/y;
/** A date beside a full time. */
const DATE_ONLY = /\d{4}([-./])\d{2}\1\d{2}(?=\s)/y;
/** Which of a container's outputs a line came from, and whether it is whole, as container runtimes put it behind the time. */
const OUTPUT = /std(?:out|err) [FP] /y;
/** Where in the source a line was written: `{task.py:1373}`, `http/server.go:88`. */
const LOCATION = /[{(]?([\w$@/-][\w.$@/-]{0,120}\.[a-z]{1,4}:\d{1,6})[})]?:?(?=\s)/y;
/** Codes in capitals before the level: `NODE7 KERNEL ERROR`. */
const CODES_LEVEL =
  /((?:[A-Z][A-Z0-9_:.-]*\s+){1,4})(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL)(?=[\s:]|$)/y;
/** A component in a column of its own: a tab, or two or more spaces behind it. */
const COLUMN = /([A-Za-z][\w.-]{0,40})(?:\t|\s{2,})(?=\S)/y;
/** A part between bars. */
const BARRED = /([\w.$:@/#-]{0,80})\s*\|/y;

/** Runs an expression at one place of a text. */
export const sticky = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

/** Where the next word begins. */
export function skipSpace(text: string, index: number): number {
  let at = index;
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9) at++;
  return at;
}

const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 0xac00 && code <= 0xd7a3);
const isSpace = (code: number): boolean => code === 32 || code === 9 || Number.isNaN(code);
const OPENING = '["\'(<';
const CLOSING = ']"\')>';

/** A level word at `at`, bare or in brackets or quotes: takes it and gives where it ends; -1 when there is none. */
export function levelAt(text: string, at: number, header: Header, afterTime: boolean): number {
  const start = OPENING.includes(text[at] ?? ' ') ? at + 1 : at;
  let end = start;
  while (isLetter(text.charCodeAt(end))) end++;
  if (end === start || end - start > 13) return -1;
  let behind = end;
  // Some pad a level to a width inside its brackets: `[WARN ]`.
  if (start > at && text.charCodeAt(end) === 32) behind = skipSpace(text, end);
  if (CLOSING.includes(text[behind] ?? ' ')) behind++;
  const last = text.charCodeAt(behind);
  if (last === 58 || last === 44 || last === 124) behind++;
  if (!isSpace(text.charCodeAt(behind))) return -1;
  const word = text.slice(start, end);
  const level = levelOfWord(word);
  // A lone level word before anything else is part of a header only in capitals, brackets or with a colon.
  if (!level || (!afterTime && behind - at === end - start && word !== word.toUpperCase())) return -1;
  header.level = level;
  // A single letter is logcat's or klog's: what follows is a tag, not a service.
  header.tagged = end - start === 1;
  if (last === 124) header.barred = true;
  return behind;
}

/** What shares its brackets with a time: a level, a process, a name. */
export function bracketMates(mates: string, header: Header): void {
  for (const mate of mates.split(/[:,]?\s+/)) {
    const slash = mate.indexOf('/');
    const level = levelOfWord(slash > 0 ? mate.slice(0, slash) : mate);
    if (level) {
      header.level ??= level;
      if (slash > 0) header.thread ??= mate.slice(slash + 1);
    } else if (/^#?\d+$/.test(mate)) header.pid ??= mate.replace('#', '');
    else if (mate) header.logger ??= mate;
  }
}

/** One part of a header that is no time: where it ends, or undefined when the message begins here. */
export function headerPart(text: string, at: number, header: Header, afterTime: boolean): number | undefined {
  if (!header.level) {
    const end = levelAt(text, at, header, afterTime);
    if (end >= 0) return end;
  }
  // A letter for the level before the time, the word behind it: `E, [2026-11-21T15:04:05 #7] ERROR -- : `.
  if (header.tagged && afterTime && header.level) {
    const again = levelAt(text, at, { bodyAt: 0 }, false);
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
  const separator = sticky(SEPARATOR, text, at);
  if (separator) {
    if (separator[0] === '|') header.barred = true;
    return at + separator[0].length;
  }
  const number = header.logger ? null : sticky(NUMBER, text, at);
  if (number && (!header.level || (!header.pid && goesOn(text, at, number[0])))) {
    header.pid ??= /\d+/.exec(number[0])![0];
    return at + number[0].length;
  }
  return header.logger ? undefined : loggerPart(text, at, header);
}

/** After a time: `host program[pid]:` as syslog files have it. */
function syslogProgram(text: string, at: number, header: Header): number {
  const host = sticky(HOST, text, at);
  if (!host || levelOfWord(host[1]!)) return -1;
  const start = at + host[0].length;
  // Without a process id, two words and a colon may as well be a sentence.
  const hostLike = header.syslog || /[\d.-]/.test(host[1]!);
  const program = sticky(PROGRAM_PID, text, start) ?? (hostLike ? sticky(PROGRAM, text, start) : null);
  if (!program || levelOfWord(program[1]!)) return -1;
  header.host ??= host[1];
  header.program = program[1]!.replace(/\(.*\)$/, '');
  header.pid = program[2];
  header.done = true;
  return start + program[0].length;
}

function bracketedPart(text: string, at: number, header: Header, afterTime: boolean): number | undefined {
  const bracketed = afterTime || header.level ? sticky(BRACKETED, text, at) : null;
  if (!bracketed) return undefined;
  const inner = bracketed[1]!.trim();
  const level = levelOfWord(inner);
  if (level) header.level = level;
  else {
    if (!header.logger && !header.thread && !header.pid)
      if (header.level) takeName(header, inner);
      else takeNameBefore(header, inner);
    header.thread ??= inner;
  }
  return at + bracketed[0].length;
}

/** What may stand between a time and a level. */
function beforeLevel(text: string, at: number, header: Header): number {
  const code = text.charCodeAt(at);
  if (isLetter(code)) {
    const named = header.thread ? null : (sticky(CAPITALS, text, at) ?? sticky(NAMED_LEVEL, text, at));
    if (named) return at + named[0].length;
    const codes = code <= 90 ? sticky(CODES_LEVEL, text, at) : null;
    if (!codes) return -1;
    header.logger ??= codes[1]!.trim();
    header.level = levelOfWord(codes[2]!);
    return at + codes[0].length;
  }
  const date = sticky(DATE_ONLY, text, at);
  if (date) return at + date[0].length;
  const location = code === 123 || code === 40 ? sticky(LOCATION, text, at) : null;
  if (!location) return -1;
  header.logger = location[1];
  return at + location[0].length;
}

function barredPart(part: string, header: Header): void {
  const level = levelOfWord(part);
  if (level) header.level ??= level;
  else if (/^\d+$/.test(part)) header.pid ??= part;
  else if (part) header.logger ??= part;
}

function loggerPart(text: string, at: number, header: Header): number | undefined {
  if (header.level) {
    const column = sticky(COLUMN, text, at);
    if (column && !levelOfWord(column[1]!)) {
      header.logger = column[1];
      header.done = true;
      return at + column[0].length;
    }
    const qualified = header.thread ? null : sticky(QUALIFIED, text, at);
    const context = qualified ? sticky(BRACKETED, text, at + qualified[0].length) : null;
    if (context) {
      header.logger = qualified![1];
      header.thread = context[1]!.trim();
      header.done = true;
      return at + qualified![0].length + context[0].length;
    }
  }
  const location = header.level ? sticky(LOCATION, text, at) : null;
  if (location) {
    header.logger = location[1];
    header.done = true;
    return at + location[0].length;
  }
  const logger = sticky(LOGGER, text, at);
  if (!logger || levelOfWord(logger[1]!)) return undefined;
  // A logger behind a bracketed part says that the part was a thread.
  if (header.named) header.named = undefined;
  else if (header.level && !header.thread && !header.pid) takeName(header, logger[1]!);
  header.logger = logger[1];
  let behind = skipSpace(text, at + logger[0].length);
  const mark = sticky(MARK, text, behind);
  if (mark) behind = skipSpace(text, behind + mark[0].length);
  if (logger[0].endsWith(':')) {
    const level = header.level ? -1 : levelAt(text, behind, header, true);
    header.done = true;
    return level >= 0 ? level : behind;
  }
  if (header.level) {
    header.done = true;
    const dash = sticky(SEPARATOR, text, behind);
    if (dash) behind += dash[0].length;
  }
  return behind;
}

/** Whether more of a header follows a number behind a level: `812 --- [exec-1]`, `31#0:`. */
function goesOn(text: string, at: number, number: string): boolean {
  if (NUMBER_GOES_ON.test(number)) return true;
  const behind = skipSpace(text, at + number.length);
  return text[behind] === '[' || sticky(SEPARATOR, text, behind) !== null;
}
