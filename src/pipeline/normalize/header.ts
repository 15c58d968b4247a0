import type { Level } from '../../domain/record.ts';
import type { Columns } from './columns.ts';
import { levelOfSeverity, levelOfWord } from './level.ts';
import { dateInWordsEnd, timestampAt } from './timestamp.ts';

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
  /** A plain name directly behind the level, in brackets or before a colon, with nothing else in between. */
  named?: string;
  /** The level is a single letter. */
  tagged?: boolean;
  bodyAt: number;
}

const PRI = /<(\d{1,3})>(1 )?/y;
/** `program[pid]:` or `program:` of a syslog line; the program may carry a facility in parentheses or slashes. */
const PROGRAM = /([\w./@-]+(?:\([\w-]+\))?)(?:\[(\w+)\])?:\s/y;
const WORD = /["'[(<]?([\p{L}]+)[\])>"']?[:,|]?(?=\s|$)/uy;
/** A bracketed part; one level of brackets inside it is allowed: `[worker[3]/main]`. */
const BRACKETED = /\[((?:[^[\]]|\[[^[\]]{0,100}\]){1,200})\]\s?:?/y;
const NUMBER = /[#-]?\d{1,8}(?:#\d+)?[:,]?(?=\s)/y;
/** What makes a number behind a level a part of the header: more of a header follows. */
const NUMBER_GOES_ON = /#|[:,]$/;
const SEPARATOR = /(?:-{1,3}|\||·|::|»)(?=\s)/y;
/** `com.shop.Pool`, `WindowManager:`, `o.a.Client -`: a name that ends in a colon or stands before a dash. */
const LOGGER =
  /((?:\d{1,6}(?=[\w.-]+\s+(?:\*\d+\s+)?-\s))?[A-Za-z_$][\w.$/@-]{0,119})(?:\[\d+\])?\s?(?::(?=\s|$)|(?=\s+(?:[*(#[][\w.-]{1,12}[\])]?\s+)?-\s))/y;
/** A mark between a program's name and the dash behind it: `browser.exe *64 - `. */
const MARK = /[*(#[][\w.-]{1,12}[\])]?(?=\s+-\s)/y;
/** A word of capitals directly before a bracketed part is a level of an unknown name: `AUDIT [main]`. */
const CAPITALS = /[A-Z]{3,10}(?=\s+\[)/y;
/** Names that programs give threads and loggers, not services. */
const NO_SERVICE = new Set(['main', 'root', 'default', 'system', 'stdout', 'stderr', 'console']);
const PLAIN_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){0,4}$/;
/** A name before the time: a host, or `web-1  |` as container tools prefix the lines of each service. */
const PREFIX = /([\w./:-]{1,64})\s+(\|\s+)?/y;
/** A date beside a full time. */
const DATE_ONLY = /\d{4}([-./])\d{2}\1\d{2}(?=\s)/y;
/** Codes in capitals before the level: `NODE7 KERNEL ERROR`. */
const CODES_LEVEL =
  /((?:[A-Z][A-Z0-9_:.-]*\s+){1,4})(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL)(?=[\s:]|$)/y;
/** A component in a column of its own: two or more spaces behind it. */
const COLUMN = /([A-Za-z][\w.-]{0,40})\s{2,}(?=\S)/y;
/** The W3C/RFC 5424 tail: host app procid msgid structured-data. */
const RFC5424 = /(\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*")*\])+)\s?\uFEFF?/y;
const HOST = /([A-Za-z0-9][\w.-]{0,254})\s/y;

const sticky = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};
const known = (text: string | undefined): string | undefined => (text && text !== '-' ? text : undefined);

/** Where the next word begins. */
function skipSpace(text: string, index: number): number {
  let at = index;
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9) at++;
  return at;
}

/**
 * Takes the header off a line, part by part from the left, for as long as parts of a header come: priority, times, a
 * level, numbers, bracketed thread names, separators, a logger's name. What a part means follows from its form and
 * from what came before it; no format is known by name except syslog's two RFCs.
 * @param zone IANA zone of times that name none
 * @param now epoch milliseconds that complete a date without a year
 * @param columns what is known of lines of `source` that have their time behind columns
 */
export function readHeader(text: string, zone: string, now: number, columns?: Columns, source = ''): Header {
  const header: Header = { bodyAt: 0 };
  let at = skipSpace(text, 0);
  const pri = text.charCodeAt(at) === 60 ? sticky(PRI, text, at) : null;
  if (pri && Number(pri[1]) <= 191) {
    header.level = levelOfSeverity(Number(pri[1]) % 8);
    at += pri[0].length;
    if (pri[2] && rfc5424(text, at, header, zone, now)) return header;
  }
  const severity = header.level;
  header.level = undefined;
  let afterTime = false;
  for (let parts = 0; parts < 12; parts++) {
    at = skipSpace(text, at);
    // Behind time and level a number that could be an epoch is the message's.
    let time = afterTime && header.level ? undefined : headerTime(text, at, zone, now);
    if (!time && (parts === 0 || (afterTime && !header.level && !header.thread))) {
      const prefix = sticky(PREFIX, text, at);
      time = prefix ? headerTime(text, at + prefix[0].length, zone, now) : undefined;
      if (time && prefix?.[2]) header.program = prefix[1]!.replace(/[-_]\d+$/, '');
      // A host begins with a letter or is an address; `1:M` before a time is a process and its role.
      else if (time && /^(?!\d+:).*[A-Za-z]/.test(prefix![1]!)) header.host ??= prefix![1];
    }
    if (!time && parts === 0 && columns) {
      const end = columns(source, text);
      time = end > at ? headerTime(text, end, zone, now) : undefined;
      if (time) header.columns = text.slice(at, end).trim();
    }
    if (time) {
      // The first full time counts; further ones (epoch and text side by side) are skipped.
      header.timestamp ??= time.ms;
      at = time.end;
      afterTime = true;
      continue;
    }
    const known = header.program;
    const next = headerPart(text, at, header, afterTime);
    if (next === undefined) break;
    // A level with nothing behind it is all there is to say: `1795241045 1 warning`.
    if (skipSpace(text, next) >= text.length) break;
    at = next;
    // Behind a syslog program comes the message.
    if (header.program !== known) break;
  }
  header.bodyAt = skipSpace(text, at);
  header.level ??= severity;
  return header;
}

function rfc5424(text: string, index: number, header: Header, zone: string, now: number): boolean {
  const time = timestampAt(text, index, zone, now);
  const start = time ? time.end + 1 : text.startsWith('- ', index) ? index + 2 : -1;
  const tail = start > 0 ? sticky(RFC5424, text, start) : null;
  if (!tail) return false;
  if (time) header.timestamp = time.ms;
  header.host = known(tail[1]);
  header.program = known(tail[2]);
  header.pid = known(tail[3]);
  header.bodyAt = start + tail[0].length;
  return true;
}

/** A time, also in brackets, with the punctuation that closes it. `ms` is missing where the month is unknown. */
function headerTime(text: string, index: number, zone: string, now: number) {
  const open = text[index] === '[' || text[index] === '(' ? 1 : 0;
  const time = timestampAt(text, index + open, zone, now);
  let end = time ? time.end : dateInWordsEnd(text, index + open);
  if (end < 0) return undefined;
  if (open && (text[end] === ']' || text[end] === ')')) end += 1;
  else if (open) return undefined;
  if (text[end] === ',' || text[end] === ':' || text[end] === '|') end += 1;
  const after = text.charCodeAt(end);
  return Number.isNaN(after) || after === 32 || after === 9 || after === 91
    ? { ms: time?.ms, end }
    : undefined;
}

/** One part that is no time: where it ends, or undefined when the message begins here. */
function headerPart(text: string, at: number, header: Header, afterTime: boolean): number | undefined {
  const word = sticky(WORD, text, at);
  if (word) {
    const level = levelOfWord(word[1]!);
    // A lone level word before anything else is part of a header only in capitals, brackets or with a colon.
    if (level && !header.level && (afterTime || word[0] !== word[1] || word[1] === word[1]!.toUpperCase())) {
      header.level = level;
      // A single letter is logcat's or klog's: what follows is a tag, not a service.
      header.tagged = word[1]!.length === 1;
      return at + word[0].length;
    }
  }
  if (afterTime && !header.host && !header.level && !header.thread) {
    // After a time: `host program[pid]:` as syslog files have it.
    const host = sticky(HOST, text, at);
    const program = host ? sticky(PROGRAM, text, at + host[0].length) : null;
    if (host && program && !levelOfWord(host[1]!)) {
      header.host = host[1];
      header.program = program[1]!.replace(/\(.*\)$/, '');
      header.pid = program[2];
      return at + host[0].length + program[0].length;
    }
  }
  const bracketed = sticky(BRACKETED, text, at);
  if (bracketed && (afterTime || header.level)) {
    const inner = bracketed[1]!.trim();
    const level = levelOfWord(inner);
    if (level) header.level = level;
    else {
      if (header.level && !header.logger && !header.thread && !header.pid) name(header, inner);
      header.thread ??= inner;
    }
    return at + bracketed[0].length;
  }
  if (!afterTime && !header.level) return undefined;
  if (!header.level) {
    const capitals = header.thread ? null : sticky(CAPITALS, text, at);
    if (capitals) return at + capitals[0].length;
    const codes = sticky(CODES_LEVEL, text, at);
    if (codes) {
      header.logger ??= codes[1]!.trim();
      header.level = levelOfWord(codes[2]!);
      return at + codes[0].length;
    }
    const date = sticky(DATE_ONLY, text, at);
    if (date) return at + date[0].length;
  } else if (!header.logger) {
    const column = sticky(COLUMN, text, at);
    if (column && !levelOfWord(column[1]!)) {
      header.logger = column[1];
      return at + column[0].length;
    }
  }
  const separator = sticky(SEPARATOR, text, at);
  if (separator) return at + separator[0].length;
  const number = header.logger ? null : sticky(NUMBER, text, at);
  if (number && (!header.level || (!header.pid && goesOn(text, at, number[0])))) {
    header.pid ??= /\d+/.exec(number[0])![0];
    return at + number[0].length;
  }
  const logger = header.logger ? null : sticky(LOGGER, text, at);
  if (logger && !levelOfWord(logger[1]!)) {
    // A logger behind a bracketed part says that the part was a thread.
    if (header.named) header.named = undefined;
    else if (header.level && !header.thread && !header.pid) name(header, logger[1]!);
    header.logger = logger[1];
    const behind = skipSpace(text, at + logger[0].length);
    const mark = sticky(MARK, text, behind);
    return mark ? behind + mark[0].length : behind;
  }
  return undefined;
}

function name(header: Header, text: string): void {
  if (!header.tagged && text.length <= 40 && PLAIN_NAME.test(text) && !NO_SERVICE.has(text))
    header.named = text;
}

/** Whether more of a header follows a number behind a level: `812 --- [exec-1]`, `31#0:`. */
function goesOn(text: string, at: number, number: string): boolean {
  if (NUMBER_GOES_ON.test(number)) return true;
  const behind = skipSpace(text, at + number.length);
  return text[behind] === '[' || sticky(SEPARATOR, text, behind) !== null;
}
