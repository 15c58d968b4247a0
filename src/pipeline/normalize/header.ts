import type { Columns } from './columns.ts';
import { dividedHeader } from './divided/divided.ts';
import { mayBeDivided } from './divided/divided-time.ts';
import { isSign } from './divided/signs.ts';
import { prefixEnd } from './header-forms.ts';
import {
  bracketMates,
  emptyHeader,
  type Header,
  headerPart,
  leadingName,
  levelAt,
  takeNameBefore,
} from './header-parts.ts';
import { levelOfSeverity, levelOfWord } from './level.ts';
import {
  DIGIT,
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
import { markedTime, uptimeAt } from './marked-time.ts';
import { type Reference, sinceStart } from './time/instant.ts';
import { dateInWordsEnd, timestampAt } from './time/timestamp.ts';

const PRI = /<(\d{1,3})>(1 )?/y;
/** A host is a name, or an address; `1:M` before a time is a process and its role. */
const HOST_NAME = /^(?=.*[A-Za-z])[\w.-]{2,}$|^[\da-f.]*[.:][\da-f:.]+$/i;
/** The tail of RFC 5424: host app procid msgid structured-data. */
const RFC5424 = /(\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*")*\])+)\s?\uFEFF?/y;
/** A letter for the level joined to month and day, with or without a year: `E1121 15:04:05.123456 77 pool.go:55] `. */
const GLUED =
  /([IWEF])(\d{4}|\d{2}(?=\d{4} ))?(\d{2})(\d{2}) (\d{2}:\d{2}:\d{2}\S*)\s+(\d+) (\S{1,80}:\d+)\] /y;
/** Level, logger and message with nothing but colons between: `ERROR:orders.db:pool dry`. */
const COLONS = /([A-Z]{4,8}):([A-Za-z_][\w.]{0,80}):/y;
/** Parts of one header. */
const MAX_PARTS = 12;

const known = (text: string | undefined): string | undefined => (text && text !== '-' ? text : undefined);

/**
 * Takes the header off a line, part by part from the left, as long as parts of a header come: priority, times, a level,
 * numbers, bracketed thread names, separators, a logger's name. What a part means follows from its form and from what came
 * before it; no format is known by name except the two RFCs of syslog.
 * @param zone IANA zone of times that name none
 * @param now completes a date without a year
 * @param columns knows which lines of `source` have their time after other columns
 */
export function readHeader(
  text: string,
  zone: string,
  now: Reference,
  columns?: Columns,
  source = '',
): Header {
  const header = emptyHeader();
  let at = skipSpace(text, 0);
  const pri = text.charCodeAt(at) === 60 ? sticky(PRI, text, at) : null;
  if (pri && Number(pri[1]) <= 191) {
    header.level = levelOfSeverity(Number(pri[1]) % 8);
    at += pri[0].length;
    if (pri[2] && rfc5424(text, at, header, zone, now)) return header;
  }
  const severity = header.level;
  header.priority = severity !== undefined;
  header.level = undefined;
  if (gluedHeader(text, at, header, zone, now) || colonHeader(text, at, header)) return header;
  const begin = at;
  const uptime = uptimeAt(text, at);
  let afterTime = uptime !== undefined;
  let afterMark = false;
  if (uptime) at = uptime.end;
  for (let parts = 0; parts < MAX_PARTS; parts++) {
    at = skipSpace(text, at);
    // After time and level, a number that could be an epoch belongs to the message.
    let time = afterTime && header.level ? undefined : headerTime(text, at, zone, now);
    if (!time && (parts === 0 || (afterTime && !header.level && !header.thread)))
      time = prefixedTime(text, at, header, zone, now);
    if (!time && parts === 0 && text.charCodeAt(at) === 91) {
      const name = leadingName(text, at);
      time = name && headerTime(text, name.end, zone, now);
      const level = name && !time ? markedLevel(text, name.end, header) : -1;
      if (name && (time || level >= 0)) takeNameBefore(header, name.name);
      if (level >= 0) {
        at = level;
        continue;
      }
    }
    if (parts === 0 && (!time || isDivided(text, time))) {
      const hasPriority = pri !== null;
      const found = unusualTime(text, at, header, time, { zone, now, columns, source, hasPriority });
      if (found) {
        at = found.end;
        afterTime = true;
        afterMark = found.isMarked;
        if (header.done) break;
        continue;
      }
    }
    if (time) {
      takeTime(header, time, text, at, pri !== null);
      at = time.end;
      afterTime = true;
      continue;
    }
    const next = headerPart(text, at, header, afterTime);
    if (next === undefined) break;
    // A level with nothing after it is the message: `1795241045 1 warning`.
    if (skipSpace(text, next) >= text.length) break;
    at = next;
    if (header.done) break;
  }
  header.bodyAt = skipSpace(text, at);
  if (uptime) header.timestamp ??= sinceStart(uptime.ms, now);
  // A line that only says when the next ones were written keeps its words.
  if (afterMark && header.bodyAt >= text.length) header.bodyAt = begin;
  // A name in brackets counts only next to a level: alone it may be anything.
  if (!header.level) header.named = undefined;
  header.level ??= severity;
  return header;
}

/** A whole header of the form of `COLONS`; false when there is none. */
function colonHeader(text: string, at: number, header: Header): boolean {
  const end = isAt(text, at, UPPER) ? runEnd(text, at, UPPER) : at;
  if (end === at || text.charCodeAt(end) !== 58 || !isAt(text, end + 1, LETTER | UNDERSCORE)) return false;
  const match = sticky(COLONS, text, at);
  const level = match && levelOfWord(match[1]!);
  if (!level) return false;
  header.level = level;
  header.logger = match[2];
  header.bodyAt = at + match[0].length;
  return true;
}

/** A whole header of the form of `GLUED`; false when there is none. */
function gluedHeader(text: string, at: number, header: Header, zone: string, now: Reference): boolean {
  const glued = text.charCodeAt(at) >= 69 && isAt(text, at + 1, DIGIT) ? sticky(GLUED, text, at) : null;
  if (!glued) return false;
  const [, letter, year, month, day, clock, pid, logger] = glued;
  header.timestamp = timestampAt(
    `${year ? `${year.length === 2 ? 20 : ''}${year}-` : ''}${month}-${day} ${clock}`,
    0,
    zone,
    now,
  )?.ms;
  header.level = levelOfWord(letter!);
  header.pid = pid;
  header.logger = logger;
  header.bodyAt = skipSpace(text, at + glued[0].length);
  return true;
}

interface Around {
  zone: string;
  now: Reference;
  columns: Columns | undefined;
  source: string;
  hasPriority: boolean;
}

/**
 * A time that stands where most lines have none: between divided columns, behind other columns, or behind marks.
 * @param usual the time that was found at `at`, where a sign behind it may divide the columns
 */
function unusualTime(
  text: string,
  at: number,
  header: Header,
  usual: HeaderTime | undefined,
  { zone, now, columns, source, hasPriority }: Around,
): { end: number; isMarked: boolean } | undefined {
  const shapes = columns?.shapes;
  if (usual || mayBeDivided(text, at)) {
    const setting = { zone, now, shapes, source, usual: usual !== undefined };
    const divided = dividedHeader(text, at, header, setting);
    if (divided >= 0) return { end: divided, isMarked: false };
  } else shapes?.count(source, undefined);
  if (usual) return undefined;
  const start = columns ? columns.timeAt(source, text) : 0;
  const time = start > at ? headerTime(text, start, zone, now) : undefined;
  if (time) {
    header.columns = text.slice(at, start).trim();
    takeTime(header, time, text, at, hasPriority);
    return { end: time.end, isMarked: false };
  }
  const marked = markedTime(text, at, header, zone, now);
  if (!marked) return undefined;
  header.timestamp = marked.ms;
  return { end: marked.end, isMarked: true };
}

/** Whether a sign stands between a time and what follows: most lines have a space and a word there. */
function isDivided(text: string, { end }: HeaderTime): boolean {
  const code = text.charCodeAt(end);
  const last = text.charCodeAt(end - 1);
  if (code !== 32) return code === 9 || last === 124;
  if (last === 44) return true;
  let next = skipSpace(text, end);
  if (!isSign(text.charCodeAt(next))) return false;
  const first = text.charCodeAt(next);
  while (isSign(text.charCodeAt(next))) next++;
  // Dashes and colons between spaces are parts of any header.
  const plain = first === 45 && text.charCodeAt(next - 1) === 45;
  return !plain && text.charCodeAt(next) === 32;
}

/** Notes a time that was found at `at`, or after a name or columns that begin there. */
function takeTime(header: Header, time: HeaderTime, text: string, at: number, hasPriority: boolean): void {
  // The first full time counts; further ones (epoch and text side by side) are skipped.
  header.timestamp ??= time.ms;
  if (time.mates) bracketMates(time.mates, header);
  const first = text.charCodeAt(at);
  header.syslog = hasPriority || (first >= 65 && first <= 90) || text[at + 10] === 'T';
  if (text.charCodeAt(time.end - 1) === 124) header.barred = true;
}

/** A level that is surely one: in capitals, or with a colon or brackets when its script has no capitals. */
function markedLevel(text: string, at: number, header: Header): number {
  const end = levelAt(text, at, header, false);
  if (end < 0 || text.charCodeAt(at) < 128 || text.charCodeAt(end - 1) === 58) return end;
  header.level = undefined;
  return -1;
}

/** A time after a name: after a host, or after `web-1  |`, as container tools begin the lines of each service. */
function prefixedTime(
  text: string,
  at: number,
  header: Header,
  zone: string,
  now: Reference,
): HeaderTime | undefined {
  const end = mayPrefixTime(text, at) ? prefixEnd(text, at) : -1;
  if (end < 0) return undefined;
  let start = runEnd(text, end, SPACE);
  const barred = text.charCodeAt(start) === 124 && isAt(text, start + 1, SPACE);
  if (barred) start = runEnd(text, start + 1, SPACE);
  const time = headerTime(text, start, zone, now);
  if (!time) return undefined;
  const name = text.slice(at, end);
  if (levelOfWord(name)) return undefined;
  if (barred) header.program = name.replace(/[-_]\d+$/, '');
  else if (HOST_NAME.test(name) && !NO_SERVICE_NAMES.has(name)) header.host ??= name;
  return time;
}

/** The rest of a header of RFC 5424; false when it has another form. */
function rfc5424(text: string, index: number, header: Header, zone: string, now: Reference): boolean {
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

/** Whether a time may begin after the next word: most lines stop here, without a regular expression. */
function mayPrefixTime(text: string, at: number): boolean {
  const space = text.indexOf(' ', at);
  if (space < 0 || space - at > 64) return false;
  let next = skipSpace(text, space);
  if (text.charCodeAt(next) === 124) next = skipSpace(text, next + 1);
  let code = text.charCodeAt(next);
  if (code === 91 || code === 40) code = text.charCodeAt(next + 1);
  if (code >= 48 && code <= 57) return true;
  // A month's or a day's name has three letters.
  return code >= 65 && code <= 90 && !(text.charCodeAt(next + 4) > 96);
}

/** What may follow a time within its brackets: ` ERROR shop::db`, ` #4711`, `: WARNING/Worker-1`. */
const MATES = /(?:[:,]?\s+(?:#?\d{1,10}|[\p{L}_][\w.:$/@-]{0,80})){1,3}(?=\])/uy;

interface HeaderTime {
  /** Undefined when the month is not known. */
  ms: number | undefined;
  end: number;
  /** What shares the brackets of the time. */
  mates: string | undefined;
}

/** A time, perhaps in brackets, with the punctuation that closes it. */
function headerTime(text: string, index: number, zone: string, now: Reference): HeaderTime | undefined {
  const first = text.charCodeAt(index);
  const open = first === 91 || first === 40 ? 1 : 0;
  const time = timestampAt(text, index + open, zone, now);
  let end = time ? time.end : dateInWordsEnd(text, index + open);
  if (end < 0) return undefined;
  const ms = time?.ms;
  let code = text.charCodeAt(end);
  if (open) {
    const mates = first === 91 && code !== 93 ? sticky(MATES, text, end)?.[0] : undefined;
    if (mates) return { ms, end: end + mates.length + 1, mates };
    if (code !== 93 && code !== 41) return undefined;
    end += 1;
    code = text.charCodeAt(end);
  }
  // A bar needs no space after it.
  if (code === 124) return { ms, end: end + 1, mates: undefined };
  if (code === 44 || code === 58) {
    end += 1;
    code = text.charCodeAt(end);
  }
  // What a time alone on its line is about is in the next one.
  if (code === 10) return { ms, end: end + 1, mates: undefined };
  const closed = end >= text.length || code === 32 || code === 9 || code === 91;
  return closed ? { ms, end, mates: undefined } : undefined;
}
