import { unwrap, type Wrapped } from '../../normalize/formats/wrappers.ts';
import { type Block, blockOf, continuesBlock } from './blocks.ts';
import {
  continuesTrace,
  isDated,
  isFrame,
  isOwnEvent,
  noTrace,
  noteTrace,
  type StackTrace,
} from './continuation.ts';
import { MAX_HELD, type NumberedLine } from './lines.ts';

const MAX_LINES = 500;
/** After this many events it is known whether the events of a source begin with a time: at least this fraction must. */
const ENOUGH = 3;
const SHARE = 0.9;
/** Traces that wait while lines of other streams come between their lines, and the lines for which they wait. */
const MAX_WAITING = 16;
const PATIENCE = 40;

/** Joins lines to events, one line at a time. The caller decides when an open event has waited long enough. */
export interface EventJoiner {
  /** Takes a line; gives an event that is complete now, if there is one. */
  add(line: NumberedLine): NumberedLine | undefined;
  /** The first event that may still get more lines, or was not given yet. */
  readonly open: NumberedLine | undefined;
  /** Ends the first event that is open and gives it; to be called until there is none. */
  flush(): NumberedLine | undefined;
}

/** An event that may get more lines. */
interface OpenEvent {
  number: number;
  text: string;
  /** What the program printed of its first line. */
  head: string;
  stream: string;
  /** Each of its lines is an object of its own. */
  object: boolean;
  lines: number;
  gap: boolean;
  /** The last line is to be continued by the next one. */
  partial: boolean;
  trace: StackTrace;
  block: Block;
  /** The number of lines that had been read when its last line came. */
  at: number;
}

/** A name for the stream of lines that nothing wraps. */
const PLAIN = '';
const streamOf = (wrapped: Wrapped | undefined): string =>
  wrapped ? `${wrapped.kind} ${wrapped.stream}` : PLAIN;
/** Objects with a level are whole events, whatever their messages look like. */
const HAS_LEVEL = /"(?:log\.)?(?:level|severity|lvl|levelname|@l)":/i;

/** What is around a line. A time alone is a wrapper only before a line of a trace: most programs write times themselves. */
function wrapperOf(text: string): Wrapped | undefined {
  const wrapped = unwrap(text);
  return wrapped?.kind === 'time' && !isFrame(wrapped.inner) ? undefined : wrapped;
}

/**
 * Joins the lines of a stack trace to the event they belong to, also where each of them has a wrapper of its own and lines of
 * others come between. In a source whose events have shown to begin with a time, it joins all lines without one. An event has
 * at most 500 lines or 65,536 characters; what comes after that begins a new event. Blank lines are left out. The number of
 * an event is that of its first line.
 */
export function createEventJoiner(): EventJoiner {
  let current: OpenEvent | undefined;
  /** Traces of other streams, the oldest first. */
  const waiting: OpenEvent[] = [];
  /** Complete events that were not given yet. */
  const ready: OpenEvent[] = [];
  let read = 0;
  let events = 0;
  let dated = 0;

  const joins = (open: OpenEvent, text: string, inner: string, hasTime: boolean): boolean => {
    if (open.partial) return fits(open, text);
    if (hasTime) return false;
    const block = continuesBlock(open.block, inner, open.lines, open.gap);
    if (block !== undefined) return block && fits(open, text);
    const allDated = dated >= ENOUGH && dated >= events * SHARE;
    if (continuesTrace(inner, open.trace, open.gap)) {
      if (open.object && HAS_LEVEL.test(text)) return false;
    } else if (!allDated || isOwnEvent(inner, open.head)) return false;
    return fits(open, text);
  };
  const fits = (open: OpenEvent, text: string): boolean => {
    if (open.lines < MAX_LINES && open.text.length + text.length < MAX_HELD) return true;
    // This many lines without a time: the source has changed its form.
    dated = 0;
    events = 0;
    return false;
  };
  /** Lines of another stream come: a trace waits for the rest of its lines, anything else is complete. */
  const leave = (open: OpenEvent): void => {
    if (!open.trace.begun && !open.partial) ready.push(open);
    else waiting.push(open);
    if (waiting.length > MAX_WAITING) ready.push(waiting.shift()!);
  };
  /** The open event of a stream becomes the current one. */
  const turnTo = (stream: string): void => {
    if (!current || current.stream === stream) return;
    const index = waiting.findIndex((event) => event.stream === stream);
    const next = index < 0 ? undefined : waiting.splice(index, 1)[0];
    leave(current);
    current = next;
  };
  const next = (): NumberedLine | undefined => {
    const event = ready.shift();
    return event && { number: event.number, text: event.text };
  };
  return {
    add(line) {
      const { text } = line;
      read += 1;
      const wrapped = wrapperOf(text);
      const inner = wrapped ? wrapped.inner : text;
      const isTime = wrapped?.kind === 'time';
      if (!isTime) turnTo(streamOf(wrapped));
      if (inner.trim() === '') {
        if (current) current.gap = true;
        return next();
      }
      const hasTime = !isTime && isDated(inner);
      if (current && joins(current, text, inner, hasTime)) {
        current.text = `${current.text}\n${text}`;
        current.lines += 1;
      } else {
        if (current) ready.push(current);
        current = opened(line, inner, wrapped);
        events += 1;
        if (hasTime) dated += 1;
      }
      current.gap = false;
      current.partial = wrapped?.partial ?? false;
      current.at = read;
      noteTrace(inner, current.trace);
      while (waiting.length > 0 && read - waiting[0]!.at > PATIENCE) ready.push(waiting.shift()!);
      return ready.length > 0 ? next() : undefined;
    },
    get open() {
      let first = current;
      for (const event of [...waiting, ...ready])
        if (!first || event.number < first.number) first = event;
      return first;
    },
    flush() {
      ready.push(...waiting.splice(0));
      if (current) ready.push(current);
      current = undefined;
      return next();
    },
  };
}

const opened = (line: NumberedLine, inner: string, wrapped: Wrapped | undefined): OpenEvent => ({
  number: line.number,
  text: line.text,
  head: inner,
  stream: wrapped?.kind === 'time' ? PLAIN : streamOf(wrapped),
  object: wrapped?.kind === 'object',
  lines: 1,
  gap: false,
  partial: false,
  trace: noTrace(),
  block: blockOf(inner),
  at: 0,
});

/** Joins the lines of batches, also over the end of a batch, as `createEventJoiner` says. */
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
  const last: NumberedLine[] = [];
  for (let event = joiner.flush(); event; event = joiner.flush()) last.push(event);
  if (last.length > 0) yield last;
}
