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
  /** The line as it arrived (verbatim, for quotes), at most `MAX_LINE` characters, then marked as cut. */
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

/** Longest line or message kept, in UTF-16 units; the rest is replaced by a mark that says how much was cut. */
export const MAX_LINE = 16_384;

/** Cuts text to `limit` UTF-16 units with a visible mark, never through a surrogate pair. */
export function cutText(text: string, limit: number = MAX_LINE): string {
  if (text.length <= limit) return text;
  const mark = ` …[+${text.length - limit} chars]`;
  let end = Math.max(0, limit - mark.length);
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return text.slice(0, end) + mark;
}

/** A half-open span of time in epoch milliseconds: `from <= t < to`. */
export interface TimeWindow {
  from: number;
  to: number;
}
