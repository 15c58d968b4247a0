import type { Header } from './header-parts.ts';
import { levelOfWord } from './level.ts';
import { DIGIT, isAt, LETTER, runEnd, SPACE, sticky } from './lexicon/characters.ts';
import type { FoundTime, Reference } from './time/instant.ts';
import { timestampAt } from './time/timestamp.ts';

/** Marks and up to two words before a time: `# Time: `, `=ERROR REPORT==== `, `*** `, `####<`. */
const MARK = /[#=*<>~-]{1,12}\s?(?:\p{Lu}\p{L}{1,20}:?\s?){0,2}[=*~<-]{0,12}\s?/uy;
/** Month, day and clock without separators, then the level: `[4711:11:1121/150405.123456:ERROR:gpu.cc(12)] `. */
const COMPACT =
  /\[(?:(\d{1,10}):(?:\d{1,10}:)?)?(\d{4})?(\d{2})(\d{2})\/(\d{2})(\d{2})(\d{2})(\.\d{1,9})?:([A-Z]+)\d*:([^\]\s]{1,120})\] ?/y;
/** Seconds and a serial number: `msg=audit(1795241045.123:4711): `. */
const SERIAL = /(?:[a-z]+=[\w-]+ )?(?:[a-z]+=)?[a-z]+\((\d{10})\.(\d{3}):\d+\):?/y;
/** TAI64N, hexadecimal: `@4000000069207f4f1a2b3c4d`. */
const TAI = /@4[0-9a-f]{23}(?=\s)/y;
/** Atomic time is ahead of UTC by ten seconds as these labels count it. */
const TAI_AHEAD = 10;
/** Seconds since a start: of the machine, `[   12.345678] `, or of the program, `[12.345s]`. */
const UPTIME = /\[\s{0,8}(\d{1,10}\.\d{3,6})(?:\](?=\s)|s\])/y;

export interface MarkedTime {
  /** Epoch milliseconds. */
  ms: number;
  /** Where the rest of the header begins. */
  end: number;
}

/**
 * A time at `at` that does not stand there alone: behind marks, joined to other numbers, or in a form that only programs read.
 * Level, process and logger that share its form go into the header.
 */
export function markedTime(
  text: string,
  at: number,
  header: Header,
  zone: string,
  now: Reference,
): MarkedTime | undefined {
  const code = text.charCodeAt(at);
  if (code === 91) return isAt(text, at + 1, DIGIT) ? compactTime(text, at, header, zone, now) : undefined;
  if (code === 64) return taiTime(text, at);
  if (code !== 58 && isMark(code)) return behindMark(text, at, header, zone, now);
  return code >= 97 && code <= 122 ? serialTime(text, at) : undefined;
}

/** Only a full date counts behind a mark; within angle brackets, and behind a single asterisk, also one without a year. */
function behindMark(
  text: string,
  at: number,
  header: Header,
  zone: string,
  now: Reference,
): MarkedTime | undefined {
  const used = now.used;
  now.used = undefined;
  const found = timeBehind(text, at, zone, now);
  const lacked = now.used;
  now.used = used ?? lacked;
  if (!found) return undefined;
  const { mark, time } = found;
  const closed = mark.endsWith('<') && text.charCodeAt(time.end) === 62;
  if (lacked && !closed && mark !== '*') return undefined;
  for (const word of mark.match(/\p{L}+/gu) ?? [])
    header.level ??= word.length > 1 ? levelOfWord(word) : undefined;
  let end = time.end;
  // The next part may begin with an angle bracket of its own.
  while (isAt(text, end, SPACE) || (isMark(text.charCodeAt(end)) && text.charCodeAt(end) !== 60)) end++;
  return { ms: time.ms, end };
}

/** The time behind marks, and what stands before it. */
function timeBehind(
  text: string,
  at: number,
  zone: string,
  now: Reference,
): { mark: string; time: FoundTime } | undefined {
  let start = at;
  while (start - at < 12 && isMark(text.charCodeAt(start))) start++;
  let time = timestampAt(text, start, zone, now);
  if (!time) {
    const mark = sticky(MARK, text, at)?.[0];
    if (!mark || mark.length <= start - at) return undefined;
    start = at + mark.length;
    time = timestampAt(text, start, zone, now);
  }
  return time && { mark: text.slice(at, start), time };
}

/** `#`, `<`, `=`, `*`, `~`, `-`, `>`, and the colon behind a time */
const isMark = (code: number): boolean =>
  code === 61 ||
  code === 42 ||
  code === 126 ||
  code === 45 ||
  code === 60 ||
  code === 62 ||
  code === 35 ||
  code === 58;

function compactTime(
  text: string,
  at: number,
  header: Header,
  zone: string,
  now: Reference,
): MarkedTime | undefined {
  // A slash within the brackets: most lines stop here.
  const slash = text.indexOf('/', at);
  if (slash < 0 || slash - at > 30) return undefined;
  const found = sticky(COMPACT, text, at);
  if (!found) return undefined;
  const [whole, pid, year, month, day, hour, minute, second, fraction, level, logger] = found;
  const date = `${year ? `${year}-` : ''}${month}-${day} ${hour}:${minute}:${second}${fraction ?? ''}`;
  const ms = timestampAt(date, 0, zone, now)?.ms;
  if (ms === undefined) return undefined;
  header.level ??= levelOfWord(level!);
  header.pid ??= pid;
  header.logger ??= logger;
  return { ms, end: at + whole.length };
}

function serialTime(text: string, at: number): MarkedTime | undefined {
  // A field, or what is called: most lines stop here.
  const behind = text.charCodeAt(runEnd(text, at, LETTER));
  if (behind !== 61 && behind !== 40) return undefined;
  const found = sticky(SERIAL, text, at);
  return found ? { ms: Number(found[1]) * 1_000 + Number(found[2]), end: at } : undefined;
}

function taiTime(text: string, at: number): MarkedTime | undefined {
  const label = sticky(TAI, text, at)?.[0];
  if (!label) return undefined;
  const seconds = Number.parseInt(label.slice(2, 17), 16) - TAI_AHEAD;
  return {
    ms: seconds * 1_000 + Math.floor(Number.parseInt(label.slice(17), 16) / 1e6),
    end: at + label.length,
  };
}

/** The seconds since a start that begin at `at`, in milliseconds, and where they end; undefined for anything else. */
export function uptimeAt(text: string, at: number): { ms: number; end: number } | undefined {
  if (text.charCodeAt(at) !== 91 || !isAt(text, at + 1, SPACE | DIGIT)) return undefined;
  const found = sticky(UPTIME, text, at);
  return found ? { ms: Number(found[1]) * 1_000, end: at + found[0].length } : undefined;
}

/** Whether a line begins with a time, perhaps in brackets or behind a mark. */
export function beginsWithTime(text: string, now: Reference): boolean {
  const at = runEnd(text, 0, SPACE);
  const code = text.charCodeAt(at);
  if ((code === 91 || code === 40) && timestampAt(text, at + 1, 'UTC', now)) return true;
  if (timestampAt(text, at, 'UTC', now)) return true;
  if (code === 58 || (!isMark(code) && code !== 64 && code !== 91)) return false;
  return (
    timeBehind(text, at, 'UTC', now) !== undefined ||
    uptimeAt(text, at) !== undefined ||
    sticky(COMPACT, text, at) !== null ||
    taiTime(text, at) !== undefined
  );
}
