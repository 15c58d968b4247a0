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

/**
 * Joins the lines of a stack trace to the event they belong to, over batch borders. An event is at most 500 lines or
 * 16,384 characters; what is beyond begins a new one.
 */
export async function* joinEvents(batches: AsyncIterable<NumberedLine[]>): AsyncGenerator<NumberedLine[]> {
  let open: NumberedLine | undefined;
  let lines = 0;
  let python = false;
  let indented = false;
  for await (const batch of batches) {
    const done: NumberedLine[] = [];
    for (const line of batch) {
      const { text } = line;
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
        if (open) done.push(open);
        open = text.trim() === '' ? undefined : line;
        lines = 1;
        python = false;
      }
      python ||= text.includes('Traceback (most recent call last)');
      indented = text.charCodeAt(0) === 32 || text.charCodeAt(0) === 9;
    }
    if (done.length > 0) yield done;
  }
  if (open) yield [open];
}
