import { levelOfMessage, levelOfWord } from '../../normalize/level.ts';
import { isAt, LETTER, UNDERSCORE } from '../../normalize/lexicon/characters.ts';
import { beginsWithTime } from '../../normalize/marked-time.ts';
import { before } from '../../normalize/time/instant.ts';

/** What looks like a time at the beginning, indented or not, also behind a level in capitals, begins a new event. */
const DATED =
  /^\s*(?:<\d{1,3}>)?(?:[[(]?[A-Z]{1,8}[\])]?[,:]?\s{1,3}(?:\|\s)?)?[[(]?(?:\d{2,4}[-/.:]\d{2}|\d{10}(?:\d{3})?[\s.,\]]|\d{4}년|\d{1,2}[\s/-][A-Z][a-z]{2}[\s/-]\d{4}|(?:[A-Z][a-z]{2},?\s)?[A-Z][a-z]{2}\s{1,2}\d{1,2},?\s\d|[A-Z][a-z]{2},?\s\d{1,2}\s[A-Z]|[IWEF]\d{4}\s\d{2}:)/;
/** A time later in the beginning of a line: after a host, a level or inside an object. */
const TIME_NEAR = /\d{1,2}:\d{2}:\d{2}|\d{4}[-/.]\d{2}[-/.]\d{2}|\b\d{10}(?:\d{3})?\b/;
const FIRST_WORD = /^[[("'<]?([\p{L}]{1,13})(?![\p{L}\d_])/u;

/** Indented lines, Java's `Caused by`, the end of a shortened trace, the lines between traces of .NET. */
const CONTINUES = /^(?:\s+\S|Caused by: |Suppressed: |\.\.\. \d+ more|--- End of )/;
/** A trace that begins on a line of its own, without a header. */
const BEGINS =
  /^(?:Traceback \(most recent call last\)|(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b|goroutine \d+ \[|[Ss]tack (?:back)?trace:$)/;
const PANICS = /^(?:panic: |thread '[^']*' (?:\(\d+\) )?panicked at )/;
/**
 * Lines between two traces of Python, after a trace of Go, Rust or Node, and the list of modules that required one
 * that Node lacks.
 */
const BETWEEN =
  /^(?:During handling of the above exception|The above exception was the direct cause|\[signal |created by |note: (?:run with|Some details)|exit status \d|Node\.js v\d|Require stack:$|- \S*[/\\]\S+$)/;
/** The last line of a Python trace: the exception itself. */
const PYTHON_END = /^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Iteration|Group)(?::|$| \()/;
/** Says that another trace of Python follows. */
const CHAINS = /^(?:During handling of the above exception|The above exception was the direct cause)/;
/** The beginning of a trace, which is only once in an event: that of Python, and an exception by its full name. */
const PYTHON_BEGINS = 'Traceback (most recent call last)';
const EXCEPTION = /^(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b/;
/** A call in a Go trace, a numbered frame of PHP, a frame of Ruby. */
const FRAME = /^(?:[\w./*$()[\]{}-][\w./*$)[\]{}-]*\(.*\)$|#\d+ |[\w./-]+\.rb:\d+:in )/;
/** What closes the object that is printed after a trace. */
const CLOSES = /^[}\])]+[,;]?$/;
/** Marks below the code that is at fault. */
const CARET = /^\s+[\^~]+$/;
/** A call in a trace of Node. */
const NODE_FRAME = /^\s+at (?:.{1,300} \(.{1,300}:\d+:\d+\)|\S{1,300}:\d+:\d+)/;

/** A line that is surely inside a trace, or begins one, also behind a time of its own. */
const SURE_FRAME =
  /^(?:\s+(?:at\s\S|File "[^"]|from \S+:\d|\.{3} \d+ (?:more|common))|\s*(?:Caused by|Suppressed): |\s*\.{3} \d+ more|Traceback \(most recent call last\)|goroutine \d+ \[)/;
/** Whether what begins at `at` may be inside a trace by its first character: most lines stop here. */
export const mayBeFrame = (text: string, at: number): boolean => {
  const first = text.charCodeAt(at);
  // White space, `.`, `C`, `S`, `T`, `g`
  return (
    first === 32 ||
    first === 9 ||
    first === 46 ||
    first === 67 ||
    first === 83 ||
    first === 84 ||
    first === 103
  );
};
/** Whether a line is inside a trace, or begins one, by its form alone. */
export const isFrame = (text: string): boolean => mayBeFrame(text, 0) && SURE_FRAME.test(text);

/** Whether a line begins with a time. */
export const isDated = (text: string): boolean => DATED.test(text) || beginsWithTime(text, REFERENCE);
/** Only whether there is a time is asked, not which. */
const REFERENCE = before(0);

const isTrouble = (text: string): boolean => {
  const level = levelOfMessage(text);
  return level === 'error' || level === 'fatal';
};

/**
 * Whether a line that does not begin with a time is certainly an event of its own: it has a time further on, it
 * begins with a level, it is a whole object, or it reports an error and the event before does not.
 */
export function isOwnEvent(text: string, before: string): boolean {
  if (TIME_NEAR.test(text.length > 100 ? text.slice(0, 100) : text)) return true;
  if (text.charCodeAt(0) === 123) return text.trimEnd().endsWith('}') && text.trim().length > 2;
  const word = FIRST_WORD.exec(text)?.[1];
  if (word !== undefined && word.length > 1 && levelOfWord(word) !== undefined) return true;
  return isTrouble(text) && !isTrouble(before);
}

const NAMED_ERROR = /^[\w.$]{0,200}(?:Error|Exception|panic)(?::|$| )/;
/** Whether a line begins with the name of an error, which may have a trace behind it. */
export const namesError = (text: string): boolean => NAMED_ERROR.test(text);

/** What is known about the stack trace in the open event, and about its last line. */
export interface StackTrace {
  /** A trace has begun in it. */
  begun: boolean;
  python: boolean;
  /** A trace of Python has named its exception, and no other trace was announced since. */
  complete: boolean;
  /** Its last line was indented. */
  indented: boolean;
  /** Its last line says that the next one belongs to it: the message of a panic, the error below a caret. */
  announced: boolean;
}
export const noTrace = (): StackTrace => ({
  begun: false,
  python: false,
  complete: false,
  indented: false,
  announced: false,
});

/** Makes it as `noTrace` gives it. */
export function clearTrace(trace: StackTrace): void {
  trace.begun = false;
  trace.python = false;
  trace.complete = false;
  trace.indented = false;
  trace.announced = false;
}

/**
 * Whether a line continues the trace of the event before it, by its form alone.
 * @param gap there are blank lines in between
 */
export function continuesTrace(text: string, trace: StackTrace, gap: boolean): boolean {
  if (repeats(text, trace)) return false;
  if (BEGINS.test(text)) return true;
  if (trace.announced) return true;
  if (CONTINUES.test(text)) return !gap || trace.begun;
  if (trace.python && trace.indented && PYTHON_END.test(text)) return true;
  if (CLOSES.test(text)) return trace.begun || trace.indented;
  return trace.begun && (BETWEEN.test(text) || FRAME.test(text));
}

/** Whether a line begins another trace after one that has ended, as a program writes that crashes again and again. */
const repeats = (text: string, trace: StackTrace): boolean =>
  trace.python
    ? trace.complete && text.startsWith(PYTHON_BEGINS)
    : trace.begun && trace.indented && EXCEPTION.test(text);

/** Notes what a line of the event says about its trace. */
export function noteTrace(text: string, trace: StackTrace): void {
  const first = text.charCodeAt(0);
  // All these expressions begin with a letter or an underscore: most lines begin with a digit or a bracket.
  const isWord = isAt(text, 0, LETTER | UNDERSCORE);
  if (isWord && CHAINS.test(text)) trace.complete = false;
  else if (isWord && trace.python) trace.complete ||= PYTHON_END.test(text);
  trace.python ||= text.includes(PYTHON_BEGINS);
  trace.indented = first === 32 || first === 9;
  trace.begun ||= trace.python || (isWord && (BEGINS.test(text) || PANICS.test(text)));
  trace.begun ||= trace.indented && (CARET.test(text) || NODE_FRAME.test(text));
  trace.announced =
    (text.endsWith(':') && text.includes(' panicked at ')) || (trace.indented && CARET.test(text));
}
