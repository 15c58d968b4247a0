/** Severity of a log line, low to high. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a level counts as an error in rates and charts. */
export const isError = (level: Level): boolean => level === 'error' || level === 'fatal';

export type AttributeValue = string | number | boolean;

/** One log line from any source, in the only form that the rest of the program knows. */
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
  /** The line as it arrived (for quotes), at most `MAX_LINE` characters; of a longer line the beginning and the end. */
  line: string;
  attributes: Record<string, AttributeValue>;
  /** Machine-readable error kind where the line has one: `ECONNREFUSED`, `SQLSTATE 53300`, an exception class. */
  errorCode?: string;
  traceId?: string;
  spanId?: string;
  /** Facts about a request, if the line is about one. */
  request?: { endpoint: string; status?: number; durationMs?: number };
  /** Set by the miner. */
  template?: { id: string; pattern: string };
}

/** Longest line or message kept, in UTF-16 units; in a longer one a mark replaces the middle and says how much was cut. */
export const MAX_LINE = 16_384;

/** Stands where characters were left out. */
export const cutMark = (count: number): string => ` …[+${count} chars]… `;
const MARKS = / …\[\+(\d{1,15}) chars\]… /g;

/** How many characters of the original a piece of text stands for; characters that were cut out earlier count too. */
export function originalLength(text: string): number {
  let length = text.length;
  for (const [mark, count] of text.matchAll(MARKS)) length += Number(count) - mark.length;
  return length;
}

/**
 * Cuts text to `limit` UTF-16 units, never through a surrogate pair. The beginning and the end stay, since the beginning of a
 * line says which program wrote it and the end of a stack trace gives the reason; a mark between them says how many characters
 * are missing.
 */
export function cutText(text: string, limit: number = MAX_LINE): string {
  if (text.length <= limit) return text;
  const room = Math.max(0, limit - cutMark(originalLength(text)).length);
  let head = Math.ceil(room / 2);
  let tail = text.length - Math.floor(room / 2);
  if (isHigh(text.charCodeAt(head - 1))) head -= 1;
  if (isHigh(text.charCodeAt(tail - 1))) tail += 1;
  const short = text.slice(0, head) + cutMark(originalLength(text.slice(head, tail))) + text.slice(tail);
  // A copy: a slice would keep the whole text in memory as long as the result is used.
  return `${short}\n`.slice(0, -1);
}

/** The first half of a surrogate pair, which needs its second half after it. */
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** A half-open span of time in epoch milliseconds: `from <= t < to`. */
export interface TimeWindow {
  from: number;
  to: number;
}
