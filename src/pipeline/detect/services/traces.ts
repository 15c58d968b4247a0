import type { LogRecord } from '../../../domain/log/record.ts';
import { levelOfWord } from '../../normalize/level.ts';
import { continuesTrace, noTrace, noteTrace } from '../../sources/files/continuation.ts';

/** What a line adds to the failures and to all lines; a further line of a trace adds nothing. */
export interface Weight {
  failures: number;
  lines: number;
  /** It belongs to the failure before it, or to the one that follows. */
  part: boolean;
}

/** Longest trace; further lines do not belong to it. */
const MAX_LINES = 500;
/** An uncaught error counts twice: something failed, and the program has ended. */
const UNCAUGHT_WEIGHT = 2;
/** A line of a trace by its form, indented or not: a call with its place, frames left out, a cause. */
const FRAME = new RegExp(
  `^\\s*(?:${[
    // Java, Node: `at com.shop.Cart.add(Cart.java:17)`
    'at (?:(?:async|new) )?[\\w$.<>/]+(?:\\(|\\s(?:\\[as [^\\]]+\\] )?\\([^()]*(?::\\d+|<anonymous>|native)\\))',
    'at (?:async )?\\S+:\\d+:\\d+',
    // .NET
    'at .{1,200} in \\S+:line \\d+',
    '\\.{3} \\d+ (?:more|common)',
    // Python, Go, Ruby
    'File "[^"]+", line \\d+',
    'goroutine \\d+ \\[',
    'from \\S+:\\d+:in ',
    'Caused by: \\S',
  ].join('|')})`,
);
/** After it, as after a place, comes the line of the source. */
const PYTHON_FRAME = /^\s*File "[^"]+", line \d+/;
/** A line with nothing but a place in the source: Node begins the report of an uncaught error with it. */
const PLACE =
  /^(?:node:[\w/.-]+|(?:file:\/\/|[A-Za-z]:)?[\w.@/\\-]{0,200}[/\\][^\s:]{0,200}\.[a-z]{2,4}):\d+$/;
/** How runtimes begin the report of an uncaught error. */
const UNCAUGHT =
  /^(?:Traceback \(most recent call last\)|Exception in thread "|panic: |thread '[^']*' (?:\(\d+\) )?panicked at |Unhandled [Ee]xception)/;
/** A line with nothing but a file: Node lists who required a module. The header reader removes the dash before it. */
const FILE = /^(?:- )?(?:[A-Za-z]:)?[\w.@/\\-]{0,200}[/\\][\w.@-]{1,100}\.[a-z]{2,4}$/;
/** How Ruby begins the report of an uncaught error; its frames look the same except for the error's name. */
const RUBY_UNCAUGHT = /^\S+:\d+:in ['`].*\([A-Z][\w:]*\)$/;
const NAMED = /^(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b/;
/** The last line of a Node process. */
const NODE_ENDED = /(?:^|\n)Node\.js v\d/;
/** The name a container tool puts before the lines of a service. */
const PREFIX = /^[\w.-]{1,64}\s+\| /;
/** An empty line, or a header with nothing after it. */
const BLANK = /^(?:(?:stdout|stderr) [FP]|[\w.-]{1,64} [\w./-]{1,64}\[\w{1,20}\]:|[\w.-]{1,64}\s+\|)?$/;

/**
 * Tells which lines of a service are parts of a trace. A trace is one failure, however many lines it has; where each line
 * has a header of its own, the source has not joined them.
 */
export class TraceLines {
  #trace = noTrace();
  #open = false;
  #gap = false;
  #lines = 0;
  /** The open failure: how much it was counted, and whether it is uncaught. */
  #counted = 0;
  #uncaught = false;

  /** @param error the record has the level of a failure */
  weigh(record: LogRecord, error: boolean): Weight {
    // Most lines: no failure is open, and none begins.
    if (!this.#open && !error && !mayMatter(withoutPrefix(record.message).trimEnd()))
      return { failures: 0, lines: 1, part: false };
    const text = textOf(record).trimEnd();
    if (isBlank(text)) {
      this.#gap = true;
      return { failures: 0, lines: 0, part: true };
    }
    const part = this.#open && this.#lines < MAX_LINES && this.#goesOn(text);
    if (!part) {
      this.#open = error || begins(text);
      this.#trace = noTrace();
      this.#lines = 0;
      this.#counted = 0;
      this.#uncaught = begins(text);
    }
    this.#gap = false;
    if (!this.#open) return { failures: 0, lines: 1, part: false };
    this.#note(text);
    const failures = this.#count(error);
    return { failures, lines: failures, part: part || !error };
  }

  #goesOn(text: string): boolean {
    if (RUBY_UNCAUGHT.test(text)) return false;
    // The full name of an exception begins a trace: after another trace, each line with a time, it is the next failure.
    if (this.#trace.begun && !this.#trace.python && NAMED.test(text)) return false;
    if (FRAME.test(text) || (this.#trace.begun && FILE.test(text))) return true;
    const indented = /^\s/.test(text);
    // A trace of Python ends with its exception: an indented line after it may be anything.
    if (indented && (this.#trace.complete || !(this.#trace.begun || this.#trace.announced))) return false;
    return continuesTrace(text, this.#trace, this.#gap);
  }

  #note(text: string): void {
    for (const line of text.split('\n')) noteTrace(line, this.#trace);
    this.#trace.begun ||= FRAME.test(text) || PLACE.test(text);
    this.#trace.announced ||= PYTHON_FRAME.test(text) || PLACE.test(text);
    this.#uncaught ||= NODE_ENDED.test(text);
    this.#lines += 1;
  }

  /** How much more the open failure counts than before: nothing until one of its lines says that it is a failure. */
  #count(error: boolean): number {
    if (!error && this.#counted === 0) return 0;
    const more = (this.#uncaught ? UNCAUGHT_WEIGHT : 1) - this.#counted;
    this.#counted += more;
    return more;
  }
}

/** Whether a line is blank: one with a header ends in its last character. */
const isBlank = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  return (text === '' || last === 58 || last === 124 || last === 70 || last === 80) && BLANK.test(text);
};
const mayMatter = (text: string): boolean => isBlank(text) || begins(text);

/** Whether the report of an uncaught error begins with the line, whatever its level. */
const begins = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  return (last >= 48 && last <= 57 && PLACE.test(text)) || UNCAUGHT.test(text) || RUBY_UNCAUGHT.test(text);
};

function withoutPrefix(message: string): string {
  const bar = message.indexOf('| ');
  return bar > 0 && bar < 80 ? message.replace(PREFIX, '') : message;
}

/**
 * The message with its indentation and with the word before its colon: the header reader takes both away, since the word
 * may look like a logger's name. After a level or other columns, white space is no indentation: it fills the columns.
 */
function textOf({ message, line, attributes }: LogRecord): string {
  const text = withoutPrefix(message);
  const at = line.lastIndexOf(message);
  if (at <= 0 || message === '' || text !== message || /^\s/.test(message)) return text;
  let head = line.slice(0, at);
  let body = message;
  const { logger } = attributes;
  if (typeof logger === 'string' && head.trimEnd().endsWith(`${logger}:`)) {
    head = head.slice(0, head.lastIndexOf(logger));
    body = `${logger}: ${message}`;
  } else if (logger !== undefined) return message;
  if (attributes.thread !== undefined || attributes.columns !== undefined) return body;
  const words = head.match(/\p{L}{2,}/gu) ?? [];
  if (words.some((word) => levelOfWord(word) !== undefined)) return body;
  const space = head.slice(head.trimEnd().length);
  return (space.startsWith(' ') ? space.slice(1) : space) + body;
}
