import type { LogRecord } from '../../../domain/log/record.ts';
import { levelOfWord } from '../../normalize/level.ts';
import { continuesTrace, noTrace, noteTrace } from '../../sources/files/continuation.ts';

/** What a line adds to the failures and to all that happened; a part of a trace adds nothing of its own. */
export interface Weight {
  failures: number;
  lines: number;
  /** Belongs to the failure before it, or to the one that comes. */
  part: boolean;
}

/** Lines of one trace; what is beyond is none. */
const MAX_LINES = 500;
/** What nobody caught counts for two: something failed, and the program has ended. */
const UNCAUGHT_WEIGHT = 2;
/** A line of a trace by its form, indented or not: a call with its place, frames left out, a cause. */
const FRAME =
  /^\s*(?:at (?:(?:async|new) )?[\w$.<>/]+(?:\(|\s(?:\[as [^\]]+\] )?\([^()]*(?::\d+|<anonymous>|native)\))|at (?:async )?\S+:\d+:\d+|at .{1,200} in \S+:line \d+|\.{3} \d+ (?:more|common)|File "[^"]+", line \d+|goroutine \d+ \[|from \S+:\d+:in |Caused by: \S)/;
/** Behind it, as behind a place, stands the line of the source. */
const PYTHON_FRAME = /^\s*File "[^"]+", line \d+/;
/** A place in the source alone: with it Node begins the report of what nobody caught. */
const PLACE =
  /^(?:node:[\w/.-]+|(?:file:\/\/|[A-Za-z]:)?[\w.@/\\-]{0,200}[/\\][^\s:]{0,200}\.[a-z]{2,4}):\d+$/;
/** With these words a runtime reports what nobody caught. */
const UNCAUGHT =
  /^(?:Traceback \(most recent call last\)|Exception in thread "|panic: |thread '[^']*' (?:\(\d+\) )?panicked at |Unhandled [Ee]xception)/;
/** A file alone, as Node lists who required a module; a header takes the dash before it. */
const FILE = /^(?:- )?(?:[A-Za-z]:)?[\w.@/\\-]{0,200}[/\\][\w.@-]{1,100}\.[a-z]{2,4}$/;
/** With it Ruby begins the report of what nobody caught; its frames look alike but for the error's name. */
const RUBY_UNCAUGHT = /^\S+:\d+:in ['`].*\([A-Z][\w:]*\)$/;
const NAMED = /^(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b/;
/** The last line of Node. */
const NODE_ENDED = /(?:^|\n)Node\.js v\d/;
/** A container tool's name for the service. */
const PREFIX = /^[\w.-]{1,64}\s+\| /;
/** Nothing, or what a header leaves that has nothing behind it. */
const BLANK = /^(?:(?:stdout|stderr) [FP]|[\w.-]{1,64} [\w./-]{1,64}\[\w{1,20}\]:|[\w.-]{1,64}\s+\|)?$/;

/**
 * Tells which lines of a service are parts of a trace where each has a header of its own, so that no source has joined
 * them: a trace is one failure, however many lines it has.
 */
export class TraceLines {
  #trace = noTrace();
  #open = false;
  #gap = false;
  #lines = 0;
  /** Of the open failure: what it counted for, and whether nobody caught it. */
  #counted = 0;
  #uncaught = false;

  /** @param error the record's level is that of a failure */
  weigh(record: LogRecord, error: boolean): Weight {
    // Most lines: no failure is open, and none begins.
    if (!this.#open && !error && !mayMatter(withoutPrefix(record.message).trimEnd()))
      return { failures: 0, lines: 1, part: false };
    const text = textOf(record).trimEnd();
    if (BLANK.test(text)) {
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
    // An exception by its full name heads a trace: behind another one, each with a time, it is the next failure.
    if (this.#trace.begun && !this.#trace.python && NAMED.test(text)) return false;
    if (FRAME.test(text) || (this.#trace.begun && FILE.test(text))) return true;
    const indented = /^\s/.test(text);
    // A trace of Python ends with its exception: what is indented behind it may be anything.
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

  /** What the open failure counts for more than it did: nothing until one of its lines says that it is one. */
  #count(error: boolean): number {
    if (!error && this.#counted === 0) return 0;
    const more = (this.#uncaught ? UNCAUGHT_WEIGHT : 1) - this.#counted;
    this.#counted += more;
    return more;
  }
}

const mayMatter = (text: string): boolean => BLANK.test(text) || begins(text);

/** Whether a report of what nobody caught begins with the line, whatever its level. */
const begins = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  return (last >= 48 && last <= 57 && PLACE.test(text)) || UNCAUGHT.test(text) || RUBY_UNCAUGHT.test(text);
};

function withoutPrefix(message: string): string {
  const bar = message.indexOf('| ');
  return bar > 0 && bar < 80 ? message.replace(PREFIX, '') : message;
}

/**
 * The message with its indentation, which a header takes, and with the word before its colon, which may look like a
 * logger's name. Behind a level or other columns white space is no indentation: it fills them up.
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
