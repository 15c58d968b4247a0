/** Severity of a log line, low to high. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a level counts as an error in rates and charts. */
export const isError = (level: Level): boolean => level === 'error' || level === 'fatal';

export type AttributeValue = string | number | boolean;

/** One log line, whatever it came from, in the only shape the rest of the program knows. */
export interface LogRecord {
  /** Unique and stable: reading the same line from the same place again gives the same id. */
  id: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  level: Level;
  service: string;
  host?: string;
  /** The message without its header, at most `MAX_LINE` characters. */
  message: string;
  /** The line as it arrived (verbatim, for quotes), at most `MAX_LINE` characters; of a longer one head and tail. */
  line: string;
  attributes: Record<string, AttributeValue>;
  /** Machine-readable error kind where the line has one: `ECONNREFUSED`, `SQLSTATE 53300`, an exception class. */
  errorCode?: string;
  traceId?: string;
  spanId?: string;
  /** Facts of a request line. */
  request?: { endpoint: string; status?: number; durationMs?: number };
  /** Set by the miner. */
  template?: { id: string; pattern: string };
}

/** Longest line or message kept, in UTF-16 units; of what is longer the middle is replaced by a mark that says how much was cut. */
export const MAX_LINE = 16_384;

/** Stands where characters were left out. */
export const cutMark = (count: number): string => ` …[+${count} chars]… `;
const MARKS = / …\[\+(\d{1,15}) chars\]… /g;

/** How many characters of the original a piece of text stands for: what was left out of it before counts too. */
export function originalLength(text: string): number {
  let length = text.length;
  for (const [mark, count] of text.matchAll(MARKS)) length += Number(count) - mark.length;
  return length;
}

/**
 * Cuts text to `limit` UTF-16 units, never through a surrogate pair. Head and tail stay, since a line tells who speaks at
 * its beginning and a stack trace tells the reason at its end; a mark between them says how many characters are missing.
 */
export function cutText(text: string, limit: number = MAX_LINE): string {
  if (text.length <= limit) return text;
  const room = Math.max(0, limit - cutMark(originalLength(text)).length);
  let head = Math.ceil(room / 2);
  let tail = text.length - Math.floor(room / 2);
  if (isHigh(text.charCodeAt(head - 1))) head -= 1;
  if (isHigh(text.charCodeAt(tail - 1))) tail += 1;
  const short = text.slice(0, head) + cutMark(originalLength(text.slice(head, tail))) + text.slice(tail);
  // A copy: a slice would keep all of the text alive for as long as somebody keeps what is left of it.
  return `${short}\n`.slice(0, -1);
}

/** Half of a surrogate pair that wants its other half behind it. */
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** A half-open span of time in epoch milliseconds: `from <= t < to`. */
export interface TimeWindow {
  from: number;
  to: number;
}
