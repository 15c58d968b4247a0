import { MAX_LINE } from '../../domain/record.ts';
import type { NumberedLine } from './lines.ts';

/** Indented lines, Java's `Caused by`, the end of a shortened trace. */
const CONTINUES = /^(?:\s+\S|Caused by: |Suppressed: |\.\.\. \d+ more)/;
/** A trace that begins on a line of its own, without a header. */
const BEGINS =
  /^(?:Traceback \(most recent call last\)|(?:[a-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b|goroutine \d+ \[)/;
/** The last line of a Python trace: the exception itself. */
const PYTHON_END = /^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)(?::|$)/;
/** Something that looks like a time at the beginning: a new event, indented or not. */
const HAS_TIME = /^\s*\[?\d{2,4}[-/.:]\d{2}/;
const MAX_LINES = 500;

/** Joins lines one by one; whoever uses it decides when an open event has waited long enough. */
export interface EventJoiner {
  /** Takes a line; gives the event before it when that is complete now. */
  add(line: NumberedLine): NumberedLine | undefined;
  /** The event that may still go on, without ending it. */
  readonly open: NumberedLine | undefined;
  /** Ends the open event and gives it. */
  flush(): NumberedLine | undefined;
}

/**
 * Joins the lines of a stack trace to the event they belong to. An event is at most 500 lines or 16,384 characters; what
 * is beyond begins a new one. Blank lines are left out. An event has the number of its first line.
 */
export function createEventJoiner(): EventJoiner {
  let open: NumberedLine | undefined;
  let lines = 0;
  let python = false;
  let indented = false;
  return {
    add(line) {
      const { text } = line;
      let done: NumberedLine | undefined;
      const joins =
        open !== undefined &&
        lines < MAX_LINES &&
        open.text.length + text.length < MAX_LINE &&
        ((CONTINUES.test(text) && !HAS_TIME.test(text)) ||
          BEGINS.test(text) ||
          (python && indented && PYTHON_END.test(text)));
      if (joins && open) {
        open = { number: open.number, text: `${open.text}\n${text}` };
        lines += 1;
      } else {
        done = open;
        open = text.trim() === '' ? undefined : line;
        lines = 1;
        python = false;
      }
      python ||= text.includes('Traceback (most recent call last)');
      indented = text.charCodeAt(0) === 32 || text.charCodeAt(0) === 9;
      return done;
    },
    get open() {
      return open;
    },
    flush() {
      const done = open;
      open = undefined;
      return done;
    },
  };
}

/** Joins stack traces over batch borders, as `createEventJoiner` says. */
export async function* joinEvents(batches: AsyncIterable<NumberedLine[]>): AsyncGenerator<NumberedLine[]> {
  const joiner = createEventJoiner();
  for await (const batch of batches) {
    const done: NumberedLine[] = [];
    for (const line of batch) {
      const event = joiner.add(line);
      if (event) done.push(event);
    }
    if (done.length > 0) yield done;
  }
  const last = joiner.flush();
  if (last) yield [last];
}
